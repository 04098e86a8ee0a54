//! Checkpoints. Validation results alone are tested with the formats of truthound.

use crate::result::Layout;
use crate::result::formats::testing::{AT_NOON, Asked, at, fixture_text, json, rows, statistic, text};
use crate::result::json::JsonValue;

#[test]
fn each_validation_of_a_checkpoint_becomes_a_result() {
    let stored = Asked::default().results("great_expectations/checkpoint.run_results.json");
    let facts = |stored: &JsonValue| ["data_asset", "status", "suite_name", "run_time"].map(|key| text(stored, key));
    let run_time = "2026-11-27T21:54:09.581747+00:00";
    assert_eq!(facts(&stored[0]), ["customers", "failure", "customers_suite", run_time]);
    assert_eq!(facts(&stored[1]), ["orders", "success", "orders_suite", run_time]);
    let expected =
        ["expect_column_values_to_be_unique(id): failed 2", "expect_column_values_to_not_be_null(email): failed 1"];
    assert_eq!(rows(&stored[0]), expected);
    assert_ne!(text(&stored[0], "run_id"), text(&stored[1], "run_id"));
    for stored in &stored {
        let told = at(stored, "metadata.great_expectations.statistics");
        let count = |key: &str| told.get(key).and_then(JsonValue::as_u64);
        assert_eq!(Some(statistic(stored, "total_validators")), count("evaluated_expectations"));
        assert_eq!(Some(statistic(stored, "passed_validators")), count("successful_expectations"));
        assert_eq!(Some(statistic(stored, "failed_validators")), count("unsuccessful_expectations"));
    }
}

#[test]
fn the_description_of_a_checkpoint_has_everything_but_a_time() {
    let stored = AT_NOON.result("great_expectations/checkpoint.describe.json");
    assert_eq!(
        (text(&stored, "data_asset"), text(&stored, "status")),
        ("shop-customers".to_owned(), "failure".to_owned())
    );
    assert_eq!(text(&stored, "run_time"), "2026-11-26T12:00:00+00:00");
    let expected = [
        "expect_column_values_to_not_be_null(email): failed 1",
        "expect_column_values_to_be_unique(id): failed 2",
        "expect_column_values_to_be_in_set(country): failed 1",
    ];
    assert_eq!(rows(&stored), expected);
    assert_eq!(at(&stored, "results.2.details.kwargs.value_set"), &json(r#"["DE", "FR"]"#));
    assert_eq!(text(&stored, "results.2.message"), "1 of 3 values are unexpected (33.3%)");
    assert_eq!(statistic(&stored, "failed_validators"), 3);

    let description = fixture_text("great_expectations/checkpoint.describe.json");
    let refused = Asked::default().refusal("c.json", &description);
    assert!(
        refused.starts_with("the description of a checkpoint does not say when the run took place; name its time"),
        "{refused}"
    );
    let named = Asked { data_asset: Some("customers"), ..AT_NOON };
    let nameless = description.replace("\"batch_id\": \"shop-customers\",", "");
    assert_eq!(text(&named.results_of_text("c.json", &nameless)[0], "data_asset"), "customers");
    let refused = AT_NOON.refusal("c.json", &nameless);
    assert!(refused.ends_with("does not name its data asset; name the data asset with `--asset`"), "{refused}");
}

#[test]
fn a_checkpoint_that_is_not_split_is_one_result_whose_checks_name_their_asset() {
    let stored = Asked { whole: true, ..Asked::default() }.result("great_expectations/checkpoint.run_results.json");
    assert_eq!((text(&stored, "data_asset"), text(&stored, "status")), ("nightly".to_owned(), "failure".to_owned()));
    assert_eq!(rows(&stored).len(), 3);
    assert_eq!(text(&stored, "results.2.details.kwargs.data_asset"), "orders");
    assert_eq!(["total_validators", "passed_validators"].map(|key| statistic(&stored, key)), [3, 1]);
}

#[test]
fn results_without_what_their_actions_did_are_read_and_a_checkpoint_without_any_is_refused() {
    let mut checkpoint = json(&fixture_text("great_expectations/checkpoint.run_results.json"));
    for (_, run) in checkpoint.get_mut("run_results").unwrap().as_object_mut().unwrap() {
        *run = run.remove("validation_result").unwrap();
    }
    let stored = Asked::default().results_of_text("c.json", &checkpoint.to_text(Layout::Pretty));
    assert_eq!(stored.len(), 2);
    checkpoint.set("run_results", json("{}"));
    let refused = Asked::default().refusal("c.json", &checkpoint.to_text(Layout::Pretty));
    assert_eq!(refused, "this checkpoint of Great Expectations ran no validation");
    checkpoint.set("run_results", json("{\"a\": 5}"));
    let refused = Asked::default().refusal("c.json", &checkpoint.to_text(Layout::Pretty));
    assert_eq!(refused, "an entry of `run_results` is a number, not an object");
}

#[test]
fn a_result_has_one_id_in_all_spellings() {
    let written = "great_expectations/validation_store.json";
    let id = text(&Asked::default().result(written), "run_id");
    let mut value = json(&fixture_text(written));
    value.as_object_mut().unwrap().reverse();
    value.get_mut("meta").unwrap().as_object_mut().unwrap().reverse();
    for text_of in [value.to_text(Layout::Compact), value.to_text(Layout::Pretty)] {
        assert_ne!(text_of, fixture_text(written));
        assert_eq!(text(&Asked::default().results_of_text("r.json", &text_of)[0], "run_id"), id);
    }
}
