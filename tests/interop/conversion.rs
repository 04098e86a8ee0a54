//! Runs, reports and Great Expectations results, converted to stored results.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::Case;
use crate::python::{self, Python};
use crate::support::{Room, fixture};

const RESULT_FORMATS: [&str; 4] = ["boolean_only", "basic", "summary", "complete"];

/// Data to validate: a name, and the text of a CSV file.
fn tables() -> Vec<(&'static str, String)> {
    let wide_head = (0..60).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    let wide_row = |row: usize| (0..60).map(|n| (n * row % 7).to_string()).collect::<Vec<_>>().join(",");
    vec![
        ("clean", "id,name,age\n1,Ann,31\n2,Bob,42\n3,Cid,27\n".to_owned()),
        ("nulls", "id,email,age\n1,,\n2,a@b.c,\n3,,40\n4,not an address,-1\n4,,999\n".to_owned()),
        ("all_null", "id,nothing\n1,\n2,\n3,\n".to_owned()),
        ("unicode", "größe,名前,🦀\nä,客户,\n\"x,\ny\",\"\"\"q\"\"\",e\u{301}\nä,,\u{202e}rtl\n".to_owned()),
        ("empty", "id,name\n".to_owned()),
        ("one_value", "x\n1\n".to_owned()),
        ("duplicates", format!("id,kind\n{}", "1,a\n".repeat(50))),
        ("floats", "x,y\n0.1,1e300\n-0.0,2.5e-300\n1e16,123456789012345680000\n,3\n".to_owned()),
        ("dates", "day,at\n2026-01-01,2026-01-01T10:00:00\n2026-13-01,\n,never\n".to_owned()),
        ("wide", format!("{wide_head}\n{}\n{}\n{}\n", wide_row(1), wide_row(2), wide_row(3))),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("conversion::a_run_piped_from_truthound_is_stored_listed_and_read_by_all", piped),
        Case::new("conversion::tags_environment_and_odd_names_of_a_run_are_those_python_stores", tags_and_names),
        Case::new("conversion::failing_rows_and_their_places_are_those_python_stores", failing_rows),
        Case::new("conversion::runs_made_up_at_random_are_what_python_stores", made_up),
        Case::new("conversion::a_check_that_breaks_is_what_python_stores", broken_check),
        Case::new("conversion::a_great_expectations_result_is_one_that_python_reads", great_expectations),
        Case::new("conversion::great_expectations_printed_or_dumped_is_one_result", great_expectations_twice),
        Case::new("conversion::a_checkpoint_is_stored_as_the_result_that_python_makes_of_it", checkpoint),
        Case::new("conversion::results_of_every_other_tool_are_those_that_python_reads", other_tools),
    ];
    for (name, table) in tables() {
        for result_format in RESULT_FORMATS {
            let table = table.clone();
            cases.push(Case::new(
                format!("conversion::a_{result_format}_run_on_{name}_data_is_what_python_stores"),
                move |room, python| {
                    room.write("data.csv", &table);
                    let data = room.work().join("data.csv");
                    let checked = python.ask("check", json!({"data": data, "result_format": result_format}));
                    assert_stored_as(room, python, &checked["run"], &checked["stored"]);
                },
            ));
        }
        cases.push(Case::new(
            format!("conversion::a_report_on_{name}_data_is_one_that_python_reads"),
            move |room, python| {
                room.write("data.csv", &table);
                report(room, python);
            },
        ));
    }
    cases
}

/// Saves `run`, and checks that the stored document equals the one that Python's own store would keep.
fn assert_stored_as(room: &Room, python: &mut Python, run: &Value, stored: &Value) {
    let run_id = room.start(["save", "-"]).input(run.as_str().unwrap()).run().succeeds();
    let ours = room.run(["get", run_id.trim_end()]).succeeds();
    python.assert_same(&ours, stored.as_str().unwrap());
    python.assert_accepted(&ours);
}

/// Two programs connected by a pipe, and then all three ways to read the result.
fn piped(room: &Room, python: &mut Python) {
    room.write("data.csv", "id,email\n1,\n2,a@b.c\n2,\n");
    let mut truthound = Command::new(python::interpreter().unwrap())
        .args(["-c", "from truthound.cli import app; app()", "check", "data.csv", "-f", "json"])
        .current_dir(room.work())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let run = truthound.stdout.take().unwrap();
    let saved = room.start(["save", "-"]).input_from(run).run().succeeds();
    assert!(truthound.wait().unwrap().success());
    let run_id = saved.trim_end();
    assert!(run_id.starts_with("run_"), "{saved}");

    let listed = room.run(["list", "--format", "json"]).json();
    assert_eq!(listed[0]["run_id"], run_id);
    assert_eq!(listed[0]["data_asset"], "data.csv");
    assert_eq!(listed[0]["status"], "failure");
    let ours = room.run(["get", run_id]).succeeds();
    let url = format!("sqlite:///{}", room.work().join(".truthound/store.db").display());
    let theirs =
        python.ask_text("get", json!({"where": {"kind": "database", "connection_url": url}, "run_id": run_id}));
    python.assert_same(&ours, &theirs);
}

