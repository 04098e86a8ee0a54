//! Exports, read by the programs that they are for: DuckDB, pandas and polars, and Prometheus's own parser.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::Case;
use crate::hostile::hostile_run;
use crate::python::Python;
use crate::support::{Room, fixture};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("export::csv_has_the_same_rows_for_every_reader", csv),
        Case::new("export::lines_have_the_same_rows_for_every_reader", lines),
        Case::new("export::parquet_has_the_same_rows_for_every_reader", parquet),
        Case::new("export::prometheus_reads_every_sample_of_hostile_text", prometheus),
    ]
}

/// Saves results of truthound, Great Expectations and dbt, and one whose every text is hostile.
fn save_results(room: &Room) {
    for name in
        ["truthound/dirty-summary.run.json", "great_expectations/orders.suite_result.json", "dbt/run_results.test.json"]
    {
        room.run(["-q".as_ref(), "save".as_ref(), fixture(name).as_os_str()]).succeeds();
    }
    room.start(["-q", "save", "-"]).input(hostile_run("run\n1")).run().succeeds();
}

/// The rows of the export as JSON lines: by column, each value as text.
fn rows(room: &Room) -> Vec<BTreeMap<String, Value>> {
    let text = room.run(["export", "-f", "jsonl"]).succeeds();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A cell of CSV: formulas have an apostrophe, and a missing value is empty.
fn cell(value: &Value) -> Value {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string().trim_end_matches(".0").to_owned(),
        json => json.to_string(),
    };
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if is_formula { format!("'{text}").into() } else { text.into() }
}

fn csv(room: &Room, python: &mut Python) {
    save_results(room);
    room.run(["export", "-o", "checks.csv"]).succeeds();
    let path = room.work().join("checks.csv");
    let as_csv = |row: BTreeMap<String, Value>| row.into_iter().map(|(name, value)| (name, cell(&value)));
    let expected: Value = rows(room).into_iter().map(|row| as_csv(row).collect::<Value>()).collect();
    for reader in ["csv", "pandas", "polars", "duckdb"] {
        let theirs = python.ask("exported_rows", json!({"reader": reader, "path": path}));
        assert_eq!(theirs, expected, "{reader}");
    }
}

fn lines(room: &Room, python: &mut Python) {
    save_results(room);
    room.run(["export", "-o", "checks.jsonl"]).succeeds();
    let path = room.work().join("checks.jsonl");
    for reader in ["duckdb of lines", "polars of lines"] {
        let theirs = python.ask("exported_rows", json!({"reader": reader, "path": path}));
        let theirs = theirs.as_array().unwrap();
        let ours = rows(room);
        assert_eq!(theirs.len(), ours.len());
        for (theirs, ours) in theirs.iter().zip(&ours) {
            for name in ["run_id", "data_asset", "suite_name", "check_name", "column_name", "severity", "message"] {
                let ours = if ours[name].is_null() { json!("") } else { ours[name].clone() };
                assert_eq!(theirs[name], ours, "{reader}: {name}");
            }
        }
    }
}

fn parquet(room: &Room, python: &mut Python) {
    save_results(room);
    room.run(["export", "-o", "checks.parquet"]).succeeds();
    let path = room.work().join("checks.parquet");
    let value = |name: &str, value: Value| match name {
        "run_time" => value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_microsecond().into(),
        "tags" | "check_key" => value.to_string().into(),
        _ => value,
    };
    let in_parquet = |row: BTreeMap<String, Value>| row.into_iter().map(|(name, it)| (name.clone(), value(&name, it)));
    let expected: Value = rows(room).into_iter().map(|row| in_parquet(row).collect::<Value>()).collect();
    for reader in ["duckdb", "pandas", "polars"] {
        let theirs = python.ask("parquet_rows", json!({"reader": reader, "path": path}));
        assert_eq!(theirs, expected, "{reader}");
    }
}

fn prometheus(room: &Room, python: &mut Python) {
    save_results(room);
    let text = room.run(["export", "-f", "prometheus"]).succeeds();
    let families = python.ask("prometheus_samples", json!({"text": text}));
    let families = families.as_array().unwrap();
    assert_eq!(families.len(), 6);
    assert!(families.iter().all(|family| family["type"] == "gauge" && !family["help"].as_str().unwrap().is_empty()));
    let samples = |name: &str| {
        let family = families.iter().find(|family| family["name"] == name).unwrap();
        family["samples"].as_array().unwrap().clone()
    };
    // Each check is one sample, with its own text in the labels.
    let passed = samples("truthound_check_passed");
    let label = |sample: &Value, name: &str| sample[1][name].as_str().unwrap().to_owned();
    let theirs: BTreeSet<_> = passed
        .iter()
        .map(|sample| (["asset", "check", "column", "severity"].map(|name| label(sample, name)), sample[2] == 1.0))
        .collect();
    let shown = |value: &Value| value.as_str().unwrap_or_default().replace('\0', "\u{fffd}");
    let ours: BTreeSet<_> = rows(room)
        .iter()
        .filter(|row| row["outcome"] != "skipped")
        .map(|row| {
            (
                ["data_asset", "check_name", "column_name", "severity"].map(|name| shown(&row[name])),
                row["outcome"] == "passed",
            )
        })
        .collect();
    assert_eq!(theirs, ours);
    let assets: BTreeSet<_> = rows(room).iter().map(|row| shown(&row["data_asset"])).collect();
    let times = samples("truthound_result_run_timestamp_seconds");
    assert_eq!(times.iter().map(|sample| label(sample, "asset")).collect::<BTreeSet<_>>(), assets);
    let held = samples("truthound_result_status").into_iter().filter(|sample| sample[2] == 1.0);
    assert_eq!(held.count(), assets.len());
}
