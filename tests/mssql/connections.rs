//! The pool, and `echo`.

use crate::rooms::Rooms as _;
use crate::server::{Reply, Request, Server};
use crate::support::stored;

#[test]
fn pool_status_tells_what_the_pool_has_done() {
    let server = Server::start();
    let status = server.room().run(["pool-status", "-f", "json"]).json();
    assert_eq!(status["healthy"], true);
    assert_eq!(status["dialect"], "mssql");
    assert_eq!(status["circuit_state"], "CLOSED");
    assert_eq!(status["metrics"]["connections"]["total_created"], 1);
    assert_eq!(status["metrics"]["health"]["checks_passed"], 1);
    let url = status["config"]["connection_url"].as_str().unwrap();
    assert!(url.starts_with("mssql+pyodbc://me:******@localhost:"), "{url}");
}

#[test]
fn pool_status_is_a_table_for_people() {
    let server = Server::start();
    let table = server.room().run(["pool-status"]).succeeds();
    assert!(table.contains("health                      healthy"), "{table}");
    assert!(table.contains("dialect                     mssql"), "{table}");
}

#[test]
fn pool_status_of_a_server_that_turns_us_away_is_not_healthy() {
    let server = Server::with(|options| options.password = "another".to_owned());
    let outcome = server.room().run(["pool-status", "-f", "json"]);
    assert!(outcome.stdout().contains("\"healthy\": false") || outcome.stdout().contains("\"healthy\":false"));
    let told = outcome.fails_with(4);
    assert!(told.contains("Login failed"), "{told}");
}

#[test]
fn echoed_statements_show_no_value() {
    let server = Server::start();
    let room = server.room_with("&sslrootcert=ca.pem", "echo = true");
    let result = stored("secret-id").of("secret-asset").tagged("secret-key", "secret-value");
    let outcome = room.start(["save", "-"]).input(result.text()).run();
    let shown = outcome.to_string();
    assert!(shown.contains("sql: SET ANSI_NULLS ON;") && shown.contains("sql: BEGIN TRANSACTION;"), "{shown}");
    // The run id is printed once, because it was saved.
    assert_eq!((shown.matches("secret-id").count(), shown.matches("secret").count()), (1, 1), "{shown}");
    let shown = room.run(["list", "--asset", "secret-asset", "--tag", "secret-key=x"]).to_string();
    assert!(shown.contains("OPENJSON") && !shown.contains("secret"), "{shown}");
}

#[test]
fn what_is_echoed_is_what_is_sent() {
    let server = Server::start();
    let room = server.room_with("&sslrootcert=ca.pem", "echo = true");
    let shown = room.start(["save", "-"]).input(stored("a").text()).run().to_string();
    let batches = server.batches("");
    assert!(batches.len() >= 4);
    for (text, _) in batches {
        let first = text.lines().next().unwrap();
        assert!(shown.contains(first), "{first} is not in {shown}");
    }
}

#[test]
fn the_breaker_opens_for_a_server_that_is_away() {
    let server = Server::scripted(|request| match request {
        Request::SignIn(..) => Reply::Error(40_613, 14, "Database 'results' is not currently available."),
        Request::Batch(..) => Reply::Go,
    });
    let room =
        server.room_with("&sslrootcert=ca.pem", "[profiles.server.pooling]\nfailure_threshold = 2\nmax_retries = 0");
    for _ in 0..2 {
        let _ = room.run(["list"]).fails_with(4);
    }
    let told = room.run(["list"]).fails_with(4);
    assert!(told.contains("circuit breaker is open"), "{told}");
    assert_eq!(server.connections(), 2);
}
