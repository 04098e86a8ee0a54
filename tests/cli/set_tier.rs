//! `set-tier`, on backends without tiers.

use insta::assert_snapshot;

use crate::support::{Room, stored};

#[test]
fn a_backend_without_tiers_says_so() {
    let room = Room::new();
    room.save(&stored("run-1"));
    assert_snapshot!(room.run(["set-tier", "run-1", "Cool"]), @"
    --- stderr ---
    error: namespace `default` of sqlite:///.truthound/store.db has no tiers
      profile: default
    hint: S3, Google Cloud Storage and Azure Blob have tiers
    --- exit status 9 ---
    ");
    assert_snapshot!(room.run(["set-tier", "run-1", "Cool", "--format", "json"]), @r#"
    --- stderr ---
    {"error":{"kind":"unsupported","message":"namespace `default` of sqlite:///.truthound/store.db has no tiers","run_id":null,"profile":"default","hint":"S3, Google Cloud Storage and Azure Blob have tiers"}}
    --- exit status 9 ---
    "#);
    assert_snapshot!(room.run(["set-tier", "--tier", "Archive", "--until", "365d", "--dry-run"]), @"
    --- stderr ---
    error: namespace `default` of sqlite:///.truthound/store.db has no tiers
      profile: default
    hint: S3, Google Cloud Storage and Azure Blob have tiers
    --- exit status 9 ---
    ");
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    assert_snapshot!(room.run(["set-tier", "run-1", "cool"]), @"
    --- stderr ---
    error: store/default/validations has no tiers
      profile: disk
    hint: S3, Google Cloud Storage and Azure Blob have tiers
    --- exit status 9 ---
    ");
}

#[test]
fn a_tier_must_be_given() {
    assert_snapshot!(Room::new().run(["set-tier"]), @"
    --- stderr ---
    error: `set-tier` needs a tier
      profile: default
    hint: truthound-store set-tier run-123 Cool
    --- exit status 2 ---
    ");
}

#[test]
fn a_list_cannot_show_the_tiers_of_a_backend_without_tiers() {
    assert_snapshot!(Room::new().run(["list", "--show-tier"]), @"
    --- stderr ---
    error: namespace `default` of sqlite:///.truthound/store.db has no tiers
      profile: default
    hint: S3, Google Cloud Storage and Azure Blob have tiers
    --- exit status 9 ---
    ");
}
