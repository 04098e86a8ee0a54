//! File systems that lack a feature, and disks in trouble. A library loaded before the program's own makes them up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use insta::assert_snapshot;

use crate::support::{Outcome, Room, stored};

/// Returns the library, which is built once.
pub(crate) fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/trouble.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trouble.so");
        let made = library.with_extension(std::process::id().to_string());
        let output = Command::new("cc")
            .args(["-O1", "-Wall", "-shared", "-fPIC", "-o"])
            .arg(&made)
            .arg(source)
            .arg("-ldl")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Two test processes may build it at the same time.
        fs::rename(&made, &library).unwrap();
        library
    })
}

/// Runs the program in trouble.
pub(crate) fn in_trouble(room: &Room, trouble: &str, arguments: &[&str]) -> Outcome {
    room.start(arguments).env("LD_PRELOAD", library()).env("TROUBLE", trouble).run()
}

/// A room with the results `old` and `other`, and documents that are not saved yet.
fn room() -> Room {
    let room = Room::with_disk_profile("");
    room.save(&stored("old").of("first.csv"));
    room.save(&stored("other"));
    room.write("old.json", stored("old").of("second.csv").at("2026-04-01T00:00:00").text());
    room.write("new.json", stored("new").text());
    room
}

/// Checks that the store has the results of [`room`], unchanged, and works again.
fn is_as_before(room: &Room) {
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "old\nother\n");
    assert_eq!(room.run(["get", "old"]).succeeds(), stored("old").of("first.csv").text());
    assert_eq!(room.run(["list", "--asset", "first.csv", "--count"]).succeeds(), "1\n");
    let report = room.run(["reindex", "--dry-run", "--format", "json"]).json();
    assert_eq!((&report["correct"], &report["stale"]), (&2.into(), &serde_json::json!([])), "{report}");
    assert_eq!(room.run(["save", "old.json", "new.json"]).succeeds(), "old\nnew\n");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "old\nnew\nother\n");
}

#[test]
fn a_file_system_without_flushing_or_times_keeps_results_all_the_same() {
    for lacking in ["no-directory-sync", "no-sync-at-all", "no-times"] {
        let room = Room::with_disk_profile("python_index = \"always\"\n");
        room.write("a.json", stored("run-1").text());
        room.write("b.json", stored("run-1").of("other.csv").text());
        for (arguments, said) in [
            (&["save", "a.json"][..], "run-1\n"),
            (&["save", "b.json"], "run-1\n"),
            (&["list", "--asset", "other.csv", "--ids"], "run-1\n"),
            (&["delete", "run-1"], "run-1\n"),
            (&["list", "--count"], "0\n"),
            (&["save", "a.json", "--if-absent"], "run-1\n"),
        ] {
            assert_eq!(in_trouble(&room, lacking, arguments).succeeds(), said, "{lacking}");
        }
        assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\n", "{lacking}");
    }
}

#[test]
fn a_flush_that_fails_is_a_failed_save() {
    let room = room();
    for document in ["old.json", "new.json"] {
        assert!(in_trouble(&room, "broken-sync", &["save", document]).fails_with(6).contains("Input/output error"));
    }
    is_as_before(&room);
}

