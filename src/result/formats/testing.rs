//! Helpers that the tests of the formats share.

use std::path::{Path, PathBuf};

use crate::result::checks::{Check, CheckReader};
use crate::result::json::JsonValue;
use crate::result::{
    InputDocuments, InputOptions, InputSource, Layout, Overrides, RunId, RunTimeSource, Split, documents,
};

/// A file in `tests/fixtures`.
pub(super) fn fixture_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub(super) fn fixture_text(name: &str) -> String {
    std::fs::read_to_string(fixture_path(name)).unwrap()
}

pub(super) fn json(text: &str) -> JsonValue {
    JsonValue::parse_str(text).unwrap()
}

/// The member at a path such as `results.0.message`.
pub(super) fn at<'a>(value: &'a JsonValue, path: &str) -> &'a JsonValue {
    path.split('.').fold(value, |value, key| match key.parse::<usize>() {
        Ok(index) => &value.as_array().unwrap()[index],
        Err(_) => value.get(key).unwrap_or_else(|| panic!("no {key} in {value:?}")),
    })
}

/// The text at a path.
pub(super) fn text(value: &JsonValue, path: &str) -> String {
    at(value, path).as_str().unwrap_or_else(|| panic!("no text at {path}")).into_owned()
}

/// The number at a path in `statistics`.
pub(super) fn statistic(value: &JsonValue, key: &str) -> u64 {
    at(value, "statistics").get(key).and_then(JsonValue::as_u64).unwrap()
}

/// The options of a `save`.
#[derive(Clone, Copy, Default)]
pub(super) struct Asked {
    pub(super) run_time: Option<&'static str>,
    pub(super) data_asset: Option<&'static str>,
    pub(super) whole: bool,
}

/// A time for formats without one.
pub(super) const AT_NOON: Asked = Asked { run_time: Some("2026-11-26T12:00:00Z"), data_asset: None, whole: false };

impl Asked {
    fn options(self) -> InputOptions {
        let overrides = Overrides { data_asset: self.data_asset.map(str::to_owned), ..Overrides::default() };
        InputOptions {
            run_time: self.run_time.map(|time| time.parse::<RunTimeSource>().unwrap()),
            split: if self.whole { Split::None } else { Split::Assets },
            ..InputOptions::new(&overrides, Layout::Compact)
        }
    }

    fn open(self, path: &Path) -> InputDocuments {
        documents(&InputSource::File(path.to_owned()), &self.options()).unwrap()
    }

    /// The documents that `save` makes of a fixture.
    pub(super) fn results(self, name: &str) -> Vec<JsonValue> {
        let results = self.open(&fixture_path(name)).map(|document| {
            let document = document.unwrap_or_else(|error| panic!("{}", error.causes().join(": ")));
            let stored = JsonValue::parse(document.body.reader()).unwrap();
            assert_eq!(text(&stored, "run_id"), document.entry.run_id.as_str());
            assert_eq!(text(&stored, "data_asset"), document.entry.data_asset);
            assert_eq!(text(&stored, "status"), document.entry.status.name());
            assert_no_key_twice(&stored);
            stored
        });
        results.collect()
    }

    /// The single document that `save` makes of a fixture.
    pub(super) fn result(self, name: &str) -> JsonValue {
        let mut results = self.results(name);
        assert_eq!(results.len(), 1);
        results.remove(0)
    }

    /// The refusal of a document, with the hint.
    pub(super) fn refusal(self, name: &str, text: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        let error = self.open(&path).find_map(Result::err).expect("a refusal");
        let causes = error.causes().join(": ");
        error.hint().map_or(causes.clone(), |hint| format!("{causes}; {hint}"))
    }

    /// The documents that `save` makes of a text.
    pub(super) fn results_of_text(self, name: &str, text: &str) -> Vec<JsonValue> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        let results = self.open(&path).map(|document| JsonValue::parse(document.unwrap().body.reader()).unwrap());
        results.collect()
    }
}

/// The checks of a stored result, as `diff` sees them.
pub(super) fn checks(stored: &JsonValue) -> Vec<Check> {
    let text = stored.to_text(Layout::Compact);
    CheckReader::new(RunId::new("run-1").unwrap(), text.as_bytes()).map(Result::unwrap).collect()
}

fn assert_no_key_twice(stored: &JsonValue) {
    let checks = checks(stored);
    let mut keys = checks.iter().map(|check| &check.key).collect::<Vec<_>>();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), checks.len(), "{stored:?}");
}

/// Name, column, outcome and count of each check.
pub(super) fn rows(stored: &JsonValue) -> Vec<String> {
    let row = |check: Check| {
        let column = check.column.map(|column| format!("({column})")).unwrap_or_default();
        let count = if check.count == 0 { String::new() } else { format!(" {}", check.count) };
        format!("{}{column}: {}{count}", check.name, check.outcome.name())
    };
    checks(stored).into_iter().map(row).collect()
}
