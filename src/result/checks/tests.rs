//! Checks and their keys.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::result::json::JsonValue;
use crate::result::{InputOptions, InputSource, Layout, Overrides, RunId, documents};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn run_id() -> RunId {
    RunId::new("run-1").unwrap()
}

/// The checks of the stored result that `save` makes of a file.
fn checks_of(path: PathBuf) -> Vec<Check> {
    let document =
        documents(&InputSource::File(path), &InputOptions::new(&Overrides::default(), Layout::Compact)).unwrap().next();
    CheckReader::new(run_id(), document.unwrap().unwrap().body.reader()).map(Result::unwrap).collect()
}

fn checks_in(entries: &str) -> Vec<Check> {
    let text = format!("{{\"results\": [{entries}], \"metadata\": {{\"results\": [{{}}]}}}}");
    CheckReader::new(run_id(), text.as_bytes()).map(Result::unwrap).collect()
}

fn outcomes(checks: &[Check]) -> Vec<&'static str> {
    checks.iter().map(|check| check.outcome.name()).collect()
}

#[test]
fn a_truthound_result_has_a_row_per_failing_column_and_one_without_a_column_per_passing_validator() {
    let checks = checks_of(fixture("truthound/dirty-summary.stored.json"));
    let rows = checks.iter().map(|check| (check.name.as_str(), check.column.as_deref(), check.outcome.name()));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            ("range", Some("age"), "failed"),
            ("unique", Some("email"), "failed"),
            ("null", Some("email"), "failed"),
            ("unique", Some("id"), "failed"),
            ("null", Some("phone"), "failed"),
            ("above_maximum", Some("id"), "failed"),
            ("null", Some("age"), "failed"),
            ("schema", None, "passed"),
            ("type", None, "passed"),
        ]
    );
    assert_eq!(checks[0].key, CheckKey::of_validator("range", Some("age"), Some("out_of_range")));
    assert_eq!(checks[7].key, CheckKey::of_validator("schema", None, Some("schema")));
    assert_eq!(checks[0].run_id, run_id());
    assert_eq!(checks[0].duration, Some(Duration::ZERO));
}

#[test]
fn every_stored_fixture_has_one_check_per_entry_and_no_key_twice() {
    let mut count = 0;
    for path in std::fs::read_dir(fixture("truthound")).unwrap() {
        let path = path.unwrap().path();
        if !path.to_str().unwrap().ends_with(".stored.json") {
            continue;
        }
        count += 1;
        let value = JsonValue::parse(std::fs::File::open(&path).unwrap()).unwrap();
        let checks = checks_of(path.clone());
        assert_eq!(checks.len(), value.get("results").unwrap().as_array().unwrap().len());
        let mut keys = checks.iter().map(|check| &check.key).collect::<Vec<_>>();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), checks.len(), "{}", path.display());
    }
    assert_eq!(count, 20);
}

#[test]
fn a_passing_row_of_truthound_passes_every_column_of_its_validator_and_nothing_else() {
    let passing = CheckKey::of_validator("null", None, Some("null"));
    for column in [Some("age"), Some("email"), None] {
        assert!(CheckKey::of_validator("null", column, Some("null")).is_passed_by(&passing));
    }
    let failing = CheckKey::of_validator("null", Some("age"), Some("null"));
    assert_ne!(failing, passing);
    assert!(!passing.is_passed_by(&failing));
    assert!(!CheckKey::of_validator("null", Some("email"), Some("null")).is_passed_by(&failing));
    assert!(!CheckKey::of_validator("unique", Some("age"), Some("null")).is_passed_by(&passing));
    let expectation = CheckKey::of_expectation("null", None, JsonValue::Object(Vec::new()));
    assert!(!failing.is_passed_by(&expectation) && !expectation.is_passed_by(&passing));
}

#[test]
fn an_expectation_is_known_by_type_column_and_kwargs() {
    let checks = checks_of(fixture("great_expectations/customers.suite_result.json"));
    assert_eq!(outcomes(&checks), ["passed", "failed", "failed", "failed"]);
    let kwargs = JsonValue::parse(&br#"{"max_value": 500.0, "column": "amount", "min_value": 0.0}"#[..]).unwrap();
    let key = CheckKey::of_expectation("expect_column_values_to_be_between", Some("amount"), kwargs);
    assert_eq!(checks[3].key, key);
    assert_eq!((checks[3].count, checks[3].severity.as_deref()), (12, Some("critical")));
}

#[test]
fn a_check_that_could_not_run_has_errored() {
    let checks = checks_of(fixture("great_expectations/leer_ünïcode.suite_result.json"));
    assert_eq!(outcomes(&checks).iter().filter(|outcome| **outcome == "errored").count(), 1);
    let truthound = r#"{"validator_name": "x", "success": false, "column": "*", "issue_type": "validator_error"}"#;
    assert_eq!(outcomes(&checks_in(truthound)), ["errored"]);
}

#[test]
fn an_outcome_in_the_details_goes_before_success() {
    let entry = |outcome: &str| format!(r#"{{"success": false, "details": {{"outcome": "{outcome}"}}}}"#);
    let entries = ["warned", "skipped", "errored", "passed", "unheard of"].map(entry).join(", ");
    assert_eq!(outcomes(&checks_in(&entries)), ["warned", "skipped", "errored", "passed", "failed"]);
}

#[test]
fn entries_of_odd_shapes_are_read_as_far_as_they_go() {
    let checks = checks_in(
        r#"5, null, {}, {"validator_name": 5, "column": ["a"], "success": 1, "count": -3, "details": [],
           "execution_time_ms": 12.5}, {"success": true, "execution_time_ms": NaN}"#,
    );
    assert_eq!(outcomes(&checks), ["failed", "passed", "passed"]);
    assert_eq!((checks[1].name.as_str(), checks[1].count), ("", 0));
    let durations = checks.iter().map(|check| check.duration).collect::<Vec<_>>();
    assert_eq!(durations, [None, Some(Duration::from_micros(12_500)), None]);
}

#[test]
fn facts_after_the_checks_are_read_to_the_end() {
    let text = r#"{"data_asset": "a", "results": [{"success": true}], "run_id": "r", "run_time": "2026-11-23",
                   "statistics": {"total_rows": 7}, "status": "success", "suite_name": "s"}"#;
    let facts = CheckReader::new(run_id(), text.as_bytes()).finish().unwrap();
    assert_eq!((facts.entry.run_id.as_str(), facts.suite_name.as_deref()), ("r", Some("s")));
    assert_eq!(facts.statistics.unwrap().total_rows, 7);
}

