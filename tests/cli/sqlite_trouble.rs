//! Disks and files that give trouble to SQLite: each is named with its exit code and reason, what was there stays, and
//! reading works where it can.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::support::{Outcome, Room, stored};

const DEFAULT: &str = ".truthound/store.db";

/// Returns a room with a store of one result.
fn filled() -> Room {
    let room = Room::new();
    room.save(&stored("run-1"));
    room
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0"
}

/// Runs a script in which `$0` is the program, with file systems of its own.
fn with_own_disks(room: &Room, script: &str) -> Outcome {
    let unshare: &[&str] = if is_root() { &["unshare", "-m"] } else { &["unshare", "-rm"] };
    room.start(["unused"]).under(&[unshare, &["/bin/sh", "-c", script]].concat()).run()
}

/// Runs the program without root's right to read and write everything.
fn without_privileges(room: &Room, arguments: &[&str]) -> Outcome {
    let run = room.start(arguments).input(stored("run-2").text());
    if is_root() { run.under(&["setpriv", "--bounding-set=-dac_override,-dac_read_search"]).run() } else { run.run() }
}

/// A script that saves a result on a small disk, does something to that disk, and then tries every command.
fn on_a_small_disk(trouble: &str) -> String {
    format!(
        "mkdir .truthound && mount -t tmpfs -o size=1m none .truthound || exit 99
         \"$0\" save one.json || exit 98
         {trouble}
         before=$(cksum <.truthound/store.db)
         \"$0\" save two.json; echo \"save $?\"
         \"$0\" get run-1; r=$?; echo; echo \"get $r\"
         \"$0\" list --ids; echo \"list $?\"
         \"$0\" list --count; echo \"count $?\"
         \"$0\" get run-2; echo \"missing $?\"
         [ \"$before\" = \"$(cksum <.truthound/store.db)\" ] && echo unchanged"
    )
}

fn room_with_documents() -> Room {
    let room = Room::new();
    room.write("one.json", stored("run-1").text());
    room.write("two.json", stored("run-2").text());
    room
}

#[test]
fn a_full_disk_is_named_and_what_is_there_can_be_read() {
    let room = room_with_documents();
    let outcome = with_own_disks(&room, &on_a_small_disk("dd if=/dev/zero of=.truthound/filler bs=4k 2>/dev/null"));
    let shown = outcome.to_string();
    let expected =
        format!("run-1\nsave 6\n{}\nget 0\nrun-1\nlist 0\n1\ncount 0\nmissing 3\nunchanged\n", stored("run-1").text());
    assert!(shown.starts_with(&expected), "{shown}");
    assert!(shown.contains("full") || shown.contains("no space is left"), "{shown}");
    assert!(shown.contains("hint: free some space") && !shown.contains("network"), "{shown}");
}

#[test]
fn a_disk_that_must_not_be_written_can_be_read() {
    let room = room_with_documents();
    let outcome = with_own_disks(&room, &on_a_small_disk("mount -o remount,ro .truthound || exit 97"));
    let shown = outcome.to_string();
    let expected =
        format!("run-1\nsave 8\n{}\nget 0\nrun-1\nlist 0\n1\ncount 0\nmissing 3\nunchanged\n", stored("run-1").text());
    assert!(shown.starts_with(&expected), "{shown}");
}

#[test]
fn a_directory_that_must_not_be_written_can_be_read() {
    let room = filled();
    let (directory, file) = (room.work().join(".truthound"), room.work().join(DEFAULT));
    let before = fs::read(&file).unwrap();
    for (mode_of_directory, mode_of_file) in [(0o500, 0o400), (0o500, 0o600), (0o700, 0o400)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode_of_file)).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(mode_of_directory)).unwrap();
        without_privileges(&room, &["save", "-"]).fails_with(8);
        assert_eq!(without_privileges(&room, &["get", "run-1"]).succeeds(), stored("run-1").text());
        assert_eq!(without_privileges(&room, &["list", "--ids"]).succeeds(), "run-1\n");
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(fs::read(&file).unwrap() == before);
    }
}

#[test]
fn a_file_that_must_not_be_read_exits_8() {
    let room = filled();
    fs::set_permissions(room.work().join(DEFAULT), fs::Permissions::from_mode(0o000)).unwrap();
    for arguments in [&["get", "run-1"][..], &["list"], &["save", "-"], &["delete", "run-1"]] {
        let said = without_privileges(&room, arguments).fails_with(8);
        assert!(said.contains("denied") && said.contains("hint: check the permissions"), "{said}");
    }
}

