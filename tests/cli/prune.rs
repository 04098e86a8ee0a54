//! `prune`: keep results by rules, and remove the others.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Outcome, Room};

/// A run of `asset` at 10:00 on a day of November 2026, called by both, with the outcome of its only check.
fn run_of(asset: &str, day: u8, status: &str, tags: &Value) -> String {
    let outcome = if status == "success" { "passed" } else { "failed" };
    json!({
        "run_id": format!("{asset}-{day:02}"), "run_time": format!("2026-11-{day:02}T10:00:00Z"), "data_asset": asset,
        "status": status, "tags": tags,
        "results": [{
            "validator_name": "unique", "column": "id", "success": outcome == "passed", "issue_type": "unique",
            "severity": null, "count": 1, "details": {"kwargs": {}, "outcome": outcome},
        }],
    })
    .to_string()
}

fn save(room: &Room, documents: &[String], options: &[&str]) {
    let lines = documents.iter().map(|document| format!("{document}\n")).collect::<String>();
    room.start(["save", "-"].iter().chain(options)).input(lines).run().succeeds();
}

/// `customers` fails on the 5th and the 6th of ten days, and `orders` has two successes.
fn pruned_room() -> Room {
    let room = Room::with_disk_profile("");
    fill(&room, &[]);
    room
}

fn fill(room: &Room, options: &[&str]) {
    let status = |day| if matches!(day, 5 | 6) { "failure" } else { "success" };
    let customers = (1..=10).map(|day| run_of("customers", day, status(day), &json!({})));
    let orders = [3, 4].map(|day| run_of("orders", day, "success", &json!({"env": "prod"})));
    save(room, &customers.chain(orders).collect::<Vec<_>>(), options);
}

