//! `list`.

use std::io::Read as _;

use insta::assert_snapshot;

use crate::support::{Room, stored};

/// Returns a room with three results, each from another day.
fn three() -> Room {
    let room = Room::new();
    room.save(&stored("run-1").at("2026-03-01T12:00:00").of("orders").ended("failure").tagged("env", "prod"));
    room.save(&stored("run-2").at("2026-03-02T23:59:59.999999+02:00").tagged("env", "prod").tagged("team", "ü"));
    room.save(&stored("run-3").at("2026-03-03T00:00:00").of("größe.csv").ended("warning"));
    room
}

#[test]
fn the_newest_come_first_in_aligned_columns() {
    assert_snapshot!(three().run(["list"]), @"
    RUN TIME              STATUS   DATA ASSET     RUN ID  TAGS
    2026-03-03 00:00:00Z  warning  größe.csv      run-3
    2026-03-02 21:59:59Z  success  customers.csv  run-2   env=prod,team=ü
    2026-03-01 12:00:00Z  failure  orders         run-1   env=prod
    ");
}

#[test]
fn json_is_an_array_and_jsonl_an_object_a_line() {
    let room = three();
    assert_snapshot!(room.run(["list", "--format", "json"]), @r#"
    [
      {"run_id":"run-3","run_time":"2026-03-03T00:00:00Z","data_asset":"größe.csv","status":"warning","tags":{}},
      {"run_id":"run-2","run_time":"2026-03-02T21:59:59.999999Z","data_asset":"customers.csv","status":"success","tags":{"env":"prod","team":"ü"}},
      {"run_id":"run-1","run_time":"2026-03-01T12:00:00Z","data_asset":"orders","status":"failure","tags":{"env":"prod"}}
    ]
    "#);
    assert_snapshot!(room.run(["list", "--format", "jsonl"]), @r#"
    {"run_id":"run-3","run_time":"2026-03-03T00:00:00Z","data_asset":"größe.csv","status":"warning","tags":{}}
    {"run_id":"run-2","run_time":"2026-03-02T21:59:59.999999Z","data_asset":"customers.csv","status":"success","tags":{"env":"prod","team":"ü"}}
    {"run_id":"run-1","run_time":"2026-03-01T12:00:00Z","data_asset":"orders","status":"failure","tags":{"env":"prod"}}
    "#);
    assert_eq!(room.run(["list", "--format", "json"]).json().as_array().unwrap().len(), 3);
}

#[test]
fn ids_alone_and_counts_in_every_format() {
    let room = three();
    assert_snapshot!(room.run(["list", "--ids"]), @"
    run-3
    run-2
    run-1
    ");
    assert_snapshot!(room.run(["list", "--ids", "--format", "json"]), @r#"
    [
      "run-3",
      "run-2",
      "run-1"
    ]
    "#);
    assert_snapshot!(room.run(["list", "--count"]), @"3");
    assert_snapshot!(room.run(["list", "--count", "--format", "json"]), @r#"
    {
      "count": 3
    }
    "#);
    assert_eq!(room.run(["list", "--count", "--limit", "1", "--status", "success"]).succeeds(), "1\n");
}

#[test]
fn nothing_found_is_no_failure() {
    let room = Room::new();
    assert_snapshot!(room.run(["list"]), @"");
    assert_snapshot!(room.run(["list", "--format", "json"]), @"[]");
    assert_snapshot!(room.run(["list", "--format", "jsonl"]), @"");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "");
}

/// Returns the run ids that `list` prints for these arguments.
fn found(room: &Room, arguments: &[&str]) -> String {
    room.run([&["list", "--ids"], arguments].concat()).succeeds().trim_end().replace('\n', " ")
}

#[test]
fn filters_leave_out_what_does_not_match() {
    let room = three();
    for (arguments, expected) in [
        (&["--asset", "orders"][..], "run-1"),
        (&["--asset", "order"], ""),
        (&["--status", "failure"], "run-1"),
        (&["--status", "failure", "--status", "warning"], "run-3 run-1"),
        (&["--tag", "env=prod"], "run-2 run-1"),
        (&["--tag", "env=prod", "--tag", "team=ü"], "run-2"),
        (&["--tag", "env=dev"], ""),
        (&["--limit", "1"], "run-3"),
        (&["--offset", "1"], "run-2 run-1"),
        (&["--offset", "9"], ""),
        (&["--ascending"], "run-1 run-2 run-3"),
        (&["--order-by", "data_asset", "--ascending"], "run-2 run-3 run-1"),
        (&["--order-by", "status"], "run-3 run-2 run-1"),
    ] {
        assert_eq!(found(&room, arguments), expected, "{arguments:?}");
    }
}

#[test]
fn times_are_instants_dates_or_ages() {
    let room = three();
    for (arguments, expected) in [
        (&["--since", "2026-03-03"][..], "run-3"),
        (&["--until", "2026-03-02"], "run-2 run-1"),
        (&["--until", "2026-03-01"], "run-1"),
        (&["--since", "2026-03-02T21:59:59.999999Z", "--until", "2026-03-02T21:59:59.999999Z"], "run-2"),
        (&["--since", "2026-03-02T23:00:00+01:00"], "run-3"),
        (&["--since", "2026-03-03T00:00:00"], "run-3"),
        (&["--since", "36500d"], "run-3 run-2 run-1"),
        (&["--until", "36500d"], ""),
    ] {
        assert_eq!(found(&room, arguments), expected, "{arguments:?}");
    }
}

#[test]
fn wrong_filters_are_wrong_usage() {
    let room = Room::new();
    assert_snapshot!(room.run(["list", "--status", "failed"]), @"
    --- stderr ---
    error: invalid value 'failed' for '--status <STATUS>'
      [possible values: error, failure, success, warning]

      tip: a similar value exists: 'failure'

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "--since", "someday"]), @"
    --- stderr ---
    error: invalid value 'someday' for '--since <WHEN>': write a time as 2026-11-23T10:00:00Z, 2026-11-23, 2026-11, today, yesterday or 1795428000 (seconds since 1970), or an age as 30m, 12h, 7d or 1mo

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "--tag", "env"]), @"
    --- stderr ---
    error: invalid value 'env' for '--tag <KEY=VALUE>': a tag is KEY=VALUE

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "--order-by", "size"]), @"
    --- stderr ---
    error: invalid value 'size' for '--order-by <ORDER_BY>'
      [possible values: run_time, data_asset, status]

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "--limit", "-1"]), @"
    --- stderr ---
    error: invalid value '-1' for '--limit <N>': invalid digit found in string

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "--ids", "--count"]), @"
    --- stderr ---
    error: the argument '--ids' cannot be used with '--count'

    Usage: truthound-store list --ids

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[test]
fn wrong_usage_is_json_where_json_is_asked_for() {
    assert_snapshot!(Room::new().run(["list", "--status", "failed", "--format", "json"]), @r#"
    --- stderr ---
    {"error":{"kind":"usage","message":"invalid value 'failed' for '--status <STATUS>'","run_id":null,"profile":null,"hint":"a similar value exists: 'failure'"}}
    --- exit status 2 ---
    "#);
}

#[test]
fn a_name_in_a_table_cannot_control_the_terminal() {
    let room = Room::new();
    room.save(&stored("run-1").of("\u{1b}[2Jcleared\nor not\u{202e}").tagged("a\tb", "\u{7}"));
    assert_snapshot!(room.run(["list"]), @r"
    RUN TIME              STATUS   DATA ASSET                        RUN ID  TAGS
    2026-03-01 12:00:00Z  success  \u{1b}[2Jcleared\nor not\u{202e}  run-1   a\tb=\u{7}
    ");
    assert_eq!(room.run(["list", "--format", "json"]).json()[0]["data_asset"], "\u{1b}[2Jcleared\nor not\u{202e}");
}

#[test]
fn colours_are_for_terminals_and_who_asks() {
    let room = three();
    let colored = |outcome: String| outcome.contains('\u{1b}');
    assert!(!colored(room.run(["list"]).succeeds()));
    assert!(colored(room.run(["list", "--color", "always"]).succeeds()));
    assert!(!colored(room.run(["list", "--color", "never"]).succeeds()));
    assert!(!colored(room.start(["list"]).env("NO_COLOR", "1").run().succeeds()));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let room = Room::new();
    let many: String = (0..3_000).map(|n| stored(&format!("run-{n:04}")).of(&"x".repeat(100)).text() + "\n").collect();
    room.start(["save", "-", "--quiet"]).input(many).run().succeeds();
    let mut child = room.start(["list", "--format", "jsonl"]).spawn();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
