use crate::result::Layout;
use crate::result::formats::testing::{AT_NOON, Asked, at, checks, fixture_text, json, rows, statistic, text};

#[test]
fn errors_are_checks_by_type_and_field_and_as_many_as_the_tool_counts() {
    let stored = AT_NOON.result("frictionless/report.json");
    assert_eq!((text(&stored, "data_asset"), text(&stored, "status")), ("t.csv".to_owned(), "failure".to_owned()));
    assert_eq!(text(&stored, "run_time"), "2026-11-26T12:00:00+00:00");
    let row = json(
        r#"{"validator_name": "frictionless", "success": false, "column": "email", "issue_type": "constraint-error",
            "count": 1, "severity": "high",
            "message": "The cell \"\" in row at position \"3\" and field \"email\" at position \"2\" does not conform to a constraint: constraint \"required\" is \"True\"",
            "details": {"title": "Constraint Error", "note": "constraint \"required\" is \"True\"", "row_numbers": [3]},
            "execution_time_ms": 0.0}"#,
    );
    assert_eq!(at(&stored, "results.0"), &row);
    assert_eq!(
        rows(&stored),
        [
            "frictionless(email): failed 1",
            "frictionless(age): failed 1",
            "frictionless(age): failed 1",
            "frictionless(id): failed 1"
        ]
    );
    let errors = at(&stored, "metadata.frictionless.stats.errors").as_u64();
    assert_eq!(Some(checks(&stored).iter().map(|check| check.count).sum()), errors);
    assert_eq!(["total_rows", "total_columns"].map(|key| statistic(&stored, key)), [3, 3]);
}

#[test]
fn a_table_without_errors_passes_all_that_it_failed_before() {
    let stored = AT_NOON.result("frictionless/report_ok.json");
    assert_eq!((text(&stored, "data_asset"), text(&stored, "status")), ("ok.csv".to_owned(), "success".to_owned()));
    assert_eq!(rows(&stored), ["frictionless: passed"]);
    let passing = checks(&stored).remove(0).key;
    for failing in checks(&AT_NOON.result("frictionless/report.json")) {
        assert!(failing.key.is_passed_by(&passing), "{failing:?}");
    }
}

#[test]
fn data_that_cannot_be_read_are_an_error_and_not_a_failure() {
    let stored = AT_NOON.result("frictionless/report_error.json");
    assert_eq!((text(&stored, "data_asset"), text(&stored, "status")), ("missing.csv".to_owned(), "error".to_owned()));
    assert_eq!(rows(&stored), ["frictionless: errored 1"]);
    assert_eq!(text(&stored, "results.0.issue_type"), "scheme-error");

    let stored = AT_NOON.result("frictionless/package_error.json");
    assert_eq!(
        (text(&stored, "data_asset"), text(&stored, "status")),
        ("package_error".to_owned(), "error".to_owned())
    );
    assert_eq!(rows(&stored), ["frictionless: errored 2"]);
    assert_eq!(text(&stored, "results.0.message"), "The data resource has an error: 'name' is a required property");
}

#[test]
fn a_package_becomes_a_result_for_each_table_or_one() {
    let stored = AT_NOON.results("frictionless/package.json");
    assert_eq!(stored.iter().map(|stored| text(stored, "data_asset")).collect::<Vec<_>>(), ["a.csv", "b.csv"]);
    assert_eq!(rows(&stored[1]), ["frictionless: failed 1", "frictionless(id): failed 1"]);
    assert_ne!(text(&stored[0], "run_id"), text(&stored[1], "run_id"));

    let whole = Asked { whole: true, ..AT_NOON }.result("frictionless/package.json");
    assert_eq!(text(&whole, "data_asset"), "package");
    let expected =
        ["frictionless a.csv(name): failed 1", "frictionless b.csv: failed 1", "frictionless b.csv(id): failed 1"];
    assert_eq!(rows(&whole), expected);
    assert_eq!(statistic(&whole, "total_rows"), 4);
}

#[test]
fn many_errors_of_one_kind_are_one_check_with_their_number_and_first_rows() {
    let mut report = json(&fixture_text("frictionless/report.json"));
    let task = &mut report.get_mut("tasks").unwrap().as_array_mut().unwrap()[0];
    let errors = (0_u64..1_000).map(|row| {
        json(&format!(r##"{{"type": "type-error", "message": "wrong {row}", "tags": ["#cell"], "fieldName": "age", "rowNumber": {row}}}"##))
    });
    task.set("errors", errors.collect::<Vec<_>>());
    let stored = AT_NOON.results_of_text("r.json", &report.to_text(Layout::Compact));
    assert_eq!(rows(&stored[0]), ["frictionless(age): failed 1000"]);
    assert_eq!(text(&stored[0], "results.0.message"), "wrong 0");
    assert_eq!(at(&stored[0], "results.0.details.row_numbers"), &json("[0, 1, 2, 3, 4]"));
}

#[test]
fn a_report_without_a_time_or_of_another_version_is_refused() {
    let report = fixture_text("frictionless/report.json");
    let refused = Asked::default().refusal("r.json", &report);
    assert!(
        refused.starts_with(
            "a Frictionless report does not say when the run took place; name its time with `--run-time now`"
        ),
        "{refused}"
    );
    let refused = AT_NOON.refusal("r.json", &report.replace("\"place\"", "\"resource\""));
    assert_eq!(refused, "this looks like a Frictionless report, but `tasks[].place` is missing");
    let refused = AT_NOON.refusal("r.json", r#"{"valid": true, "stats": {}, "errors": [], "tasks": []}"#);
    assert_eq!(refused, "this Frictionless report has no task");
}
