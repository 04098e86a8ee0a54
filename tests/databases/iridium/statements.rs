//! The statements of the store on iridium-server 0.1.13, which rejects most of them for a few features that SQL Server
//! has. Each feature is named here with its error, so that a version that supports it makes a test fail. Without these
//! features the statements are accepted.

use std::thread;
use std::time::{Duration, Instant};

use crate::engine::configure;
use crate::iridium::{encrypted, room};
use crate::services::iridium::{Client, Server};
use crate::services::mssql;
use crate::services::mssql::tds::{Cell, units};
use crate::support::{Room, Stored, stored};

crate::cases![
    "iridium::statements" =>
    those_around_the_others_are_taken,
    a_new_table_is_taken_but_for_four_things,
    a_table_that_is_there_is_left_alone,
    a_missing_table_has_the_number_that_sql_server_gives_it,
    a_save_is_taken_but_for_two_things,
    a_save_if_absent_is_taken_but_for_two_things,
    a_save_of_other_letters_than_ascii_is_taken_but_for_two_things,
    a_get_is_taken_but_for_its_exact_comparison,
    a_document_of_any_length_is_kept_and_not_given_back,
    a_list_is_taken_but_for_its_exact_comparison,
    a_list_by_filters_is_taken_but_for_its_exact_comparison,
    a_list_by_tags_is_taken_but_for_two_things,
    a_removal_is_taken_but_for_two_things,
    commands_tell_what_was_refused,
    a_time_among_the_values_is_not_understood_and_nothing_is_made_of_the_answer,
];

/// A feature that the server does not support.
#[derive(Clone, Copy)]
struct Obstacle {
    part: &'static str,
    /// The replacement that it accepts.
    instead: &'static str,
    refusal: &'static str,
}

impl Obstacle {
    fn avoided_in(&self, batch: &str) -> String {
        batch.replace(self.part, self.instead)
    }
}

/// Its parser has no expression with a collation. The store needs one: otherwise SQL Server compares by the database's
/// collation, and `A` would equal `a`.
const COLLATION: Obstacle =
    Obstacle { part: " COLLATE Latin1_General_100_BIN2", instead: "", refusal: "found: 'keyword COLLATE''" };

/// It has no such function, with which a save checks whether there was a row to replace. Here there was none.
const ROW_COUNT: Obstacle = Obstacle {
    part: "@@ROWCOUNT",
    instead: "0",
    refusal: "50000: The identifier '@@ROWCOUNT' is too long. Maximum length is 128.",
};
/// The same, where there was one.
const ROW_COUNT_OF_ONE: Obstacle = Obstacle { instead: "1", ..ROW_COUNT };

/// It treats `INTEGER` as a text, which cannot auto-increment.
const INTEGER: Obstacle = Obstacle {
    part: "id INTEGER IDENTITY",
    instead: "id INT IDENTITY",
    refusal: "identity not supported for column type VarChar",
};

/// A column of unlimited text cannot be sent: as built by tests/run, the server closes the connection at an integer
/// overflow.
const LONG_TEXT: Obstacle = Obstacle { part: "NVARCHAR(MAX)", instead: "NVARCHAR(4000)", refusal: "no answer: " };

/// Its `OPENJSON` accepts only a column or a literal. SQL Server's fails the whole query at the first invalid JSON,
/// which this expression prevents.
const TEXT_MADE_FOR_TAGS: Obstacle = Obstacle {
    part: "CASE WHEN ISJSON(tags_json) = 1 AND LEFT(LTRIM(tags_json), 1) = N'{' THEN tags_json ELSE N'{}' END",
    instead: "tags_json",
    refusal: "expected: keyword THEN, found: 'identifier 'tags_json'",
};

/// Its parser does not accept a precision of times.
const DIGITS_OF_A_TIME: Obstacle =
    Obstacle { part: "DATETIME2(6)", instead: "DATETIME2", refusal: "expected: token, found: ''('''" };

/// Its indexes have no included columns. The store needs them: the run id would make the key too long for SQL Server.
const INCLUDED_COLUMN: Obstacle = Obstacle {
    part: " INCLUDE (run_id)",
    instead: "",
    refusal: "expected: statement keyword, found: 'identifier 'INCLUDE'''",
};

/// It begins and ends transactions only outside blocks.
const BEGIN_IN_A_BLOCK: Obstacle =
    Obstacle { part: "BEGIN TRANSACTION;\n", instead: "", refusal: "only supported at top-level execution" };
const COMMIT_IN_A_BLOCK: Obstacle =
    Obstacle { part: "COMMIT TRANSACTION;\n", instead: "", refusal: "only supported at top-level execution" };

