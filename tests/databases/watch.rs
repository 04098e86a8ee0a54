//! `pool-status --watch` while the server runs, stops and comes back.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command};

use serde_json::Value;

use crate::engine::{BOTH, Engine, room};
use crate::support::Room;

crate::cases![
    "watch" on BOTH =>
    each_round_is_one_line_of_jsonl,
    each_round_is_a_whole_value_of_json,
    each_round_is_a_table_for_people,
    a_server_that_ends_and_comes_back_is_seen,
    people_are_told_why_it_is_not_healthy,
    a_server_that_is_not_there_yet_is_waited_for,
    ctrl_c_ends_it_with_130,
    ctrl_c_ends_it_with_130_whatever_was_seen_before,
    a_reader_that_has_gone_ends_it_quietly,
];

/// Rounds to wait for a change, two minutes in total.
const ROUNDS: usize = 600;

/// A running `pool-status --watch`.
pub(crate) struct Watch {
    process: Child,
    output: BufReader<ChildStdout>,
}

/// The exit of a `pool-status --watch`, and its output other than statuses.
pub(crate) struct End {
    code: Option<i32>,
    told: String,
}

impl Watch {
    pub(crate) fn of(room: &Room, more: &[&str]) -> Self {
        let mut process = room.start(["pool-status", "--watch", "0.2"].iter().chain(more)).spawn();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    /// Returns the next line of jsonl.
    pub(crate) fn status(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Returns the lines of the next table.
    fn table(&mut self) -> Vec<String> {
        std::iter::repeat_with(|| self.line()).take_while(|line| !line.is_empty()).collect()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.output.read_line(&mut line).unwrap() > 0, "it has ended");
        line.trim_end().to_owned()
    }

    /// Returns the first jsonl status with this health.
    pub(crate) fn becomes(&mut self, healthy: bool) -> Value {
        let statuses = std::iter::repeat_with(|| self.status()).take(ROUNDS);
        let mut wanted = statuses.skip_while(|status| status["healthy"] != healthy);
        wanted.next().unwrap_or_else(|| panic!("it does not become healthy: {healthy}"))
    }

    /// Returns the first table with this health.
    fn table_becomes(&mut self, health: &str) -> Vec<String> {
        let tables = std::iter::repeat_with(|| self.table()).take(ROUNDS);
        let mut wanted = tables.skip_while(|table| value(table, "health") != Some(health));
        wanted.next().unwrap_or_else(|| panic!("it does not become {health}"))
    }

    pub(crate) fn interrupt(self) -> End {
        let killed = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.end()
    }

    fn end(self) -> End {
        let Self { mut process, output } = self;
        // As a reader that stops reading.
        drop(output);
        let mut told = String::new();
        process.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        End { code: process.wait().unwrap().code(), told }
    }
}

/// Returns the value of a row of a table.
fn value<'a>(table: &'a [String], name: &str) -> Option<&'a str> {
    table.iter().find_map(|line| line.trim_start().strip_prefix(name)?.strip_prefix("  ")).map(str::trim)
}

fn each_round_is_one_line_of_jsonl(engine: Engine) {
    let room = room(&engine.place().url, "");
    let mut watch = Watch::of(&room, &["--format", "jsonl"]);
    let statuses: Vec<_> = (0..3).map(|_| watch.status()).collect();
    for (round, status) in statuses.iter().enumerate() {
        assert_eq!(status["healthy"], true, "{status}");
        assert_eq!(status["metrics"]["health"]["checks_passed"], round + 1, "{status}");
        assert_eq!(
            status["metrics"]["connections"]["total_created"], 1,
            "the first connection is used again: {status}"
        );
    }
    let checked = |status: &Value| status["metrics"]["health"]["last_check"].as_str().unwrap().to_owned();
    assert!(statuses.is_sorted_by(|one, next| checked(one) < checked(next)), "{statuses:?}");
    watch.interrupt();
}

