//! `copy`: results in another store, byte for byte.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Command;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Outcome, Room, stored};

/// The profiles of both stores: a directory, and a database beside it.
const PROFILES: &str = "
[profiles.base]
backend = 'database'
connection_url = 'sqlite:///base.db'
";

/// A room with three results in `disk`, and an empty store `base`.
fn room() -> Room {
    room_with("")
}

fn room_with(more: &str) -> Room {
    let room = Room::with_disk_profile(&format!("{PROFILES}{more}"));
    room.save(&stored("run-1").at("2026-03-01T10:00:00").of("customers").tagged("env", "prod"));
    room.save(&stored("run-2").at("2026-03-02T10:00:00").of("orders").ended("failure"));
    room.save(&stored("run-3").at("2026-03-03T10:00:00+05:00").of("고객.csv"));
    room
}

/// A room with many results in `disk`.
fn room_with_many(count: usize) -> Room {
    let room = Room::with_disk_profile(PROFILES);
    let lines: String = (0..count).map(|number| stored(&format!("run-{number:04}")).text() + "\n").collect();
    room.start(["save", "-q", "-"]).input(lines).run().succeeds();
    room
}

fn save_to(room: &Room, profile: &str, text: String) {
    room.start(["save", "-q", "-p", profile, "-"]).input(text).run().succeeds();
}

fn copy(room: &Room, more: &[&str]) -> Outcome {
    room.run([&["copy", "--from", "disk", "--to", "base"], more].concat())
}

fn listed(room: &Room, profile: &str) -> String {
    room.run(["list", "-p", profile, "-f", "jsonl"]).succeeds()
}

fn ids(room: &Room, profile: &str) -> Vec<String> {
    room.run(["list", "-p", profile, "--ids"]).succeeds().lines().map(str::to_owned).collect()
}

fn document(room: &Room, profile: &str, run_id: &str) -> Vec<u8> {
    room.run(["get", run_id, "-p", profile]).bytes()
}

