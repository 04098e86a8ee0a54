//! `export`: a row for each check, for other programs.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::hostile::{HOSTILE, hostile_run};
use crate::support::{Room, stored};

/// A run with a check that failed and one that passed.
fn run(run_id: &str, data_asset: &str, day: u32) -> Value {
    json!({
        "run_id": run_id, "run_time": format!("2026-11-{day:02}T06:00:00.25+01:00"), "data_asset": data_asset,
        "status": "failure", "tags": {"env": "prod, west"}, "suite_name": "nightly",
        "statistics": {"total_rows": 40}, "metadata": {},
        "results": [
            {
                "validator_name": "unique", "column": "id", "issue_type": "duplicate", "success": false, "count": 3,
                "severity": "high", "message": "3 values are there twice,\nsuch as \"7\"", "execution_time_ms": 1.5,
            },
            {
                "validator_name": "between", "column": "age", "success": true, "count": 0, "severity": null,
                "details": {"kwargs": {"max_value": 9, "column": "age"}},
            },
        ],
    })
}

/// A room with three runs, the oldest of `customers` and a newer one, and the newest of `orders`.
fn room_with_runs() -> Room {
    let room = Room::with_disk_profile("");
    let runs = [run("run-1", "customers", 1), run("run-2", "customers", 2), run("run-3", "orders", 3)];
    room.start(["-q", "save", "-"]).input(Value::from(runs.to_vec()).to_string()).run().succeeds();
    room
}