/// Runs a batch, first with each of the obstacles in turn, then without any. Returns the reply.
fn taken_but_for(server: &Server, batch: &str, obstacles: &[Obstacle]) -> Vec<u8> {
    let mut batch = batch.to_owned();
    for obstacle in obstacles {
        let Obstacle { part, refusal, .. } = obstacle;
        assert!(batch.contains(part), "{part} is not in {batch}");
        // Uses its own session, because some batches leave their transaction open.
        match run(server, &batch) {
            Ok(_) => panic!("`{part}` is taken by now, and need not be avoided any more:\n{batch}"),
            Err(told) => assert!(told.contains(refusal), "{part}: {told}\n{batch}"),
        }
        batch = obstacle.avoided_in(&batch);
    }
    run(server, &batch).unwrap_or_else(|told| panic!("{told}\n{batch}"))
}

/// The result that is saved first.
fn first() -> Stored {
    stored("a").tagged("env", "prod")
}

/// The batches that the binary sends to SQL Server, recorded by the scripted server.
struct Batches(Vec<(String, Vec<Cell>)>);

impl Batches {
    /// Returns the batches of `commands`, after one result was saved.
    fn of(commands: impl FnOnce(&Room)) -> Self {
        let server = mssql::Server::start();
        let room = Room::new();
        room.write("ca.pem", &server.issuer);
        configure(&room, &server.url("&sslrootcert=ca.pem"), "");
        room.save(&first());
        commands(&room);
        Self(server.batches(""))
    }

    /// Returns the last batch that is `part`, or else contains it, with its values declared, as a server does for a parameterized
    /// call.
    fn with(&self, part: &str) -> String {
        let last = |is_wanted: &dyn Fn(&str) -> bool| self.0.iter().rev().find(|(text, _)| is_wanted(text));
        let found = last(&|text| text == part).or_else(|| last(&|text| text.contains(part)));
        let (text, values) = found.unwrap_or_else(|| panic!("{part} is not sent"));
        let declared = values.iter().enumerate().map(|(index, value)| {
            let value = match value {
                Cell::Null => "NVARCHAR(MAX) = NULL".to_owned(),
                Cell::Integer(number) => format!("BIGINT = {number}"),
                Cell::Text(text) => format!("NVARCHAR(MAX) = N'{}'", text.replace('\'', "''")),
                // The exact time makes no difference here.
                Cell::Time(_) => "DATETIME2 = '2026-03-01T12:00:00'".to_owned(),
            };
            format!("DECLARE @P{} {value}; ", index + 1)
        });
        declared.chain([text.clone()]).collect()
    }
}

/// Starts a server with the table, as close to that of the store as it accepts.
fn with_table() -> Server {
    let (server, _) = encrypted();
    let obstacles = [DIGITS_OF_A_TIME, INCLUDED_COLUMN, BEGIN_IN_A_BLOCK, COMMIT_IN_A_BLOCK, INTEGER, LONG_TEXT];
    run_without(&server, &Batches::of(|_| {}).with("CREATE TABLE"), &obstacles);
    server
}

/// The same, with the result that is saved first.
fn with_result() -> Server {
    let server = with_table();
    run_without(&server, &Batches::of(|_| {}).with("UPDATE"), &[COLLATION, ROW_COUNT]);
    server
}

/// Runs a batch without the unsupported features.
fn run_without(server: &Server, batch: &str, obstacles: &[Obstacle]) {
    let batch = obstacles.iter().fold(batch.to_owned(), |batch, obstacle| obstacle.avoided_in(&batch));
    run(server, &batch).unwrap_or_else(|told| panic!("{told}\n{batch}"));
}

/// Runs a batch in its own session. The server ends the transaction of a closed session with a delay, and no statement
/// waits for a lock here: a batch that meets such a lock is run again.
fn run(server: &Server, batch: &str) -> Result<Vec<u8>, String> {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match Client::connect(server).run(batch) {
            Err(told) if told.contains("lock conflict (no-wait)") && Instant::now() < until => {
                thread::sleep(Duration::from_millis(20));
            }
            told => return told,
        }
    }
}

fn ask(server: &Server, query: &str) -> Vec<u8> {
    run(server, query).unwrap_or_else(|told| panic!("{told}\n{query}"))
}

/// Returns the number of rows in the table: the last eight bytes before the end token, which has thirteen.
fn rows(server: &Server) -> u64 {
    let answer = ask(server, "SELECT count(*) FROM [validation_results]");
    let (rest, _) = answer.split_at(answer.len() - 13);
    u64::from_le_bytes(rest[rest.len() - 8..].try_into().unwrap())
}

