//! `history`: the outcomes of checks over runs.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Room;

/// Saves a run per column of the strips, of this data asset, one per day: `.` passed, `x` failed, `w` warned, `E` errored,
/// `s` skipped, `-` not in the run.
fn save_runs(room: &Room, data_asset: &str, checks: &[(&str, &str)]) {
    let length = checks.iter().map(|(_, strip)| strip.len()).max().unwrap();
    let runs = (0..length).map(|place| {
        let rows = checks.iter().filter_map(|(name, strip)| row(name, strip.chars().nth(place)?));
        let rows: Vec<_> = rows.collect();
        let has = |outcome: &str| rows.iter().any(|row| row["details"]["outcome"] == outcome);
        let status = if has("errored") {
            "error"
        } else if rows.iter().any(|row| row["success"] == false && row["details"]["outcome"].is_null()) {
            "failure"
        } else if has("warned") {
            "warning"
        } else {
            "success"
        };
        let run = json!({
            "run_id": format!("{data_asset}-{place}"), "run_time": format!("2026-11-{:02}T06:00:00Z", place + 1),
            "data_asset": data_asset, "status": status, "results": rows,
            "tags": {"turn": (place % 2).to_string()}, "metadata": {}, "suite_name": null,
        });
        format!("{run}\n")
    });
    room.start(["-q", "save", "-"]).input(runs.collect::<String>()).run().succeeds();
}

fn row(name: &str, sign: char) -> Option<Value> {
    let (success, outcome, count) = match sign {
        '.' => (true, Value::Null, 0),
        'x' => (false, Value::Null, 3),
        'w' => (false, "warned".into(), 1),
        'E' => (false, "errored".into(), 0),
        's' => (false, "skipped".into(), 0),
        _ => return None,
    };
    let mut details = json!({"kwargs": {}});
    if !outcome.is_null() {
        details["outcome"] = outcome;
    }
    let severity = (!success).then_some("high");
    let (name, column) = name.split_once('[').map_or((name, None), |(name, rest)| (name, rest.strip_suffix(']')));
    // Two checks of one name differ by their arguments.
    let (name, kwargs) = name.split_once('#').unwrap_or((name, "{}"));
    details["kwargs"] = serde_json::from_str(kwargs).unwrap();
    Some(json!({
        "validator_name": name, "column": column, "issue_type": name, "success": success, "count": count,
        "severity": severity, "message": null, "details": details,
    }))
}

/// Ten runs of `customers`.
fn room_with_runs() -> Room {
    let room = Room::new();
    let checks = [
        ("unique[id]", "....xxxxxx"),
        ("not_null[email]", ".x..x..x.."),
        ("not_null[age]", ".........."),
        ("in_range[age]", "..ww.....E"),
        ("row_count", "......ss.s"),
        ("freshness", ".....x...-"),
    ];
    save_runs(&room, "customers", &checks);
    room
}