#[test]
fn a_network_disk_without_locks_is_named() {
    let room = room();
    assert_snapshot!(in_trouble(&room, "no-locks", &["save", "old.json"]), @"
    --- stderr ---
    error: cannot save result `old` in store/default/validations
      caused by: locks do not work on the file system of `store/default/validations/_catalog/.lock`
      caused by: No locks available (os error 37)
      profile: disk
    hint: a network disk must be mounted with working locks (NFS: without `nolock`); or use a `base_path` on a local disk
    --- exit status 6 ---
    ");
    assert_snapshot!(in_trouble(&room, "no-locks", &["delete", "old"]), @"
    --- stderr ---
    error: cannot delete result `old` in store/default/validations
      caused by: locks do not work on the file system of `store/default/validations/_catalog/.lock`
      caused by: No locks available (os error 37)
      profile: disk
    hint: a network disk must be mounted with working locks (NFS: without `nolock`); or use a `base_path` on a local disk
    --- exit status 6 ---
    ");
    is_as_before(&room);
}

#[test]
fn on_a_full_disk_the_old_results_stay_and_can_be_read_and_deleted() {
    let room = room();
    assert_snapshot!(in_trouble(&room, "full", &["save", "new.json"]), @"
    --- stderr ---
    error: cannot save result `new` in store/default/validations
      caused by: No space left on device (os error 28)
      profile: disk
    hint: free some space, or use another `base_path`
    --- exit status 6 ---
    ");
    assert_snapshot!(in_trouble(&room, "full", &["save", "old.json"]), @"
    --- stderr ---
    error: cannot save result `old` in store/default/validations
      caused by: No space left on device (os error 28)
      profile: disk
    hint: free some space, or use another `base_path`
    --- exit status 6 ---
    ");
    assert_eq!(in_trouble(&room, "full", &["list", "--ids"]).succeeds(), "old\nother\n");
    assert_eq!(in_trouble(&room, "full", &["get", "old"]).succeeds(), stored("old").of("first.csv").text());
    is_as_before(&room);
    assert_eq!(in_trouble(&room, "full", &["delete", "new"]).succeeds(), "new\n");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "old\nother\n");
}

#[test]
fn a_read_only_disk_is_read_and_every_change_is_refused() {
    let room = room();
    assert_snapshot!(in_trouble(&room, "read-only", &["save", "new.json"]), @"
    --- stderr ---
    error: cannot save result `new` in store/default/validations
      caused by: read-only filesystem or storage medium
      profile: disk
    hint: mount it writable, or use another `base_path`
    --- exit status 6 ---
    ");
    assert_snapshot!(in_trouble(&room, "read-only", &["delete", "old"]), @"
    --- stderr ---
    error: cannot delete result `old` in store/default/validations
      caused by: read-only filesystem or storage medium
      profile: disk
    hint: mount it writable, or use another `base_path`
    --- exit status 6 ---
    ");
    assert_eq!(in_trouble(&room, "read-only", &["list", "--ids"]).succeeds(), "old\nother\n");
    assert_eq!(in_trouble(&room, "read-only", &["get", "old"]).succeeds(), stored("old").of("first.csv").text());
    is_as_before(&room);
}

#[test]
fn without_permission_every_change_is_refused_with_8() {
    let room = room();
    assert_snapshot!(in_trouble(&room, "denied", &["save", "old.json"]), @"
    --- stderr ---
    error: cannot save result `old` in store/default/validations
      caused by: permission denied
      profile: disk
    hint: give this user access to the store's directory, or use another `base_path`
    --- exit status 8 ---
    ");
    assert_snapshot!(in_trouble(&room, "denied", &["delete", "old"]), @"
    --- stderr ---
    error: cannot delete result `old` in store/default/validations
      caused by: permission denied
      profile: disk
    hint: give this user access to the store's directory, or use another `base_path`
    --- exit status 8 ---
    ");
    assert_eq!(in_trouble(&room, "denied", &["list", "--ids"]).succeeds(), "old\nother\n");
    is_as_before(&room);
}

#[test]
fn a_machine_without_room_for_a_thread_is_an_ordinary_error() {
    let needs_a_thread = |room: &Room, arguments: &[&str]| {
        let said = in_trouble(room, "no-threads", arguments).fails_with(1);
        assert!(said.contains("cannot start a thread") && said.contains("os error 11"), "{arguments:?}: {said}");
        assert!(!said.contains("bug"), "{arguments:?}: {said}");
    };
    let room = room();
    for arguments in [&["save", "new.json"][..], &["list"], &["get", "old"], &["delete", "old"]] {
        needs_a_thread(&room, arguments);
    }
    let said = in_trouble(&room, "no-threads", &["list", "--format", "json"]).fails_with(1);
    assert!(said.starts_with("{\"error\":{\"kind\":\"other\",\"message\":\"cannot start a thread: "), "{said}");
    // Without a profile, the results are in SQLite.
    let room = Room::new();
    room.write("new.json", stored("new").text());
    needs_a_thread(&room, &["save", "new.json"]);
}

#[test]
fn sqlite_answers_a_list_and_a_get_without_a_thread() {
    let room = Room::new();
    room.save(&stored("old"));
    assert_eq!(in_trouble(&room, "no-threads", &["list", "--ids"]).succeeds(), "old\n");
    assert_eq!(in_trouble(&room, "no-threads", &["get", "old"]).succeeds(), stored("old").text());
}

#[test]
fn a_machine_with_room_for_a_few_threads_does_not_wait_for_more() {
    let large = stored("large").text().replacen('{', &format!("{{\"padding\": \"{}\", ", "y".repeat(20 << 20)), 1);
    for (trouble, enough) in [("one-thread", 0), ("two-threads", 2)] {
        let room = Room::with_disk_profile("");
        room.write("large.json", large.clone());
        room.run(["save", "large.json"]).succeeds();
        for (place, arguments) in
            [&["save", "large.json"][..], &["get", "large"], &["get", "large", "--format", "table"], &["verify"]]
                .into_iter()
                .enumerate()
        {
            let start = room.start(arguments).env("LD_PRELOAD", library()).env("TROUBLE", trouble);
            let outcome = start.under(&["timeout", "120"]).run();
            let said = outcome.to_string();
            let is_refused = outcome.code() == Some(1) && said.contains("cannot start a thread");
            assert!(
                outcome.code() == Some(0) || is_refused && place >= enough,
                "{trouble}, {arguments:?}: {said:.900}"
            );
        }
        assert_eq!(room.run(["get", "large"]).succeeds(), large);
    }
}

#[test]
fn a_clock_that_was_set_back_by_a_day_loses_nothing() {
    let room = room();
    assert_eq!(in_trouble(&room, "yesterday", &["save", "old.json", "new.json"]).succeeds(), "old\nnew\n");
    for trouble in ["yesterday", "none"] {
        assert_eq!(in_trouble(&room, trouble, &["list", "--ids"]).succeeds(), "old\nnew\nother\n");
        assert_eq!(in_trouble(&room, trouble, &["list", "--asset", "first.csv", "--count"]).succeeds(), "0\n");
    }
    assert_eq!(in_trouble(&room, "yesterday", &["delete", "old", "other"]).succeeds(), "old\nother\n");
    room.save(&stored("old"));
    assert_eq!(in_trouble(&room, "yesterday", &["list", "--ids"]).succeeds(), "new\nold\n");
    let report = room.run(["reindex", "--format", "json"]).json();
    assert_eq!((&report["documents"], &report["stale"]), (&2.into(), &serde_json::json!([])), "{report}");
}

#[test]
fn a_store_that_vanished_is_empty_or_missing_as_the_profile_says() {
    let room = Room::with_disk_profile("create_dirs = false\n");
    room.write("new.json", stored("new").text());
    assert_snapshot!(room.run(["list"]), @"
    --- stderr ---
    error: cannot list the results in store/default/validations
      caused by: the directory store/default/validations does not exist
      profile: disk
    hint: create it, or set `create_dirs = true`
    --- exit status 4 ---
    ");
    room.run(["save", "new.json"]).fails_with(4);
    room.run(["get", "new"]).fails_with(4);
    room.run(["delete", "new"]).fails_with(4);
    assert!(!room.work().join("store").exists());
    let room = self::room();
    fs::remove_dir_all(room.work().join("store")).unwrap();
    assert_eq!(room.run(["list", "--count"]).succeeds(), "0\n");
    room.run(["get", "old"]).fails_with(3);
    room.run(["delete", "old"]).fails_with(3);
    assert_eq!(room.run(["save", "new.json"]).succeeds(), "new\n");
}
