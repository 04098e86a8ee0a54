//! Reports of findings, read by other programs: JUnit XML by junitparser, Markdown by GitHub's own parser.

use serde_json::{Value, json};

use crate::Case;
use crate::hostile::{HOSTILE, hostile_run};
use crate::python::Python;
use crate::support::{Room, fixture};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("reports::junitparser_reads_every_suite_and_case", junit),
        Case::new("reports::junitparser_reads_hostile_text_as_text", hostile_junit),
        Case::new("reports::markdown_of_hostile_text_has_only_its_own_elements", hostile_markdown),
    ]
}

/// The names of the checks in the report of GitLab, which keeps every character.
fn check_names(room: &Room, run_id: &str) -> Vec<String> {
    let report = room.run(["get", run_id, "-f", "gitlab"]).json();
    report.as_array().unwrap().iter().map(|it| it["check_name"].as_str().unwrap().to_owned()).collect()
}

fn junit(room: &Room, python: &mut Python) {
    for name in ["truthound/dirty-summary.run.json", "dbt/run_results.test.json"] {
        room.run(["-q".as_ref(), "save".as_ref(), fixture(name).as_os_str()]).succeeds();
    }
    let ids = room.run(["list", "--ids"]).succeeds();
    let ids: Vec<_> = ids.lines().collect();
    let report = room.run([&["get", "-f", "junit"], &ids[..]].concat()).succeeds();
    let suites = python.ask("junit_suites", json!({"report": report}));
    let suites = suites.as_array().unwrap();
    assert_eq!(suites.len(), ids.len());
    for (suite, run_id) in suites.iter().zip(&ids) {
        assert_eq!(suite["facts"]["run id"], **run_id);
        let cases = suite["cases"].as_array().unwrap();
        let with = |element: &str| cases.iter().filter(|case| case["results"][0][0] == element).count();
        let counts = json!({
            "tests": cases.len(),
            "failures": with("Failure"),
            "errors": with("Error"),
            "skipped": with("Skipped"),
        });
        assert_eq!(suite["counts"], counts);
        assert!(cases.iter().all(|case| case["class"] == suite["name"]));
    }
    let failures: Vec<_> = suites.iter().map(|suite| suite["counts"]["failures"].as_u64().unwrap()).collect();
    assert!(failures.contains(&7), "{failures:?}");
}

fn hostile_junit(room: &Room, python: &mut Python) {
    room.start(["-q", "save", "-"]).input(hostile_run("run-1")).run().succeeds();
    let report = room.run(["get", "run-1", "-f", "junit"]).succeeds();
    let suites = python.ask("junit_suites", json!({"report": report}));
    let names: Vec<_> = suites[0]["cases"].as_array().unwrap().iter().map(|case| case["name"].clone()).collect();
    // XML has no way to write these two.
    let expected = check_names(room, "run-1").into_iter().map(|name| name.replace(['\u{fffe}', '\u{ffff}'], ""));
    assert_eq!(names, expected.map(Value::from).collect::<Vec<_>>());
}

fn hostile_markdown(room: &Room, python: &mut Python) {
    room.start(["-q", "save", "-"]).input(hostile_run("run-1")).run().succeeds();
    let text = room.run(["get", "run-1", "-f", "markdown"]).succeeds();
    let read = python.ask("github_markdown", json!({"text": text}));
    assert_eq!(read["elements"], json!(["br", "h3", "li", "table", "tbody", "td", "th", "thead", "tr", "ul"]));
    let rows = read["rows"].as_array().unwrap();
    assert_eq!(rows.len(), HOSTILE.len() + 1);
    for (row, name) in rows[1..].iter().zip(check_names(room, "run-1")) {
        assert_eq!(row.as_array().unwrap().len(), 5);
        assert_eq!(row[1].as_str().unwrap().replace('\u{200b}', ""), name);
    }
}
