//! `reindex`.

use insta::assert_snapshot;

use crate::support::{Room, stored};

const RESULTS: &str = "store/default/validations";

fn two() -> Room {
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    room.save(&stored("run-2").at("2026-03-02T00:00:00"));
    room
}

#[test]
fn a_catalog_that_is_right_is_found_so() {
    let room = two();
    assert_snapshot!(room.run(["reindex"]), @"
    WHAT                  COUNT
    documents             2
    correct entries       2
    missing entries       0
    stale entries         0
    unreadable documents  0
    ");
    assert_snapshot!(room.run(["reindex", "--dry-run", "--format", "json"]), @r#"
    {
      "documents": 2,
      "correct": 2,
      "missing": [],
      "stale": [],
      "unreadable": [],
      "python_index": false
    }
    "#);
}

#[test]
fn a_lost_catalog_is_rebuilt() {
    let room = two();
    std::fs::remove_dir_all(room.work().join(RESULTS).join("_catalog")).unwrap();
    assert_snapshot!(room.run(["reindex", "--dry-run"]), @"
    WHAT                  COUNT
    documents             2
    correct entries       0
    missing entries       2
    stale entries         0
    unreadable documents  0
    ");
    assert_snapshot!(room.run(["reindex"]), @"
    WHAT                  COUNT
    documents             2
    correct entries       0
    missing entries       2
    stale entries         0
    unreadable documents  0
    ");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-2\nrun-1\n");
}

#[test]
fn a_list_without_a_catalog_finds_the_documents_and_rebuilds_it() {
    let room = two();
    std::fs::remove_dir_all(room.work().join(RESULTS).join("_catalog")).unwrap();
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-2\nrun-1\n");
    assert_snapshot!(room.run(["reindex", "--dry-run"]), @"
    WHAT                  COUNT
    documents             2
    correct entries       2
    missing entries       0
    stale entries         0
    unreadable documents  0
    ");
}

#[test]
fn what_cannot_be_read_is_said_and_left() {
    let room = two();
    room.write(&format!("{RESULTS}/broken.json"), "{\"run_id\": ");
    assert_snapshot!(room.run(["reindex"]), @"
    WHAT                  COUNT
    documents             3
    correct entries       2
    missing entries       0
    stale entries         0
    unreadable documents  1
    --- stderr ---
    error: cannot read the document `broken.json`
      caused by: line 1, column 12: the text ends where a value is expected
      profile: disk
    hint: the document was not changed; delete it, or save it again
    --- exit status 5 ---
    ");
    assert_eq!(room.read(&format!("{RESULTS}/broken.json")), b"{\"run_id\": ");
}

#[test]
fn a_backend_without_a_catalog_says_so() {
    assert_snapshot!(Room::new().run(["reindex"]), @"
    --- stderr ---
    error: there is nothing to reindex: a database keeps its own indexes
      profile: default
    hint: use a profile whose backend is filesystem, s3, gcs or azure
    --- exit status 9 ---
    ");
}
