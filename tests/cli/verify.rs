//! `verify`, and `get` of a document that was changed behind the store's back.

use std::fs::File;
use std::process::Command;
use std::time::{Duration, SystemTime};

use insta::assert_snapshot;

use crate::support::{Room, stored};

const RESULTS: &str = "store/default/validations";

fn two() -> Room {
    let room = Room::with_disk_profile("");
    room.save(&stored("run-1"));
    room.save(&stored("run-2").at("2026-03-02T00:00:00"));
    room
}

/// Writes a document as an editor does, some time ago: a file of this moment could be one that Python is writing.
fn tamper(room: &Room, name: &str, text: &str) {
    let name = format!("{RESULTS}/{name}");
    room.write(&name, text);
    let before = SystemTime::now() - Duration::from_secs(60);
    File::options().write(true).open(room.work().join(name)).unwrap().set_modified(before).unwrap();
}

#[test]
fn sound_results_are_counted() {
    let room = two();
    assert_snapshot!(room.run(["verify"]), @"
    WHAT                COUNT
    sound results       2
    read                2
    digest confirmed    2
    no digest recorded  0
    archived            0
    faults              0
    ");
    assert_snapshot!(room.run(["verify", "--format", "json"]), @r#"
    {
      "sound": 2,
      "read": 2,
      "digest_confirmed": 2,
      "without_digest": 0,
      "archived": 0,
      "faults": 0
    }
    "#);
    assert_snapshot!(room.run(["verify", "--read", "50%", "--asset", "customers.csv", "--format", "jsonl"]), @r#"
    {"sound":2,"read":1,"digest_confirmed":1,"without_digest":0,"archived":0,"faults":0}
    "#);
    assert!(room.run(["verify", "--read", "10"]).fails_with(2).contains("write a share as 10%, or all"));
}

#[test]
fn results_are_verified_by_their_run_ids() {
    let room = two();
    tamper(&room, "run-2.json", &stored("run-2").at("2026-03-02T00:00:00").ended("failure").text());
    assert_snapshot!(room.run(["verify", "run-1", "-f", "jsonl"]), @r#"
    {"sound":1,"read":1,"digest_confirmed":1,"without_digest":0,"archived":0,"faults":0}
    "#);
    let given = room.start(["verify", "-", "-f", "jsonl"]).input("run-1\nrun-2\nrun-3\nrun-1\n").run();
    assert_eq!(given.code(), Some(5));
    let counts = r#"{"sound":1,"read":1,"digest_confirmed":1,"without_digest":0,"archived":0,"faults":2}"#;
    assert_eq!(given.stdout().trim_end(), counts);
    let said = given.stderr();
    assert!(said.contains("result `run-2`") && said.contains("its status is `failure`"), "{said}");
    assert!(said.contains("result `run-3` not found"), "{said}");
    assert!(room.run(["verify", "run-1", "--since", "7d"]).fails_with(2).contains("run ids or filters, not both"));
}

#[test]
fn an_empty_store_is_sound() {
    assert_snapshot!(Room::with_disk_profile("").run(["verify"]), @"
    WHAT                COUNT
    sound results       0
    read                0
    digest confirmed    0
    no digest recorded  0
    archived            0
    faults              0
    ");
    Room::new().run(["verify"]).succeeds();
}

#[test]
fn a_changed_document_is_named_by_verify_and_by_get() {
    let room = two();
    let changed = stored("run-1").text().replace("\"total_validators\":0", "\"total_validators\":1");
    tamper(&room, "run-1.json", &changed);
    assert_snapshot!(room.run(["verify"]), @"
    WHAT                COUNT
    sound results       1
    read                1
    digest confirmed    1
    no digest recorded  0
    archived            0
    faults              1
    --- stderr ---
    error: result `run-1` is not the document that was saved
      caused by: its SHA-256 is aedb38b275524c2e7a4afc4e1619af4a138fd6ddb65c5bcab922f9b7058fb49a, and 068e2230e0dd1afbc2e2f2d2ca1fc3f6db26e34008c30c3c768241256a9d6108 was recorded when it was saved
      profile: disk
    hint: save it again, or restore its document from a backup
    --- exit status 5 ---
    ");
    let got = room.run(["get", "run-1"]);
    assert_eq!(got.stdout(), changed);
    assert!(got.fails_with(5).contains("not the document that was saved"));
    room.run(["get", "run-1", "-o", "copy.json"]).fails_with(5);
    assert!(!room.work().join("copy.json").exists());
}

#[test]
fn each_fault_is_named_and_the_others_are_verified() {
    let room = two();
    for name in ["missing", "broken", "other"] {
        room.save(&stored(name));
    }
    std::fs::remove_file(room.work().join(RESULTS).join("missing.json")).unwrap();
    tamper(&room, "broken.json", "{\"run_id\": ");
    tamper(&room, "other.json", &stored("other").ended("failure").text());
    tamper(&room, "unlisted.json", &stored("unlisted").text());
    tamper(&room, "run-2.json.gz", "hidden");
    let outcome = room.run(["verify"]);
    assert!(
        outcome.stdout().contains("sound results       2\n") && outcome.stdout().contains("faults              5\n")
    );
    let stderr = outcome.fails_with(5);
    for text in [
        "error: result `broken` in store/default/validations is damaged\n  caused by: line 1, column 12: the text ends",
        "error: result `missing` in store/default/validations is damaged\n  caused by: it is listed, and its document is missing",
        "error: result `other` in store/default/validations is damaged\n  caused by: its status is `failure`, and it is listed with `success`",
        "error: `run-2.json.gz` in store/default/validations is not the document of any result\n  caused by: it is hidden by",
        "error: result `unlisted` is stored in store/default/validations and not listed\n",
    ] {
        assert!(stderr.contains(text), "{text}: {stderr}");
    }
    // With filters, only what passes them is verified.
    room.run(["verify", "--status", "error"]).succeeds();
}

#[test]
fn a_manifest_is_checked_by_sha256sum_beside_the_documents() {
    let room = two();
    room.save(&stored("a/b"));
    assert_eq!(room.run(["verify", "--manifest", "results.sha256"]).code(), Some(0));
    room.run(["get", "run-1", "run-2", "a/b", "-o", "copies/"]).succeeds();
    let checked = Command::new("sha256sum")
        .args(["-c", "../results.sha256"])
        .current_dir(room.work().join("copies"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(String::from_utf8(checked.stdout).unwrap(), "run-2.json: OK\na%2Fb.json: OK\nrun-1.json: OK\n");
    tamper(&room, "run-1.json", "x");
    let before = room.read("results.sha256");
    assert_snapshot!(room.run(["verify", "--manifest", "results.sha256", "--format", "jsonl"]), @r#"
    {"sound":2,"read":2,"digest_confirmed":2,"without_digest":0,"archived":0,"faults":1}
    --- stderr ---
    {"error":{"kind":"read","message":"result `run-1` in store/default/validations is damaged: line 1, column 1: expected a value, found `x`","run_id":"run-1","profile":"disk","hint":"save it again, or restore its document from a backup"}}
    {"error":{"kind":"read","message":"the manifest `results.sha256` was not written: it would lack 1 of the results","run_id":null,"profile":"disk","hint":"repair these results, or leave them out with filters"}}
    --- exit status 5 ---
    "#);
    assert_eq!(room.read("results.sha256"), before);
}

#[test]
fn a_document_of_python_has_no_digest() {
    let room = two();
    // As FileSystemStore writes: the document in place, then its index.
    tamper(&room, "run-1.json", &stored("run-1").text().replace("\"total_validators\":0", "\"total_validators\":1"));
    let index = r#"{"run-1": {"run_id": "run-1", "data_asset": "customers.csv", "run_time": "2026-03-01T12:00:00", "status": "success", "tags": {}, "file": "run-1.json"}}"#;
    room.write(&format!("{RESULTS}/_index.json"), index);
    room.run(["get", "run-1"]).succeeds();
    assert_snapshot!(room.run(["verify"]), @"
    WHAT                COUNT
    sound results       2
    read                2
    digest confirmed    1
    no digest recorded  1
    archived            0
    faults              0
    ");
    room.run(["get", "run-1"]).succeeds();
}
