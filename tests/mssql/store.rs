//! Saving, reading, listing and deleting.

use std::io::{BufRead as _, BufReader};
use std::thread;

use crate::rooms::Rooms as _;
use crate::server::Server;
use crate::server::tds::Cell;
use crate::support::{Stored, fixture, stored};

/// Saves results in one process.
fn save_all(room: &crate::support::Room, results: &[Stored]) {
    let documents: Vec<_> = results.iter().map(Stored::text).collect();
    room.start(["save", "-"]).input(documents.join("\n")).run().succeeds();
}

fn ids(room: &crate::support::Room, filters: &str) -> String {
    let filters = filters.split(' ').filter(|word| !word.is_empty());
    room.run(["list", "--ids"].into_iter().chain(filters)).succeeds().replace('\n', " ").trim_end().to_owned()
}

#[test]
fn a_document_comes_back_byte_for_byte() {
    let server = Server::start();
    let room = server.room();
    let document = std::fs::read(fixture("truthound/unicode-complete.stored.json")).unwrap();
    let run_id = room.start(["save", "-"]).input(document.clone()).run().succeeds();
    assert_eq!(room.run(["get", run_id.trim()]).bytes(), document);
}

#[test]
fn a_document_of_many_packets_comes_back() {
    let server = Server::start();
    let room = server.room();
    let document = stored("large").text().replacen('{', &format!("{{\"text\":\"{}\",", "Größe 😀 ".repeat(200_000)), 1);
    room.start(["save", "-"]).input(document.clone()).run().succeeds();
    assert!(room.run(["get", "large"]).succeeds() == document);
}

#[test]
fn a_store_in_which_nothing_was_saved_is_empty() {
    let server = Server::start();
    let room = server.room();
    assert_eq!(ids(&room, ""), "");
    assert_eq!(room.run(["list", "--count"]).succeeds(), "0\n");
    room.run(["get", "a"]).fails_with(3);
    room.run(["delete", "a"]).fails_with(3);
    assert!(server.batches("CREATE TABLE").is_empty());
}

#[test]
fn a_result_that_is_saved_again_is_replaced() {
    let server = Server::start();
    let room = server.room();
    room.save(&stored("a"));
    room.save(&stored("a").ended("failure"));
    assert_eq!(ids(&room, ""), "a");
    assert_eq!(ids(&room, "--status failure"), "a");
}

#[test]
fn a_result_that_must_be_new_leaves_the_old_one() {
    let server = Server::start();
    let room = server.room();
    room.start(["save", "-", "--if-absent"]).input(stored("a").text()).run().succeeds();
    room.start(["save", "-", "--if-absent"]).input(stored("a").ended("failure").text()).run().fails_with(7);
    assert_eq!(ids(&room, "--status success"), "a");
}

#[test]
fn ids_that_differ_in_case_or_in_blanks_at_the_end_are_two() {
    let server = Server::start();
    let room = server.room();
    for run_id in ["A", "a", "x", "x "] {
        room.save(&stored(run_id).of(run_id));
    }
    assert_eq!(room.run(["list", "--count"]).succeeds(), "4\n");
    assert_eq!(room.run(["list", "--ids", "--asset", "x "]).succeeds(), "x \n");
    room.run(["delete", "x "]).succeeds();
    assert_eq!(ids(&room, ""), "A a x");
    assert!(room.run(["get", "a"]).succeeds().contains("\"run_id\":\"a\""));
}

#[test]
fn filters_and_orders_are_the_database_s() {
    let server = Server::start();
    let room = server.room();
    save_all(
        &room,
        &[
            stored("one").at("2026-03-01T10:00:00").of("b").tagged("env", "prod").tagged("team", "a"),
            stored("two").at("2026-03-02T10:00:00.000001").of("c").ended("failure").tagged("env", "dev"),
            stored("three").at("2026-03-03T10:00:00+02:00").of("a").ended("error").tagged("env", "prod"),
        ],
    );
    for (filters, expected) in [
        ("", "three two one"),
        ("--ascending", "one two three"),
        ("--limit 1 --offset 1", "two"),
        ("--asset c", "two"),
        ("--asset C", ""),
        ("--status failure --status error", "three two"),
        ("--since 2026-03-02T10:00:00.000001Z", "three two"),
        ("--since 2026-03-03T08:00:00Z --until 2026-03-03T08:00:00Z", "three"),
        ("--tag env=prod", "three one"),
        ("--tag env=prod --tag team=a", "one"),
        ("--tag env=Prod", ""),
        ("--order-by data_asset", "two one three"),
        ("--order-by data_asset --ascending --limit 2", "three one"),
        ("--order-by status", "one two three"),
    ] {
        assert_eq!(ids(&room, filters), expected, "{filters}");
    }
    assert_eq!(room.run(["list", "--count", "--tag", "env=prod"]).succeeds(), "2\n");
}

#[test]
fn a_list_of_many_pages_has_each_result_once() {
    let server = Server::start();
    let room = server.room();
    // All at the same time, so that every page ends within it.
    let results: Vec<_> = (0..1_203).map(|number| stored(&format!("r{number:04}"))).collect();
    save_all(&room, &results);
    let expected: Vec<_> = results.iter().map(|result| result.run_id.clone()).collect();
    for order in ["", "--order-by status", "--order-by data_asset --ascending"] {
        assert_eq!(ids(&room, order), expected.join(" "), "{order}");
    }
}

