//! Conversions.

mod run_times;

use std::path::Path;

use super::*;
use crate::result::json::{JsonReader, JsonValue};
use crate::result::{Document, InputOptions, InputSource, Layout, Overrides, RunId, Status, documents};

fn fixture(name: &str) -> JsonValue {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    JsonValue::parse(std::fs::File::open(path).unwrap()).unwrap()
}

fn try_convert(format: &Format, value: &JsonValue, overrides: &Overrides, layout: Layout) -> Result<Document, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("result.json");
    std::fs::write(&path, value.to_text(layout)).unwrap();
    let document = documents(&InputSource::File(path), &InputOptions::new(overrides, layout)).unwrap().next().unwrap();
    let outline = outline(value);
    assert_eq!(recognize(&outline).map(|format| format.name), Some(format.name));
    document.map_err(|error| error.causes().join(": "))
}

fn outline(value: &JsonValue) -> Outline {
    let text = value.to_text(Layout::Compact);
    let mut reader = JsonReader::new(text.as_bytes());
    let mut outline = Outline::default();
    reader.begin_object().unwrap();
    while let Some(key) = reader.next_key().unwrap().map(str::to_owned) {
        outline.begin_member(&key);
        outline.read_value(&key, &mut reader).unwrap();
    }
    outline
}

fn converted(format: &Format, value: &JsonValue) -> (Document, JsonValue) {
    let document = try_convert(format, value, &Overrides::default(), Layout::Compact).unwrap();
    let stored = JsonValue::parse(document.body.reader()).unwrap();
    (document, stored)
}

fn at<'a>(value: &'a JsonValue, path: &str) -> &'a JsonValue {
    path.split('.').fold(value, |value, key| match key.parse::<usize>() {
        Ok(index) => &value.as_array().unwrap()[index],
        Err(_) => value.get(key).unwrap_or_else(|| panic!("no {key} in {value:?}")),
    })
}

fn json(text: &str) -> JsonValue {
    JsonValue::parse(text.as_bytes()).unwrap()
}

#[test]
fn a_report_says_what_the_run_says_but_for_the_checks_that_passed() {
    for name in ["clean", "dirty", "empty", "unicode", "wide"] {
        let (document, stored) =
            converted(&truthound_report::FORMAT, &fixture(&format!("truthound/{name}-summary.report.json")));
        let run = fixture(&format!("truthound/{name}-summary.stored.json"));
        for key in
            ["run_id", "run_time", "data_asset", "status", "statistics", "tags", "suite_name", "runtime_environment"]
        {
            assert_eq!(stored.get(key), run.get(key), "{name} {key}");
        }
        let failed = run.get("results").unwrap().as_array().unwrap().iter();
        let failed =
            failed.filter(|result| result.get("success") == Some(&JsonValue::Bool(false))).cloned().collect::<Vec<_>>();
        assert_eq!(stored.get("results"), Some(&failed.into()), "{name}");
        let keys =
            |value: &JsonValue| value.as_object().unwrap().iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>();
        assert_eq!(keys(&stored), keys(&run));
        assert_eq!(at(&stored, "metadata.planner"), at(&run, "metadata.planner"));
        assert_eq!(at(&stored, "metadata._execution_mode"), &"sequential".into());
        assert_eq!(at(&stored, "metadata.report.title"), &"Truthound Validation Report".into());
        assert!(stored.get("metadata").unwrap().get("tags").is_none());
        assert_eq!(document.entry.run_id.as_str(), run.get("run_id").unwrap().as_str().unwrap());
    }
}

#[test]
fn what_a_report_leaves_out_is_counted_or_empty() {
    let mut report = fixture("truthound/dirty-summary.report.json");
    report.remove("statistics");
    report.remove("metadata");
    let (_, stored) = converted(&truthound_report::FORMAT, &report);
    assert_eq!(at(&stored, "statistics.total_issues").as_u64(), Some(7));
    assert_eq!(at(&stored, "statistics.critical_issues").as_u64(), Some(2));
    assert_eq!(at(&stored, "statistics.failed_validators").as_u64(), Some(4));
    assert_eq!(at(&stored, "statistics.pass_rate").as_number(), Some("0.0"));
    assert_eq!(at(&stored, "suite_name"), &JsonValue::Null);

    report.remove("issues");
    let (document, stored) = converted(&truthound_report::FORMAT, &report);
    assert_eq!(at(&stored, "results"), &json("[]"));
    assert_eq!(document.entry.status, Status::Failure);

    report.remove("result");
    let refused = try_convert(&truthound_report::FORMAT, &report, &Overrides::default(), Layout::Compact).unwrap_err();
    assert_eq!(refused, "this looks like a truthound report, but `result` is missing");
}

