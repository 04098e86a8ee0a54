use crate::result::formats::testing::{Asked, at, checks, fixture_text, json, rows, text};
use crate::result::json::JsonValue;

const FIXTURE: &str = "openlineage/events.ndjson";

#[test]
fn a_dataset_with_assertions_becomes_a_result_and_the_others_are_passed_over() {
    let stored = Asked::default().results(FIXTURE);
    assert_eq!(
        stored.iter().map(|stored| text(stored, "data_asset")).collect::<Vec<_>>(),
        ["main.orders", "main.customers"]
    );
    let [orders, customers] = stored.as_slice() else { panic!("{stored:?}") };
    assert_eq!((text(orders, "status"), text(customers, "status")), ("failure".to_owned(), "success".to_owned()));
    assert_eq!(text(orders, "run_time"), "2026-11-26T11:46:39.500000+00:00");
    assert_eq!(text(orders, "suite_name"), "shop.nightly.test");
    let tags = json(
        r#"{"openlineage_run": "0197c1f0-5a33-7934-8000-000000000001", "openlineage_job": "shop.nightly.test",
            "openlineage_namespace": "duckdb:///shop"}"#,
    );
    assert_eq!(at(orders, "tags"), &tags);
    assert_eq!(text(orders, "metadata.openlineage.eventType"), "COMPLETE");
    assert_eq!(rows(orders), ["not_null(id): passed", "unique(id): failed", "accepted_values(status): warned"]);
    let row = json(
        r#"{"validator_name": "unique", "success": false, "column": "id", "issue_type": "unique", "count": 0,
            "severity": "high", "message": "the value is 2, expected 0",
            "details": {"kwargs": {"name": "unique_orders_id", "expected": "0"}, "severity": "error",
                "description": "Ids are unique.", "observed_value": "2"},
            "execution_time_ms": 0.0}"#,
    );
    assert_eq!(at(orders, "results.1"), &row);
    assert_eq!(at(orders, "results.2.severity"), &"medium".into());
}

#[test]
fn assertions_are_known_by_what_they_are_called_with() {
    let orders = Asked::default().results(FIXTURE).remove(0);
    let kwargs = json(r#"{"name": "accepted_values_orders_status", "params": {"values": ["new", "paid"]}}"#);
    assert_eq!(at(&orders, "results.2.details.kwargs"), &kwargs);
    // A passing assertion about the whole table says nothing of those about its columns.
    let text =
        fixture_text(FIXTURE).replace("\"column\": \"id\", \"params\": {}, \"success\": true", "\"success\": true");
    let orders_without_column = Asked::default().results_of_text("e.ndjson", &text).remove(0);
    let passing = checks(&orders_without_column).remove(0);
    assert_eq!(passing.column, None);
    assert!(checks(&orders).iter().all(|check| !check.key.is_passed_by(&passing.key)));
}

#[test]
fn facets_in_older_places_and_the_number_of_failures_are_read() {
    let event = r#"{"eventTime": "2026-11-26T11:46:39Z", "run": {"runId": "r"}, "job": {"namespace": "n", "name": "j"},
        "inputs": [{"namespace": "s", "name": "t", "facets": {"dataQualityAssertions": {"assertions":
            [{"assertion": "not_null", "success": false, "column": "id", "failures": 3, "actual": 3}, {"assertion": "x"}]}}}],
        "outputs": [{"namespace": "s", "name": "o", "outputFacets": {"dataQualityAssertions": {"assertions": []}}}]}"#;
    let stored = Asked::default().results_of_text("e.json", event);
    assert_eq!(rows(&stored[0]), ["not_null(id): failed 3", "x: errored"]);
    assert_eq!(text(&stored[0], "results.0.message"), "the value is 3");
    assert_eq!(
        (text(&stored[1], "data_asset"), at(&stored[1], "results")),
        ("o".to_owned(), &JsonValue::Array(Vec::new()))
    );
}

#[test]
fn an_event_that_is_not_split_is_one_result_of_the_job() {
    let stored = Asked { whole: true, ..Asked::default() }.result(FIXTURE);
    assert_eq!(text(&stored, "data_asset"), "shop.nightly.test");
    assert_eq!(rows(&stored).len(), 4);
    assert_eq!(at(&stored, "results.3.details.kwargs"), &json(r#"{"expected": "3", "data_asset": "main.customers"}"#));
}

#[test]
fn a_file_without_any_assertion_is_refused_and_an_event_without_a_time_too() {
    let events = fixture_text(FIXTURE);
    let start = events.lines().next().unwrap();
    let refused = Asked::default().refusal("e.ndjson", &format!("{start}\n{start}\n"));
    assert_eq!(refused, "no dataset of this OpenLineage event has the facet `dataQualityAssertions`");
    let complete = events.lines().nth(1).unwrap();
    let refused = Asked::default().refusal("e.json", &complete.replace("\"eventTime\"", "\"time\""));
    assert!(
        refused.starts_with("an OpenLineage event does not say when the run took place; name its time"),
        "{refused}"
    );
    let refused = Asked::default().refusal("e.json", &complete.replace("2026-11-26T", "yesterday "));
    assert!(refused.starts_with("`eventTime` is `yesterday 11:46:39.500Z`, not an ISO 8601 time"), "{refused}");
}