#[test]
fn namespaces_know_nothing_of_each_other() {
    let server = Server::start();
    let room = server.room();
    room.save(&stored("a"));
    room.start(["save", "-", "-n", "other"]).input(stored("a").ended("failure").text()).run().succeeds();
    assert_eq!(ids(&room, "--status success"), "a");
    assert_eq!(ids(&room, "-n other --status failure"), "a");
    room.run(["delete", "a", "-n", "other"]).succeeds();
    assert_eq!(ids(&room, ""), "a");
}

#[test]
fn a_save_is_one_batch_and_sends_its_document_once() {
    let server = Server::start();
    let room = server.room();
    room.save(&stored("a"));
    let before = server.requests().len();
    room.save(&stored("a"));
    // The login, the session settings, and the save.
    assert_eq!(server.requests().len() - before, 3);
    let document = Cell::Text(stored("a").text());
    let (text, values) = server.batches("UPDATE").pop().unwrap();
    assert_eq!(values.iter().filter(|value| **value == document).count(), 1, "{text}");
    assert!(!text.contains("customers.csv"), "{text}");
}

#[test]
fn processes_that_save_at_once_lose_nothing() {
    let server = Server::start();
    let room = server.room();
    thread::scope(|scope| {
        for process in 0..6 {
            let room = &room;
            scope.spawn(move || {
                let own = [stored(&format!("p{process}")), stored("shared").of(&process.to_string())];
                save_all(room, &own);
            });
        }
    });
    assert_eq!(ids(&room, ""), "p0 p1 p2 p3 p4 p5 shared");
}

#[test]
fn what_a_column_does_not_hold_is_refused_before_anything_is_sent() {
    let server = Server::start();
    let room = server.room();
    for result in [stored(&"x".repeat(256)), stored("a").of(&"😀".repeat(251))] {
        let told = room.start(["save", "-"]).input(result.text()).run().fails_with(2);
        assert!(told.contains("UTF-16 units, and the column of SQL Server takes"), "{told}");
    }
    room.save(&stored(&"é".repeat(255)).of(&"😀".repeat(250)));
    assert_eq!(server.batches("UPDATE").len(), 2, "one before the table was made, and one after");
}

#[test]
fn a_table_that_python_made_is_used_as_it_is() {
    let server = Server::with(|options| options.python_table = true);
    let room = server.room();
    // Python's times are rounded to three hundredths of a second; a page must still begin where the last one ended.
    let results: Vec<_> =
        (0..600).map(|number| stored(&format!("r{number:03}")).at("2026-03-01T10:00:00.158")).collect();
    save_all(&room, &results);
    assert_eq!(ids(&room, "").split(' ').count(), 600);
    let told = room.start(["save", "-", "-n", "other"]).input(stored("r000").text()).run().fails_with(7);
    assert!(told.contains("another namespace holds that run id"), "{told}");
    let told = room.start(["save", "-"]).input(stored("R000").text()).run().fails_with(7);
    assert!(told.contains("whatever the case of its letters"), "{told}");
    room.run(["get", "R000"]).fails_with(3);
    assert!(server.batches("CREATE TABLE").is_empty());
}

#[test]
fn a_table_of_one_code_page_is_not_given_other_letters() {
    let server = Server::with(|options| options.python_table = true);
    let room = server.room();
    let mixed = [stored("before"), stored("a").tagged("größe", "1"), stored("after")];
    let documents: Vec<_> = mixed.iter().map(Stored::text).collect();
    let told = room.start(["save", "-"]).input(documents.join("\n")).run().fails_with(6);
    assert!(told.contains("the letters of one code page only") && told.contains("hint: "), "{told}");
    assert_eq!(ids(&room, ""), "after before");
}

/// Lists with a slow reader while results are saved again at the other end of the order.
fn is_of_one_instant(has_snapshots: bool, order_by: &str, count: usize) {
    let server = Server::with(|options| options.has_snapshots = has_snapshots);
    let room = server.room();
    // More than a pipe holds.
    let run_id = |number: usize| format!("{number:04}{}", "x".repeat(120));
    let results: Vec<_> = (0..count).map(|number| stored(&run_id(number)).of(&format!("asset-{number:04}"))).collect();
    save_all(&room, &results);
    let mut expected: Vec<_> = (0..count).map(run_id).collect();
    if order_by == "data_asset" {
        expected.reverse();
    }
    let mut list = room.start(["list", "--ids", "--order-by", order_by]).spawn();
    let mut lines = BufReader::new(list.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut found = vec![lines.next().unwrap()];
    save_all(
        &room,
        &[
            stored(&expected[1]).at("2020-01-01T00:00:00").of("asset"),
            stored(&expected[count - 2]).at("2030-01-01T00:00:00").of("asset-x"),
        ],
    );
    found.extend(lines);
    assert!(list.wait().unwrap().success());
    assert!(found == expected, "{has_snapshots} {order_by}: {} results", found.len());
    assert_eq!(server.batches("DECLARE @snapshot").len(), 1);
}

#[test]
fn a_long_list_is_of_one_instant_where_the_database_has_snapshots_and_where_it_has_none() {
    for has_snapshots in [true, false] {
        is_of_one_instant(has_snapshots, "run_time", 1_200);
    }
    is_of_one_instant(true, "data_asset", 5_100);
}

#[test]
fn a_list_that_one_statement_reads_begins_no_snapshot_and_is_of_one_instant() {
    let server = Server::start();
    let room = server.room();
    save_all(&room, &[stored("a"), stored("b"), stored("c")]);
    for more in [&[][..], &["--limit", "2"], &["--order-by", "status"]] {
        room.run(["list"].iter().chain(more)).succeeds();
    }
    assert!(server.batches("DECLARE @snapshot").is_empty());
    assert_eq!(server.batches("[validation_results] WITH (SERIALIZABLE) WHERE").len(), 3);
}