/// Whether a reply contains a text among its values, in any of its encodings.
fn holds(answer: &[u8], text: &str) -> bool {
    [text.as_bytes().to_vec(), units(text)].iter().any(|bytes| answer.windows(bytes.len()).any(|part| part == bytes))
}

fn those_around_the_others_are_taken() {
    let (server, _) = encrypted();
    let batches = Batches::of(|room| {
        room.run(["delete", "a"]).succeeds();
        room.run(["pool-status"]).succeeds();
    });
    let mut client = Client::connect(&server);
    for part in ["SET ANSI_NULLS ON", "SELECT 1", "SET XACT_ABORT OFF; BEGIN TRANSACTION", "COMMIT TRANSACTION; SET"] {
        let batch = batches.with(part);
        client.run(&batch).unwrap_or_else(|told| panic!("{told}\n{batch}"));
    }
    // If there is nothing to roll back.
    client.run("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION; SET XACT_ABORT ON;").unwrap();
}

fn a_new_table_is_taken_but_for_four_things() {
    let (server, _) = encrypted();
    let batches = Batches::of(|_| {});
    let obstacles = [DIGITS_OF_A_TIME, INCLUDED_COLUMN, BEGIN_IN_A_BLOCK, COMMIT_IN_A_BLOCK];
    taken_but_for(&server, &batches.with("CREATE TABLE"), &obstacles);
    // The type of the count is sent only with the first row.
    let save = ROW_COUNT.avoided_in(&COLLATION.avoided_in(&batches.with("UPDATE")));
    match Client::connect(&server).run(&save) {
        Ok(_) => panic!("`{}` is taken by now, and need not be avoided any more", INTEGER.part),
        Err(told) => assert!(told.contains(INTEGER.refusal), "{told}"),
    }
}

fn a_table_that_is_there_is_left_alone() {
    let server = with_result();
    let obstacles = [DIGITS_OF_A_TIME, INCLUDED_COLUMN];
    run_without(&server, &Batches::of(|_| {}).with("CREATE TABLE"), &obstacles);
    assert_eq!(rows(&server), 1);
}

fn a_missing_table_has_the_number_that_sql_server_gives_it() {
    let (server, _) = encrypted();
    let batches = Batches::of(|room| drop(room.run(["get", "a"]).succeeds()));
    for part in ["THEN data_json END", "UPDATE"] {
        let batch = COLLATION.avoided_in(&batches.with(part));
        let told = Client::connect(&server).run(&batch).unwrap_err();
        assert_eq!(told, "208: Invalid object name 'validation_results'.");
    }
}

fn a_save_is_taken_but_for_two_things() {
    let server = with_table();
    let first = Batches::of(|_| {}).with("UPDATE");
    taken_but_for(&server, &first, &[COLLATION, ROW_COUNT]);
    assert!(holds(&ask(&server, "SELECT status FROM [validation_results]"), "success"));
    let second = Batches::of(|room| room.save(&stored("a").ended("failure"))).with("UPDATE");
    run_without(&server, &second, &[COLLATION, ROW_COUNT_OF_ONE]);
    assert!(holds(&ask(&server, "SELECT status FROM [validation_results]"), "failure"));
    assert_eq!(rows(&server), 1);
}

fn a_save_if_absent_is_taken_but_for_two_things() {
    let server = with_table();
    let batches = Batches::of(|room| {
        room.start(["save", "-", "--if-absent"]).input(stored("b").text()).run().succeeds();
    });
    let save = batches.with("NOT EXISTS");
    for _ in 0..2 {
        taken_but_for(&server, &save, &[COLLATION, ROW_COUNT]);
        assert_eq!(rows(&server), 1);
    }
}

fn a_save_of_other_letters_than_ascii_is_taken_but_for_two_things() {
    let server = with_table();
    let save = Batches::of(|room| room.save(&stored("é").of("größe"))).with("THROW");
    taken_but_for(&server, &save, &[COLLATION, ROW_COUNT]);
    assert!(holds(&ask(&server, "SELECT data_asset FROM [validation_results]"), "größe"));
}

fn a_get_is_taken_but_for_its_exact_comparison() {
    let server = with_result();
    let get = Batches::of(|room| drop(room.run(["get", "a"]).succeeds())).with("THEN data_json END");
    let found = taken_but_for(&server, &get, &[COLLATION]);
    assert!(holds(&found, &first().text()), "{found:?}");
}

