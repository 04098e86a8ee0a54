//! Limits of names, of the machine, and of patience.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::support::{Room, stored};

#[test]
fn a_name_that_is_too_long_is_refused_and_cut_in_the_message() {
    let room = Room::new();
    let long = "x".repeat(2_000_000);
    for (file, document) in [
        ("id.json", stored(&long[..2_000])),
        ("asset.json", stored("run-1").of(&long[..70_000])),
        ("tags.json", stored("run-1").tagged("a", &long[..50_000]).tagged("b", &long[..50_000])),
        ("huge-id.json", stored(&long)),
        ("huge-asset.json", stored("run-1").of(&long)),
        ("huge-tags.json", stored("run-1").tagged("a", &long)),
    ] {
        room.write(file, document.text());
    }
    room.write("key.json", format!("{{\"{long}\": 1}}"));
    room.write("unclosed.json", format!("{{\"{long}"));
    let names = ["id", "asset", "tags", "huge-id", "huge-asset", "huge-tags", "key", "unclosed"];
    let files = names.map(|name| format!("{name}.json"));
    assert_snapshot!(room.run(["save"].into_iter().chain(files.iter().map(String::as_str))), @"
    --- stderr ---
    error: cannot read `id.json`: line 1, column 1
      caused by: the run id is 2000 bytes long, and at most 1024 are allowed
      profile: default
    hint: give it a shorter run id with `--run-id`
    error: cannot read `asset.json`: line 1, column 1
      caused by: the data asset is 70000 bytes long, and at most 65536 are allowed
      profile: default
    hint: give it a shorter data asset with `--asset`
    error: cannot read `tags.json`: line 1, column 1
      caused by: the tags are together 100002 bytes long, and at most 65536 are allowed
      profile: default
    hint: keep long texts in the document's `metadata`
    error: cannot read `huge-id.json`: line 1, column 1114113
      caused by: a string is longer than 1048576 bytes, the limit
      profile: default
    error: cannot read `huge-asset.json`: line 1, column 1114113
      caused by: a string is longer than 1048576 bytes, the limit
      profile: default
    error: cannot read `huge-tags.json`: line 1, column 1
      caused by: the tags are together 2000001 bytes long, and at most 65536 are allowed
      profile: default
    hint: keep long texts in the document's `metadata`
    error: cannot read `key.json`: line 1, column 1114113
      caused by: a key is longer than 1048576 bytes, the limit
      profile: default
    error: cannot read `unclosed.json`: line 1, column 1114113
      caused by: a key is longer than 1048576 bytes, the limit
      profile: default
    --- exit status 2 ---
    ");
    let said = room.run(["save", "id.json", "--format", "json"]).fails_with(2);
    assert!(said.len() < 5_000, "{said}");
    let said = room.run(["get", &long[..100_000]]).fails_with(3);
    assert!(said.len() < 9_000, "{said}");
    let said = room.run(["list", "--limit", &long[..100_000]]).fails_with(2);
    assert!(said.len() < 9_000, "{said}");
}

#[test]
fn the_longest_names_are_saved_and_listed() {
    let room = Room::new();
    let document = stored(&"i".repeat(1_024)).of(&"a".repeat(64 << 10)).tagged("t", &"v".repeat((64 << 10) - 1));
    room.save(&document);
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "i".repeat(1_024) + "\n");
}

#[test]
fn a_run_id_that_no_command_line_can_name_is_refused() {
    let room = Room::new();
    room.write("nul.json", stored("a\0b").text());
    assert_snapshot!(room.run(["save", "nul.json"]), @"
    --- stderr ---
    error: cannot read `nul.json`: line 1, column 1
      caused by: the run id holds the character U+0000, which no command line can name
      profile: default
    hint: give it another run id with `--run-id`
    --- exit status 2 ---
    ");
    room.write("nul.json", stored("a\0b").text());
    assert_eq!(room.run(["save", "nul.json", "--run-id", "a-b"]).succeeds(), "a-b\n");
}

#[test]
fn a_run_id_with_a_line_break_is_one_line_and_exact_in_json() {
    let room = Room::with_disk_profile("");
    room.save(&stored("a\nb\u{2028}c\td"));
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "a\\nb\\u{2028}c\td\n");
    let exact = room.run(["list", "--ids", "--format", "json"]).json();
    assert_eq!(exact, serde_json::json!(["a\nb\u{2028}c\td"]));
    assert_eq!(room.run(["delete", "a\nb\u{2028}c\td"]).succeeds(), "a\\nb\\u{2028}c\td\n");
}

