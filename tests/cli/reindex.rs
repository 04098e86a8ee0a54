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
    assert_snapshot!(room.run(["reindex"]), @"");
    assert_snapshot!(room.run(["reindex", "--dry-run", "--format", "json"]), @"");
}

#[test]
fn a_lost_catalog_is_rebuilt() {
    let room = two();
    std::fs::remove_dir_all(room.work().join(RESULTS).join("_catalog")).unwrap();
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "");
    assert_snapshot!(room.run(["reindex", "--dry-run"]), @"");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "");
    assert_snapshot!(room.run(["reindex"]), @"");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-2\nrun-1\n");
}

#[test]
fn what_cannot_be_read_is_said_and_left() {
    let room = two();
    room.write(&format!("{RESULTS}/broken.json"), "{\"run_id\": ");
    assert_snapshot!(room.run(["reindex"]), @"");
    assert_eq!(room.read(&format!("{RESULTS}/broken.json")), b"{\"run_id\": ");
}

#[test]
fn a_backend_without_a_catalog_says_so() {
    assert_snapshot!(Room::new().run(["reindex"]), @"");
}