#[test]
fn an_expectation_becomes_an_entry_a_person_understands() {
    let (document, stored) =
        converted(&great_expectations::FORMAT, &fixture("great_expectations/customers.suite_result.json"));
    assert_eq!(document.entry.data_asset, "customers");
    assert_eq!(document.entry.status, Status::Failure);
    assert_eq!(document.entry.run_time.to_python_iso(), "2026-11-23T01:21:51.438519+00:00");
    assert_eq!(at(&stored, "suite_name"), &"customers_suite".into());
    let entry = |text: &str| json(&text.replace('\'', "\""));
    assert_eq!(
        at(&stored, "results.3"),
        &entry(
            "{'validator_name': 'expect_column_values_to_be_between', 'success': false, 'column': 'amount', \
             'issue_type': 'expect_column_values_to_be_between', 'count': 12, 'severity': 'critical', \
             'message': '12 of 40 values are unexpected (46.2%)', 'details': {'kwargs': {'batch_id': 'warehouse-customers', \
             'column': 'amount', 'min_value': 0.0, 'max_value': 500.0}, 'element_count': 40, \
             'unexpected_percent': 46.15384615384615, 'missing_count': 14, 'sample_values': [-3.0, -3.0, -3.0, 900.0, -3.0], \
             'id': '1a582c38-d742-4e1b-ae57-e8fd865a405e', 'severity': 'critical'}, 'execution_time_ms': 0.0}"
        )
    );
    assert_eq!(at(&stored, "results.0.severity"), &JsonValue::Null);
    assert_eq!(at(&stored, "results.0.message"), &JsonValue::Null);
    assert_eq!(
        at(&stored, "statistics"),
        &entry(
            "{'total_validators': 4, 'passed_validators': 1, 'failed_validators': 3, 'error_validators': 0, 'total_rows': 40, \
             'total_columns': 0, 'total_issues': 3, 'critical_issues': 3, 'high_issues': 0, 'medium_issues': 0, \
             'low_issues': 0, 'execution_time_ms': 0.0, 'pass_rate': 0.25, 'issue_rate': 0.075}"
        )
    );
    assert_eq!(at(&stored, "metadata.great_expectations.meta.great_expectations_version"), &"1.24.1".into());
    assert_eq!(at(&stored, "metadata.great_expectations.statistics.success_percent").as_number(), Some("25.0"));
}

#[test]
fn an_exception_makes_the_status_error_and_is_told() {
    let (document, stored) =
        converted(&great_expectations::FORMAT, &fixture("great_expectations/leer_ünïcode.suite_result.json"));
    assert_eq!(document.entry.status, Status::Error);
    assert_eq!(document.entry.data_asset, "leer_ünïcode");
    let message = "'<=' not supported between instances of 'str' and 'float'";
    assert_eq!(at(&stored, "results.3.message"), &message.into());
    assert_eq!(at(&stored, "results.3.details.exception.message"), &message.into());
    assert_eq!(at(&stored, "results.5.message"), &"not met".into());
    let statistic = |key: &str| at(&stored, "statistics").get(key).unwrap().as_u64().unwrap();
    assert_eq!(statistic("error_validators"), 1);
    assert_eq!(
        statistic("total_validators"),
        statistic("passed_validators") + statistic("failed_validators") + statistic("error_validators")
    );
    assert_eq!(statistic("total_issues"), statistic("critical_issues"));
    assert_eq!(at(&stored, "metadata._validation_run_contract.execution_issues.0.message"), &message.into());
}

