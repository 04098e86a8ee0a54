//! `gate`: may this pipeline go on?

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Outcome, Room};

/// A stored result of the data asset `customers`: a run of a day of November 2026 with checks of these outcomes.
fn run_of(day: u8, status: &str, checks: &[(&str, &str)]) -> String {
    let results = checks.iter().map(|(name, outcome)| {
        json!({
            "validator_name": name, "column": "id", "success": *outcome == "passed", "issue_type": name,
            "severity": (*outcome != "passed").then_some("high"),
            "count": if *outcome == "failed" { 3 } else { 0 },
            "details": {"kwargs": {}, "outcome": outcome},
        })
    });
    json!({
        "run_id": format!("run-{day}"), "run_time": format!("2026-11-{day:02}T10:00:00Z"), "data_asset": "customers",
        "status": status, "tags": {}, "results": results.collect::<Vec<_>>(),
    })
    .to_string()
}

/// Three runs of two checks: a success, and `unique` fails in the two after it.
fn broken_room() -> Room {
    let room = Room::new();
    save(&room, &run_of(1, "success", &[("unique", "passed"), ("not_null", "passed")]), &[]);
    save(&room, &run_of(2, "failure", &[("unique", "failed"), ("not_null", "passed")]), &[]);
    save(&room, &run_of(3, "failure", &[("unique", "failed"), ("not_null", "errored")]), &[]);
    room
}

fn save(room: &Room, document: &str, options: &[&str]) {
    room.start(["save", "-"].iter().chain(options)).input(document).run().succeeds();
}

/// The exit status and the rows.
fn rows(outcome: &Outcome) -> (Option<i32>, Vec<Value>) {
    (outcome.code(), serde_json::from_str(&outcome.stdout()).unwrap())
}

