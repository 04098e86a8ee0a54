//! Documents of other tools: one `save` of each.

use crate::support::{Room, fixture, stored};

/// Saves a fixture. Returns a line for each result: the time, the data asset, the status and the outcomes.
fn saved(name: &str, options: &[&str]) -> String {
    let room = Room::new();
    let path = fixture(name);
    let arguments = [&["save", path.to_str().unwrap()], options].concat();
    let run_ids = room.run(arguments).stdout();
    let mut facts = Vec::new();
    for run_id in run_ids.lines() {
        let document = room.run(["get", run_id]).json();
        let statistics = &document["statistics"];
        facts.push(format!(
            "{} {} {} {}/{} passed",
            document["run_time"].as_str().unwrap(),
            document["data_asset"].as_str().unwrap(),
            document["status"].as_str().unwrap(),
            statistics["passed_validators"],
            statistics["total_validators"],
        ));
    }
    assert_eq!(room.run(["list", "--count"]).succeeds(), format!("{}\n", facts.len()));
    facts.join("\n")
}

#[test]
fn documents_of_every_tool_are_saved_and_listed() {
    let noon = ["--run-time", "2026-11-26T12:00:00Z"];
    let customers = [&noon[..], &["--asset", "customers"]].concat();
    for (name, options, expected) in [
        ("truthound_checkpoint/checkpoint.json", &[][..], "2026-11-26T11:56:07.156659 c.csv failure 0/2 passed"),
        (
            "great_expectations/checkpoint.run_results.json",
            &[],
            "2026-11-27T21:54:09.581747+00:00 customers failure 0/2 passed\n\
             2026-11-27T21:54:09.581747+00:00 orders success 1/1 passed",
        ),
        (
            "great_expectations/checkpoint.describe.json",
            &noon,
            "2026-11-26T12:00:00+00:00 shop-customers failure 0/3 passed",
        ),
        ("soda/scan.json", &[], "2026-11-26T11:46:36+00:00 raw_customers failure 2/8 passed"),
        (
            "frictionless/package.json",
            &noon,
            "2026-11-26T12:00:00+00:00 a.csv failure 0/1 passed\n2026-11-26T12:00:00+00:00 b.csv failure 0/2 passed",
        ),
        (
            "openlineage/events.ndjson",
            &[],
            "2026-11-26T11:46:39.500000+00:00 main.orders failure 1/3 passed\n\
             2026-11-26T11:46:39.500000+00:00 main.customers success 1/1 passed",
        ),
        ("deequ/checks.json", &customers, "2026-11-26T12:00:00+00:00 customers error 4/8 passed"),
        (
            "deequ/metrics.json",
            &["--asset", "customers"],
            "2025-11-26T11:46:36+00:00 customers success 7/7 passed\n2025-11-27T11:46:36+00:00 customers success 2/2 passed",
        ),
        ("junit/pytest.xml", &[], "2026-11-27T21:53:02.381731+00:00 pytest error 2/7 passed"),
    ] {
        assert_eq!(saved(name, options), expected, "{name}");
    }
}

#[test]
fn saving_a_document_again_stores_nothing_new() {
    let room = Room::new();
    for name in ["soda/error.json", "openlineage/events.ndjson", "junit/jest.xml"] {
        let path = fixture(name);
        let first = room.run(["save", path.to_str().unwrap()]).stdout();
        assert_eq!(room.run(["save", path.to_str().unwrap()]).stdout(), first);
    }
    assert_eq!(room.run(["list", "--count"]).succeeds(), "7\n");
}

#[test]
fn a_document_that_is_not_split_is_one_result() {
    for (name, asset) in [
        ("soda/error.json", "Soda Core CLI"),
        ("junit/jest.xml", "jest tests"),
        ("great_expectations/checkpoint.run_results.json", "nightly"),
    ] {
        let room = Room::new();
        let path = fixture(name);
        let run_id = room.run(["save", path.to_str().unwrap(), "--split", "none"]).succeeds();
        assert_eq!(room.run(["get", run_id.trim_end()]).json()["data_asset"], asset);
        let run_id = room.run(["save", path.to_str().unwrap(), "--split", "none", "--asset", "mine"]).succeeds();
        assert_eq!(room.run(["get", run_id.trim_end()]).json()["data_asset"], "mine");
    }
}

#[test]
fn the_validations_of_great_expectations_are_found_in_their_own_directories() {
    let room = Room::new();
    let validations = "gx/uncommitted/validations/customers_suite/__none__/20261126T114727.823575Z/shop-customers.json";
    room.write(validations, std::fs::read(fixture("great_expectations/validation_store.json")).unwrap());
    let run_id = room.run(["save", "gx/uncommitted/validations"]).succeeds();
    assert_eq!(room.run(["get", run_id.trim_end()]).json()["data_asset"], "customers");
}

#[test]
fn of_the_xml_in_a_directory_only_reports_of_junit_are_taken() {
    let room = Room::new();
    room.write("target/surefire-reports/orders.xml", std::fs::read(fixture("junit/pytest.xml")).unwrap());
    room.write("target/coverage.xml", "<?xml version=\"1.0\"?><coverage line-rate=\"1\"/>");
    room.write("target/index.html", "<!DOCTYPE html><html><body>1 failed</body></html>");
    room.write("target/run.json", stored("run-1").text());
    let output = room.run(["save", "target"]);
    assert_eq!(output.stdout(), "run-1\nrun_20261127_215302_8e03047c\n");
    let said = output.to_string();
    assert!(said.contains("passed over 2 files that hold no results, such as `target/coverage.xml`"), "{said}");
}