fn tags_and_names(room: &Room, python: &mut Python) {
    room.write("data.csv", "id\n1\n");
    let tags = json!({"env": "prod", "größe": "🦀", "": ""});
    let checked = python.ask(
        "check_with_tags",
        json!({"data": room.work().join("data.csv"), "source": "s3://lake/größe 100%.csv", "tags": tags}),
    );
    assert_stored_as(room, python, &checked["run"], &checked["stored"]);
    let listed = room.run(["list", "--tag", "env=prod", "--format", "json"]).json();
    assert_eq!(listed[0]["tags"], tags);
}

fn failing_rows(room: &Room, python: &mut Python) {
    room.write("data.csv", "id,email\n1,\n2,a@b.c\n2,\n");
    let options =
        json!({"include_unexpected_rows": true, "include_unexpected_index": true, "return_debug_query": true});
    let data = room.work().join("data.csv");
    let checked = python.ask("check_closely", json!({"data": data, "options": options}));
    assert_stored_as(room, python, &checked["run"], &checked["stored"]);
}

/// Generated runs with every field of every type. `convert_oracle.py` generates them and returns the document that
/// Python stores for each.
fn made_up(room: &Room, python: &mut Python) {
    let oracle = |arguments: &[&str], input: &[u8]| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/convert_oracle.py");
        room.write("input", input);
        let input = std::fs::File::open(room.work().join("input")).unwrap();
        let mut command = Command::new(python::interpreter().unwrap());
        let output = command.arg(script).args(arguments).stdin(input).stderr(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    let runs = oracle(&["--random", "400", "--seed", "20261123"], b"");
    let stored = String::from_utf8(oracle(&[], &runs)).unwrap();
    let saved = room.start(["save", "-"]).input(runs).run().stdout();
    let run_ids: Vec<_> = saved.lines().collect();
    assert!(run_ids.len() > 300, "only {} were saved", run_ids.len());
    let ours = room.run([&["get", "--format", "jsonl"], run_ids.as_slice()].concat()).succeeds();
    let compared = python.ask("compare_lines", json!({"ours": ours, "theirs": stored}));
    assert_eq!(compared["differences"], json!([]));
    // Every document that Python stores must be accepted. Those that Python refuses may be accepted or refused.
    assert_eq!(compared["missing"], json!([]));
}

fn broken_check(room: &Room, python: &mut Python) {
    room.write("data.csv", "id,email\n1,\n2,a@b.c\n2,\n");
    let checked = python
        .ask("check_that_breaks", json!({"data": room.work().join("data.csv"), "message": "größe \u{1f980} broke"}));
    assert!(checked["stored"].as_str().unwrap().contains(r#""status": "error""#), "{}", checked["stored"]);
    assert_stored_as(room, python, &checked["run"], &checked["stored"]);
}

/// A report contains less than its run. Everything that it contains must be stored, and the figures must add up.
fn report(room: &Room, python: &mut Python) {
    let checked = python.ask("check", json!({"data": room.work().join("data.csv"), "result_format": "summary"}));
    let run_id = room.start(["save", "-"]).input(checked["report"].as_str().unwrap()).run().succeeds();
    let ours = room.run(["get", run_id.trim_end()]).succeeds();
    python.assert_accepted(&ours);
    let ours: Value = serde_json::from_str(&ours).unwrap();
    let theirs: Value = serde_json::from_str(checked["stored"].as_str().unwrap()).unwrap();
    for fact in ["run_id", "run_time", "data_asset", "status", "suite_name", "tags", "statistics"] {
        assert_eq!(ours[fact], theirs[fact], "{fact}");
    }
    assert_figures_add_up(&ours);
}

fn assert_figures_add_up(document: &Value) {
    let figure = |name: &str| document["statistics"][name].as_u64().unwrap_or_else(|| panic!("{name} in {document}"));
    let validators = figure("passed_validators") + figure("failed_validators") + figure("error_validators");
    assert_eq!(figure("total_validators"), validators, "{document}");
    let issues = ["critical_issues", "high_issues", "medium_issues", "low_issues"].map(figure).iter().sum::<u64>();
    assert_eq!(figure("total_issues"), issues, "{document}");
}

fn great_expectations(room: &Room, python: &mut Python) {
    for (met, rows, expectations) in [
        (true, json!({"id": [1, 2, 3]}), json!([["ExpectColumnValuesToNotBeNull", {"column": "id"}]])),
        (
            false,
            json!({"id": [1, 1, null], "name": ["x", "ü", "客户"]}),
            json!([
                ["ExpectColumnValuesToNotBeNull", {"column": "id"}],
                ["ExpectColumnValuesToBeUnique", {"column": "id"}],
                ["ExpectColumnValuesToBeInSet", {"column": "name", "value_set": ["x", "客户"]}],
                ["ExpectTableRowCountToBeBetween", {"min_value": 1, "max_value": 10}],
                ["ExpectColumnMeanToBeBetween", {"column": "id", "min_value": 5}],
            ]),
        ),
        (false, json!({"id": [1]}), json!([["ExpectColumnValuesToNotBeNull", {"column": "no such column"}]])),
    ] {
        let expected = python.ask("expect", json!({"rows": rows, "expectations": expectations}));
        let run_id = room.start(["save", "-"]).input(expected["result"].as_str().unwrap()).run().succeeds();
        let ours = room.run(["get", run_id.trim_end()]).succeeds();
        python.assert_accepted(&ours);
        let ours: Value = serde_json::from_str(&ours).unwrap();
        assert_eq!(ours["status"] == "success", met, "{ours}");
        assert_eq!(ours["suite_name"], "orders_suite", "{ours}");
        assert_eq!(ours["results"].as_array().unwrap().len(), expectations.as_array().unwrap().len(), "{ours}");
        let count = |name: &str| &expected["statistics"][name];
        assert_eq!(&ours["statistics"]["total_validators"], count("evaluated_expectations"), "{ours}");
        assert_eq!(&ours["statistics"]["passed_validators"], count("successful_expectations"), "{ours}");
        assert_figures_add_up(&ours);
    }
}

fn great_expectations_twice(room: &Room, python: &mut Python) {
    let expectations = json!([["ExpectColumnValuesToNotBeNull", {"column": "id"}]]);
    let expected = python.ask("expect", json!({"rows": {"id": [1, null]}, "expectations": expectations}));
    let save = |text: &Value| room.start(["save", "-"]).input(text.as_str().unwrap()).run().succeeds();
    let first = save(&expected["result"]);
    assert_eq!(save(&expected["result"]), first);
    assert_eq!(room.run(["list", "--count"]).succeeds(), "1\n");
    let printed = save(&expected["printed"]);
    python.assert_accepted(&room.run(["get", printed.trim_end()]).succeeds());
}

/// With and without the validation result that the action `store_result` adds.
fn checkpoint(room: &Room, python: &mut Python) {
    let text = std::fs::read_to_string(fixture("truthound_checkpoint/checkpoint.json")).unwrap();
    let mut added: Value = serde_json::from_str(&text).unwrap();
    let theirs: Value = serde_json::from_str(&python.ask_text("checkpoint", json!({"document": text}))).unwrap();
    let mut made = added.clone();
    made.as_object_mut().unwrap().remove("validation_result");
    added["validation_run"] = Value::Null;
    for document in [text, made.to_string(), added.to_string()] {
        let run_id = room.start(["save", "-"]).input(document).run().succeeds();
        let stored = room.run(["get", run_id.trim_end()]).succeeds();
        python.assert_accepted(&stored);
        let mut ours: Value = serde_json::from_str(&stored).unwrap();
        assert_eq!(ours["tags"]["checkpoint"], "nightly", "{ours}");
        ours["tags"] = theirs["tags"].clone();
        ours["metadata"].as_object_mut().unwrap().remove("checkpoint");
        python.assert_same(&ours.to_string(), &theirs.to_string());
    }
}

fn other_tools(room: &Room, python: &mut Python) {
    let given = ["--asset", "customers", "--run-time", "2026-11-26T12:00:00Z"];
    let mut count = 0;
    for tool in ["deequ", "frictionless", "great_expectations", "junit", "openlineage", "soda"] {
        for split in ["assets", "none"] {
            let directory = fixture(tool);
            let arguments = ["save", directory.to_str().unwrap(), "--split", split].into_iter().chain(given);
            for run_id in room.run(arguments).succeeds().lines() {
                let stored = room.run(["get", run_id]).succeeds();
                python.assert_accepted(&stored);
                assert_figures_add_up_without_skipped(&serde_json::from_str(&stored).unwrap());
                count += 1;
            }
        }
    }
    assert!(count > 30, "only {count} results were read");
}

/// Checks that were skipped are among all checks, and neither passed nor failed.
fn assert_figures_add_up_without_skipped(document: &Value) {
    let is_skipped = |result: &&Value| result["details"]["outcome"] == "skipped";
    let skipped = document["results"].as_array().unwrap().iter().filter(is_skipped).count() as u64;
    let mut document = document.clone();
    let total = document["statistics"]["total_validators"].as_u64().unwrap();
    document["statistics"]["total_validators"] = (total - skipped).into();
    assert_figures_add_up(&document);
}
