//! `set-tier`, on the backends there are: none of them has tiers.

use insta::assert_snapshot;

use crate::support::{Room, stored};

#[test]
fn a_backend_without_tiers_says_so() {
    let room = Room::new();
    room.save(&stored("run-1"));
    assert_snapshot!(room.run(["set-tier", "run-1", "Cool"]), @"");
    assert_snapshot!(room.run(["set-tier", "run-1", "Cool", "--format", "json"]), @"");
    assert_snapshot!(room.run(["set-tier", "--tier", "Archive", "--until", "365d", "--dry-run"]), @"");
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    assert_snapshot!(room.run(["set-tier", "run-1", "cool"]), @"");
}

#[test]
fn a_tier_must_be_given() {
    assert_snapshot!(Room::new().run(["set-tier"]), @"");
}
