//! `max_document_size`: the longest document that is saved or read, however it is compressed.

use std::fs;

use insta::assert_snapshot;

use crate::support::{Room, gzip, stored};

/// The limit of the profiles here, in bytes. More is read ahead of the end of a document than the limit has.
const LIMIT: usize = 2_000;

/// The documents that are too long: plain, gzip, gzip that is a thousand times as long, and one that spills to a file.
fn long(run_id: &str) -> Vec<(&'static str, Vec<u8>)> {
    let padded = |bytes| stored(run_id).padded(bytes).into_bytes();
    vec![
        ("plain.json", padded(LIMIT)),
        ("packed.json.gz", gzip(&padded(LIMIT))),
        ("bomb.json.gz", gzip(&padded(2 << 20))),
        ("large.json", padded(9 << 20)),
        ("lines.json", [stored("first").text().as_bytes(), b"\n", &padded(LIMIT)].concat()),
    ]
}

/// Rooms with a profile of each kind of store, with more options.
fn rooms(more: &str) -> Vec<Room> {
    let sqlite = Room::new();
    sqlite.write("truthound-store.toml", format!("[profiles.p]\nbackend = \"database\"\n{more}"));
    vec![Room::with_disk_profile(more), Room::with_disk_profile(&format!("use_compression = true\n{more}")), sqlite]
}

#[test]
fn a_document_that_is_too_long_is_refused_however_it_comes() {
    for room in rooms(&format!("max_document_size = {LIMIT}\n")) {
        for (name, content) in long("long") {
            room.write(name, content);
            let said = room.run(["save", name]).fails_with(2);
            assert!(said.contains("longer than 2000 bytes, the `max_document_size` of the profile"), "{name}: {said}");
            assert!(said.contains("hint: raise `max_document_size`"), "{name}: {said}");
        }
        assert_eq!(room.run(["list", "--ids"]).succeeds(), "first\n");
        let exact = stored("long").padded(LIMIT - stored("long").padded(0).len());
        assert_eq!(exact.len(), LIMIT);
        room.start(["save", "-"]).input(gzip(exact.as_bytes())).run().succeeds();
        assert_eq!(room.run(["get", "long"]).succeeds(), exact);
    }
}

#[test]
fn a_stored_document_that_is_too_long_is_unreadable_and_hides_no_other() {
    for room in rooms("") {
        let profile = fs::read_to_string(room.work().join("truthound-store.toml")).unwrap();
        room.save(&stored("short"));
        room.start(["save", "-"]).input(stored("long").padded(2 << 20)).run().succeeds();
        room.write("truthound-store.toml", format!("{profile}\nmax_document_size = {LIMIT}\n"));
        for command in [&["get", "long"][..], &["get", "long", "-f", "table"], &["get", "long", "-o", "made.json"]] {
            let said = room.run(command).fails_with(5);
            assert!(said.contains("longer than 2000 bytes, the `max_document_size` of the profile"), "{said}");
        }
        assert!(!room.work().join("made.json").exists());
        let said = room.run(["verify"]).fails_with(5);
        assert!(said.contains("`long`") && said.contains("max_document_size"), "{said}");
        assert_eq!(room.run(["list", "--ids"]).succeeds().lines().count(), 2);
        assert_eq!(room.run(["get", "short"]).succeeds(), stored("short").text());
        assert_eq!(room.run(["delete", "long"]).succeeds(), "long\n");
    }
}

#[test]
fn a_document_of_python_that_is_too_long_is_named_by_reindex_and_the_others_are_listed() {
    let room = Room::with_disk_profile(&format!("max_document_size = {LIMIT}\n"));
    room.save(&stored("ours"));
    let bomb = gzip(stored("bomb").padded(2 << 20).as_bytes());
    for (name, content) in [("bomb.json.gz", bomb), ("ok.json", stored("ok").text().into())] {
        fs::write(room.work().join("store/default/validations").join(name), content).unwrap();
    }
    let said = room.run(["reindex"]).fails_with(5);
    assert!(said.contains("`bomb.json.gz`") && said.contains("max_document_size"), "{said}");
    let listed = room.run(["list", "--ids"]);
    assert_eq!(listed.stdout(), "ok\nours\n");
    assert!(listed.fails_with(5).contains("max_document_size"));
}

#[test]
fn a_limit_that_fits_no_document_is_refused() {
    let room = Room::with_disk_profile("max_document_size = 0\n");
    assert_snapshot!(room.run(["list"]), @"
    --- stderr ---
    error: wrong value of option `max_document_size` in profile `disk`: it must be at least 1
     --> truthound-store.toml:6:21
      |
    6 | max_document_size = 0
      |                     ^
    --- exit status 2 ---
    ");
}