#[test]
fn older_shapes_of_great_expectations_are_understood() {
    let old = r#"{
        "success": false, "evaluation_parameters": {"a": 1},
        "results": [
            {"success": false, "expectation_config": {"expectation_type": "expect_column_pair_values_to_be_equal", "meta": {},
             "kwargs": {"column_A": "a", "column_B": "b"}}, "result": {"observed_value": [1, "x"]}, "exception_info": null},
            {"success": false, "expectation_config": {"expectation_type": "expect_compound_columns_to_be_unique",
             "kwargs": {"column_list": ["a", "b", "c"]}}, "result": {"unexpected_count": 3},
             "exception_info": {"('m', 1)": {"raised_exception": true, "exception_message": "broken", "exception_traceback": "T"}}},
            {"success": true, "expectation_config": {"expectation_type": "expect_table_row_count_to_be_between", "kwargs": {}},
             "result": {}}
        ],
        "statistics": {"evaluated_expectations": null, "success_percent": null},
        "meta": {"expectation_suite_name": "old", META}
    }"#;
    for (meta, asset, time) in [
        (
            r#""run_id": {"run_name": "r", "run_time": "20200101T000000.000000Z"}, "active_batch_definition": {"data_asset_name": "taxi"}"#,
            "taxi",
            "2020-01-01T00:00:00+00:00",
        ),
        (
            r#""run_id": {"run_time": "2020-01-01T01:00:00.5+01:00"}, "batch_kwargs": {"path": "/data/a.csv"}"#,
            "/data/a.csv",
            "2020-01-01T01:00:00.500000+01:00",
        ),
        (
            r#""run_id": "20200101T000000.000000Z", "batch_kwargs": {"table": "t", "data_asset_name": "asset"}"#,
            "asset",
            "2020-01-01T00:00:00+00:00",
        ),
        (
            r#""run_id": "nightly", "validation_time": "20200518T102304.123456Z", "batch_spec": {"table_name": "t"}"#,
            "t",
            "2020-05-18T10:23:04.123456+00:00",
        ),
        (
            r#""batch_markers": {"ge_load_time": "20200101T000000.000000Z"}, "batch_parameters": {"path": "p"}"#,
            "p",
            "2020-01-01T00:00:00+00:00",
        ),
    ] {
        let (document, stored) = converted(&great_expectations::FORMAT, &json(&old.replace("META", meta)));
        assert_eq!(document.entry.data_asset, asset);
        assert_eq!(document.entry.run_time.to_python_iso(), time);
        assert_eq!(document.entry.status, Status::Error);
        assert_eq!(at(&stored, "suite_name"), &"old".into());
        assert_eq!(at(&stored, "results.0.column"), &"a, b".into());
        assert_eq!(at(&stored, "results.0.message"), &"not met: the observed value is [1, \"x\"]".into());
        assert_eq!(at(&stored, "results.1.column"), &"a, b, c".into());
        assert_eq!(at(&stored, "results.1.message"), &"broken".into());
        assert_eq!(at(&stored, "results.2.validator_name"), &"expect_table_row_count_to_be_between".into());
        assert_eq!(at(&stored, "metadata.great_expectations.evaluation_parameters.a").as_u64(), Some(1));
    }
}

#[test]
fn a_validation_result_that_names_no_asset_or_time_is_refused_with_a_hint() {
    let mut result = fixture("great_expectations/orders.suite_result.json");
    let meta = result.get_mut("meta").unwrap();
    meta.remove("active_batch_definition");
    let (document, _) = converted(&great_expectations::FORMAT, &result);
    assert_eq!(document.entry.data_asset, "warehouse-orders");
    let nameless = json(&result.to_text(Layout::Compact).replace("warehouse-orders", ""));
    let refused = try_convert(&great_expectations::FORMAT, &nameless, &Overrides::default(), Layout::Compact);
    assert!(refused.unwrap_err().contains("does not name its data asset"));
    let overrides = Overrides { data_asset: Some("mine".into()), ..Overrides::default() };
    let named = try_convert(&great_expectations::FORMAT, &nameless, &overrides, Layout::Compact).unwrap();
    assert_eq!(named.entry.data_asset, "mine");

    result.set("meta", json("{}"));
    let refused = try_convert(&great_expectations::FORMAT, &result, &Overrides::default(), Layout::Compact);
    assert!(refused.unwrap_err().contains("does not name its run time"));
}

#[test]
fn the_same_document_has_the_same_derived_id_however_it_is_laid_out() {
    let mut result = fixture("great_expectations/orders.suite_result.json");
    let id = |value: &JsonValue, layout| {
        let document = try_convert(&great_expectations::FORMAT, value, &Overrides::default(), layout).unwrap();
        document.entry.run_id.to_string()
    };
    let compact = id(&result, Layout::Compact);
    assert_eq!(compact, id(&result, Layout::Pretty));
    assert!(compact.starts_with("run_20261123_012151_"), "{compact}");
    assert_eq!(compact.len(), "run_20261123_012151_00000000".len());
    result.set("success", false);
    assert_ne!(compact, id(&result, Layout::Compact));
}

#[test]
fn what_the_caller_says_stands_in_the_converted_document() {
    let overrides = Overrides {
        run_time: None,
        run_id: Some(RunId::new("mine").unwrap()),
        data_asset: Some("asset".into()),
        tags: [("env".to_owned(), "prod".to_owned())].into(),
    };
    for (format, name) in [
        (&truthound_run::FORMAT, "truthound/dirty-summary.run.json"),
        (&truthound_report::FORMAT, "truthound/dirty-summary.report.json"),
        (&great_expectations::FORMAT, "great_expectations/customers.suite_result.json"),
    ] {
        let document = try_convert(format, &fixture(name), &overrides, Layout::Pretty).unwrap();
        let stored = JsonValue::parse(document.body.reader()).unwrap();
        assert_eq!(at(&stored, "run_id"), &"mine".into());
        assert_eq!(at(&stored, "data_asset"), &"asset".into());
        assert_eq!(at(&stored, "tags.env"), &"prod".into());
        assert_eq!(document.entry.run_id.as_str(), "mine");
        assert_eq!(document.entry.tags["env"], "prod");
        assert_eq!(stored.to_text(Layout::Pretty), String::from_utf8_lossy(&document.body.to_bytes().unwrap()));
    }
}