#[test]
fn a_file_that_was_cut_or_is_none_of_sqlite_exits_5_and_stays_as_it_is() {
    let whole = {
        let room = Room::new();
        let documents: Vec<_> = (0..300).map(|number| stored(&format!("run-{number}")).text()).collect();
        room.start(["save", "-"]).input(documents.join("\n")).run().succeeds();
        room.read(DEFAULT)
    };
    let cut = |length: usize| whole[..length].to_vec();
    let cases = [
        ("cut to nothing", Vec::new()),
        ("cut in the header", cut(60)),
        ("cut after the header", cut(100)),
        ("cut in a page", cut(4_096 + 700)),
        ("cut in half", cut(whole.len() / 2)),
        ("zeros", vec![0; 8_192]),
        ("a text", b"These are the results of last year.\n".repeat(200)),
        ("a picture", [&b"\x89PNG\r\n\x1a\n"[..], &[7; 5_000]].concat()),
    ];
    for (name, content) in &cases {
        let room = Room::new();
        room.write(DEFAULT, content);
        for arguments in [&["list"][..], &["list", "--count"], &["get", "run-1"], &["delete", "run-1"]] {
            let outcome = room.start(arguments).with_memory(768).run();
            assert_eq!(outcome.code(), Some(5), "{name}, {arguments:?}: {outcome}");
            assert!(outcome.to_string().contains("hint: "), "{name}: {outcome}");
        }
        room.run(["pool-status"]).fails_with(4);
        if !content.is_empty() {
            room.start(["save", "-"]).input(stored("run-1").text()).run().fails_with(5);
        }
        assert!(room.read(DEFAULT) == *content, "{name}");
    }
    println!("{} files", cases.len());
}

#[test]
fn a_file_of_0_bytes_is_filled_with_a_warning() {
    let room = Room::new();
    room.write(DEFAULT, "");
    let outcome = room.start(["save", "-"]).input(stored("run-1").text()).run();
    let said = outcome.fails_with(0);
    assert!(said.contains("warning: ") && said.contains("had 0 bytes"), "{said}");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\n");
}

#[test]
fn a_directory_in_the_place_of_the_file_exits_4() {
    let room = Room::new();
    fs::create_dir_all(room.work().join(DEFAULT)).unwrap();
    for arguments in [&["get", "run-1"][..], &["list"], &["save", "-"]] {
        let said = room.start(arguments).input(stored("run-1").text()).run().fails_with(4);
        assert!(said.contains("it is a directory"), "{said}");
    }
}

fn connect(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

#[test]
fn a_lock_of_another_process_is_waited_for_and_the_user_is_told_once() {
    let room = filled();
    let mut other = connect(&room.work().join(DEFAULT));
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let documents = [stored("run-2").text(), stored("run-3").text()].join("\n");
    let mut saving = room.start(["save", "-"]).input(documents).spawn();
    let mut said = String::new();
    let mut errors = std::io::BufReader::new(saving.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut errors, &mut said).unwrap();
    assert!(said.starts_with("warning: ") && said.contains("is locked by another process"), "{said}");
    other.batch_execute("COMMIT").unwrap();
    assert!(saving.wait().unwrap().success());
    said.clear();
    std::io::Read::read_to_string(&mut errors, &mut said).unwrap();
    assert_eq!(said, "");
    assert_eq!(room.run(["list", "--count"]).succeeds(), "3\n");
}

#[test]
fn a_lock_that_stays_is_given_up_after_the_timeout() {
    let room = filled();
    let url = format!("sqlite:///{}?timeout=0.2", room.work().join(DEFAULT).display());
    room.write(
        "truthound-store.toml",
        format!("[profiles.default]\nbackend = \"database\"\nconnection_url = {url:?}\n"),
    );
    let mut other = connect(&room.work().join(DEFAULT));
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let said = room.start(["save", "-"]).input(stored("run-2").text()).run().fails_with(6);
    assert!(said.contains("database is locked") && !said.contains("warning"), "{said}");
}

#[test]
fn rows_that_other_programs_wrote_oddly_are_left_out_with_their_number() {
    let room = filled();
    room.save(&stored("run-2"));
    let change = "INSERT INTO validation_results (run_id, data_asset, run_time, status, namespace, tags_json, data_json) \
                  VALUES ('odd-1', 'a', '0000-12-31 23:59:00.000000', 'success', 'default', '{}', '{}'), \
                  ('odd-2', 'a', 'yesterday', 'success', 'default', '{}', '{}'), \
                  ('odd-3', 'a', '2026-01-01 00:00:00.000000', 'unknown', 'default', '{}', '{}')";
    connect(&room.work().join(DEFAULT)).batch_execute(change).unwrap();
    for order in ["run_time", "data_asset", "status"] {
        for more in [&[][..], &["--ascending"]] {
            let outcome = room.run([&["list", "--ids", "--order-by", order], more].concat());
            let ids: Vec<_> = outcome.stdout().lines().map(str::to_owned).collect();
            assert_eq!(ids, ["run-1", "run-2"], "{order}");
            let said = outcome.fails_with(0);
            assert!(said.contains("3 rows are left out of the list") && said.contains("odd-"), "{said}");
        }
    }
    assert_eq!(room.run(["get", "odd-1"]).succeeds(), "{}");
}

#[test]
fn parameters_that_would_be_ignored_are_refused() {
    for (parameters, words) in
        [("mode=ro", "`uri=true`"), ("foo=bar", "not known for SQLite"), ("immutable=1", "`uri=true`")]
    {
        let room = Room::new();
        let url = format!("sqlite:///store.db?{parameters}");
        room.write(
            "truthound-store.toml",
            format!("[profiles.default]\nbackend = \"database\"\nconnection_url = {url:?}\n"),
        );
        let said = room.start(["save", "-"]).input(stored("run-1").text()).run().fails_with(2);
        assert!(said.contains(words) && said.contains("hint: "), "{said}");
        assert_eq!(room.names_in(""), ["truthound-store.toml"]);
    }
}
