use crate::result::Layout;
use crate::result::convert::RUN_TIME_HINT;
use crate::result::formats::testing::{Asked, at, checks, fixture_text, json, rows, statistic, text};
use crate::result::json::JsonValue;

const CUSTOMERS: Asked = Asked { run_time: Some("2026-11-26T12:00:00Z"), data_asset: Some("customers"), whole: false };

#[test]
fn the_check_results_are_one_result_with_a_check_for_each_constraint() {
    let stored = CUSTOMERS.result("deequ/checks.json");
    assert_eq!(
        ["data_asset", "run_time", "status"].map(|key| text(&stored, key)),
        ["customers", "2026-11-26T12:00:00+00:00", "error"]
    );
    let expected = [
        "Size: passed",
        "Size: failed",
        "Completeness(id): passed",
        "Completeness(email): failed",
        "Uniqueness(id, email): passed",
        "Completeness(nope): errored",
        "Compliance: warned",
        "Minimum(id): passed",
    ];
    assert_eq!(rows(&stored), expected);
    let row = json(
        r#"{"validator_name": "Size", "success": false, "column": null, "issue_type": "Size", "count": 0, "severity": "high",
            "message": "Value: 3 does not meet the constraint requirement! Should be smaller than 3!",
            "details": {"kwargs": {"check": "customers are complete", "constraint": "SizeConstraint(Size(None))", "occurrence": 2},
                "check_level": "Error", "check_status": "Error"},
            "execution_time_ms": 0.0}"#,
    );
    assert_eq!(at(&stored, "results.1"), &row);
    let told = json(&fixture_text("deequ/checks.json"));
    let failures =
        told.as_array().unwrap().iter().filter(|result| result.get("constraint_status") == Some(&"Failure".into()));
    assert_eq!(statistic(&stored, "total_issues"), failures.count() as u64);
}

#[test]
fn each_key_of_a_metrics_repository_becomes_a_result_of_its_time() {
    let stored = CUSTOMERS.results("deequ/metrics.json");
    assert_eq!(stored.len(), 2);
    let stored = Asked { run_time: None, ..CUSTOMERS }.results("deequ/metrics.json");
    let times = stored.iter().map(|stored| text(stored, "run_time")).collect::<Vec<_>>();
    assert_eq!(times, ["2025-11-26T11:46:36+00:00", "2025-11-27T11:46:36+00:00"]);
    assert_eq!(at(&stored[0], "tags"), &json(r#"{"dataset": "customers", "env": "test"}"#));
    let expected = [
        "Size: passed",
        "Completeness(email): passed",
        "Distinctness(id, email): passed",
        "Compliance(id): passed",
        "Compliance(id): passed",
        "Correlation(id, age): passed",
        "Histogram(country): passed",
    ];
    assert_eq!(rows(&stored[0]), expected);
    assert_eq!(statistic(&stored[0], "total_rows"), 3);
    assert_eq!(at(&stored[0], "results.1.details.value").as_number(), Some("0.6666666666666666"));
    let kwargs =
        json(r#"{"instance": "id is positive", "predicate": "id > 0", "where": "country = 'DE'", "columns": ["id"]}"#);
    assert_eq!(at(&stored[0], "results.4.details.kwargs"), &kwargs);
    assert!(!stored[0].to_text(Layout::Compact).contains("XX"), "values of the data are not kept");
    assert_eq!(at(&stored[0], "results.6.details.number_of_bins").as_u64(), Some(3));
    let keys = |stored: &JsonValue| checks(stored).into_iter().take(2).map(|check| check.key).collect::<Vec<_>>();
    assert_eq!(keys(&stored[0]), keys(&stored[1]));
}

#[test]
fn a_metric_without_a_value_could_not_be_computed() {
    let mut metrics = json(&fixture_text("deequ/metrics.json"));
    let first = &mut metrics.as_array_mut().unwrap()[0];
    let map = first.get_mut("analyzerContext").unwrap().get_mut("metricMap").unwrap();
    map.as_array_mut().unwrap()[1].get_mut("metric").unwrap().remove("value");
    let stored = CUSTOMERS.results_of_text("m.json", &metrics.to_text(Layout::Compact));
    assert_eq!(rows(&stored[0])[1], "Completeness(email): errored");
    assert_eq!(text(&stored[0], "status"), "error");
}

#[test]
fn what_deequ_does_not_say_must_be_given() {
    for name in ["deequ/checks.json", "deequ/metrics.json"] {
        let refused = Asked { data_asset: None, ..CUSTOMERS }.refusal("d.json", &fixture_text(name));
        assert!(refused.ends_with("does not name its data asset; name the data asset with `--asset`"), "{refused}");
    }
    let refused = Asked { run_time: None, ..CUSTOMERS }.refusal("d.json", &fixture_text("deequ/checks.json"));
    assert!(
        refused.starts_with("the output of Deequ does not say when the run took place; name its time"),
        "{refused}"
    );
    let metrics = fixture_text("deequ/metrics.json");
    let refused = Asked { run_time: None, ..CUSTOMERS }.refusal("d.json", &metrics.replace("1764157596000", "1e99"));
    let (reason, hint) = refused.split_once("; ").unwrap();
    assert_eq!((reason, hint), ("`dataSetDate` is 1e99, not a time in milliseconds", RUN_TIME_HINT));
    let refused = CUSTOMERS.refusal("d.json", &metrics.replace("metricMap", "metrics"));
    assert_eq!(refused, "this looks like metrics of Deequ, but `analyzerContext.metricMap` is missing");
}