/// The lines of an export to stdout, as JSON.
fn rows(room: &Room, arguments: &[&str]) -> Vec<Value> {
    let text = room.run([&["export", "-f", "jsonl"], arguments].concat()).succeeds();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_check_is_a_line_of_csv() {
    assert_snapshot!(room_with_runs().run(["export", "--format", "csv", "--asset", "customers", "--since", "2026-11-02"]), @r#"
    run_id,run_time,data_asset,status,tags,suite_name,total_rows,check_key,check_name,column_name,outcome,severity,count,message,execution_time_ms
    run-2,2026-11-02T05:00:00.25Z,customers,failure,"{""env"":""prod, west""}",nightly,40,"{""name"":""unique"",""column"":""id"",""issue_type"":""duplicate""}",unique,id,failed,high,3,"3 values are there twice,
    such as ""7""",1.5
    run-2,2026-11-02T05:00:00.25Z,customers,failure,"{""env"":""prod, west""}",nightly,40,"{""name"":""between"",""column"":""age"",""kwargs"":{""column"":""age"",""max_value"":9}}",between,age,passed,,0,,
    "#);
}

#[test]
fn each_check_is_an_object_and_the_newest_result_comes_first() {
    let room = room_with_runs();
    assert_snapshot!(room.run(["export", "--asset", "orders", "-f", "jsonl"]), @r#"
    {"run_id":"run-3","run_time":"2026-11-03T05:00:00.25Z","data_asset":"orders","status":"failure","tags":{"env":"prod, west"},"suite_name":"nightly","total_rows":40,"check_key":{"name":"unique","column":"id","issue_type":"duplicate"},"check_name":"unique","column_name":"id","outcome":"failed","severity":"high","count":3,"message":"3 values are there twice,\nsuch as \"7\"","execution_time_ms":1.5}
    {"run_id":"run-3","run_time":"2026-11-03T05:00:00.25Z","data_asset":"orders","status":"failure","tags":{"env":"prod, west"},"suite_name":"nightly","total_rows":40,"check_key":{"name":"between","column":"age","kwargs":{"column":"age","max_value":9}},"check_name":"between","column_name":"age","outcome":"passed","severity":null,"count":0,"message":null,"execution_time_ms":null}
    "#);
    let order: Vec<_> = rows(&room, &[]).iter().map(|row| row["run_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(order, ["run-3", "run-3", "run-2", "run-2", "run-1", "run-1"]);
    assert_eq!(room.run(["export", "-f", "json"]).json(), Value::from(rows(&room, &[])));
}

#[test]
fn prometheus_gets_the_newest_result_of_each_data_asset() {
    assert_snapshot!(room_with_runs().run(["export", "-f", "prometheus"]), @r#"
    # HELP truthound_result_status Status of the newest result of a data asset: 1 for the status that it has, 0 for the others.
    # TYPE truthound_result_status gauge
    truthound_result_status{asset="orders",status="error"} 0
    truthound_result_status{asset="orders",status="failure"} 1
    truthound_result_status{asset="orders",status="success"} 0
    truthound_result_status{asset="orders",status="warning"} 0
    truthound_result_status{asset="customers",status="error"} 0
    truthound_result_status{asset="customers",status="failure"} 1
    truthound_result_status{asset="customers",status="success"} 0
    truthound_result_status{asset="customers",status="warning"} 0
    # HELP truthound_result_run_timestamp_seconds Time of the newest run, in seconds since 1970.
    # TYPE truthound_result_run_timestamp_seconds gauge
    truthound_result_run_timestamp_seconds{asset="orders"} 1793682000.25
    truthound_result_run_timestamp_seconds{asset="customers"} 1793595600.25
    # HELP truthound_result_checks Number of checks of the newest result, by their outcome.
    # TYPE truthound_result_checks gauge
    truthound_result_checks{asset="orders",outcome="passed"} 1
    truthound_result_checks{asset="orders",outcome="failed"} 1
    truthound_result_checks{asset="orders",outcome="warned"} 0
    truthound_result_checks{asset="orders",outcome="errored"} 0
    truthound_result_checks{asset="orders",outcome="skipped"} 0
    truthound_result_checks{asset="customers",outcome="passed"} 1
    truthound_result_checks{asset="customers",outcome="failed"} 1
    truthound_result_checks{asset="customers",outcome="warned"} 0
    truthound_result_checks{asset="customers",outcome="errored"} 0
    truthound_result_checks{asset="customers",outcome="skipped"} 0
    # HELP truthound_result_pass_ratio Share of the checks of the newest result that passed, from 0 to 1.
    # TYPE truthound_result_pass_ratio gauge
    truthound_result_pass_ratio{asset="orders"} 0.5
    truthound_result_pass_ratio{asset="customers"} 0.5
    # HELP truthound_check_passed 1 if the check passed in the newest result, 0 if it failed, warned or could not run.
    # TYPE truthound_check_passed gauge
    truthound_check_passed{asset="orders",check="between",column="age",kwargs="{\"column\": \"age\", \"max_value\": 9}",severity=""} 1
    truthound_check_passed{asset="orders",check="unique",column="id",issue_type="duplicate",severity="high"} 0
    truthound_check_passed{asset="customers",check="between",column="age",kwargs="{\"column\": \"age\", \"max_value\": 9}",severity=""} 1
    truthound_check_passed{asset="customers",check="unique",column="id",issue_type="duplicate",severity="high"} 0
    # HELP truthound_check_failed_values Number of values that the check found wrong; 0 if it is not known.
    # TYPE truthound_check_failed_values gauge
    truthound_check_failed_values{asset="orders",check="between",column="age",kwargs="{\"column\": \"age\", \"max_value\": 9}",severity=""} 0
    truthound_check_failed_values{asset="orders",check="unique",column="id",issue_type="duplicate",severity="high"} 3
    truthound_check_failed_values{asset="customers",check="between",column="age",kwargs="{\"column\": \"age\", \"max_value\": 9}",severity=""} 0
    truthound_check_failed_values{asset="customers",check="unique",column="id",issue_type="duplicate",severity="high"} 3
    "#);
}

#[test]
fn each_result_is_a_run_event_of_openlineage_that_save_reads_back() {
    let room = room_with_runs();
    assert_snapshot!(room.run(["export", "-f", "openlineage", "--asset", "orders"]), @r#"{"eventTime":"2026-11-03T05:00:00.25Z","eventType":"COMPLETE","producer":"https://github.com/seadonggyun4/truthound-store/tree/v0.1.0","schemaURL":"https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent","run":{"runId":"14713de9-8247-8b50-8bed-cac5e1409e69"},"job":{"namespace":"truthound-store","name":"nightly"},"outputs":[],"inputs":[{"namespace":"truthound-store","name":"orders","inputFacets":{"dataQualityAssertions":{"_producer":"https://github.com/seadonggyun4/truthound-store/tree/v0.1.0","_schemaURL":"https://openlineage.io/spec/facets/1-1-0/DataQualityAssertionsDatasetFacet.json#/$defs/DataQualityAssertionsDatasetFacet","assertions":[{"assertion":"unique","success":false,"column":"id","severity":"error","actual":"3"},{"assertion":"between","success":true,"column":"age","params":{"column":"age","max_value":9}}]}}}]}"#);
    let mut checkpoint = run("0197c1f0-5a33-7934-8000-000000000001", "returns", 4);
    checkpoint["status"] = "error".into();
    checkpoint["tags"] = json!({"openlineage_job": "nightly.test", "openlineage_namespace": "duckdb:///shop"});
    checkpoint["results"][0]["details"] = json!({"outcome": "warned"});
    checkpoint["results"][1]["details"]["outcome"] = "skipped".into();
    room.start(["-q", "save", "-"]).input(checkpoint.to_string()).run().succeeds();
    let event = room.run(["export", "-f", "openlineage", "--asset", "returns"]).json();
    assert_eq!(event["eventType"], "FAIL");
    assert_eq!(event["run"]["runId"], "0197c1f0-5a33-7934-8000-000000000001");
    assert_eq!(event["job"], json!({"namespace": "truthound-store", "name": "nightly.test"}));
    assert_eq!(event["inputs"][0]["namespace"], "duckdb:///shop");
    let assertions = &event["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"];
    let warned = json!({"assertion": "unique", "success": false, "column": "id", "severity": "warn", "actual": "3"});
    assert_eq!(*assertions, json!([warned]));
    room.run(["export", "-f", "openlineage", "-o", "events.ndjson"]).succeeds();
    assert_eq!(room.run(["--store", "./again", "save", "events.ndjson"]).succeeds().lines().count(), 4);
    let again = room.run(["--store", "./again", "export", "-f", "jsonl", "--asset", "orders"]).succeeds();
    let again: Vec<Value> = again.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (again, first) in again.iter().zip(rows(&room, &["--asset", "orders"])) {
        for name in ["run_time", "data_asset", "status", "check_name", "column_name", "outcome"] {
            assert_eq!(again[name], first[name], "{name}");
        }
    }
}

#[test]
fn of_two_checks_with_the_same_labels_prometheus_gets_the_worse() {
    let room = Room::with_disk_profile("");
    let check = |success: bool, column: Value, severity: &str| json!({"validator_name": "null", "column": column, "issue_type": "null", "success": success, "severity": severity, "count": 1});
    let mut document = run("run-1", "customers", 1);
    let skipped = json!({"validator_name": "late", "success": false, "details": {"outcome": "skipped"}});
    document["results"] = json!([check(true, "".into(), "low"), check(false, Value::Null, "high"), skipped]);
    room.start(["-q", "save", "-"]).input(document.to_string()).run().succeeds();
    let text = room.run(["export", "-f", "prometheus"]).succeeds();
    let samples: Vec<_> = text.lines().filter(|line| line.starts_with("truthound_check_passed")).collect();
    let worse = r#"{asset="customers",check="null",column="",issue_type="null",severity="high"} 0"#;
    assert_eq!(samples, [format!("truthound_check_passed{worse}")]);
}

#[test]
fn an_empty_store_is_exported_with_headings_alone() {
    let room = Room::with_disk_profile("");
    assert!(room.run(["export"]).succeeds().starts_with("run_id,run_time,"));
    assert_eq!(room.run(["export", "-f", "jsonl"]).succeeds(), "");
    assert_eq!(room.run(["export", "-f", "json"]).succeeds(), "[]\n");
    assert!(room.run(["export", "-f", "parquet"]).bytes().ends_with(b"PAR1"));
    assert!(room.run(["export", "-f", "prometheus"]).succeeds().lines().all(|line| line.starts_with('#')));
}

#[test]
fn the_format_is_that_of_the_option_then_of_the_file_then_of_the_environment() {
    let room = room_with_runs();
    let csv = room.run(["export", "-f", "csv"]).succeeds();
    let lines = room.run(["export", "-f", "jsonl"]).succeeds();
    let preset = |format: &str, arguments: &[&str]| {
        room.start([&["export"], arguments].concat()).env("TRUTHOUND_STORE_FORMAT", format).run().succeeds()
    };
    assert_eq!(preset("jsonl", &[]), lines);
    assert_eq!(preset("jsonl", &["-f", "csv"]), csv);
    // These have no rows for other programs.
    assert_eq!(preset("table", &[]), csv);
    assert_eq!(preset("junit", &["-o", "-"]), csv);
    preset("json", &["-o", "checks.csv"]);
    preset("csv", &["-o", "checks.NDJSON"]);
    preset("csv", &["-o", "checks.txt"]);
    room.run(["export", "-o", "checks.prom"]).succeeds();
    room.run(["export", "-o", "checks.parquet"]).succeeds();
    room.run(["export", "-f", "jsonl", "-o", "lines.csv"]).succeeds();
    let read = |name| String::from_utf8(room.read(name)).unwrap();
    assert_eq!([read("checks.csv"), read("checks.txt")], [csv.clone(), csv]);
    assert_eq!([read("checks.NDJSON"), read("lines.csv")], [lines.clone(), lines]);
    assert_eq!(room.read("checks.parquet"), room.run(["export", "-f", "parquet"]).bytes());
    assert_eq!(read("checks.prom"), room.run(["export", "-f", "prometheus"]).succeeds());
}

#[test]
fn a_format_that_a_command_does_not_have_is_a_mistake() {
    let room = room_with_runs();
    assert_snapshot!(room.run(["export", "-f", "table"]), @"
    --- stderr ---
    error: `export` has no format `table`: its formats are json, jsonl, csv, openlineage, parquet, prometheus
      profile: disk
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["export", "-f", "github"]), @"
    --- stderr ---
    error: `export` has no format `github`: its formats are json, jsonl, csv, openlineage, parquet, prometheus
      profile: disk
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["list", "-f", "csv"]), @"
    --- stderr ---
    error: this command has no format `csv`: its formats are table, json and jsonl
    hint: the command with the format `csv` is export
    --- exit status 2 ---
    ");
    assert_snapshot!(room.start(["get", "run-1"]).env("TRUTHOUND_STORE_FORMAT", "prometheus").run(), @"
    --- stderr ---
    error: this command has no format `prometheus`: its formats are table, json and jsonl
    hint: the command with the format `prometheus` is export; the value comes from the environment variable TRUTHOUND_STORE_FORMAT
    --- exit status 2 ---
    ");
}

#[test]
fn a_document_that_is_damaged_is_reported_and_gives_no_rows() {
    let room = room_with_runs();
    let damaged = "store/default/validations/run-2.json";
    let whole = room.read(damaged);
    room.write(damaged, &whole[..whole.len() - 20]);
    let outcome = room.run(["export", "-o", "checks.jsonl"]);
    assert!(outcome.fails_with(5).contains("run-2"));
    let text = String::from_utf8(room.read("checks.jsonl")).unwrap();
    assert_eq!(text.matches("\"run_id\":\"run-1\"").count(), 2);
    assert_eq!(text.matches("run-2").count(), 0);
    // Nothing but a damaged result leaves a file as it is.
    room.run(["export", "--since", "2026-11-02", "--asset", "customers", "-o", "checks.jsonl"]).fails_with(5);
    assert_eq!(String::from_utf8(room.read("checks.jsonl")).unwrap(), text);
}

#[test]
fn a_store_that_cannot_be_reached_leaves_the_file_as_it_is() {
    let room = Room::new();
    room.write("checks.csv", "before");
    let unreachable = ["--store", "postgresql://127.0.0.1:1/x", "export", "-o", "checks.csv"];
    assert!(room.run(unreachable).fails_with(4).contains("`checks.csv` is not written"));
    assert_eq!(room.read("checks.csv"), b"before");
    assert_eq!(room.names_in("."), ["checks.csv"]);
}

#[test]
fn a_name_that_begins_like_a_formula_stays_text_in_csv_and_is_unchanged_elsewhere() {
    let room = Room::with_disk_profile("");
    room.save(&stored("=1+1").of("@sum").tagged("-k", "v"));
    let mut document = run("+1", "\t=1", 1);
    document["results"][0]["message"] = "-2".into();
    room.start(["-q", "save", "-"]).input(document.to_string()).run().succeeds();
    let csv = room.run(["export", "-f", "csv", "--asset", "\t=1"]).succeeds();
    let line = csv.lines().nth(1).unwrap();
    assert!(line.starts_with("'+1,") && line.contains(",'\t=1,") && line.contains(",'-2,1.5"), "{line}");
    assert_eq!(rows(&room, &["--asset", "\t=1"])[0]["message"], "-2");
}

#[cfg(unix)]
#[test]
fn hostile_names_stay_names() {
    let room = Room::new();
    room.start(["-q", "save", "-"]).input(hostile_run("run\n1")).run().succeeds();
    let rows = rows(&room, &[]);
    let names: Vec<_> = rows.iter().map(|row| row["check_name"].as_str().unwrap()).collect();
    assert_eq!(names, HOSTILE);
    let prometheus = room.run(["export", "-f", "prometheus"]).succeeds();
    let is_sample = |line: &str| line.starts_with("# ") || line.starts_with("truthound_") && !line.contains('\0');
    assert!(prometheus.lines().all(is_sample), "{prometheus}");
}

#[cfg(target_os = "linux")]
#[test]
fn parquet_is_not_printed_on_a_terminal() {
    let shown = room_with_runs().start(["export", "-f", "parquet"]).at_terminal(100).run().shows_with(2);
    assert!(shown.contains("write it to a file"), "{shown}");
}
