use crate::result::Layout;
use crate::result::convert::RUN_TIME_HINT;
use crate::result::formats::testing::{Asked, at, checks, fixture_text, json, rows, statistic, text};
use crate::result::json::JsonValue;

#[test]
fn a_scan_becomes_a_result_for_each_table_with_the_outcomes_that_soda_logs() {
    let stored = Asked::default().result("soda/scan.json");
    assert_eq!(text(&stored, "data_asset"), "raw_customers");
    assert_eq!(text(&stored, "run_time"), "2026-11-26T11:46:36+00:00");
    assert_eq!(text(&stored, "status"), "failure");
    assert_eq!(text(&stored, "suite_name"), "Soda Core CLI");
    assert_eq!(text(&stored, "tags.soda_scan"), "Soda Core CLI");
    assert_eq!(text(&stored, "tags.soda_data_source"), "shop");
    assert_eq!(
        rows(&stored),
        [
            "row_count > 0: passed",
            "Schema Check: failed",
            "no XX: failed 1",
            "email is there(email): failed 1",
            "missing_percent(email) warn when > 1 fail when > 90(email): warned 1",
            "duplicate_count(id) = 0(id): failed 1",
            "average id(id): passed",
            "invalid_percent(country) < 5(country): failed 1",
        ]
    );
    // "Oops! 5 failure. 1 warning. 0 errors. 2 pass."
    let counts = ["failed_validators", "passed_validators", "error_validators", "total_issues"];
    assert_eq!(counts.map(|key| statistic(&stored, key)), [6, 2, 0, 6]);
    assert_eq!(["high_issues", "medium_issues"].map(|key| statistic(&stored, key)), [5, 1]);
    let soda = at(&stored, "metadata.soda");
    assert_eq!(at(soda, "hasFailures"), &true.into());
    assert!(soda.get("logs").is_none() && soda.get("queries").is_none(), "{soda:?}");
}

#[test]
fn a_check_keeps_its_text_value_and_thresholds() {
    let stored = Asked::default().result("soda/scan.json");
    let row = json(
        r#"{"validator_name": "missing_percent(email) warn when > 1 fail when > 90", "success": false, "column": "email",
            "issue_type": "missing_percent(email) warn when > 1 fail when > 90", "count": 1, "severity": "medium",
            "message": "the value is 33.33; fails if greater than 90.0; warns if greater than 1.0",
            "details": {"kwargs": {"identity": "94bdc300"}, "outcome": "warned", "type": "generic",
                "identity": "491fcc39",
                "definition": "checks for raw_customers:\n  - missing_percent(email):\n      warn: when > 1\n      fail: when > 90\n",
                "location": {"filePath": "checks3.yml", "line": 10, "col": 5}, "value": 33.33,
                "fail": {"greaterThan": 90.0}, "warn": {"greaterThan": 1.0}},
            "execution_time_ms": 0.0}"#,
    );
    assert_eq!(at(&stored, "results.4"), &row);
    assert_eq!(text(&stored, "results.1.message"), "1 schema event(s); missing column names: [\"nope\"]");
    assert_eq!(text(&stored, "results.3.message"), "the value is 1; fails if greater than 0.0 or less than 0.0");
}

#[test]
fn an_error_that_hit_no_check_is_a_check_of_the_data_source() {
    let stored = Asked::default().results("soda/error.json");
    let assets = stored.iter().map(|stored| (text(stored, "data_asset"), text(stored, "status"))).collect::<Vec<_>>();
    let expected = [("customers", "failure"), ("orders", "success"), ("shop", "error")];
    assert_eq!(assets, expected.map(|(asset, status)| (asset.to_owned(), status.to_owned())));
    assert_eq!(rows(&stored[0]), ["row_count > 0: passed", "email is there(email): failed 1"]);
    assert_eq!(rows(&stored[2]), ["scan: errored"]);
    let message = "Soda Core must be configured to connect to Soda Cloud to use change-over-time checks.";
    assert_eq!(text(&stored[2], "results.0.message"), message);
    assert_eq!(text(&stored[2], "metadata.soda.logs.0.level"), "warning");

    let stored = Asked::default().result("soda/no_checks.json");
    assert_eq!((text(&stored, "data_asset"), text(&stored, "status")), ("shop".to_owned(), "error".to_owned()));
    assert_eq!(text(&stored, "results.0.message"), "Could not add SodaCL file checks_err.yml");
}

