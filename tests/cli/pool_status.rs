//! `pool-status`.

use insta::assert_snapshot;

use crate::support::{Room, stored};

/// Collects the names of all fields, as paths.
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
    assert_snapshot!(names.join("\n"), @"
    initialized
    disposed
    healthy
    circuit_state
    dialect
    config.connection_url
    config.pool_size
    config.max_overflow
    config.pool_timeout
    config.pool_recycle
    metrics.connections.total_created
    metrics.connections.total_closed
    metrics.connections.current_size
    metrics.connections.current_checked_out
    metrics.connections.current_overflow
    metrics.connections.peak
    metrics.connections.idle
    metrics.operations.checkouts
    metrics.operations.checkins
    metrics.operations.checkout_failures
    metrics.operations.recycles
    metrics.operations.invalidations
    metrics.timing.avg_checkout_ms
    metrics.timing.max_checkout_ms
    metrics.timing.total_connection_time_ms
    metrics.health.checks_passed
    metrics.health.checks_failed
    metrics.health.last_check
    metrics.circuit_breaker.opens
    metrics.circuit_breaker.closes
    metrics.circuit_breaker.requests_rejected
    ");
    assert_eq!(status["healthy"], true);
    assert_eq!(status["circuit_state"], "CLOSED");
    assert_eq!(status["dialect"], "sqlite");
    assert_eq!(status["config"]["pool_size"], 5);
}

#[test]
fn people_get_a_table() {
    let room = Room::new();
    room.save(&stored("run-1"));
    let table = room.run(["pool-status", "--recycle", "--reset-breaker"]).succeeds();
    let names: Vec<_> = table.lines().map(|line| line.split("  ").find(|part| !part.is_empty()).unwrap()).collect();
    assert_snapshot!(names.join("\n"), @"
    health
    database
    dialect
    circuit breaker
    opened, closed, rejected
    pool size, overflow
    pool timeout, recycle
    connections
    created, closed, peak
    checkouts
    average
    longest
    time to connect
    health checks
    last
    ");
    assert!(table.starts_with("health") && table.lines().next().unwrap().ends_with("  healthy"), "{table}");
    assert!(table.contains("sqlite:///.truthound/store.db"), "{table}");
}

#[test]
fn a_backend_without_a_pool_says_so() {
    assert_snapshot!(Room::with_disk_profile("").run(["pool-status"]), @"
    --- stderr ---
    error: filesystem has no connection pool
      profile: disk
    hint: use a profile with the backend `database`
    --- exit status 9 ---
    ");
    assert_snapshot!(Room::with_disk_profile("").run(["pool-status", "--format", "json"]), @r#"
    --- stderr ---
    {"error":{"kind":"unsupported","message":"filesystem has no connection pool","run_id":null,"profile":"disk","hint":"use a profile with the backend `database`"}}
    --- exit status 9 ---
    "#);
}

#[test]
fn a_database_that_is_not_there_is_not_healthy() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "[profiles.gone]\nbackend = \"database\"\nconnection_url = \"sqlite:///no/such/place/store.db\"\ncreate_tables = false\n",
    );
    assert_snapshot!(room.run(["list", "-p", "gone"]), @"
    --- stderr ---
    error: cannot list the results in namespace `default` of sqlite:///no/such/place/store.db
      caused by: No such file or directory (os error 2)
      profile: gone
    hint: check `connection_url`, or set `create_tables = true`, with which the first save makes the file
    --- exit status 4 ---
    ");
    room.run(["pool-status", "-p", "gone"]).fails_with(4);
}

#[test]
fn a_file_of_sqlite_that_the_first_save_will_create_is_not_healthy_yet() {
    let room = Room::new();
    let said = room.run(["pool-status"]).fails_with(4);
    assert!(said.contains("the first save creates the file"), "{said}");
    assert!(room.names_in("").is_empty());
}

#[test]
fn a_table_that_must_be_there_and_is_not_is_not_healthy() {
    let room = Room::new();
    room.save(&stored("run-1"));
    let profile = "[profiles.other]\nbackend = \"database\"\ntable_prefix = \"other_\"\n";
    for (more, code) in [("create_tables = false\n", 4), ("", 0)] {
        room.write("truthound-store.toml", format!("{profile}{more}"));
        assert_eq!(room.run(["pool-status", "-p", "other"]).code(), Some(code), "{more}");
    }
}

#[test]
fn the_seconds_of_watch_are_checked() {
    assert_snapshot!(Room::new().run(["pool-status", "--watch", "0"]), @"
    --- stderr ---
    error: invalid value '0' for '--watch [<SECS>]': not a number of seconds between 0.1 and 86400

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}
