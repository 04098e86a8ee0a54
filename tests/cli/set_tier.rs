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
fn rules_need_a_backend_with_tiers_and_stand_alone() {
    let room = Room::with_disk_profile("tiers = { rules = [{ older_than = '90d', tier = 'Cool' }] }");
    assert_snapshot!(room.run(["set-tier", "--by-rules", "--yes"]), @"
    --- stderr ---
    error: store/default/validations has no tiers
      profile: disk
    hint: S3, Google Cloud Storage and Azure Blob have tiers
    --- exit status 9 ---
    ");
    assert_snapshot!(room.run(["set-tier", "--by-rules", "run-1", "Cool"]), @"
    --- stderr ---
    error: the argument '--by-rules' cannot be used with '[RUN_ID... TIER]...'

    Usage: truthound-store set-tier [OPTIONS] <RUN_ID>... <TIER>
           truthound-store set-tier [OPTIONS] --tier <TIER> <FILTERS>
           truthound-store set-tier [OPTIONS] --by-rules [FILTERS]

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["set-tier", "--all", "--tier", "Cool"]), @"
    --- stderr ---
    error: the argument '--all' cannot be used with '--tier <TIER>'

    Usage: truthound-store set-tier [OPTIONS] <RUN_ID>... <TIER>
           truthound-store set-tier [OPTIONS] --tier <TIER> <FILTERS>
           truthound-store set-tier [OPTIONS] --by-rules [FILTERS]

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["set-tier", "--all"]), @"
    --- stderr ---
    error: the following required arguments were not provided:
      --by-rules

    Usage: truthound-store set-tier [OPTIONS] <RUN_ID>... <TIER>
           truthound-store set-tier [OPTIONS] --tier <TIER> <FILTERS>
           truthound-store set-tier [OPTIONS] --by-rules [FILTERS]

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    let room = Room::with_disk_profile("");
    assert_snapshot!(room.run(["set-tier", "--by-rules", "--all", "--yes"]), @r#"
    --- stderr ---
    error: `set-tier --by-rules --all` needs a profile with rules
    hint: write it into [profiles.NAME.tiers]: rules = [{ older_than = "90d", tier = "Cool" }]
    --- exit status 2 ---
    "#);
    room.write(
        "truthound-store.toml",
        "[profiles.a]\nbackend = 's3'\nbucket = 'bucket'\nregion = 'us-east-1'\nendpoint_url = 'http://127.0.0.1:9'\n",
    );
    assert_snapshot!(room.run(["set-tier", "--by-rules", "--yes"]), @r#"
    --- stderr ---
    error: `set-tier --by-rules` needs a rule
      profile: a
    hint: write it into [profiles.NAME.tiers]: rules = [{ older_than = "90d", tier = "Cool" }]
    --- exit status 2 ---
    "#);
}

#[test]
fn an_age_selects_what_is_older() {
    let room = Room::new();
    room.save(&stored("old").at("2020-01-01T00:00:00"));
    room.save(&stored("young").at("2099-01-01T00:00:00"));
    let listed = |age: &str| room.run(["list", "--ids", "--older-than", age]).succeeds();
    assert_eq!([listed("90d"), listed("1y 6mo"), listed("200y")], ["old\n", "old\n", ""]);
    assert_snapshot!(room.run(["delete", "--older-than", "90d", "--dry-run"]), @"
    old
    ");
    assert_snapshot!(room.run(["list", "--older-than", "6m"]), @"
    --- stderr ---
    error: invalid value '6m' for '--older-than <AGE>': expected years, months, weeks, days or hours such as 90d, 6mo or 1y

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "--older-than", "6mo", "--until", "2020-01"]), @"
    --- stderr ---
    error: the argument '--older-than <AGE>' cannot be used with '--until <WHEN>'

    Usage: truthound-store list --older-than <AGE>

    For more information, try '--help'.
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