fn a_document_of_any_length_is_kept_and_not_given_back() {
    let (server, _) = encrypted();
    let batches = Batches::of(|room| drop(room.run(["get", "a"]).succeeds()));
    let obstacles = [DIGITS_OF_A_TIME, INCLUDED_COLUMN, BEGIN_IN_A_BLOCK, COMMIT_IN_A_BLOCK, INTEGER];
    run_without(&server, &batches.with("CREATE TABLE"), &obstacles);
    run_without(&server, &batches.with("UPDATE"), &[COLLATION, ROW_COUNT]);
    assert_eq!(rows(&server), 1);
    let get = COLLATION.avoided_in(&batches.with("THEN data_json END"));
    match Client::connect(&server).run(&get) {
        Ok(_) => panic!("`{}` is given back by now, and need not be avoided any more", LONG_TEXT.part),
        Err(told) => assert!(told.starts_with(LONG_TEXT.refusal), "{told}"),
    }
}

fn a_list_is_taken_but_for_its_exact_comparison() {
    let server = with_result();
    let batches = Batches::of(|room| {
        room.run(["list"]).succeeds();
        room.run(["list", "--count"]).succeeds();
    });
    for part in ["SELECT run_time FROM", "SELECT count(*)"] {
        taken_but_for(&server, &batches.with(part), &[COLLATION]);
    }
    let found = taken_but_for(&server, &batches.with("SELECT run_id, run_time"), &[COLLATION]);
    assert!(holds(&found, "customers.csv"), "{found:?}");
}

fn a_list_by_filters_is_taken_but_for_its_exact_comparison() {
    let server = with_result();
    for (filters, finds) in [
        (&["--asset", "customers.csv"][..], true),
        (&["--asset", "orders.csv"], false),
        (&["--status", "failure", "--status", "success"], true),
        (&["--status", "failure"], false),
        (&["--since", "2026-03-01T12:00:00Z"], true),
        (&["--order-by", "status", "--limit", "1"], true),
        (&["--limit", "1", "--offset", "1"], false),
    ] {
        // Two results, so that there is something after the first.
        let batches = Batches::of(|room| {
            room.save(&stored("b").of("orders.csv"));
            room.run(["list"].iter().chain(filters)).succeeds();
        });
        let found = taken_but_for(&server, &batches.with("SELECT run_id, run_time"), &[COLLATION]);
        assert_eq!(holds(&found, "customers.csv"), finds, "{filters:?}: {found:?}");
    }
}

fn a_list_by_tags_is_taken_but_for_two_things() {
    let server = with_result();
    for (tag, finds) in [("env=prod", true), ("env=dev", false), ("team=prod", false)] {
        let list = Batches::of(|room| drop(room.run(["list", "--tag", tag]).succeeds()));
        let found = taken_but_for(&server, &list.with("SELECT run_id, run_time"), &[COLLATION, TEXT_MADE_FOR_TAGS]);
        assert_eq!(holds(&found, "customers.csv"), finds, "{tag}: {found:?}");
    }
}

fn a_removal_is_taken_but_for_two_things() {
    let server = with_result();
    let removal = Batches::of(|room| drop(room.run(["delete", "a"]).succeeds())).with("DELETE");
    taken_but_for(&server, &removal, &[COLLATION, ROW_COUNT]);
    assert_eq!(rows(&server), 0);
}

fn commands_tell_what_was_refused() {
    let (server, issuer) = encrypted();
    let room = room(&server, &issuer, "");
    for (arguments, code) in [(&["list"][..], 5), (&["list", "--count"], 5), (&["get", "a"], 5), (&["delete", "a"], 6)]
    {
        let told = room.run(arguments).fails_with(code);
        assert!(told.contains(COLLATION.refusal) && told.contains("(error 102)"), "{arguments:?}: {told}");
    }
}

/// Its parser of calls does not know DATETIME2, and misreads the bytes of such a value.
fn a_time_among_the_values_is_not_understood_and_nothing_is_made_of_the_answer() {
    let (server, issuer) = encrypted();
    let room = room(&server, &issuer, "");
    let told = room.run(["list", "--since", "2026-01-01"]).fails_with(5);
    assert!(told.contains("the server has not answered the query"), "{told}");
    for arguments in [&["save", "-"][..], &["save", "-", "--if-absent"]] {
        let outcome = room.start(arguments).input(stored("a").text()).run();
        // How it fails depends on the bytes of the time.
        assert!(matches!(outcome.code(), Some(4 | 6)) && outcome.stdout().is_empty(), "{outcome}");
    }
}
