//! `profiles`, and how a profile is selected.

use insta::assert_snapshot;

use crate::support::{Room, stored};

const SEVERAL: &str = r#"
default_profile = "disk"

[profiles.disk]
backend = "filesystem"
base_path = "store"

[profiles.other]
backend = "database"
connection_url = "sqlite:///other.db"
namespace = "nightly"

[profiles.postgres]
backend = "database"
connection_url = "postgresql://ann:p%40ss-word@db.example/results?password=second-word"

[profiles.cloud]
backend = "s3"
bucket = "results"
access_key_id = "AKIAPLANTED"
secret_access_key = "planted-secret"
"#;

fn several() -> Room {
    let room = Room::new();
    room.write("truthound-store.toml", SEVERAL);
    room
}

#[test]
fn profiles_are_shown_with_where_they_point_and_never_a_secret() {
    let room = several();
    assert_snapshot!(room.run(["profiles"]), @"
    PROFILE   DEFAULT  BACKEND     NAMESPACE  LOCATION
    disk      yes      filesystem  default    store/default/validations
    other              database    nightly    sqlite:///other.db
    postgres           database    default    postgresql://ann:******@db.example/results?password=******
    cloud              s3          default    s3://results/truthound/default
    ");
    assert_snapshot!(room.run(["profiles", "--format", "jsonl"]), @r#"
    {"name":"disk","backend":"filesystem","location":"store/default/validations","namespace":"default","default":true,"problem":null}
    {"name":"other","backend":"database","location":"sqlite:///other.db","namespace":"nightly","default":false,"problem":null}
    {"name":"postgres","backend":"database","location":"postgresql://ann:******@db.example/results?password=******","namespace":"default","default":false,"problem":null}
    {"name":"cloud","backend":"s3","location":"s3://results/truthound/default","namespace":"default","default":false,"problem":null}
    "#);
}

#[test]
fn without_any_configuration_there_is_one() {
    assert_snapshot!(Room::new().run(["profiles"]), @"
    PROFILE  DEFAULT  BACKEND   NAMESPACE  LOCATION
    default  yes      database  default    sqlite:///.truthound/store.db
    ");
}

#[test]
fn the_option_comes_before_the_environment_and_that_before_the_default() {
    let room = several();
    room.write("a.json", stored("run-1").text());
    room.start(["save", "a.json", "-p", "other"]).env("TRUTHOUND_STORE_PROFILE", "disk").run().succeeds();
    assert!(room.work().join("other.db").exists() && !room.work().join("store").exists());
    room.start(["save", "a.json"]).env("TRUTHOUND_STORE_PROFILE", "disk").run().succeeds();
    assert!(room.work().join("store/default/validations/run-1.json").exists());
}

#[test]
fn the_namespace_can_be_chosen_for_one_command() {
    let room = several();
    room.write("a.json", stored("run-1").text());
    room.run(["save", "a.json", "-n", "one"]).succeeds();
    room.start(["save", "a.json"]).env("TRUTHOUND_STORE_NAMESPACE", "two").run().succeeds();
    assert_eq!(room.names_in("store"), ["one", "two"]);
}

#[test]
fn the_configuration_is_found_above_the_working_directory() {
    let room = several();
    room.write("deep/er/a.json", stored("run-1").text());
    room.start(["save", "a.json"]).in_directory("deep/er").run().succeeds();
    assert!(room.work().join("store/default/validations/run-1.json").exists());
}

#[test]
fn the_users_own_configuration_comes_last() {
    let room = Room::new();
    let own = room.home().join(".config/truthound-store");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("config.toml"), "[profiles.mine]\nbackend = \"memory\"\n").unwrap();
    assert!(room.run(["profiles"]).succeeds().contains("mine"));
    room.write("truthound-store.toml", SEVERAL);
    assert!(!room.run(["profiles"]).succeeds().contains("mine"));
}

#[test]
fn an_unknown_profile_is_said_with_the_nearest() {
    let room = several();
    assert_snapshot!(room.run(["list", "-p", "dsik"]), @"
    --- stderr ---
    error: profile `dsik` not found in [room]/work/truthound-store.toml
    hint: did you mean `disk`? Profiles: disk, other, postgres, cloud
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "-p", "dsik", "--format", "json"]), @r#"
    --- stderr ---
    {"error":{"kind":"usage","message":"profile `dsik` not found in [room]/work/truthound-store.toml","run_id":null,"profile":null,"hint":"did you mean `disk`? Profiles: disk, other, postgres, cloud"}}
    --- exit status 2 ---
    "#);
}

#[test]
fn a_mistake_in_the_configuration_is_shown_in_its_line() {
    let room = Room::new();
    room.write("truthound-store.toml", "[profiles.prod]\nbackend = \"s3\"\nbuket = \"results\"\n");
    assert_snapshot!(room.run(["list", "-p", "prod"]), @r#"
    --- stderr ---
    error: unknown option `buket` in profile `prod`
     --> truthound-store.toml:3:1
      |
    3 | buket = ******
      | ^^^^^
    hint: did you mean `bucket`?
    --- exit status 2 ---
    "#);
    room.write("truthound-store.toml", "[profiles.prod]\nbackend = \"filesystem\"\nbase_path = \"${NO_SUCH}\"\n");
    assert_snapshot!(room.run(["list", "-p", "prod"]), @r#"
    --- stderr ---
    error: cannot resolve option `base_path` in profile `prod`: variable `NO_SUCH` is not set
     --> truthound-store.toml:3:14
      |
    3 | base_path = "${NO_SUCH}"
      |              ^^^^^^^^^^
    hint: set NO_SUCH, or give a default: ${NO_SUCH:-default}
    --- exit status 2 ---
    "#);
}

#[test]
fn a_configuration_file_that_is_not_there_is_wrong_usage() {
    assert_snapshot!(Room::new().run(["list", "--config", "missing.toml"]), @"
    --- stderr ---
    error: cannot read the configuration missing.toml
      caused by: No such file or directory (os error 2)
    --- exit status 2 ---
    ");
}

#[test]
fn values_come_from_the_environment() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "[profiles.disk]\nbackend = \"filesystem\"\nbase_path = \"${PLACE:-fallback}\"\n",
    );
    room.write("a.json", stored("run-1").text());
    room.run(["save", "-p", "disk", "a.json"]).succeeds();
    room.start(["save", "-p", "disk", "a.json"]).env("PLACE", "chosen").run().succeeds();
    assert!(room.work().join("fallback").is_dir() && room.work().join("chosen").is_dir());
}

#[test]
fn a_check_of_the_profiles_fails_for_each_broken_one_and_asks_for_no_variable() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "[profiles.sound]\nbackend = \"s3\"\nbucket = \"${UNSET}\"\naccess_key_id_file = \"missing\"\n\
         [profiles.typo]\nbackend = \"s3\"\nbuket = \"b\"\n[profiles.cold]\nbackend = \"memory\"\nprefix = 7\n",
    );
    assert_snapshot!(room.run(["profiles", "--check"]), @"
    PROFILE  DEFAULT  BACKEND  NAMESPACE  LOCATION
    sound             s3       default    s3://${UNSET}/truthound/default
    typo              s3                  unknown option `buket` (line 7)
    cold              memory              wrong type of option `prefix`: expected a string, found a whole number (line 10)
    --- stderr ---
    error: profile `typo` is broken: unknown option `buket` (line 7)
    error: profile `cold` is broken: wrong type of option `prefix`: expected a string, found a whole number (line 10)
    --- exit status 2 ---
    ");
    room.write("truthound-store.toml", "[profiles.sound]\nbackend = \"memory\"\n");
    room.run(["profiles", "--check"]).succeeds();
    room.write("truthound-store.toml", "default_profile = \"prd\"\n[profiles.prod]\nbackend = \"memory\"\n");
    assert!(room.run(["profiles", "--check"]).fails_with(2).contains("`default_profile`"));
}