#[test]
fn warnings_are_json_where_errors_are() {
    let room = Room::with_disk_profile("");
    room.write("truthound-store.toml", "default_profile = \"m\"\n[profiles.m]\nbackend = \"memory\"\n");
    room.write("a.json", stored("run-1").text());
    assert_snapshot!(room.run(["save", "a.json"]), @"
    run-1
    --- stderr ---
    warning: the store `memory` ends with this command: what it saves cannot be found later
    ");
    let said = room.run(["save", "a.json", "--format", "jsonl", "--verbose"]).to_string();
    let (said, _time) = said.rsplit_once(" in ").unwrap();
    assert_snapshot!(said, @r#"
    {"run_id":"run-1","run_time":"2026-03-01T12:00:00Z","data_asset":"customers.csv","status":"success","tags":{}}
    --- stderr ---
    {"detail":{"message":"profile m ([room]/work/truthound-store.toml): memory"}}
    {"warning":{"message":"the store `memory` ends with this command: what it saves cannot be found later"}}
    {"note":{"message":"saved 1 result to memory
    "#);
    room.run(["save", "a.json", "--quiet"]).succeeds();
    let url = "[profiles.m]\nbackend = \"database\"\nconnection_url = \"sqlite:///:memory:\"\n";
    room.write("truthound-store.toml", format!("default_profile = \"m\"\n{url}"));
    assert!(room.run(["save", "a.json"]).to_string().contains("ends with this command"));
}

#[test]
fn an_argument_that_is_not_unicode_is_wrong_usage() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let room = Room::new();
    let odd = OsStr::from_bytes(b"a\xff");
    for arguments in [
        &["get"][..],
        &["delete"],
        &["save", "--run-id"],
        &["save", "--asset"],
        &["save", "--tag"],
        &["list", "--asset"],
        &["list", "--format"],
        &["list", "--profile"],
        &["list", "--namespace"],
        &[],
    ] {
        let said = room.run(arguments.iter().map(OsStr::new).chain([odd])).fails_with(2);
        assert!(!said.contains("bug"), "{arguments:?}: {said}");
    }
    let said = room.run([OsStr::new("save"), odd]).fails_with(2);
    assert!(said.contains("No such file"), "{said}");
    fs::write(room.work().join(odd), stored("run-1").text()).unwrap();
    assert_eq!(room.run([OsStr::new("save"), odd]).succeeds(), "run-1\n");
    let out = OsStr::from_bytes(b"out\xff/");
    room.run([OsStr::new("get"), OsStr::new("run-1"), OsStr::new("-o"), out]).succeeds();
    assert_eq!(fs::read(room.work().join(out).join("run-1.json")).unwrap(), stored("run-1").text().as_bytes());
}

#[test]
fn a_working_directory_with_a_name_that_is_not_unicode_works() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    // A path in a configuration file is Unicode, so the store is named by the working directory alone.
    let disk = "default_profile = \"d\"\n[profiles.d]\nbackend = \"filesystem\"\n";
    for configuration in [None, Some(disk)] {
        let room = Room::new();
        let directory = OsStr::from_bytes(b"a\xff?#%41");
        if let Some(configuration) = configuration {
            fs::create_dir(room.work().join(directory)).unwrap();
            fs::write(room.work().join(directory).join("truthound-store.toml"), configuration).unwrap();
        }
        let run = |arguments: &[&str]| room.start(arguments).in_directory(directory);
        assert_eq!(run(&["save", "-"]).input(stored("run-1").text()).run().succeeds(), "run-1\n");
        assert_eq!(run(&["list", "--ids"]).run().succeeds(), "run-1\n");
        assert_eq!(run(&["get", "run-1"]).run().succeeds(), stored("run-1").text());
        assert_eq!(run(&["delete", "run-1"]).run().succeeds(), "run-1\n");
    }
}

/// Runs `save --jobs 256` under limits of the shell.
fn saved_under(limits: &str) -> std::process::Output {
    let room = Room::with_disk_profile("");
    for n in 0..100 {
        room.write(&format!("in/{n}.json"), stored(&format!("run-{n}")).text());
    }
    run_under(limits, &room, "save in --jobs 256")
}

/// Runs a command under limits of the shell.
fn run_under(limits: &str, room: &Room, command: &str) -> std::process::Output {
    let program = env!("CARGO_BIN_EXE_truthound-store");
    let script = format!("{limits}; exec {program} {command}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", room.home());
    command.current_dir(room.work()).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn many_jobs_stay_within_the_limit_of_open_files() {
    for limits in ["ulimit -n 128", "ulimit -Sn 40"] {
        let output = saved_under(limits);
        assert!(output.status.success(), "{limits}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 100, "{limits}");
    }
}

#[test]
fn a_reindex_of_many_documents_stays_within_the_limit_of_open_files() {
    let room = Room::with_disk_profile("");
    for n in 0..300 {
        room.write(&format!("store/default/validations/run-{n}.json"), stored(&format!("run-{n}")).text());
    }
    let output = run_under("ulimit -n 64", &room, "reindex");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(room.run(["list", "--count"]).succeeds(), "300\n");
}

#[test]
fn a_process_that_waits_for_the_lock_of_another_says_so() {
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    let path = room.work().join("store/default/validations/_catalog/.lock");
    let lock = File::options().create(true).truncate(false).write(true).open(path).unwrap();
    lock.lock().unwrap();
    let mut child = room.start(["save", "-"]).input(stored("run-1").of("other.csv").text()).spawn();
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    let place = "store/default/validations/_catalog/.lock";
    assert_eq!(line, format!("warning: waiting for another process that holds the lock `{place}`\n"));
    drop(lock);
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap(), "run-1\n");
    assert_eq!(room.run(["list", "--asset", "other.csv", "--count"]).succeeds(), "1\n");
}
