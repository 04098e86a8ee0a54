//! Histories and differences, compared with those that DuckDB computes from the stored documents.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::Case;
use crate::python::{self, Python};
use crate::support::Room;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("history::the_history_of_every_check_is_that_of_duckdb", histories),
        Case::new("history::the_difference_of_two_runs_is_that_of_duckdb", differences),
    ]
}

const RUNS: usize = 40;

/// Saves runs of one data asset with outcomes that are random by this seed. Returns their ids, oldest first.
fn store(room: &Room, seed: u32) -> Vec<String> {
    let store = format!("[profiles.default]\nbackend = \"filesystem\"\nbase_path = \"store-{seed}\"\n");
    room.write("truthound-store.toml", store);
    let runs = RUNS.to_string();
    let results = String::from_utf8(oracle(room, &["generate", "--seed", &seed.to_string(), "--runs", &runs])).unwrap();
    let ids = results.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ids = ids.map(|result| result["run_id"].as_str().unwrap().to_owned()).collect();
    room.start(["-q", "save", "-"]).input(results).run().succeeds();
    ids
}

/// The answer of DuckDB about the documents of this store.
fn from_duckdb(room: &Room, seed: u32, arguments: &[&str]) -> Value {
    let documents = room.work().join(format!("store-{seed}/default/validations"));
    let answer = oracle(room, &[arguments, &[documents.to_str().unwrap()]].concat());
    serde_json::from_slice(&answer).unwrap()
}

fn oracle(room: &Room, arguments: &[&str]) -> Vec<u8> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/history_oracle.py");
    let mut command = Command::new(python::interpreter().unwrap());
    // Without a home there is no directory of extensions.
    let command = command.arg(script).args(arguments).env("HOME", room.home());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The rows by their key.
fn by_key(rows: &Value, row: impl Fn(&Value) -> Value) -> BTreeMap<String, Value> {
    let rows = rows.as_array().unwrap();
    let by_key: BTreeMap<_, _> = rows.iter().map(|found| (found["key"].to_string(), row(found))).collect();
    assert_eq!(by_key.len(), rows.len());
    by_key
}

/// The members of a check that DuckDB has computed.
fn compared(check: &Value) -> Value {
    let members = |value: &Value, names: &[&str]| -> Value {
        names.iter().map(|name| ((*name).to_owned(), value[*name].clone())).collect::<serde_json::Map<_, _>>().into()
    };
    let mut row = members(check, &["verdict", "pass_rate", "changes"]);
    row["since"] = members(&check["since"], &["run_id", "runs", "or_before"]);
    let runs = check["runs"].as_array().unwrap().iter();
    row["runs"] = runs.map(|run| members(run, &["run_id", "outcome", "count"])).collect();
    // Two printers of numbers may differ in the last digit.
    row["pass_rate"] = row["pass_rate"].as_f64().map(|rate| format!("{rate:.9}")).into();
    row
}

fn histories(room: &Room, _: &mut Python) {
    let mut verdicts = BTreeMap::new();
    for seed in [1, 2, 3] {
        store(room, seed);
        for last in ["30", "17", "40"] {
            let ours = room.run(["history", "--asset", "orders", "--last", last, "-f", "json"]).json();
            let theirs = from_duckdb(room, seed, &["history", "--last", last]);
            assert_eq!(by_key(&ours, compared), by_key(&theirs, compared), "seed {seed}, last {last}");
            for check in ours.as_array().unwrap() {
                *verdicts.entry(check["verdict"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            }
        }
    }
    // All verdicts were compared.
    assert_eq!(verdicts.len(), 6, "{verdicts:?}");
}

fn differences(room: &Room, _: &mut Python) {
    let run_ids = store(room, 4);
    let mut verdicts = BTreeMap::new();
    for pair in run_ids.windows(2).step_by(4) {
        let [before, after] = pair else { unreachable!("two runs") };
        let ours = room.run(["diff", before, after, "-f", "json"]).json();
        let theirs = from_duckdb(room, 4, &["diff", before, after]);
        let verdict = |change: &Value| change["verdict"].clone();
        assert_eq!(by_key(&ours, verdict), by_key(&theirs, verdict), "{before} {after}");
        for change in ours.as_array().unwrap() {
            *verdicts.entry(change["verdict"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
    }
    assert_eq!(verdicts.len(), 8, "{verdicts:?}");
}
