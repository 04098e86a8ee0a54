//! Samples of the data that must not be stored.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::support::{Room, fixture, gzip};

const PLANTED: &str = "planted-7c1d@example.com";

/// A document of each tool, with the planted value wherever the tool quotes the data.
fn documents() -> Vec<(&'static str, String)> {
    let truthound = fs::read_to_string(fixture("truthound/dirty-complete.run.json")).unwrap();
    let stored = fs::read_to_string(fixture("truthound/dirty-complete.stored.json")).unwrap();
    let report = fs::read_to_string(fixture("truthound/dirty-summary.report.json")).unwrap();
    let expectations = fs::read_to_string(fixture("great_expectations/customers.suite_result.json")).unwrap();
    let dbt = fs::read_to_string(fixture("dbt/run_results.test.json")).unwrap();
    let failures = format!("| top failures: {PLANTED}(9), ");
    vec![
        ("run.json", truthound.replace("a@b.co", PLANTED).replace("| top failures: ", &failures)),
        ("stored.json", stored.replace("a@b.co", PLANTED).replace("| top failures: ", &failures)),
        ("report.json", report.replace("a@b.co", PLANTED).replace("| top failures: ", &failures)),
        ("expectations.json", expectations.replace("-3.0", &format!("\"{PLANTED}\""))),
        ("run_results.json", dbt.replace("where id < 0", &format!("where email = '{PLANTED}'"))),
    ]
}

/// The files below a directory that hold the planted value, compressed or not.
fn files_with_planted_value(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with_planted_value(&path));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let mut text = Vec::new();
        let plain = match bytes.starts_with(&[0x1f, 0x8b]) {
            true => {
                std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut text).map(|_| &text)
            }
            false => Ok(&bytes),
        };
        if String::from_utf8_lossy(plain.unwrap()).contains(PLANTED) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn assert_nothing_is_left(room: &Room, store: &str, arguments: &[&str]) {
    for (name, text) in documents() {
        assert!(text.contains(PLANTED), "{name}");
        let saved = room.start([&["save", "-"][..], arguments].concat()).input(text).run();
        assert!(saved.code() == Some(0), "{name}: {}", saved.stderr());
    }
    assert_eq!(files_with_planted_value(&room.work().join(store)), Vec::<String>::new());
}

#[test]
fn no_planted_value_is_left_in_a_database() {
    assert_nothing_is_left(&Room::new(), ".truthound", &["--redact", "samples"]);
}

#[test]
fn no_planted_value_is_left_on_disk_where_the_profile_says_so() {
    for compressed in [true, false] {
        let room = Room::with_disk_profile(&format!("redact = [\"samples\"]\nuse_compression = {compressed}\n"));
        assert_nothing_is_left(&room, ".", &[]);
    }
}

#[test]
fn without_the_option_samples_are_kept() {
    let room = Room::new();
    let (_, text) = documents().swap_remove(1);
    let run_id = room.start(["save", "-"]).input(text.clone()).run().succeeds();
    assert_eq!(room.run(["get", run_id.trim_end()]).stdout(), text);
}

#[test]
fn a_redacted_document_has_all_counts_and_says_what_was_dropped() {
    let room = Room::new();
    let (_, text) = documents().swap_remove(1);
    let before: serde_json::Value = serde_json::from_str(&text).unwrap();
    let run_id = room.start(["save", "-", "--redact", "samples"]).input(gzip(text.as_bytes())).run().succeeds();
    let after = room.run(["get", run_id.trim_end()]).json();
    assert_eq!(after["statistics"], before["statistics"]);
    assert_eq!(after["results"].as_array().unwrap().len(), before["results"].as_array().unwrap().len());
    assert_eq!(after["results"][0]["count"], before["results"][0]["count"]);
    assert_eq!(after["results"][0]["message"], "Expected [0, 150]");
    assert_snapshot!(after["metadata"]["redacted"], @r#"
    {"samples":{"message":3,"sample_values":5}}
    "#);
}

#[test]
fn only_known_data_can_be_dropped() {
    assert_snapshot!(Room::new().run(["save", "a.json", "--redact", "emails"]), @"
    --- stderr ---
    error: invalid value 'emails' for '--redact <DATA>'
      [possible values: samples]

    For more information, try '--help'.
    --- exit status 2 ---
    ");
}
