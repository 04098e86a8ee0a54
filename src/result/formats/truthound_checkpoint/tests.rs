use crate::result::Layout;
use crate::result::formats::testing::{Asked, at, fixture_text, json, rows, text};
use crate::result::json::JsonValue;

const FIXTURE: &str = "truthound_checkpoint/checkpoint.json";

fn with(change: impl FnOnce(&mut JsonValue)) -> Vec<JsonValue> {
    let mut checkpoint = json(&fixture_text(FIXTURE));
    change(&mut checkpoint);
    Asked::default().results_of_text("c.json", &checkpoint.to_text(Layout::Pretty))
}

#[test]
fn the_validation_result_of_a_checkpoint_is_stored_with_its_name_and_run_id() {
    let mut stored = Asked::default().result(FIXTURE);
    let checkpoint = json(&fixture_text(FIXTURE));
    assert_eq!(text(&stored, "tags.checkpoint"), "nightly");
    assert_eq!(text(&stored, "tags.checkpoint_run_id"), "nightly_20261126_115606_5a337934");
    let description = stored.get_mut("metadata").unwrap().remove("checkpoint").unwrap();
    assert_eq!(text(&description, "status"), "failure");
    assert_eq!(at(&description, "duration_ms"), at(&checkpoint, "duration_ms"));
    stored.set("tags", json("{}"));
    assert_eq!(&stored, at(&checkpoint, "validation_result"));
    assert_eq!(rows(&stored), ["unique(id): failed 1", "null(email): failed 1"]);
}

#[test]
fn the_result_is_made_of_the_run_where_the_action_did_not_add_it() {
    let added = Asked::default().result(FIXTURE);
    let made = with(|checkpoint| drop(checkpoint.remove("validation_result")));
    assert_eq!(made, [added]);
}

#[test]
fn a_checkpoint_without_a_validation_result_has_crashed() {
    for both in [true, false] {
        let stored = with(|checkpoint| {
            checkpoint.set("validation_run", JsonValue::Null);
            checkpoint.remove("validation_result");
            if both {
                checkpoint.set("validation_result", JsonValue::Null);
            }
            checkpoint.set("status", "error");
            checkpoint.set("error", "cannot read c.csv");
            checkpoint.set("data_asset", if both { "c.csv" } else { "" });
        });
        let [stored] = stored.as_slice() else { panic!("{stored:?}") };
        assert_eq!(text(stored, "status"), "error");
        assert_eq!(text(stored, "run_id"), "nightly_20261126_115606_5a337934");
        assert_eq!(text(stored, "run_time"), "2026-11-26T11:56:06.838887");
        assert_eq!(text(stored, "data_asset"), if both { "c.csv" } else { "nightly" });
        assert_eq!(rows(stored), ["checkpoint: errored"]);
        assert_eq!(text(stored, "results.0.message"), "cannot read c.csv");
        assert_eq!(text(stored, "tags.checkpoint"), "nightly");
    }
}

#[test]
fn a_damaged_validation_result_is_refused_with_what_it_lacks() {
    let checkpoint = fixture_text(FIXTURE);
    let mut value = json(&checkpoint);
    value.get_mut("validation_result").unwrap().remove("data_asset");
    let refused = Asked::default().refusal("c.json", &value.to_text(Layout::Compact));
    assert_eq!(refused, "this looks like a stored result, but `data_asset` is missing");
    let mut value = json(&checkpoint);
    value.get_mut("validation_result").unwrap().get_mut("results").unwrap().push(json("{\"success\": true}"));
    let refused = Asked::default().refusal("c.json", &value.to_text(Layout::Compact));
    assert_eq!(refused, "an entry of `results` has no `validator_name`");
}
