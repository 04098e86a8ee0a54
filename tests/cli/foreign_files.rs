//! Names in directories that belong to something else than a regular file, and names that no result has.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::support::{Room, stored};

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_directory_is_saved_without_what_is_not_a_regular_file() {
    let room = Room::new();
    room.write("outside/three.json", stored("run-3").text());
    room.write("results/one.json", stored("run-1").text());
    room.write("other/two.json", stored("run-2").text());
    let results = room.work().join("results");
    symlink("../other/two.json", results.join("two.json")).unwrap();
    symlink("../outside", results.join("outside")).unwrap();
    symlink("..", results.join("up")).unwrap();
    symlink("loop", results.join("loop")).unwrap();
    symlink("/dev/zero", results.join("zero.json")).unwrap();
    symlink("nowhere", results.join("nowhere.json")).unwrap();
    make_pipe(&results.join("pipe.json"));
    assert_snapshot!(room.run(["save", "results"]), @"
    run-1
    run-2
    --- stderr ---
    warning: skipped 6 names that are not regular files, such as `results/loop`
    ");
    fs::remove_file(results.join("one.json")).unwrap();
    fs::remove_file(results.join("two.json")).unwrap();
    assert_snapshot!(room.run(["save", "results"]), @"
    --- stderr ---
    warning: skipped 6 names that are not regular files, such as `results/loop`
    error: the directory `results` has no files
      profile: default
    --- exit status 2 ---
    ");
}

#[test]
fn a_pipe_or_a_device_that_is_named_is_refused() {
    let room = Room::new();
    make_pipe(&room.work().join("pipe.json"));
    symlink("/dev/zero", room.work().join("zero.json")).unwrap();
    symlink("loop.json", room.work().join("loop.json")).unwrap();
    assert_snapshot!(room.run(["save", "pipe.json", "zero.json", "loop.json"]), @"
    --- stderr ---
    error: cannot read `pipe.json`
      caused by: it is a pipe or a device, not a regular file
      profile: default
    hint: pipe its content to standard input: truthound-store save - < FILE
    error: cannot read `zero.json`
      caused by: it is a pipe or a device, not a regular file
      profile: default
    hint: pipe its content to standard input: truthound-store save - < FILE
    error: cannot read `loop.json`
      caused by: Too many levels of symbolic links (os error 40)
      profile: default
    --- exit status 2 ---
    ");
}

#[test]
fn an_open_pipe_is_read_under_the_name_that_the_shell_gives_it() {
    let room = Room::new();
    for (number, name) in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].into_iter().enumerate() {
        let run_id = format!("run-{number}");
        let saved = room.start(["save", name]).input(stored(&run_id).text()).run().succeeds();
        assert_eq!(saved, format!("{run_id}\n"), "{name}");
    }
    symlink("/dev/stdin", room.work().join("link")).unwrap();
    assert_eq!(room.start(["save", "link"]).input(stored("run-3").text()).run().succeeds(), "run-3\n");
}

/// A store with two results, and everything in it that no store writes.
fn room_with_strangers() -> Room {
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    room.save(&stored("run-2"));
    let store = room.work().join("store/default/validations");
    room.write("secret.json", stored("outside").text());
    symlink("../../../secret.json", store.join("outside.json")).unwrap();
    symlink("self.json", store.join("self.json")).unwrap();
    make_pipe(&store.join("pipe.json"));
    fs::write(store.join(OsStr::from_bytes(b"b\xff.json")), "x").unwrap();
    fs::write(store.join("a\tb\n.json"), "x").unwrap();
    fs::write(store.join("_catalog").join("a\tb"), "x").unwrap();
    symlink("../../../..", store.join("_catalog/up")).unwrap();
    // Files of the user that look like no result are none of ours.
    make_pipe(&store.join("notes"));
    room
}

#[test]
fn one_foreign_name_hides_no_result_and_a_warning_counts_them() {
    let room = room_with_strangers();
    assert_snapshot!(room.run(["list", "--ids"]), @r#"
    run-1
    run-2
    --- stderr ---
    warning: skipped 7 names in store/default/validations that cannot be a result, such as `_catalog/a\tb`: results are regular files with UTF-8 names
    "#);
    assert_snapshot!(room.run(["reindex"]), @r#"
    WHAT                  COUNT
    documents             2
    correct entries       2
    missing entries       0
    stale entries         0
    unreadable documents  0
    --- stderr ---
    warning: skipped 7 names in store/default/validations that cannot be a result, such as `_catalog/a\tb`: results are regular files with UTF-8 names
    "#);
    let store = room.work().join("store/default/validations");
    fs::remove_dir_all(store.join("_catalog")).unwrap();
    assert_eq!(room.run(["list", "--count"]).succeeds(), "2\n");
    room.run(["reindex", "--python-index"]).succeeds();
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\nrun-2\n");
}

#[test]
fn nothing_in_a_store_is_followed_out_of_it_or_waited_for() {
    let room = room_with_strangers();
    for (run_id, what) in [("outside", "a link"), ("self", "a link"), ("pipe", "a pipe")] {
        let said = room.run(["get", run_id]).fails_with(5);
        assert!(said.contains(&format!("{run_id}.json` is {what}, not a regular file")), "{said}");
        let said = room.run(["delete", run_id]).fails_with(6);
        assert!(said.contains(&format!("is {what}, not a regular file")), "{said}");
        room.write("new.json", stored(run_id).text());
        let said = room.run(["save", "new.json"]).fails_with(6);
        assert!(said.contains(&format!("is {what}, not a regular file")), "{said}");
        let there = room.work().join(format!("store/default/validations/{run_id}.json"));
        assert!(!fs::symlink_metadata(there).unwrap().is_file(), "{run_id} is still there");
    }
    assert_eq!(room.read("secret.json"), stored("outside").text().as_bytes());
}

#[test]
fn a_catalog_or_an_index_elsewhere_is_not_followed() {
    for name in ["_catalog", "_index.json"] {
        let room = Room::with_disk_profile("python_index = \"always\"\n");
        let store = room.work().join("store/default/validations");
        fs::create_dir_all(&store).unwrap();
        fs::create_dir(room.work().join("elsewhere")).unwrap();
        symlink("../../../elsewhere", store.join(name)).unwrap();
        room.write("a.json", stored("run-1").text());
        let saved = room.run(["save", "a.json"]);
        let text = saved.to_string();
        assert!(text.contains("is a link, not a regular file"), "{name}: {text}");
        let _ = room.run(["list"]).code();
        assert_eq!(room.names_in("elsewhere"), Vec::<String>::new(), "{name}");
        assert!(fs::symlink_metadata(store.join(name)).unwrap().is_symlink(), "{name}");
    }
}