#[test]
fn a_check_without_an_outcome_was_skipped_or_hit_by_an_error() {
    for (has_errors, expected, status) in [(false, "skipped", "failure"), (true, "errored", "error")] {
        let mut scan = json(&fixture_text("soda/scan.json"));
        scan.set("hasErrors", has_errors);
        let check = &mut scan.get_mut("checks").unwrap().as_array_mut().unwrap()[0];
        check.set("outcome", JsonValue::Null);
        check.set(
            "outcomeReasons",
            json(r#"[{"code": "notEnough", "message": "too few measurements", "severity": "warn"}]"#),
        );
        let stored = Asked::default().results_of_text("s.json", &scan.to_text(Layout::Compact));
        assert_eq!(stored.len(), 1, "the error is that of the check");
        assert_eq!(checks(&stored[0])[0].outcome.name(), expected);
        assert_eq!(text(&stored[0], "results.0.message"), "too few measurements");
        assert_eq!(text(&stored[0], "status"), status);
    }
}

#[test]
fn a_check_keeps_its_key_when_the_data_are_mended() {
    let before = Asked::default().results("soda/error.json");
    let after = Asked::default().results("soda/mended.json");
    let keys = |stored: &JsonValue| checks(stored).into_iter().map(|check| check.key).collect::<Vec<_>>();
    assert_eq!(keys(&before[0]), keys(&after[0]));
    assert_eq!(rows(&after[0]), ["row_count > 0: passed", "email is there(email): passed"]);
    assert_eq!(at(&after[0], "results.1.details.kwargs"), &json(r#"{"identity": "email-is-there"}"#));
}

#[test]
fn a_scan_that_is_not_split_is_one_result_whose_checks_name_their_table() {
    let stored = Asked { whole: true, ..Asked::default() }.result("soda/error.json");
    assert_eq!(
        (text(&stored, "data_asset"), text(&stored, "status")),
        ("Soda Core CLI".to_owned(), "error".to_owned())
    );
    assert_eq!(rows(&stored).len(), 5);
    assert_eq!(text(&stored, "results.2.details.kwargs.data_asset"), "orders");
    let stored = Asked { whole: true, data_asset: Some("shop"), ..Asked::default() }.result("soda/error.json");
    assert_eq!(text(&stored, "data_asset"), "shop");
}

#[test]
fn what_looks_like_a_scan_and_is_none_is_refused_with_what_it_lacks() {
    let scan = fixture_text("soda/scan.json");
    for key in ["definitionName", "defaultDataSource", "scanStartTimestamp", "checks"] {
        let mut value = json(&scan);
        value.remove(key);
        let refused = Asked::default().refusal("s.json", &value.to_text(Layout::Compact));
        let hint = if key == "scanStartTimestamp" { format!("; {RUN_TIME_HINT}") } else { String::new() };
        assert_eq!(refused, format!("this looks like a Soda scan, but `{key}` is missing{hint}"));
    }
    let refused = Asked::default()
        .refusal("s.json", &scan.replace("\"scanStartTimestamp\": \"2026", "\"scanStartTimestamp\": \"26"));
    assert!(
        refused.starts_with("`scanStartTimestamp` is `26-11-26T11:46:36+00:00`, not an ISO 8601 time"),
        "{refused}"
    );
    assert!(refused.contains("--run-time now"), "{refused}");
    let mut empty = json(&scan);
    empty.set("checks", json("[]"));
    let refused = Asked::default().refusal("s.json", &empty.to_text(Layout::Compact));
    assert_eq!(refused, "this Soda scan ran no check");
}
