//! Tiers by size and by rules.

use serde_json::{Value, json};

use super::scripted::Scripted;
use crate::support::{Room, Stored, stored};

crate::cases![
    a_result_that_is_smaller_than_its_tier_bills_is_left_out_unless_it_is_forced,
    a_result_moves_among_tiers_that_bill_the_same,
    the_least_size_of_a_profile_holds_for_each_move_and_an_option_takes_its_place,
    a_dry_run_looks_at_each_result_and_counts_its_bytes,
    rules_move_each_result_to_the_coldest_tier_that_it_is_old_enough_for,
    rules_never_move_a_result_to_a_warmer_tier,
    rules_apply_to_what_passes_the_filters,
    the_rules_of_all_profiles_are_applied_and_a_broken_profile_does_not_stop_the_others,
];

const PLAIN: &str = "use_compression = false";

/// Rules, and no compression: a document of 200 kB stays one.
const RULES: &str = "use_compression = false\n\
    tiers = { rules = [{ older_than = '90d', tier = 'Cool' }, { older_than = '1y', tier = 'Archive', asset = 'raw_*' }] }";

/// Saves a result of 200 kB.
fn save_large(room: &Room, result: &Stored) {
    room.start(["save", "-"]).input(result.padded(200_000)).run().succeeds();
}

fn tier_of(server: &Scripted, run_id: &str) -> String {
    let state = server.state.lock().unwrap();
    let name = format!("/results/{run_id}.json");
    state.stored.iter().find(|(path, _)| path.ends_with(&name)).unwrap().1.tier.clone()
}

/// The run ids that a command prints, each with what became of it.
fn changes(room: &Room, arguments: &[&str]) -> Vec<(String, Value)> {
    let rows = room.run([arguments, &["-f", "json"]].concat()).json();
    let mut changes: Vec<_> = rows.as_array().unwrap().iter().map(change).collect();
    changes.sort_by(|one, other| one.0.cmp(&other.0));
    changes
}

fn change(row: &Value) -> (String, Value) {
    (row["run_id"].as_str().unwrap().to_owned(), row["change"].clone())
}

fn is(run_id: &str, change: &str) -> (String, Value) {
    (run_id.to_owned(), change.into())
}

fn a_result_that_is_smaller_than_its_tier_bills_is_left_out_unless_it_is_forced() {
    let server = Scripted::plain();
    let room = server.room_with_key(PLAIN);
    room.save(&stored("small"));
    save_large(&room, &stored("large"));
    let outcome = room.run(["set-tier", "small", "large", "Cool"]);
    assert!(outcome.stderr().contains("--min-size 0"), "{outcome}");
    let shown = outcome.succeeds();
    assert!(shown.contains("too small") && shown.contains("200."), "{shown}");
    assert_eq!((&*tier_of(&server, "small"), &*tier_of(&server, "large")), ("Hot", "Cool"));
    // A tier without a least size takes all.
    assert_eq!(changes(&room, &["set-tier", "large", "Hot"]), [is("large", "done")]);
    let forced = changes(&room, &["set-tier", "--tier", "cold", "--min-size", "0", "--status", "success", "--yes"]);
    assert_eq!(forced, [is("large", "done"), is("small", "done")]);
    assert_eq!(tier_of(&server, "small"), "Cold");
}

fn a_result_moves_among_tiers_that_bill_the_same() {
    let server = Scripted::plain();
    let room = server.room_with_key("access_tier = 'Cool'");
    room.save(&stored("run-1"));
    assert_eq!(changes(&room, &["set-tier", "run-1", "Cold"]), [is("run-1", "done")]);
    assert_eq!(changes(&room, &["set-tier", "run-1", "Cold"]), [is("run-1", "unchanged")]);
}

fn the_least_size_of_a_profile_holds_for_each_move_and_an_option_takes_its_place() {
    let server = Scripted::plain();
    let room = server.room_with_key("use_compression = false\ntiers = { min_size = 300_000 }");
    save_large(&room, &stored("large"));
    assert_eq!(changes(&room, &["set-tier", "large", "Cool"]), [is("large", "too_small")]);
    assert_eq!(changes(&room, &["set-tier", "large", "Cool", "--min-size", "200000"]), [is("large", "done")]);
}