/// The names of the broken rules.
fn rules(rows: &[Value]) -> String {
    rows.iter().map(|row| row["rule"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_broken_rule_is_a_row_with_its_check_and_since_when_it_fails() {
    let room = broken_room();
    assert_snapshot!(room.run(["gate", "--asset", "customers", "--no-new-failures", "--max-error-checks", "0"]), @"
    RULE              DATA ASSET  RUN ID  CHECK         STATE     FAILING                               REASON
    no-new-failures   customers   run-3   unique[id]    failed 3  since 2026-11-02 (run run-2), 2 runs  new failure
    max-error-checks  customers   run-3   not_null[id]  errored   since 2026-11-03 (run run-3), 1 run   1 errored check, at most 0
    --- exit status 10 ---
    ");
    assert_snapshot!(room.run(["gate", "run-3", "--min-pass-rate", "95", "-f", "jsonl"]), @r#"
    {"rule":"min_pass_rate","reason":"0 of 2 checks passed, at least 95%","data_asset":"customers","run_id":"run-3","run_time":"2026-11-03T10:00:00Z","against":"run-1","check":{"name":"unique","column":"id","kwargs":{}},"verdict":"new_failure","state":{"outcome":"failed","count":3,"severity":"high","message":null},"since":{"run_id":"run-2","run_time":"2026-11-02T10:00:00Z","runs":2,"or_before":false}}
    {"rule":"min_pass_rate","reason":"0 of 2 checks passed, at least 95%","data_asset":"customers","run_id":"run-3","run_time":"2026-11-03T10:00:00Z","against":"run-1","check":{"name":"not_null","column":"id","kwargs":{}},"verdict":"errored","state":{"outcome":"errored","count":0,"severity":"high","message":null},"since":{"run_id":"run-3","run_time":"2026-11-03T10:00:00Z","runs":1,"or_before":false}}
    --- exit status 10 ---
    "#);
    let (code, rows) = rows(&room.run(["gate", "run-3", "--max-failures", "0", "-f", "json"]));
    assert_eq!((code, rows.len()), (Some(10), 1));
    assert_eq!((&rows[0]["against"], &rows[0]["since"]["run_id"]), (&json!("run-1"), &json!("run-2")));
}

#[test]
fn broken_rules_are_findings_in_the_formats_of_ci_systems() {
    let room = broken_room();
    let gate =
        |format| room.run(["gate", "--asset", "customers", "--max-failures", "0", "--max-age", "1h", "-f", format]);
    assert_snapshot!(room.run(["gate", "run-3", "--max-failures", "0", "-f", "github"]), @"
    ::error title=customers%3A unique[id] max-failures::3 found, high: 1 failure, at most 0; failing since 2026-11-02 (run run-2), 2 runs%0Arun run-3 of 2026-11-03T10:00:00Z, compared with run run-1
    --- exit status 10 ---
    ");
    assert_snapshot!(room.run(["gate", "run-3", "--max-failures", "0", "-f", "markdown"]), @r#"
    ### customers: the gate is closed: max-failures

    - data asset: customers
    - run id: run-3
    - run time: 2026-11-03T10:00:00Z
    - compared with: run-1

    | outcome | check | count | severity | message |
    |---|---|--:|---|---|
    | max-failures | unique\[id\] | 3 | high | 1 failure, at most 0; failing since 2026-11-02 (run run-2), 2 runs |
    --- exit status 10 ---
    "#);
    let junit = gate("junit").stdout();
    assert_eq!((junit.matches("<testcase ").count(), junit.matches("<failure ").count()), (2, 2), "{junit}");
    let gitlab: Vec<Value> = serde_json::from_str(&gate("gitlab").stdout()).unwrap();
    assert_eq!(gitlab.len(), 2);
    assert_ne!(gitlab[0]["fingerprint"], gitlab[1]["fingerprint"]);
    assert_eq!(room.run(["gate", "run-1", "--max-failures", "0", "-f", "github"]).succeeds(), "");
}

#[test]
fn a_run_that_breaks_no_rule_is_exit_status_0_without_a_row() {
    let room = broken_room();
    let rules = ["--no-new-failures", "--max-failures", "1", "--max-error-checks", "1", "--against", "previous"];
    let outcome = room.run([&["gate", "run-3"], &rules[..]].concat());
    assert_eq!((outcome.code(), outcome.stdout(), outcome.stderr()), (Some(0), String::new(), String::new()));
    let told = room.run([&["-v", "gate", "run-3"], &rules[..]].concat()).stderr();
    assert!(told.ends_with("run `run-3` of `customers` breaks no rule, compared with `run-2`\n"), "{told}");
    assert_eq!(room.run(["gate", "run-3", "--max-failures", "1", "-f", "json"]).json(), json!([]));
}

#[test]
fn a_gate_without_a_rule_is_wrong_usage() {
    let room = broken_room();
    assert_snapshot!(room.run(["gate", "--asset", "customers", "--severity", "high"]), @"
    --- stderr ---
    error: `gate` needs a rule
      profile: default
    hint: add one: --no-new-failures, --max-failures, --max-error-checks, --min-pass-rate, --max-age; or write it into [profiles.NAME.gate]
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["gate", "--max-failures", "0"]), @"
    --- stderr ---
    error: the following required arguments were not provided:
      <RUN_ID>...

    Usage: truthound-store gate --max-failures <N> <RUN_ID>...

    For more information, try '--help'.
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["gate", "--all", "--no-new-failures", "--against", "run-1"]), @"
    --- stderr ---
    error: `--against run-1` is one run, and `--all` judges all data assets
      profile: default
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["gate", "run-1", "--min-pass-rate", "101"]), @"
    --- stderr ---
    error: invalid value '101' for '--min-pass-rate <P>': expected a share in percent such as 95 or 99.5%

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}

#[test]
fn without_a_baseline_a_warning_is_printed_or_the_run_is_refused() {
    let room = broken_room();
    assert_snapshot!(room.run(["gate", "run-1", "--no-new-failures"]), @"
    --- stderr ---
    warning: there is no successful run of `customers` before `run-1` in namespace `default` of sqlite:///.truthound/store.db: new failures and checks that are gone are not found
    ");
    assert_snapshot!(room.run(["gate", "run-1", "--no-new-failures", "--require-baseline"]), @"
    --- stderr ---
    error: there is no successful run of `customers` before `run-1` in namespace `default` of sqlite:///.truthound/store.db
      profile: default
    hint: name a run to compare with: `--against RUN_ID`
    --- exit status 3 ---
    ");
    let named = room.run(["gate", "run-1", "--no-new-failures", "--against", "nothing"]);
    assert_eq!(named.code(), Some(3));
}

#[test]
fn data_assets_without_a_baseline_are_counted_in_one_warning() {
    let room = Room::new();
    for asset in ["a", "b", "c"] {
        let document = run_of(1, "failure", &[("unique", "failed")]).replace("customers", asset);
        save(&room, &document.replace("run-1", &format!("run-{asset}")), &[]);
    }
    assert_snapshot!(room.run(["gate", "--all", "--no-new-failures", "-q", "-f", "jsonl"]), @"");
    let told = room.run(["gate", "--all", "--no-new-failures"]).stderr();
    assert_snapshot!(told, @"
    warning: 3 data assets have no baseline, such as `a`: new failures and checks that are gone are not found there
    ");
    save(
        &room,
        &run_of(1, "success", &[("unique", "passed")]).replace("customers", "a").replace("run-1", "run-0"),
        &[],
    );
    let named = room.run(["gate", "--asset", "b", "--asset", "c", "--no-new-failures"]).stderr();
    assert_eq!(named.matches("warning: there is no successful run of ").count(), 2, "{named}");
}

#[test]
fn an_error_wins_over_a_verdict() {
    let room = broken_room();
    for ids in [["run-3", "nothing"], ["nothing", "run-3"]] {
        let outcome = room.run([&["gate", "--max-failures", "0"], &ids[..]].concat());
        assert!(outcome.stdout().contains("max-failures"));
        assert!(outcome.fails_with(3).contains("`nothing` not found"));
    }
    for nothing in [&["--asset", "nothing"][..], &["--asset", "no*"], &["--all", "--tag", "branch=main"]] {
        let refusal = room.run([&["gate", "--max-failures", "0"], nothing].concat()).fails_with(3);
        assert!(refusal.contains("no results") || refusal.contains("nothing to judge"), "{refusal}");
    }
}

#[test]
fn a_check_that_is_gone_is_refused_unless_that_is_allowed() {
    let room = broken_room();
    save(&room, &run_of(4, "success", &[("not_null", "passed")]), &[]);
    assert_snapshot!(room.run(["gate", "--asset", "customers", "--no-new-failures"]), @"
    RULE             DATA ASSET  RUN ID  CHECK       STATE  FAILING                              REASON
    no-new-failures  customers   run-4   unique[id]  gone   since 2026-11-04 (run run-4), 1 run  gone
    --- exit status 10 ---
    ");
    let allowed = room.run(["gate", "--asset", "customers", "--no-new-failures", "--allow-gone"]);
    assert_eq!((allowed.code(), allowed.stdout()), (Some(0), String::new()));
}

#[test]
fn a_tag_chooses_the_newest_run_and_its_baseline() {
    let room = Room::new();
    let (good, bad) = ([("unique", "passed")], [("unique", "failed")]);
    save(&room, &run_of(1, "success", &good), &["--tag", "branch=main"]);
    save(&room, &run_of(2, "success", &bad), &["--tag", "branch=next"]);
    save(&room, &run_of(3, "failure", &bad), &["--tag", "branch=main"]);
    save(&room, &run_of(4, "failure", &bad), &["--tag", "branch=next"]);
    let gate = |tag| rows(&room.run(["gate", "--asset", "customers", "--no-new-failures", "--tag", tag, "-f", "json"]));
    assert_eq!(gate("branch=next"), (Some(0), vec![]));
    let (code, rows) = gate("branch=main");
    assert_eq!((code, &rows[0]["run_id"], &rows[0]["against"]), (Some(10), &json!("run-3"), &json!("run-1")));
    assert_eq!((&rows[0]["since"]["run_id"], &rows[0]["since"]["runs"]), (&json!("run-3"), &json!(1)));
}

#[test]
fn the_newest_run_of_each_data_asset_is_judged_and_an_old_one_is_refused() {
    let room = broken_room();
    let orders = run_of(5, "success", &[("unique", "passed")]).replace("customers", "orders");
    save(&room, &orders, &[]);
    let (code, rows) = rows(&room.run(["gate", "--all", "--max-failures", "0", "--max-age", "1m", "-f", "json"]));
    let runs: Vec<_> = rows.iter().map(|row| row["run_id"].as_str().unwrap()).collect();
    assert_eq!((code, runs), (Some(10), vec!["run-5", "run-3", "run-3"]));
    assert_eq!(rules(&rows), "max_age max_failures max_age");
    for selection in [&["--asset=customers", "--asset=or*"][..], &["--asset=*"], &["run-3", "run-5"]] {
        let outcome = room.run([&["-v", "gate", "--max-age", "999999h"], selection].concat());
        assert!(outcome.stderr().contains("2 runs judged: none breaks a rule"), "{}", outcome.stderr());
    }
    let ids = room.start(["gate", "-", "--max-failures", "0", "-f", "json"]).input("run-2\nrun-1\n").run();
    assert_eq!(ids.code(), Some(10));
    assert_eq!(room.run(["gate", "--all", "--max-age", "999999h"]).code(), Some(0));
}

#[test]
fn rules_of_the_profile_hold_until_an_option_takes_their_place() {
    let room = broken_room();
    let profile =
        "[profiles.default]\nbackend = 'database'\n\n[profiles.default.gate]\nmax_failures = 0\nmax_error_checks = 0\n";
    room.write("truthound-store.toml", profile);
    let broken = |options: &[&str]| rules(&rows(&room.run([&["gate", "run-3", "-f", "json"], options].concat())).1);
    assert_eq!(broken(&[]), "max_failures max_error_checks");
    assert_eq!(broken(&["--max-failures", "1"]), "max_error_checks");
    assert_eq!(broken(&["--max-failures=1", "--max-error-checks=1", "--no-new-failures"]), "no_new_failures");
    room.write(
        "truthound-store.toml",
        profile.replace("max_failures", "no_new_failures").replace("= 0\nmax", "= true\nmax"),
    );
    assert_eq!(broken(&["--no-new-failures=false", "--max-error-checks=1", "--max-age=99999h"]), "");
    let profiles = room.run(["profiles", "-f", "json"]).json();
    assert_eq!(profiles[0]["gate"], json!({"no_new_failures": true, "max_error_checks": 0}));
}

#[test]
fn since_looks_at_thirty_runs() {
    let room = Room::new();
    let lines: Vec<_> = (1..=30).map(|day| run_of(day, "failure", &[("unique", "failed")])).collect();
    save(&room, &lines.join("\n"), &[]);
    let since = |run_id: &str| {
        let (_, rows) = rows(&room.run(["gate", run_id, "--max-failures", "0", "--allow-gone", "-f", "json"]));
        let since = &rows[0]["since"];
        (since["run_id"].as_str().unwrap().to_owned(), since["runs"].as_u64().unwrap(), since["or_before"] == true)
    };
    assert_eq!(since("run-30"), ("run-1".to_owned(), 30, false));
    let older = run_of(1, "success", &[("unique", "passed")]).replace("run-1", "run-0").replace("11-01", "10-01");
    save(&room, &older, &[]);
    assert_eq!(since("run-30"), ("run-1".to_owned(), 30, true));
    assert_eq!(since("run-29"), ("run-1".to_owned(), 29, false));
}