#[test]
fn what_truthound_would_not_write_in_a_run_is_refused_by_name() {
    let run = fixture("truthound/dirty-summary.run.json").to_text(Layout::Compact);
    for (from, to, reason) in [
        (
            "\"run_time\": \"2026",
            "\"run_time\": \"26",
            "`run_time` is `26-11-23T00:56:54.188086`, not an ISO 8601 time",
        ),
        ("\"source\": \"/data/dirty.csv\"", "\"source\": 5", "`source` of the run is a number, not a string"),
        ("\"row_count\": 40", "\"row_count\": \"many\"", "`row_count` of the run is a string, not a whole number"),
        (
            "\"severity\": \"low\"",
            "\"severity\": \"none\"",
            "the severity `none` of an issue is not critical, high, medium or low",
        ),
        (
            "\"result_format\": \"summary\"",
            "\"result_format\": \"long\"",
            "`result_format` is `long`, which truthound does not know",
        ),
        ("\"execution_issues\": []", "\"execution_issues\": [5]", "an execution issue is a number, not an object"),
    ] {
        assert!(run.contains(from), "{from}");
        let refused =
            try_convert(&truthound_run::FORMAT, &json(&run.replace(from, to)), &Overrides::default(), Layout::Compact);
        let refused = refused.unwrap_err();
        assert!(refused.starts_with(reason) || refused.contains(reason), "{refused}");
    }
}

#[test]
fn the_hint_names_each_format_that_is_accepted_in_the_order_of_the_list() {
    assert_eq!(
        accepted_formats(),
        "give a stored result, a report of truthound's JSON reporter, a result of Great Expectations, what `soda scan -srf \
         FILE` writes, what `frictionless validate --json` prints, run events of OpenLineage, what Deequ writes as JSON, \
         JUnit XML, the output of `truthound check -f json`, or `run_results.json` or `sources.json` of dbt"
    );
}

#[test]
fn a_format_is_recognised_by_its_members_and_an_incomplete_stored_result_last() {
    for (text, name) in [
        (r#"{"data_asset": "a", "checks": []}"#, Some("a stored result")),
        (r#"{"run_id": "a", "run_time": "b"}"#, Some("a stored result")),
        (r#"{"success": true, "results": [], "statistics": {}}"#, Some("a validation result of Great Expectations")),
        (r#"{"results": [{}, {"expectation_config": {}}]}"#, Some("a validation result of Great Expectations")),
        (r#"{"run_id": "a", "run_time": "b", "source": "c", "row_count": 1}"#, Some("a truthound run")),
        (r#"{"report_type": "validation", "run_id": "a", "run_time": "b"}"#, Some("a truthound report")),
        (r#"{"report_type": "profile"}"#, Some("a truthound report, but not of a validation")),
        (
            r#"{"checkpoint_name": "a", "run_id": "b", "status": "error", "data_asset": "c", "validation_run": null}"#,
            Some("the result of a truthound checkpoint"),
        ),
        (r#"{"run_results": {}, "success": true}"#, Some("a checkpoint result of Great Expectations")),
        (r#"{"validation_results": [], "statistics": {}}"#, Some("a checkpoint result of Great Expectations")),
        (r#"{"checks": [], "scanStartTimestamp": "a", "hasErrors": true}"#, Some("a Soda scan")),
        (r#"{"checks": [], "hasErrors": true}"#, Some("a truthound run")),
        (r#"{"valid": true, "tasks": [], "stats": {}}"#, Some("a Frictionless report")),
        (r#"{"valid": true, "tasks": []}"#, None),
        (r#"{"eventTime": "a", "run": {"runId": "b"}, "job": {}}"#, Some("an OpenLineage event")),
        (r#"{"eventTime": "a", "run": {}}"#, None),
        (r#"{"constraint": "a", "constraint_status": "b"}"#, Some("check results of Deequ")),
        (r#"{"resultKey": {}, "analyzerContext": {}}"#, Some("metrics of Deequ")),
        (r#"{"metadata": {"run_id": "a", "status": "b"}}"#, None),
    ] {
        assert_eq!(recognize(&outline(&json(text))).map(|format| format.name), name, "{text}");
    }
}