fn each_round_is_a_whole_value_of_json(engine: Engine) {
    let room = room(&engine.place().url, "");
    let mut watch = Watch::of(&room, &["--format", "json"]);
    let values = serde_json::Deserializer::from_reader(&mut watch.output).into_iter::<Value>();
    let statuses: Vec<_> = values.take(3).map(Result::unwrap).collect();
    for (round, status) in statuses.iter().enumerate() {
        assert_eq!(status["healthy"], true, "{status}");
        assert_eq!(status["metrics"]["health"]["checks_passed"], round + 1, "{status}");
    }
    watch.interrupt();
}

fn each_round_is_a_table_for_people(engine: Engine) {
    let room = room(&engine.place().url, "");
    let mut watch = Watch::of(&room, &[]);
    for round in 1..=3 {
        let table = watch.table();
        assert_eq!(value(&table, "health"), Some("healthy"), "{table:?}");
        let checks = format!("{round} passed, 0 failed");
        assert_eq!(value(&table, "health checks"), Some(checks.as_str()), "{table:?}");
    }
    watch.interrupt();
}

fn a_server_that_ends_and_comes_back_is_seen(engine: Engine) {
    let mut server = engine.start(&[]);
    let room = room(&server.url(""), "");
    let mut watch = Watch::of(&room, &["--format", "jsonl"]);
    watch.becomes(true);
    server.crash();
    let away = watch.becomes(false);
    assert!(!away["error"].as_str().unwrap().is_empty(), "{away}");
    assert!(away["metrics"]["health"]["checks_failed"].as_u64() >= Some(1), "{away}");
    // It continues after that.
    assert_eq!(watch.status()["healthy"], false);
    server.resume();
    let back = watch.becomes(true);
    assert_eq!(back["error"], Value::Null, "{back}");
    assert_eq!(back["circuit_state"], "CLOSED", "{back}");
    watch.becomes(true);
    watch.interrupt();
}

fn people_are_told_why_it_is_not_healthy(engine: Engine) {
    let mut server = engine.start(&[]);
    let room = room(&server.url(""), "");
    let mut watch = Watch::of(&room, &[]);
    let table = watch.table_becomes("healthy");
    assert_eq!(value(&table, "reason"), None, "{table:?}");
    server.crash();
    let table = watch.table_becomes("not healthy");
    assert!(value(&table, "reason").is_some_and(|reason| !reason.is_empty()), "{table:?}");
    server.resume();
    let table = watch.table_becomes("healthy");
    assert_eq!(value(&table, "reason"), None, "{table:?}");
    watch.interrupt();
}

fn a_server_that_is_not_there_yet_is_waited_for(engine: Engine) {
    let mut server = engine.start(&[]);
    let room = room(&server.url(""), "");
    server.crash();
    let mut watch = Watch::of(&room, &["--format", "jsonl"]);
    for _ in 0..2 {
        assert_eq!(watch.status()["healthy"], false);
    }
    server.resume();
    watch.becomes(true);
    watch.interrupt();
}

fn ctrl_c_ends_it_with_130(engine: Engine) {
    let room = room(&engine.place().url, "");
    let mut watch = Watch::of(&room, &[]);
    watch.table();
    let end = watch.interrupt();
    assert_eq!(end.code, Some(130), "{}", end.told);
    assert_eq!(end.told, "error: interrupted\n  profile: default\n");
}

fn ctrl_c_ends_it_with_130_whatever_was_seen_before(engine: Engine) {
    let mut server = engine.start(&[]);
    let room = room(&server.url(""), "");
    server.crash();
    let mut watch = Watch::of(&room, &["--format", "jsonl"]);
    watch.becomes(false);
    let end = watch.interrupt();
    assert_eq!(end.code, Some(130), "{}", end.told);
}

fn a_reader_that_has_gone_ends_it_quietly(engine: Engine) {
    let room = room(&engine.place().url, "");
    for format in ["table", "json", "jsonl"] {
        let mut watch = Watch::of(&room, &["--format", format]);
        watch.line();
        let end = watch.end();
        assert_eq!((end.code, end.told.as_str()), (Some(0), ""), "{format}");
    }
}