fn a_dry_run_looks_at_each_result_and_counts_its_bytes() {
    let server = Scripted::plain();
    let room = server.room_with_key(PLAIN);
    room.save(&stored("small"));
    save_large(&room, &stored("large"));
    let message = room.run(["set-tier", "small", "absent", "Cool", "--dry-run"]).fails_with(3);
    assert!(message.contains("result `absent` not found"), "{message}");
    server.take();
    let shown = room.run(["-v", "set-tier", "--tier", "Cool", "--asset", "customers.csv", "--dry-run"]).to_string();
    assert!(shown.contains("would move 1 result (200."), "{shown}");
    assert!(shown.contains("left out 1 result ("), "{shown}");
    let rows = room.run(["-f", "json", "set-tier", "large", "Cool", "--dry-run"]).json();
    let body = server.state.lock().unwrap().stored.values().map(|blob| blob.body.len()).max().unwrap();
    assert_eq!(rows, json!([{"run_id": "large", "from": "Hot", "tier": "Cool", "size": body, "change": null}]));
    assert!(server.take().iter().all(|request| !request.target.contains("comp=tier")));
}

/// Saves results of several ages, data assets and sizes.
fn fill(room: &Room) {
    save_large(room, &stored("old-raw").of("raw_orders").at("2020-01-01T00:00:00"));
    save_large(room, &stored("old").at("2020-01-01T00:00:00"));
    save_large(room, &stored("young").of("raw_orders").at("2099-01-01T00:00:00"));
    room.save(&stored("small").at("2020-01-01T00:00:00"));
}

fn rules_move_each_result_to_the_coldest_tier_that_it_is_old_enough_for() {
    let server = Scripted::plain();
    let room = server.room_with_key(RULES);
    fill(&room);
    let message = room.run(["set-tier", "--by-rules"]).fails_with(2);
    assert!(message.contains("the rules apply to 3 results"), "{message}");
    let planned = changes(&room, &["set-tier", "--by-rules", "--dry-run"]);
    let would_move = |run_id: &str| (run_id.to_owned(), Value::Null);
    assert_eq!(planned, [would_move("old"), would_move("old-raw"), is("small", "too_small")]);
    assert_eq!(tier_of(&server, "old"), "Hot");

    let moved = changes(&room, &["set-tier", "--by-rules", "--yes"]);
    assert_eq!(moved, [is("old", "done"), is("old-raw", "done"), is("small", "too_small")]);
    let tiers = ["old", "old-raw", "small", "young"].map(|run_id| tier_of(&server, run_id));
    assert_eq!(tiers, ["Cool", "Archive", "Hot", "Hot"]);
    server.take();
    assert_eq!(changes(&room, &["set-tier", "--by-rules", "--yes"]), [is("small", "too_small")]);
    assert!(server.take().iter().all(|request| !request.target.contains("comp=tier")));
}

fn rules_never_move_a_result_to_a_warmer_tier() {
    let server = Scripted::plain();
    let room = server.room_with_key(RULES);
    fill(&room);
    room.run(["set-tier", "old", "Cold"]).succeeds();
    assert_eq!(
        changes(&room, &["set-tier", "--by-rules", "--asset", "customers.csv", "--yes", "--min-size", "9999"]),
        [is("small", "too_small")]
    );
    assert_eq!(tier_of(&server, "old"), "Cold");
}

fn rules_apply_to_what_passes_the_filters() {
    let server = Scripted::plain();
    let room = server.room_with_key(RULES);
    fill(&room);
    let moved = changes(&room, &["set-tier", "--by-rules", "--asset", "raw_orders", "--yes"]);
    assert_eq!(moved, [is("old-raw", "done")]);
    assert!(changes(&room, &["set-tier", "--by-rules", "--since", "2050-01", "--yes"]).is_empty());
    assert_eq!(tier_of(&server, "old"), "Hot");
}

fn the_rules_of_all_profiles_are_applied_and_a_broken_profile_does_not_stop_the_others() {
    let server = Scripted::plain();
    let rules = "tiers = { rules = [{ older_than = '1y', tier = 'Cool' }] }";
    let room = server.room_with_key(&format!(
        "{RULES}\n[profiles.broken]\nbackend = 's3'\n{rules}\n[profiles.disk]\nbackend = 'filesystem'\n{rules}\n\
         [profiles.other]\nbackend = 'memory'"
    ));
    fill(&room);
    let outcome = room.run(["set-tier", "--by-rules", "--all", "--yes", "-f", "json"]);
    let message = outcome.stderr();
    assert!(message.contains("missing option `bucket`") && message.contains("has no tiers"), "{message}");
    assert_eq!(outcome.code(), Some(2));
    let rows: Value = serde_json::from_str(&outcome.stdout()).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 3);
    assert!(rows.as_array().unwrap().iter().all(|row| row["profile"] == "azure"), "{rows}");
    assert_eq!(tier_of(&server, "old-raw"), "Archive");
}