#[test]
fn bytes_ids_times_and_tags_stay() {
    let room = room();
    let spaced = stored("run-4").text().replace("\":", "\" :  ") + "\n";
    let path = room.work().join("store/default/validations/run-4.json");
    fs::write(path, &spaced).unwrap();
    assert_snapshot!(copy(&room, &[]), @"
    WHAT         COUNT
    copied       4
    overwritten  0
    unchanged    0
    conflicts    0
    failed       0
    ");
    assert_eq!(listed(&room, "base"), listed(&room, "disk"));
    for run_id in ids(&room, "disk") {
        assert_eq!(document(&room, "base", &run_id), document(&room, "disk", &run_id));
    }
    assert_eq!(document(&room, "base", "run-4"), spaced.as_bytes());
    room.run(["verify", "-p", "base"]).succeeds();
}

#[test]
fn what_is_there_is_not_copied_again() {
    let room = room();
    copy(&room, &[]).succeeds();
    assert_snapshot!(copy(&room, &[]), @"
    WHAT         COUNT
    copied       0
    overwritten  0
    unchanged    3
    conflicts    0
    failed       0
    ");
    room.save(&stored("run-5"));
    assert_snapshot!(copy(&room, &["-f", "json"]), @r#"
    {
      "copied": 1,
      "overwritten": 0,
      "unchanged": 3,
      "removed": 0,
      "kept": 0,
      "skipped": 0,
      "conflicts": 0,
      "failed": 0,
      "dry_run": false
    }
    "#);
    // Back again there is nothing to do either.
    assert_snapshot!(room.run(["copy", "--from", "base", "--to", "disk", "-f", "jsonl"]), @r#"{"copied":0,"overwritten":0,"unchanged":4,"removed":0,"kept":0,"skipped":0,"conflicts":0,"failed":0,"dry_run":false}"#);
}

#[test]
fn the_results_that_are_copied_are_shown_on_request() {
    let room = room();
    copy(&room, &["--asset", "orders"]).succeeds();
    assert_snapshot!(copy(&room, &["--results", "--dry-run", "--jobs", "1"]), @"
    RUN ID  OUTCOME
    run-1   would copy
    run-3   would copy
    ");
    assert_snapshot!(copy(&room, &["--results", "--jobs", "1", "-f", "jsonl"]), @r#"
    {"run_id":"run-1","outcome":"copied","original":null}
    {"run_id":"run-3","outcome":"copied","original":null}
    "#);
    assert_eq!(copy(&room, &["--results", "-f", "json"]).json(), json!([]));
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_would_be_done() {
    let room = room();
    save_to(&room, "base", stored("run-2").text());
    let before = listed(&room, "base");
    assert_snapshot!(copy(&room, &["--dry-run", "--overwrite", "--move", "-v"]), @"
    WHAT             COUNT
    would copy       2
    would overwrite  1
    unchanged        0
    would remove     3
    kept             0
    conflicts        0
    failed           0
    --- stderr ---
    would copy 3 results to namespace `default` of sqlite:///base.db; nothing was changed
    ");
    assert_snapshot!(copy(&room, &["--dry-run", "--overwrite", "--move", "--results", "--jobs", "1", "-f", "json"]), @r#"
    [
      {"run_id":"run-1","outcome":"would_copy","original":"would_remove"},
      {"run_id":"run-2","outcome":"would_overwrite","original":"would_remove"},
      {"run_id":"run-3","outcome":"would_copy","original":"would_remove"}
    ]
    "#);
    // The result is there with another time, at which the filter does not find it.
    assert!(
        copy(&room, &["--dry-run", "--since", "2026-03-02", "--until", "2026-03-02"]).fails_with(7).contains("run-2")
    );
    assert_eq!((listed(&room, "base"), ids(&room, "disk").len()), (before, 3));
}

#[test]
fn another_document_with_the_same_run_id_stays_and_the_others_are_copied() {
    let room = room();
    let other = stored("run-2").of("others").text();
    save_to(&room, "base", other.clone());
    assert_snapshot!(copy(&room, &[]), @"
    WHAT         COUNT
    copied       2
    overwritten  0
    unchanged    0
    conflicts    1
    failed       0
    --- stderr ---
    error: result `run-2` in namespace `default` of sqlite:///base.db differs from the original
      caused by: it is another document with the same run id
    hint: compare the two with `truthound-store get`; --overwrite replaces it by the original
    --- exit status 7 ---
    ");
    assert_eq!(document(&room, "base", "run-2"), other.as_bytes());
    assert_eq!(ids(&room, "base").len(), 3);
    let report = copy(&room, &["--overwrite", "-f", "json"]).json();
    assert_eq!((&report["overwritten"], &report["unchanged"], &report["conflicts"]), (&json!(1), &json!(2), &json!(0)));
    assert_eq!(document(&room, "base", "run-2"), document(&room, "disk", "run-2"));
    assert_eq!(listed(&room, "base"), listed(&room, "disk"));
}

#[test]
fn documents_that_differ_in_nothing_but_a_space_are_other_documents() {
    let room = room();
    let other = String::from_utf8(document(&room, "disk", "run-1")).unwrap().replacen(',', ", ", 1);
    save_to(&room, "base", other);
    assert!(copy(&room, &[]).fails_with(7).contains("another document with the same run id"));
}

#[test]
fn how_documents_are_compressed_makes_no_difference() {
    let room = room_with("[profiles.packed]\nbackend = 'filesystem'\nbase_path = 'packed'\nuse_compression = true\n");
    room.run(["copy", "--from", "disk", "--to", "packed"]).succeeds();
    assert!(room.work().join("packed/default/validations/run-1.json.gz").is_file());
    let report = room.run(["copy", "--from", "disk", "--to", "packed", "-f", "json"]).json();
    assert_eq!((&report["copied"], &report["unchanged"]), (&json!(0), &json!(3)));
    let report = room.run(["copy", "--from", "packed", "--to", "base", "-f", "json"]).json();
    assert_eq!(report["copied"], 3);
    assert_eq!(document(&room, "base", "run-3"), document(&room, "disk", "run-3"));
}

#[test]
fn databases_that_know_the_digests_are_not_read_to_compare_them() {
    let room =
        room_with("[profiles.other]\nbackend = 'database'\nconnection_url = 'sqlite:///other.db'\necho = true\n");
    let to_other = |more: &[&str]| room.run([&["copy", "--from", "base", "--to", "other"], more].concat());
    copy(&room, &[]).succeeds();
    let first = to_other(&["--move", "--yes"]);
    assert!(first.stderr().contains("SELECT CASE WHEN"), "{first}");
    copy(&room, &[]).succeeds();
    let again = to_other(&["-f", "json"]);
    assert!(again.stderr().contains("SELECT run_id, CASE WHEN") && !again.stderr().contains("data_json"), "{again}");
    assert!(again.stdout().contains("\"unchanged\": 3"), "{again}");
    save_to(&room, "other", stored("run-2").of("others").text());
    assert!(to_other(&[]).fails_with(7).contains("`run-2`"));
}

#[test]
fn a_move_removes_what_was_copied_or_was_there() {
    let room = room();
    copy(&room, &["--asset", "customers"]).succeeds();
    save_to(&room, "base", stored("run-2").of("others").text());
    let kept = document(&room, "disk", "run-2");
    assert_snapshot!(copy(&room, &["--move"]), @"
    --- stderr ---
    error: 3 results would be moved, and there is no terminal to ask for confirmation
    hint: use --yes to go ahead, or --dry-run to see what would be done
    --- exit status 2 ---
    ");
    assert_eq!(ids(&room, "disk").len(), 3);
    assert_snapshot!(copy(&room, &["--move", "--yes", "--results", "--jobs", "1"]), @"
    RUN ID  OUTCOME
    run-1   unchanged, original removed
    run-3   copied, original removed
    --- stderr ---
    error: result `run-2` in namespace `default` of sqlite:///base.db differs from the original
      caused by: it is another document with the same run id
    hint: compare the two with `truthound-store get`; --overwrite replaces it by the original
    --- exit status 7 ---
    ");
    assert_eq!((ids(&room, "disk"), document(&room, "disk", "run-2")), (vec!["run-2".to_owned()], kept));
    assert_eq!(ids(&room, "base").len(), 3);
    let report = copy(&room, &["--move", "--yes", "--overwrite", "-f", "json"]).json();
    assert_eq!((&report["overwritten"], &report["removed"]), (&json!(1), &json!(1)));
    assert_eq!(copy(&room, &["--move", "--yes", "-f", "json"]).json()["removed"], 0);
}

#[cfg(unix)]
#[test]
fn a_move_into_the_same_store_by_another_name_removes_nothing() {
    let same_disk = "[profiles.same]\nbackend = 'filesystem'\nbase_path = 'link/store'\n";
    let same_base = "[profiles.same-base]\nbackend = 'database'\nconnection_url = 'sqlite:///link/base.db'\n";
    let room = room_with(&format!("{same_disk}{same_base}"));
    std::os::unix::fs::symlink(".", room.work().join("link")).unwrap();
    copy(&room, &[]).succeeds();
    for (from, to) in [("disk", "same"), ("base", "same-base")] {
        let moved = room.run(["copy", "--from", from, "--to", to, "--move", "--yes", "-f", "json"]);
        assert!(moved.stderr().contains("it cannot be told apart from its copy"), "{moved}");
        assert_eq!(moved.fails_with(1).matches("was left in").count(), 3);
        assert_eq!(ids(&room, from).len(), 3);
        // A copy without a move has nothing to do.
        assert_eq!(room.run(["copy", "--from", from, "--to", to, "-f", "json"]).json()["unchanged"], 3);
    }
    let archived = room.run(["prune", "--keep-last", "1", "--group-by", "tag:none", "--archive-to", "same", "--yes"]);
    assert!(archived.fails_with(1).contains("they may be one"));
    assert_eq!(ids(&room, "disk").len(), 3);
}

#[test]
fn a_store_is_not_copied_to_itself() {
    let room = room();
    assert_snapshot!(room.run(["copy", "--to", "disk"]), @"
    --- stderr ---
    error: results cannot be copied to where they are: store/default/validations
    hint: name another profile, or another namespace with --to-namespace
    --- exit status 2 ---
    ");
    room.run(["copy", "--from", "base", "--to", "base", "--to-namespace", "default"]).fails_with(2);
}

#[test]
fn filters_choose_what_is_copied() {
    let room = room();
    copy(&room, &["--status", "failure"]).succeeds();
    assert_eq!(ids(&room, "base"), ["run-2"]);
    copy(&room, &["--tag", "env=prod"]).succeeds();
    assert_eq!(ids(&room, "base"), ["run-2", "run-1"]);
    assert_snapshot!(copy(&room, &["--asset", "none", "-v"]), @"
    WHAT         COUNT
    copied       0
    overwritten  0
    unchanged    0
    conflicts    0
    failed       0
    --- stderr ---
    no result passes the filters in namespace `default` of store/default/validations
    ");
}

#[test]
fn a_namespace_is_that_of_both_stores_unless_another_is_named() {
    let room = room();
    room.start(["save", "-q", "-n", "sales", "-"]).input(stored("sold").text()).run().succeeds();
    let in_namespace =
        |profile: &str, namespace: &str| room.run(["list", "--ids", "-p", profile, "-n", namespace]).succeeds();
    copy(&room, &["-n", "sales"]).succeeds();
    assert_eq!(in_namespace("base", "sales"), "sold\n");
    copy(&room, &["-n", "sales", "--to-namespace", "eu/sales"]).succeeds();
    assert_eq!(in_namespace("base", "eu/sales"), "sold\n");
    room.run(["copy", "--to", "disk", "--to-namespace", "copies"]).succeeds();
    assert_eq!(in_namespace("disk", "copies").lines().count(), 3);
    assert_eq!(ids(&room, "base"), Vec::<String>::new());
}

#[test]
fn a_store_is_named_by_its_profile_or_its_address() {
    let room = room();
    room.run(["copy", "--to", "./backup"]).succeeds();
    room.run(["copy", "--from", "./backup", "--to", "sqlite:///made.db"]).succeeds();
    assert_eq!(room.run(["list", "--ids", "--store", "sqlite:///made.db"]).succeeds().lines().count(), 3);
    room.run(["copy", "-p", "disk", "--to", "base"]).succeeds();
    assert_eq!(ids(&room, "base").len(), 3);
    // The environment gives way, and the command line does not.
    room.start(["copy", "--from", "disk", "--to", "base"]).env("TRUTHOUND_STORE_PROFILE", "base").run().succeeds();
    assert_snapshot!(room.run(["copy", "-p", "base", "--from", "disk", "--to", "base"]), @"
    --- stderr ---
    error: `--from` and another option name the store to copy from
    hint: leave out `--profile` or `--store`
    --- exit status 2 ---
    ");
    assert_snapshot!(room.run(["copy", "--to", "bas"]), @"
    --- stderr ---
    error: profile `bas` not found in [room]/work/truthound-store.toml
    hint: did you mean `base`? Profiles: disk, base
    --- exit status 2 ---
    ");
    room.run(["copy", "--from", "disk"]).fails_with(2);
}

#[test]
fn a_store_in_memory_is_no_place_to_copy_to() {
    let room = room();
    assert_snapshot!(room.run(["copy", "--to", "sqlite://"]), @"
    --- stderr ---
    error: nothing can be copied to namespace `default` of sqlite://: it ends with this command
    hint: name a store in a file, on a server or on disk
    --- exit status 2 ---
    ");
}

#[test]
fn samples_are_not_copied_to_a_profile_that_drops_them() {
    let room = room_with("[profiles.clean]\nbackend = 'filesystem'\nbase_path = 'clean'\nredact = ['samples']\n");
    let check = json!({"validator_name": "v", "success": false, "details": {"sample_values": ["planted"]}});
    let mut with_samples: Value = serde_json::from_str(&stored("samples").text()).unwrap();
    with_samples["results"] = json!([check]);
    room.start(["save", "-q", "-"]).input(with_samples.to_string()).run().succeeds();
    assert_snapshot!(room.run(["copy", "--to", "clean"]), @"
    WHAT         COUNT
    copied       3
    overwritten  0
    unchanged    0
    conflicts    0
    failed       1
    --- stderr ---
    error: cannot copy result `samples` from store/default/validations to clean/default/validations
      caused by: it holds samples of the data, which the profile drops (`redact`), and a copy is byte for byte
    hint: save it there without them: truthound-store get RUN_ID | truthound-store save - -p PROFILE
    --- exit status 2 ---
    ");
    assert_eq!(ids(&room, "clean").len(), 3);
    // What a profile has dropped can be copied to it.
    let dropped = room.run(["get", "samples"]).succeeds();
    room.start(["save", "-q", "--redact", "samples", "-"]).input(dropped).run().succeeds();
    room.run(["copy", "--to", "clean"]).succeeds();
    assert_eq!(ids(&room, "clean").len(), 4);
}

#[test]
fn a_document_that_cannot_be_read_is_reported_and_the_others_are_copied() {
    let room = room();
    let path = "store/default/validations/run-2.json";
    let text = String::from_utf8(room.read(path)).unwrap();
    room.write(path, text.replace("\"results\"", "\"results"));
    let copied = copy(&room, &["-f", "json"]);
    assert!(copied.stderr().contains("`run-2`"), "{copied}");
    let report: Value = serde_json::from_str(&copied.stdout()).unwrap();
    assert_eq!((&report["copied"], &report["failed"], copied.code()), (&json!(2), &json!(1), Some(5)));
    assert_eq!(ids(&room, "base"), ["run-3", "run-1"]);
}

#[test]
fn a_large_document_is_copied_through_a_file() {
    let room = room();
    let large = stored("large").padded(20 << 20);
    room.start(["save", "-q", "-"]).input(large.clone()).run().succeeds();
    room.write(
        "far.toml",
        "[profiles.near]\nbackend = 'filesystem'\nbase_path = 'store'\n\
                            [profiles.far]\nbackend = 'filesystem'\nbase_path = 'far'\nuse_compression = true\n",
    );
    let copy = ["copy", "-c", "far.toml", "--from", "near", "--to", "far"];
    room.start(copy).run().succeeds();
    assert!(room.run(["get", "large", "-c", "far.toml", "-p", "far"]).bytes() == large.as_bytes());
    room.start(copy.iter().chain(&["--move", "--yes"])).run().succeeds();
    assert_eq!(ids(&room, "disk"), Vec::<String>::new());
}

#[test]
fn a_document_longer_than_the_limit_of_the_other_store_is_refused() {
    let room = room_with("[profiles.small]\nbackend = 'filesystem'\nbase_path = 'small'\nmax_document_size = 2000\n");
    room.start(["save", "-q", "-"]).input(stored("long").padded(2_000)).run().succeeds();
    let said = room.run(["copy", "--to", "small"]).fails_with(5);
    assert!(said.contains("longer than 2000 bytes") && said.contains("`long`"), "{said}");
    assert_eq!(ids(&room, "small").len(), 3);
}

#[test]
fn two_copies_at_once_end_as_one() {
    let room = room_with_many(300);
    std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| copy(&room, &["-f", "json"]).json()));
        let done = both.map(|copied| copied.join().unwrap());
        let sum = |key: &str| done.iter().map(|report| report[key].as_u64().unwrap()).sum::<u64>();
        assert_eq!((sum("copied"), sum("unchanged")), (300, 300));
    });
    assert_eq!(listed(&room, "base"), listed(&room, "disk"));
}

/// Runs a copy with rows, and ends it with a signal once it has reported some.
#[cfg(unix)]
fn ended_after(room: &Room, reported: usize, words: &[&str], signal: &str) -> (Option<i32>, String) {
    let copy = ["copy", "--from", "disk", "--to", "base", "--jobs", "2", "--results", "-f", "jsonl"];
    let mut child = room.start(copy.iter().chain(words)).spawn();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.by_ref().take(reported).count(), reported);
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    // The program does not wait for its reader.
    lines.for_each(drop);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[cfg(unix)]
#[test]
fn a_copy_that_was_killed_goes_on_when_it_is_run_again() {
    let room = room_with_many(1_200);
    for reported in [1, 100, 300] {
        ended_after(&room, reported, &[], "-KILL");
    }
    let there = ids(&room, "base").len();
    assert!((401..1_200).contains(&there), "{there}");
    let report = copy(&room, &["-f", "json"]).json();
    assert_eq!(report["unchanged"].as_u64().unwrap(), there as u64);
    assert_eq!(report["copied"].as_u64().unwrap(), 1_200 - there as u64);
    assert_eq!(listed(&room, "base"), listed(&room, "disk"));
}

#[cfg(unix)]
#[test]
fn a_move_that_was_killed_loses_nothing_and_goes_on_when_it_is_run_again() {
    let room = room_with_many(600);
    let all = ids(&room, "disk");
    for reported in [1, 20, 50] {
        ended_after(&room, reported, &["--move", "--yes"], "-KILL");
        let mut left = ids(&room, "disk");
        left.extend(ids(&room, "base"));
        left.sort();
        left.dedup();
        assert_eq!(left, all);
    }
    assert!(!ids(&room, "disk").is_empty());
    copy(&room, &["--move", "--yes"]).succeeds();
    assert_eq!((ids(&room, "disk"), ids(&room, "base")), (Vec::new(), all));
    room.run(["verify", "-p", "base"]).succeeds();
}

#[cfg(unix)]
#[test]
fn an_interrupted_copy_says_how_far_it_was() {
    let room = room_with_many(1_200);
    let (code, stderr) = ended_after(&room, 10, &[], "-INT");
    assert_eq!(code, Some(130));
    assert!(stderr.contains("interrupted: until then, ") && stderr.contains(" results were copied to "), "{stderr}");
    assert!((10..1_200).contains(&ids(&room, "base").len()));
}
