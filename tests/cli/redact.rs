//! Samples of the data that must not be stored.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::planted_samples::{PLANTED, documents, is_in};
use crate::support::{Room, gzip};

/// The files below a directory that hold the planted value, compressed or not.
fn files_with_planted_value(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with_planted_value(&path));
        } else if is_in(&fs::read(&path).unwrap()) {
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