#[test]
fn checks_are_listed_with_what_fails_first_and_then_what_is_flaky() {
    let room = room_with_runs();
    assert_snapshot!(room.start(["history", "--asset", "customers"]).env("LC_ALL", "C.UTF-8").run(), @"
    CHECK            RUNS (OLD TO NEW)  PASS RATE  SINCE
    unique[id]       ····××××××         40%        failing since 2026-11-05 (run customers-4), 6 runs
    in_range[age]    ··ww·····E         70%        errored since 2026-11-10 (run customers-9), 1 run
    not_null[email]  ·×··×··×··         70%        flaky: 6 changes
    row_count        ······ss·s         100%       skipped since 2026-11-10 (run customers-9), 1 run
    freshness        ·····×···-         89%        gone since 2026-11-10 (run customers-9), 1 run
    not_null[age]    ··········         100%
    ");
    assert_snapshot!(room.run(["history", "--asset", "customers", "--last", "4"]), @"
    CHECK            RUNS (OLD TO NEW)  PASS RATE  SINCE
    unique[id]       xxxx               0%         failing since 2026-11-07 or before (run customers-6), 4 runs
    in_range[age]    ...E               75%        errored since 2026-11-10 (run customers-9), 1 run
    row_count        ss.s               100%       skipped since 2026-11-10 (run customers-9), 1 run
    freshness        ...-               100%       gone since 2026-11-10 (run customers-9), 1 run
    not_null[age]    ....               100%
    not_null[email]  .x..               75%
    ");
}

#[test]
fn checks_of_one_name_are_shown_with_their_arguments() {
    let room = Room::new();
    let checks = [("between#{\"max\":9}", ".x"), ("between#{\"max\":10}", ".."), ("unique", "..")];
    save_runs(&room, "customers", &checks);
    assert_snapshot!(room.run(["history", "--asset", "customers"]), @r#"
    CHECK                RUNS (OLD TO NEW)  PASS RATE  SINCE
    between {"max": 9}   .x                 50%        failing since 2026-11-02 (run customers-1), 1 run
    between {"max": 10}  ..                 100%
    unique               ..                 100%
    "#);
}

#[test]
fn the_picture_in_the_readme_is_printed() {
    let room = Room::new();
    let checks = [
        ("unique[id]", "..............xxxxxxxxxxxxxxxx"),
        ("in_range[age]", ".............ww..............E"),
        ("not_null[email]", "..x..xx.x..x..xx..x..x.x..x..x"),
        ("freshness", "....s.................-......."),
        ("row_count", ".............................."),
    ];
    save_runs(&room, "customers", &checks);
    let printed = room.start(["history", "--asset", "customers"]).env("LC_ALL", "C.UTF-8").run().succeeds();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(&format!("$ truthound-store history --asset customers\n{printed}```\n")), "{printed}");
}

#[test]
fn the_window_and_the_signs_are_explained_on_stderr() {
    let room = room_with_runs();
    let explained = room.start(["-v", "history", "--asset", "customers", "--check", "freshness"]);
    assert_snapshot!(explained.env("LANG", "en_US.utf8").run(), @"
    CHECK      RUNS (OLD TO NEW)  PASS RATE  SINCE
    freshness  ·····×···-         89%        gone since 2026-11-10 (run customers-9), 1 run
    --- stderr ---
    profile default (built in): namespace `default` of sqlite:///.truthound/store.db
    10 runs from 2026-11-01 to 2026-11-10: · passed, × failed, w warned, E errored, s skipped, - not in the run
    ");
    let json = room.run(["-v", "history", "--asset", "customers", "-f", "json"]).stderr();
    assert!(!json.contains("passed"), "{json}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_utf_8_in_the_locale_the_signs_are_ascii() {
    let room = room_with_runs();
    let strip = |name: &str, value: &str| {
        let run = room.start(["history", "--asset", "customers", "--check", "unique"]).env("LANG", "en_US.UTF-8");
        run.env(name, value).run().succeeds()
    };
    for (name, value) in [("LC_ALL", "C"), ("LC_CTYPE", "POSIX"), ("LC_ALL", "en_US.ISO-8859-1")] {
        assert!(strip(name, value).is_ascii(), "{name}={value}");
    }
    // An empty variable counts as not set.
    assert!(strip("LC_ALL", "").contains("····××××××"));
}

#[test]
fn the_json_of_a_check_is_its_series() {
    let room = room_with_runs();
    let lines = room.run(["history", "--asset", "customers", "--last", "3", "-f", "jsonl"]).succeeds();
    assert_snapshot!(lines.lines().next().unwrap(), @r#"{"key":{"name":"unique","column":"id","kwargs":{}},"verdict":"failing","severity":"high","pass_rate":0.0,"changes":0,"since":{"run_id":"customers-7","run_time":"2026-11-08T06:00:00Z","runs":3,"or_before":true},"runs":[{"run_id":"customers-7","run_time":"2026-11-08T06:00:00Z","status":"failure","outcome":"failed","count":3},{"run_id":"customers-8","run_time":"2026-11-09T06:00:00Z","status":"failure","outcome":"failed","count":3},{"run_id":"customers-9","run_time":"2026-11-10T06:00:00Z","status":"error","outcome":"failed","count":3}]}"#);
    let array = room.run(["history", "--asset", "customers", "--last", "3", "-f", "json"]).json();
    let parsed: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(array, Value::from(parsed));
}

#[test]
fn checks_are_selected_by_name_and_by_verdict() {
    let room = room_with_runs();
    let names = |arguments: &[&str]| {
        let rows = room.run([&["history", "--asset", "customers", "-f", "json"], arguments].concat()).json();
        let keys = rows.as_array().unwrap().iter().map(|row| &row["key"]);
        let name = |key: &Value| key["name"].as_str().unwrap().to_owned() + key["column"].as_str().unwrap_or_default();
        keys.map(name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&["--failing"]), "uniqueid in_rangeage");
    assert_eq!(names(&["--flaky"]), "not_nullemail");
    assert_eq!(names(&["--failing", "--flaky"]), "uniqueid in_rangeage not_nullemail");
    assert_eq!(names(&["--check", "[age]"]), "in_rangeage not_nullage");
    assert_eq!(names(&["--check", "not_null*"]), "not_nullemail not_nullage");
    assert_eq!(names(&["--check", "*age]"]), "in_rangeage not_nullage");
    assert_eq!(names(&["--check", "nothing"]), "");
}

#[test]
fn the_runs_of_a_history_are_those_that_pass_the_filters() {
    let room = room_with_runs();
    let strip = |arguments: &[&str]| {
        let asset = ["history", "--asset", "customers", "--check", "unique", "-f", "json"];
        let rows = room.run([&asset, arguments].concat()).json();
        let runs = rows[0]["runs"].as_array().unwrap().iter();
        let ids = runs.map(|run| run["run_id"].as_str().unwrap().trim_start_matches("customers-").to_owned());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(strip(&["--since", "2026-11-08"]), "7 8 9");
    assert_eq!(strip(&["--until", "2026-11-02"]), "0 1");
    assert_eq!(strip(&["--tag", "turn=1"]), "1 3 5 7 9");
    assert_eq!(strip(&["--tag", "turn=0", "--last", "2"]), "6 8");
    assert_eq!(strip(&["--status", "error"]), "9");
}

#[test]
fn a_streak_of_the_whole_window_may_have_begun_before_it() {
    let room = room_with_runs();
    let since = |last: &str| {
        let rows = room.run(["history", "--asset", "customers", "--check", "unique", "--last", last, "-f", "json"]);
        rows.json()[0]["since"].clone()
    };
    let before = json!({"run_id": "customers-6", "run_time": "2026-11-07T06:00:00Z", "runs": 4, "or_before": true});
    assert_eq!(since("4"), before);
    let exact = json!({"run_id": "customers-4", "run_time": "2026-11-05T06:00:00Z", "runs": 6, "or_before": false});
    assert_eq!(since("10"), exact);
}

#[test]
fn without_a_data_asset_there_is_a_row_for_each_with_what_is_red_first() {
    let room = room_with_runs();
    save_runs(&room, "orders", &[("unique[id]", "..xx...."), ("row_count", "........")]);
    save_runs(&room, "events", &[("unique[id]", ".x.x.x.."), ("row_count", "........")]);
    save_runs(&room, "payments", &[("unique[id]", "..xx"), ("row_count", "..ww"), ("schema", "....")]);
    let rows = room.run(["history", "-f", "json"]).json();
    let shown = rows.as_array().unwrap().iter().map(|row| {
        let counts = ["failing_checks", "errored_checks", "checks"].map(|count| row[count].to_string()).join("/");
        let [asset, verdict] = ["data_asset", "verdict"].map(|name| row[name].as_str().unwrap());
        format!("{asset} {verdict} {counts} {} {}", row["pass_rate"], row["since"]["run_id"])
    });
    assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @r#"
    payments failing 2/0/3 0.5 "payments-2"
    customers errored 1/1/5 0.1 "customers-9"
    events flaky 0/0/2 0.625 "events-6"
    orders passing 0/0/2 0.75 "orders-4"
    "#);
    assert_eq!(rows[0]["runs"].as_array().unwrap().len(), 4);
    let names = |option: &str| {
        let rows = room.run(["history", option, "-f", "json"]).json();
        rows.as_array().unwrap().iter().map(|row| row["data_asset"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("--failing"), ["payments", "customers"]);
    assert_eq!(names("--flaky"), ["events"]);
}

#[test]
fn the_overview_shows_the_age_of_the_newest_run() {
    let room = Room::new();
    let hours_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 3_600 + 60);
    let since_epoch = hours_ago.duration_since(std::time::UNIX_EPOCH).unwrap();
    let time = jiff::Timestamp::from_second(i64::try_from(since_epoch.as_secs()).unwrap()).unwrap();
    let run = json!({
        "run_id": "a", "run_time": time.to_string(), "data_asset": "customers", "status": "failure",
        "results": [row("unique", 'x'), row("fresh", 'E'), row("count", '.')], "tags": {},
    });
    room.start(["-q", "save", "-"]).input(run.to_string()).run().succeeds();
    assert_snapshot!(room.run(["history"]), @"
    DATA ASSET  STATUS   AGE  FAILING CHECKS     PASS RATE
    customers   failure  3h   1 of 3, 1 errored  0%
    ");
}

#[test]
fn a_run_that_cannot_be_read_is_reported_and_left_out() {
    let room = Room::with_disk_profile("");
    save_runs(&room, "customers", &[("unique[id]", "..xx")]);
    room.write("store/default/validations/customers-3.json", b"{\"results\": [");
    let outcome = room.run(["history", "--asset", "customers"]);
    assert_eq!(outcome.code(), Some(5));
    assert_snapshot!(outcome, @"
    CHECK       RUNS (OLD TO NEW)  PASS RATE  SINCE
    unique[id]  ..x                67%        failing since 2026-11-03 (run customers-2), 1 run
    --- stderr ---
    error: result `customers-3` is not the document that was saved
      caused by: its SHA-256 is d01cdf112ae178b54109143ba297004034c2b363f44a31213bdf27ac6ec66603, and 177870d418bdf16b1779f86a908067b94f64cd53e96ea195ac4b59df6e194955 was recorded when it was saved
      profile: disk
    hint: save it again, or restore its document from a backup
    --- exit status 5 ---
    ");
    let overview = room.run(["history", "-f", "json"]);
    assert_eq!(overview.code(), Some(5));
    let rows: Value = serde_json::from_str(&overview.stdout()).unwrap();
    assert_eq!((&rows[0]["checks"], &rows[0]["status"]), (&Value::Null, &"failure".into()));
}

#[test]
fn a_data_asset_without_results_is_not_found_and_an_empty_window_is_empty() {
    let room = room_with_runs();
    assert_snapshot!(room.run(["history", "--asset", "nothing"]), @"
    --- stderr ---
    error: data asset `nothing` has no results in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: `truthound-store list` shows the data assets
    --- exit status 3 ---
    ");
    assert_snapshot!(room.run(["history", "--asset", "customers", "--since", "2027-01-01"]), @"");
    assert_snapshot!(Room::new().run(["history", "-f", "json"]), @"[]");
    assert_snapshot!(room.run(["history", "--check", "unique"]), @"
    --- stderr ---
    error: the following required arguments were not provided:
      --asset <NAME>

    Usage: truthound-store history --asset <NAME> --check <TEXT>

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["history", "--last", "0"]), @"
    --- stderr ---
    error: invalid value '0' for '--last <N>': number would be zero for non-zero type

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[test]
fn a_history_is_one_list_and_a_read_of_each_run_and_the_overview_reads_the_newest_runs() {
    let room = room_with_runs();
    save_runs(&room, "orders", &[("unique[id]", "..xx....")]);
    let profile = "default_profile = \"loud\"\n[profiles.loud]\nbackend = \"database\"\necho = true\n";
    room.write("truthound-store.toml", profile);
    let statements = |arguments: &[&str]| {
        let echo = room.run([&["history"], arguments].concat()).stderr();
        let count = |part: &str| echo.lines().filter(|line| line.contains(part)).count();
        [count("ORDER BY run_time"), count("AS data_json")]
    };
    assert_eq!(statements(&["--asset", "customers", "--last", "7"]), [1, 7]);
    assert_eq!(statements(&[]), [1, 2]);
    assert_eq!(statements(&["--failing"]), [1, 1]);
}
