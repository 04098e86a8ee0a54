//! PgBouncer between client and server, in each of its modes.

use std::fmt::Write as _;

use crate::engine::room;
use crate::services::pgbouncer::Pooler;
use crate::support::{Room, stored};

crate::cases![
    "pooler" =>
    a_proxy_that_shares_connections_by_session_changes_nothing,
    a_proxy_that_shares_connections_by_transaction_changes_nothing,
    a_proxy_that_shares_every_statement_saves_and_refuses_long_lists_with_the_reason,
    a_wrong_password_at_a_proxy_exits_8_and_leaves_the_breaker_closed,
];

/// Saves, saves again, saves many at once, reads and deletes.
fn work(room: &Room) {
    room.save(&stored("run-1"));
    room.save(&stored("run-1").of("orders"));
    room.start(["save", "--if-absent", "-"]).input(stored("run-1").text()).run().fails_with(7);
    room.start(["save", "--if-absent", "-"]).input(stored("run-2").text()).run().succeeds();
    let mut lines = String::new();
    for number in 0..600 {
        writeln!(lines, "{}", stored(&format!("many-{number}")).text()).unwrap();
    }
    room.start(["save", "-"]).input(lines).run().succeeds();
    assert_eq!(room.run(["list", "--count"]).succeeds(), "602\n");
    assert_eq!(room.run(["list", "--asset", "orders", "--ids", "--limit", "500"]).succeeds(), "run-1\n");
    assert_eq!(room.run(["get", "run-2"]).succeeds(), stored("run-2").text());
    room.run(["delete", "run-1", "many-0"]).succeeds();
    room.run(["delete", "run-1"]).fails_with(3);
    assert_eq!(room.run(["pool-status", "-f", "json"]).json()["circuit_state"], "CLOSED");
}

fn everything_works(mode: &str) {
    let pooler = Pooler::start(mode);
    let room = room(&pooler.make_database(&format!("by_{mode}")), "");
    work(&room);
    assert_eq!(room.run(["list", "--ids"]).succeeds().lines().count(), 600, "{}", pooler.log());
}

fn a_proxy_that_shares_connections_by_session_changes_nothing() {
    everything_works("session");
}

fn a_proxy_that_shares_connections_by_transaction_changes_nothing() {
    everything_works("transaction");
}

fn a_proxy_that_shares_every_statement_saves_and_refuses_long_lists_with_the_reason() {
    let pooler = Pooler::start("statement");
    let room = room(&pooler.make_database("by_statement"), "");
    work(&room);
    for _ in 0..6 {
        let said = room.run(["list", "--ids"]).fails_with(9);
        assert!(said.contains("transaction blocks not allowed") && said.contains("--limit 500"), "{said}");
    }
    room.run(["pool-status"]).succeeds();
}

fn a_wrong_password_at_a_proxy_exits_8_and_leaves_the_breaker_closed() {
    let pooler = Pooler::start("transaction");
    let room = room(&pooler.url("postgres", "hunter2"), "");
    for _ in 0..6 {
        let said = room.run(["list"]).fails_with(8);
        assert!(said.contains("authentication failed") && !said.contains("hunter2"), "{said}");
    }
}