fn listed(room: &Room) -> Vec<String> {
    room.run(["list", "--ids", "--order-by", "data_asset", "--ascending"])
        .succeeds()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The run ids of the results that the rows remove, or would.
fn removed(outcome: &Outcome) -> Vec<String> {
    let rows: Vec<Value> = serde_json::from_str(&outcome.stdout()).unwrap();
    let results = rows.iter().flat_map(|row| row["removed"].as_array().unwrap().clone());
    let mut ids: Vec<String> = results.map(|result| result["run_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn a_dry_run_shows_each_group_with_what_keeps_its_results() {
    let room = pruned_room();
    let rules = ["prune", "--keep-last", "2", "--keep-changes", "--keep-daily", "3", "--dry-run"];
    assert_snapshot!(room.run(rules), @"
    GROUP      RESULTS  KEEP  REMOVE  KEPT BY
    customers  10       7     3       last 2, daily 3, changes 3, latest, last success, last failure
    orders     2        2     0       last 2, daily 2, changes 1, latest, last success
    ");
    assert_snapshot!(room.run([&rules[..], &["--asset", "orders", "-f", "json"]].concat()), @r#"
    [
      {"profile":"disk","group":{"asset":"orders"},"results":2,"kept":[{"run_id":"orders-04","run_time":"2026-11-04T10:00:00Z","status":"success","reasons":["last","daily","latest","last success"]},{"run_id":"orders-03","run_time":"2026-11-03T10:00:00Z","status":"success","reasons":["last","daily","changes"]}],"removed":[]}
    ]
    "#);
    assert_snapshot!(room.run(["prune", "--keep-last", "1", "--dry-run", "-f", "jsonl"]), @r#"
    {"profile":"disk","group":{"asset":"customers"},"results":10,"kept":[{"run_id":"customers-10","run_time":"2026-11-10T10:00:00Z","status":"success","reasons":["last","latest","last success"]},{"run_id":"customers-06","run_time":"2026-11-06T10:00:00Z","status":"failure","reasons":["last failure"]}],"removed":[{"run_id":"customers-09","run_time":"2026-11-09T10:00:00Z","status":"success","outcome":"would_remove"},{"run_id":"customers-08","run_time":"2026-11-08T10:00:00Z","status":"success","outcome":"would_remove"},{"run_id":"customers-07","run_time":"2026-11-07T10:00:00Z","status":"success","outcome":"would_remove"},{"run_id":"customers-05","run_time":"2026-11-05T10:00:00Z","status":"failure","outcome":"would_remove"},{"run_id":"customers-04","run_time":"2026-11-04T10:00:00Z","status":"success","outcome":"would_remove"},{"run_id":"customers-03","run_time":"2026-11-03T10:00:00Z","status":"success","outcome":"would_remove"},{"run_id":"customers-02","run_time":"2026-11-02T10:00:00Z","status":"success","outcome":"would_remove"},{"run_id":"customers-01","run_time":"2026-11-01T10:00:00Z","status":"success","outcome":"would_remove"}]}
    {"profile":"disk","group":{"asset":"orders"},"results":2,"kept":[{"run_id":"orders-04","run_time":"2026-11-04T10:00:00Z","status":"success","reasons":["last","latest","last success"]}],"removed":[{"run_id":"orders-03","run_time":"2026-11-03T10:00:00Z","status":"success","outcome":"would_remove"}]}
    "#);
    assert_eq!(listed(&room).len(), 12);
}

#[test]
fn the_rules_that_keep_a_result_are_shown_per_result() {
    let room = pruned_room();
    let rules = ["prune", "--keep-last", "2", "--keep-changes", "--results", "--dry-run", "--asset", "customers"];
    assert_snapshot!(room.run(rules), @"
    RUN ID        RUN TIME              STATUS   GROUP      OUTCOME       KEPT BY
    customers-10  2026-11-10T10:00:00Z  success  customers  keep          last, latest, last success
    customers-09  2026-11-09T10:00:00Z  success  customers  keep          last
    customers-08  2026-11-08T10:00:00Z  success  customers  would remove
    customers-07  2026-11-07T10:00:00Z  success  customers  keep          changes
    customers-06  2026-11-06T10:00:00Z  failure  customers  keep          last failure
    customers-05  2026-11-05T10:00:00Z  failure  customers  keep          changes
    customers-04  2026-11-04T10:00:00Z  success  customers  would remove
    customers-03  2026-11-03T10:00:00Z  success  customers  would remove
    customers-02  2026-11-02T10:00:00Z  success  customers  would remove
    customers-01  2026-11-01T10:00:00Z  success  customers  keep          changes
    ");
    assert_snapshot!(room.run(["prune", "--keep-last", "1", "--results", "--asset", "orders", "--dry-run", "-f", "jsonl"]), @r#"
    {"profile":"disk","group":{"asset":"orders"},"run_id":"orders-04","run_time":"2026-11-04T10:00:00Z","status":"success","reasons":["last","latest","last success"],"outcome":null}
    {"profile":"disk","group":{"asset":"orders"},"run_id":"orders-03","run_time":"2026-11-03T10:00:00Z","status":"success","reasons":[],"outcome":"would_remove"}
    "#);
}

#[test]
fn what_a_dry_run_shows_is_what_is_removed() {
    for rules in [
        &["--keep-last", "2"][..],
        &["--keep-within", "3d", "--keep-changes"],
        &["--keep-weekly", "2", "--keep-tag", "env=prod"],
    ] {
        let room = pruned_room();
        let before = listed(&room);
        let prune = |more: &[&str]| room.run([&["prune", "-f", "json"], rules, more].concat());
        let planned = removed(&prune(&["--dry-run"]));
        assert!(!planned.is_empty());
        let done = prune(&["--yes"]);
        assert_eq!((done.code(), removed(&done)), (Some(0), planned.clone()));
        let expected: Vec<String> = before.into_iter().filter(|id| !planned.contains(id)).collect();
        assert_eq!(listed(&room), expected);
        assert_eq!(removed(&prune(&["--yes"])), Vec::<String>::new(), "{rules:?}");
    }
}

#[test]
fn without_a_rule_nothing_is_removed() {
    let room = pruned_room();
    assert_snapshot!(room.run(["prune", "--asset", "customers", "--yes"]), @"
    --- stderr ---
    error: `prune` needs a rule
      profile: disk
    hint: add one: --keep-last, --keep-within, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly, --keep-changes, --keep-tag; or write it into [profiles.NAME.prune]
    --- exit status 2 ---
    ");
    room.run(["prune", "--keep-changes=false", "--group-by", "tag:env", "--yes"]).fails_with(2);
    room.run(["prune", "--keep-last", "0", "--yes"]).fails_with(2);
    room.run(["prune", "--keep-within", "6m", "--yes"]).fails_with(2);
    assert_eq!(listed(&room).len(), 12);
}

#[test]
fn without_a_terminal_it_takes_a_yes() {
    let room = pruned_room();
    assert_snapshot!(room.run(["prune", "--keep-last", "1"]), @"
    --- stderr ---
    error: 9 of 12 results would be removed, and there is no terminal to ask for confirmation
      profile: disk
    hint: use --yes to go ahead, or --dry-run to see the plan
    --- exit status 2 ---
    ");
    assert_eq!(listed(&room).len(), 12);
}

#[test]
#[cfg(target_os = "linux")]
fn at_a_terminal_the_plan_stands_above_the_question() {
    let room = pruned_room();
    let ask = |answer: &str| room.start(["prune", "--keep-last", "1"]).at_terminal(100).input(answer).run();
    let refused = ask("n\n");
    assert_eq!(refused.code(), Some(1));
    let shown = refused.stdout();
    assert!(shown.contains("Remove 9 of 12 results in") && shown.contains("customers"), "{shown}");
    assert_eq!(listed(&room).len(), 12);
    assert_eq!(ask("y\n").code(), Some(0));
    assert_eq!(listed(&room), ["customers-10", "customers-06", "orders-04"]);
}

#[test]
fn a_group_of_which_no_rule_keeps_a_result_is_refused_and_the_others_go_on() {
    let room = pruned_room();
    save(&room, &[run_of("orders", 2, "success", &json!({}))], &[]);
    assert_snapshot!(room.run(["prune", "--keep-tag", "env", "--yes"]), @"
    GROUP      RESULTS  KEEP  REMOVE  KEPT BY
    customers  10       2     0 of 8  latest, last success, last failure
    orders     3        2     1       tag 2, latest, last success
    --- stderr ---
    error: no rule keeps any of the 10 results of `customers`: none of them was removed
      profile: disk
    hint: add a rule that keeps some, or use --allow-empty with a filter to remove them all
    --- exit status 1 ---
    ");
    assert_eq!(listed(&room).len(), 12);
    let emptying = ["prune", "--keep-tag", "env", "--allow-empty", "--yes"];
    assert_snapshot!(room.run(emptying), @"
    --- stderr ---
    error: `--allow-empty` needs a filter
      profile: disk
    hint: name what may go: truthound-store prune --asset old.csv --keep-tag pinned --allow-empty
    --- exit status 2 ---
    ");
    room.run([&emptying[..], &["--asset", "customers"]].concat()).succeeds();
    assert_eq!(listed(&room), ["orders-04", "orders-03"]);
}

#[test]
fn more_than_the_allowed_number_is_not_removed() {
    let room = pruned_room();
    assert_snapshot!(room.run(["prune", "--keep-last", "1", "--max-delete", "8", "--yes"]), @"
    GROUP      RESULTS  KEEP  REMOVE  KEPT BY
    customers  10       2     8       last 1, latest, last success, last failure
    orders     2        1     1       last 1, latest, last success
    --- stderr ---
    error: 9 of 12 results would be removed, and at most 8 may be: nothing was changed
      profile: disk
    hint: look at the plan with --dry-run, then raise --max-delete or keep more
    --- exit status 1 ---
    ");
    room.run(["prune", "--keep-last", "1", "--max-delete", "74%", "--yes"]).fails_with(1);
    assert_eq!(listed(&room).len(), 12);
    room.run(["prune", "--keep-last", "1", "--max-delete", "75%", "--yes"]).succeeds();
    assert_eq!(listed(&room).len(), 3);
}

#[test]
fn groups_are_those_of_assets_and_tags() {
    let room = pruned_room();
    let by = |by: &str| room.run(["prune", "--keep-last", "1", "--group-by", by, "--dry-run"]);
    assert_snapshot!(by("asset,tag:env"), @"
    GROUP              RESULTS  KEEP  REMOVE  KEPT BY
    customers, no env  10       2     8       last 1, latest, last success, last failure
    orders, env=prod   2        1     1       last 1, latest, last success
    ");
    assert_snapshot!(by("tag:env"), @"
    GROUP     RESULTS  KEEP  REMOVE  KEPT BY
    no env    10       2     8       last 1, latest, last success, last failure
    env=prod  2        1     1       last 1, latest, last success
    ");
    by("status").fails_with(2);
}

#[test]
fn rules_of_the_configuration_are_those_of_each_profile() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "default_profile = 'a'\n[profiles.a]\nbackend = 'filesystem'\nbase_path = 'a'\nprune = { keep_last = 3 }\n\
         [profiles.b]\nbackend = 'filesystem'\nbase_path = 'b'\n[profiles.c]\nbackend = 'filesystem'\nbase_path = 'c'\n\
         prune = { keep_changes = true, keep_last = 1 }\n",
    );
    for profile in ["a", "b", "c"] {
        fill(&room, &["-p", profile]);
    }
    let count = |profile| room.run(["list", "--count", "-p", profile]).succeeds().trim().to_owned();
    assert_snapshot!(room.run(["prune", "--dry-run"]), @"
    GROUP      RESULTS  KEEP  REMOVE  KEPT BY
    customers  10       4     6       last 3, latest, last success, last failure
    orders     2        2     0       last 2, latest, last success
    ");
    room.run(["prune", "-p", "b", "--yes"]).fails_with(2);
    assert_snapshot!(room.run(["prune", "--all", "--yes"]), @"
    GROUP         RESULTS  KEEP  REMOVE  KEPT BY
    a: customers  10       4     6       last 3, latest, last success, last failure
    a: orders     2        2     0       last 2, latest, last success
    c: customers  10       5     5       last 1, changes 3, latest, last success, last failure
    c: orders     2        2     0       last 1, changes 1, latest, last success
    ");
    assert_eq!(["a", "b", "c"].map(count), ["6", "12", "7"]);
    let described = room.run(["profiles", "-f", "json"]).json();
    assert_eq!(described[2]["prune"], json!({"keep_last": 1, "keep_changes": true}));
}

#[test]
fn a_profile_that_cannot_be_opened_does_not_keep_all_from_the_others() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "[profiles.broken]\nbackend = 's3'\nprune = { keep_last = 3 }\n[profiles.disk]\nbackend = 'filesystem'\n\
         base_path = 'disk'\nprune = { keep_last = 1 }\n",
    );
    fill(&room, &["-p", "disk"]);
    let outcome = room.run(["prune", "--all", "--yes", "-f", "json"]);
    assert_eq!((outcome.code(), removed(&outcome).len()), (Some(2), 9));
    let room = Room::with_disk_profile("");
    assert_snapshot!(room.run(["prune", "--all", "--yes"]), @"
    --- stderr ---
    error: `prune --all` needs a profile with rules
    hint: write them into [profiles.NAME.prune]: keep_last = 10
    --- exit status 2 ---
    ");
}

#[test]
fn results_are_archived_byte_for_byte_before_they_are_removed() {
    let room = Room::with_disk_profile("[profiles.cold]\nbackend = 'database'\nconnection_url = 'sqlite:///cold.db'\n");
    fill(&room, &[]);
    let document = room.run(["get", "customers-02"]).succeeds();
    assert_snapshot!(room.run(["prune", "--keep-last", "1", "--archive-to", "cold", "--yes"]), @"
    GROUP      RESULTS  KEEP  REMOVE  KEPT BY
    customers  10       2     8       last 1, latest, last success, last failure
    orders     2        1     1       last 1, latest, last success
    ");
    assert_eq!(listed(&room), ["customers-10", "customers-06", "orders-04"]);
    let cold = |words: &[&str]| room.run([words, &["-p", "cold"]].concat()).succeeds();
    assert_eq!(cold(&["get", "customers-02"]), document);
    assert_eq!(cold(&["list", "--count"]).trim(), "9");
    room.run(["verify", "-p", "cold"]).succeeds();
}

#[test]
fn a_result_that_the_archive_has_otherwise_stays() {
    let room = Room::with_disk_profile("[profiles.cold]\nbackend = 'filesystem'\nbase_path = 'cold'\n");
    fill(&room, &[]);
    let same = room.run(["get", "customers-02"]).succeeds();
    room.start(["save", "-", "-p", "cold"]).input(same).run().succeeds();
    let other = run_of("customers", 3, "error", &json!({}));
    room.start(["save", "-", "-p", "cold"]).input(other).run().succeeds();
    let outcome = room.run(["prune", "--keep-last", "1", "--archive-to", "cold", "--yes", "-f", "json"]);
    assert_eq!(outcome.code(), Some(7));
    assert!(outcome.stderr().contains("result `customers-03`"), "{outcome}");
    assert_eq!(listed(&room), ["customers-10", "customers-06", "customers-03", "orders-04"]);
    assert_eq!(room.run(["get", "customers-03", "-p", "cold"]).json()["status"], "error");
    room.run(["prune", "--keep-last", "1", "--archive-to", "disk", "--yes"]).fails_with(2);
}

#[test]
fn a_result_with_checks_that_cannot_be_read_is_kept_for_its_changes() {
    let room = pruned_room();
    let path = "store/default/validations/customers-08.json";
    let document = String::from_utf8(room.read(path)).unwrap();
    room.write(path, document.replace("\"results\"", "\"results"));
    let outcome = room.run(["prune", "--keep-changes", "--asset", "customers", "--dry-run", "-f", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&outcome.stdout()).unwrap();
    let kept = rows[0]["kept"].as_array().unwrap().iter().find(|it| it["run_id"] == "customers-08").unwrap();
    assert_eq!(kept["reasons"], json!(["unreadable"]));
    assert!(outcome.stderr().contains("result `customers-08` is kept, because its checks cannot be read"), "{outcome}");
}

#[test]
fn an_empty_store_has_no_groups() {
    let room = Room::with_disk_profile("");
    assert_eq!(room.run(["prune", "--keep-last", "1", "--yes"]).succeeds(), "");
    assert_eq!(room.run(["prune", "--keep-last", "1", "--yes", "-f", "json"]).json(), json!([]));
}