#[test]
fn a_broken_document_delivers_the_checks_before_the_break_and_one_error() {
    let text = r#"{"results": [{"success": true}, {"success": tru"#;
    let mut checks = CheckReader::new(run_id(), text.as_bytes());
    assert!(checks.next().unwrap().is_ok());
    assert_eq!(checks.next().unwrap().unwrap_err().causes(), ["line 1, column 48: the text ends within `true`"]);
    assert!(checks.next().is_none());
    assert!(checks.finish().is_err());
}

/// A document without end, made on the fly.
struct Endless(usize, io::Cursor<Vec<u8>>);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1.position() == self.1.get_ref().len() as u64 {
            self.0 += 1;
            self.1 = io::Cursor::new(format!(r#"{{"validator_name": "v{}", "success": false}},"#, self.0).into_bytes());
        }
        self.1.read(buffer)
    }
}

#[test]
fn checks_are_delivered_before_the_document_ends() {
    let mut checks = CheckReader::new(run_id(), Endless(0, io::Cursor::new(b"{\"results\": [".to_vec())));
    assert_eq!(checks.nth(50_000).unwrap().unwrap().name, "v50001");
}

fn kwargs() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = prop_oneof![
        "[1-9][0-9]{0,3}",
        "[a-z]{0,5}".prop_map(|text| format!("\"{text}\"")),
        Just(r#"{"b": [1, "ü"], "a": null}"#.to_owned())
    ];
    prop::collection::btree_map("[a-z]{1,4}", value, 0..6).prop_map(|kwargs| kwargs.into_iter().collect())
}

fn expectation_key(kwargs: &[(String, String)], column: &str, extra: &[(&str, &str)], id: &str) -> CheckKey {
    let mut members = kwargs.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect::<Vec<_>>();
    members.extend(extra.iter().map(|(key, value)| format!("\"{key}\": {value}")));
    let entry = format!(
        r#"{{"validator_name": "expect_x", "column": "{column}", "success": true, "issue_type": "expect_x",
            "details": {{"id": "{id}", "kwargs": {{{}}}}}}}"#,
        members.join(", ")
    );
    checks_in(&entry).remove(0).key
}

proptest! {
    #[test]
    fn the_key_of_an_expectation_knows_neither_order_nor_batch_nor_id(
        (kwargs, shuffled) in kwargs().prop_flat_map(|kwargs| (Just(kwargs.clone()), Just(kwargs).prop_shuffle())),
        batch in "[a-z0-9-]{0,8}", id in "[a-f0-9-]{0,8}", column in "[a-z]{1,4}",
    ) {
        let key = expectation_key(&kwargs, &column, &[], "");
        let batch = format!("\"{batch}\"");
        prop_assert_eq!(&key, &expectation_key(&shuffled, &column, &[("batch_id", &batch)], &id));
    }

    #[test]
    fn the_key_of_an_expectation_tells_columns_and_kwargs_apart(
        kwargs in kwargs(), left in "[a-z]{1,4}", right in "[a-z]{1,4}", value in "[1-9][0-9]{0,3}",
    ) {
        let key = expectation_key(&kwargs, &left, &[], "");
        prop_assert_eq!(left == right, key == expectation_key(&kwargs, &right, &[], ""));
        prop_assert_ne!(&key, &expectation_key(&kwargs, &left, &[("value", &value)], ""));
    }

    #[test]
    fn the_key_of_an_expectation_knows_no_spelling(text in "[a-zü\u{1f600}\"/]{0,6}") {
        let escaped = JsonValue::from(text.as_str()).to_text(Layout::Compact);
        let mut plain = serde_json::to_string(&text).unwrap();
        plain = plain.replace('/', "\\/");
        let key = |value: &str| expectation_key(&[("a".to_owned(), value.to_owned())], "c", &[], "");
        prop_assert_eq!(key(&escaped), key(&plain));
    }

    #[test]
    fn the_key_of_a_validator_tells_validators_columns_and_issue_types_apart(
        left in ("[a-c]{0,2}", prop::option::of("[a-c]{0,2}"), prop::option::of("[a-c]{0,2}")),
        right in ("[a-c]{0,2}", prop::option::of("[a-c]{0,2}"), prop::option::of("[a-c]{0,2}")),
    ) {
        let key = |(name, column, issue_type): &(String, Option<String>, Option<String>)| {
            CheckKey::of_validator(name, column.as_deref(), issue_type.as_deref())
        };
        prop_assert_eq!(left == right, key(&left) == key(&right));
    }
}
