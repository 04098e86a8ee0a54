//! `pool-status`.

use insta::assert_snapshot;

use crate::support::{Room, stored};

/// The names of all fields, as paths.
fn fields(prefix: &str, value: &serde_json::Value, names: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (name, value) in object {
                fields(&format!("{prefix}.{name}"), value, names);
            }
        }
        _ => names.push(prefix.trim_start_matches('.').to_owned()),
    }
}

#[test]
fn the_status_has_the_shape_of_pythons() {
    let room = Room::new();
    room.save(&stored("run-1"));
    let status = room.run(["pool-status", "--format", "json"]).json();
    let mut names = Vec::new();
    fields("", &status, &mut names);
    assert_snapshot!(names.join("\n"), @"");
    assert_eq!(status["healthy"], true);
    assert_eq!(status["circuit_state"], "CLOSED");
    assert_eq!(status["dialect"], "sqlite");
    assert_eq!(status["config"]["pool_size"], 5);
}

#[test]
fn people_get_a_table() {
    let room = Room::new();
    let table = room.run(["pool-status", "--recycle", "--reset-breaker"]).succeeds();
    let digits_aside: String = table.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert!(digits_aside.contains("healthy"), "{table}");
    assert!(table.contains("store.db"), "{table}");
}

#[test]
fn a_backend_without_a_pool_says_so() {
    assert_snapshot!(Room::with_disk_profile("").run(["pool-status"]), @"");
    assert_snapshot!(Room::with_disk_profile("").run(["pool-status", "--format", "json"]), @"");
}

#[test]
fn a_database_that_is_not_there_is_not_healthy() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "[profiles.gone]\nbackend = \"database\"\nconnection_url = \"sqlite:///no/such/place/store.db\"\ncreate_tables = false\n",
    );
    assert_snapshot!(room.run(["list", "-p", "gone"]), @"");
    room.run(["pool-status", "-p", "gone"]).fails_with(4);
}

#[test]
fn the_seconds_of_watch_are_checked() {
    assert_snapshot!(Room::new().run(["pool-status", "--watch", "0"]), @"");
}
