//! The run time that the caller gives, in every format.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::result::Layout;
use crate::result::formats::testing::{Asked, fixture_path, fixture_text, json, text};
use crate::result::formats::{
    FORMATS, Format, FormatReading, dbt, deequ, frictionless, great_expectations, junit, openlineage, soda,
    stored_result, truthound_checkpoint, truthound_report, truthound_run,
};
use crate::result::json::JsonValue;

const GIVEN: Asked = Asked { run_time: Some("2020-02-03T04:05:06+07:00"), data_asset: Some("the asset"), whole: false };
const STORED: &str = "2020-02-03T04:05:06+07:00";
const NOT_GIVEN: Asked = Asked { run_time: None, ..GIVEN };

/// A document of each format, and the members in which it says when its run took place, wherever they lie.
const DOCUMENTS: &[(&Format, &str, &[&str])] = &[
    (&stored_result::FORMAT, "truthound/dirty-summary.stored.json", &["run_time"]),
    (&truthound_run::FORMAT, "truthound/dirty-summary.run.json", &["run_time"]),
    (&truthound_report::FORMAT, "truthound/dirty-summary.report.json", &["run_time"]),
    (&truthound_checkpoint::FORMAT, "truthound_checkpoint/checkpoint.json", &["run_time"]),
    (
        &great_expectations::FORMAT,
        "great_expectations/customers.suite_result.json",
        &["run_id", "validation_time", "ge_load_time"],
    ),
    (
        &great_expectations::CHECKPOINT,
        "great_expectations/checkpoint.run_results.json",
        &["run_id", "validation_time", "ge_load_time"],
    ),
    (&great_expectations::CHECKPOINT, "great_expectations/checkpoint.describe.json", &[]),
    (&soda::FORMAT, "soda/scan.json", &["scanStartTimestamp"]),
    (&frictionless::FORMAT, "frictionless/report.json", &[]),
    (&openlineage::FORMAT, "openlineage/events.ndjson", &["eventTime"]),
    (&deequ::CHECK_RESULTS, "deequ/checks.json", &[]),
    (&deequ::METRICS, "deequ/metrics.json", &["dataSetDate"]),
    (&junit::FORMAT, "junit/pytest.xml", &["timestamp"]),
    (&dbt::run_results::FORMAT, "dbt/run_results.test.json", &["generated_at"]),
    (&dbt::sources::FORMAT, "dbt/sources.json", &["generated_at"]),
];

/// Fixtures without a result.
const NO_RESULTS: [&str; 3] = ["README.md", "manifest.json", "run_results.compile.json"];

/// The fixtures below a directory.
fn fixtures(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(fixtures(&path));
        } else if !NO_RESULTS.iter().any(|name| path.ends_with(name)) {
            found.push(path.strip_prefix(fixture_path("")).unwrap().to_str().unwrap().to_owned());
        }
    }
    found
}

#[test]
fn the_callers_run_time_is_that_of_every_result_of_every_fixture() {
    let fixtures = fixtures(&fixture_path(""));
    for (_, name, _) in DOCUMENTS {
        assert!(fixtures.iter().any(|fixture| fixture == name), "{name}");
    }
    for name in fixtures {
        for asked in [GIVEN, Asked { whole: true, ..GIVEN }] {
            let results = asked.results(&name);
            assert!(!results.is_empty(), "{name}");
            for result in results {
                assert_eq!(text(&result, "run_time"), STORED, "{name}");
            }
        }
    }
}

#[test]
fn a_document_of_any_format_that_says_no_time_gets_the_callers_and_is_refused_without() {
    for (format, name, members) in DOCUMENTS {
        let timeless = without_members(&fixture_text(name), members);
        let file = Path::new(name).file_name().unwrap().to_str().unwrap();
        let results = GIVEN.results_of_text(file, &timeless);
        assert!(!results.is_empty(), "{name}");
        for result in results {
            assert_eq!(text(&result, "run_time"), STORED, "{name}");
        }
        let refusal = NOT_GIVEN.refusal(file, &timeless);
        assert!(refusal.ends_with("`--run-time 2026-11-23T00:56:54Z`"), "{}: {refusal}", format.name);
    }
}

#[test]
fn a_time_that_no_one_can_read_does_no_harm_where_the_caller_gives_one() {
    for (_, name, members) in DOCUMENTS.iter().filter(|(_, _, members)| !members.is_empty()) {
        let file = Path::new(name).file_name().unwrap().to_str().unwrap();
        let broken = with_members(&fixture_text(name), members, Some("yesterday"));
        for result in GIVEN.results_of_text(file, &broken) {
            assert_eq!(text(&result, "run_time"), STORED, "{name}");
        }
    }
}

#[test]
fn the_table_of_documents_has_every_format_that_is_read() {
    let read = FORMATS.iter().filter(|format| !matches!(format.reading, FormatReading::Refused { .. }));
    let read = read.map(|format| format.name).collect::<BTreeSet<_>>();
    let tried = DOCUMENTS.iter().map(|(format, ..)| format.name).collect::<BTreeSet<_>>();
    assert_eq!(tried, read);
}

fn without_members(document: &str, names: &[&str]) -> String {
    with_members(document, names, None)
}

/// The document, or documents in lines, in which all members, or attributes, of these names have another value, or
/// none.
fn with_members(document: &str, names: &[&str], value: Option<&str>) -> String {
    if document.starts_with('<') {
        return names.iter().fold(document.to_owned(), |text, name| with_attribute(&text, name, value));
    }
    let documents = match JsonValue::parse_str(document) {
        Ok(document) => vec![document],
        Err(_) => document.lines().map(json).collect(),
    };
    let documents = documents.into_iter().map(|mut document| {
        set_members(&mut document, names, value);
        document.to_text(Layout::Compact) + "\n"
    });
    documents.collect()
}

fn set_members(document: &mut JsonValue, names: &[&str], value: Option<&str>) {
    match document {
        JsonValue::Object(members) => {
            members.retain_mut(|(name, member)| {
                let is_named = names.iter().any(|wanted| *name == **wanted);
                if let Some(value) = value.filter(|_| is_named) {
                    *member = value.into();
                }
                set_members(member, names, value);
                !is_named || value.is_some()
            });
        }
        JsonValue::Array(elements) => elements.iter_mut().for_each(|element| set_members(element, names, value)),
        _ => {}
    }
}

fn with_attribute(document: &str, name: &str, value: Option<&str>) -> String {
    let start = format!(" {name}=\"");
    let mut parts = document.split(&start);
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        if let Some(value) = value {
            text.push_str(&format!("{start}{value}\""));
        }
        text.push_str(part.split_once('"').unwrap().1);
    }
    text
}
