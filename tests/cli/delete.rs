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
    RUN ID  OUTCOME
    run-2   deleted
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

#[test]
fn run_ids_are_read_from_standard_input() {
    let room = three();
    let listed = room.run(["list", "--ids", "--asset", "orders"]).succeeds();
    assert_eq!(listed, "run-2\nrun-1\n");
    assert_eq!(room.start(["delete", "-"]).input(listed + "run-2\n").run().succeeds(), "run-2\nrun-1\n");
    assert_eq!(left(&room), "run-3");
}

#[test]
fn a_line_that_is_not_a_run_id_is_reported_and_the_others_are_deleted() {
    let room = three();
    let input = format!("run-1\n{}\nrun-3\n", stored("run-2").text());
    assert_snapshot!(room.start(["delete", "-"]).input(input).run(), @"
    run-1
    run-3
    --- stderr ---
    error: line 2 of standard input is not a run id
      caused by: it is JSON
      profile: default
    hint: `truthound-store list --ids` prints one run id per line
    --- exit status 2 ---
    ");
    assert_eq!(left(&room), "run-2");
}

#[test]
fn standard_input_without_run_ids_is_a_mistake_unless_nothing_need_exist() {
    let room = three();
    room.run(["delete", "-"]).fails_with(2);
    assert_eq!(room.run(["delete", "-", "--if-exists"]).succeeds(), "");
    assert_eq!(left(&room), "run-3 run-2 run-1");
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_of_which_only_the_beginning_is_written_is_deleted_after_a_question() {
    let room = three();
    room.save(&stored("old-1"));
    let asked = |answer: &str| room.start(["delete", "old"]).input(answer).at_terminal(100).run();
    assert_snapshot!(asked("n\n").shows_with(1), @"
    `old` is the beginning of `old-1`
    Delete 1 result in namespace `default` of sqlite:///.truthound/store.db? [y/N] error: nothing was changed
      profile: default
    ");
    assert_eq!(left(&room), "run-3 run-2 old-1 run-1");
    let several = room.start(["delete", "run-", "--yes"]).at_terminal(100).run().shows_with(2);
    assert!(several.contains("several run ids begin with `run-`"), "{several}");
    assert!(asked("y\n").shows().contains("[y/N] old-1\ndeleted 1 result in "));
    room.start(["delete", "run-1"]).at_terminal(100).run().shows();
    assert_eq!(left(&room), "run-3 run-2");
}
