//! `delete`.

use insta::assert_snapshot;

use crate::support::{Room, stored};

fn three() -> Room {
    let room = Room::new();
    room.save(&stored("run-1").of("orders"));
    room.save(&stored("run-2").of("orders").at("2026-03-02T00:00:00"));
    room.save(&stored("run-3").at("2026-03-03T00:00:00"));
    room
}

fn left(room: &Room) -> String {
    room.run(["list", "--ids"]).succeeds().trim_end().replace('\n', " ")
}

#[test]
fn what_is_named_is_deleted() {
    let room = three();
    assert_snapshot!(room.run(["delete", "run-1", "run-3"]), @"
    run-1
    run-3
    ");
    assert_eq!(left(&room), "run-2");
    room.run(["get", "run-1"]).fails_with(3);
}

#[test]
fn what_was_deleted_is_printed_as_json_too() {
    let room = three();
    assert_snapshot!(room.run(["delete", "run-1", "--format", "json"]), @r#"
    [
      {"run_id":"run-1","deleted":true}
    ]
    "#);
    assert_snapshot!(room.run(["delete", "run-2", "--format", "table"]), @"
    RUN ID  DELETED
    run-2   yes
    ");
}

#[test]
fn what_is_not_there_is_not_found_and_the_others_go() {
    let room = three();
    assert_snapshot!(room.run(["delete", "nope", "run-1"]), @"
    run-1
    --- stderr ---
    error: result `nope` not found in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: `truthound-store list` shows the stored results
    --- exit status 3 ---
    ");
    assert_snapshot!(room.run(["delete", "nope", "--format", "json"]), @r#"
    []
    --- stderr ---
    {"error":{"kind":"not_found","message":"result `nope` not found in namespace `default` of sqlite:///.truthound/store.db","run_id":"nope","profile":"default","hint":"`truthound-store list` shows the stored results"}}
    --- exit status 3 ---
    "#);
    assert_eq!(left(&room), "run-3 run-2");
}

#[test]
fn if_exists_makes_absence_no_failure() {
    let room = three();
    assert_snapshot!(room.run(["delete", "nope", "run-1", "--if-exists"]), @"run-1");
}

#[test]
fn filters_need_a_yes_where_there_is_nobody_to_ask() {
    let room = three();
    assert_snapshot!(room.run(["delete", "--asset", "orders"]), @"
    --- stderr ---
    error: 2 results match, and there is no terminal to ask for confirmation
      profile: default
    hint: use --yes to go ahead, or --dry-run to see the results
    --- exit status 2 ---
    ");
    let said = room.run(["delete", "--asset", "orders", "--until", "2026-03-01T23:00:00"]).fails_with(2);
    assert!(said.starts_with("error: 1 result matches, and there is no terminal"), "{said}");
    assert_eq!(left(&room), "run-3 run-2 run-1");
    assert_snapshot!(room.run(["delete", "--asset", "orders", "--yes"]), @"
    run-2
    run-1
    ");
    assert_eq!(left(&room), "run-3");
}

#[test]
fn a_dry_run_says_what_would_go() {
    let room = three();
    assert_snapshot!(room.run(["delete", "--until", "2026-03-02", "--dry-run"]), @"
    run-2
    run-1
    ");
    assert_snapshot!(room.run(["delete", "run-3", "nope", "--dry-run"]), @"
    run-3
    --- stderr ---
    error: result `nope` not found in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: `truthound-store list` shows the stored results
    --- exit status 3 ---
    ");
    assert_eq!(left(&room), "run-3 run-2 run-1");
}

#[test]
fn filters_that_match_nothing_delete_nothing() {
    let room = three();
    assert_snapshot!(room.run(["delete", "--asset", "nothing"]), @"");
    assert_eq!(left(&room), "run-3 run-2 run-1");
}

#[test]
fn run_ids_or_filters_must_be_given_and_not_both() {
    let room = three();
    assert_snapshot!(room.run(["delete"]), @"
    --- stderr ---
    error: `delete` needs run ids or filters
      profile: default
    hint: give a run id or a filter: truthound-store delete --until 90d
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["delete", "run-1", "--asset", "orders", "--yes"]), @"
    --- stderr ---
    error: `delete` takes run ids or filters, not both
      profile: default
    --- exit status 2 ---
    ");
    assert_eq!(left(&room), "run-3 run-2 run-1");
}

#[test]
fn a_run_id_that_is_named_twice_is_meant_once() {
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    assert_eq!(room.run(["delete", "run-1", "run-1"]).succeeds(), "run-1\n");
}
