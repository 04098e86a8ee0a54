//! Many processes at once, and processes that receive a signal.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::thread;

use crate::support::{Outcome, Room, stored};

/// Runs `count` processes concurrently.
fn at_once(room: &Room, count: usize, arguments: impl Fn(usize) -> Vec<String>) -> Vec<Outcome> {
    let runs: Vec<_> = (0..count).map(|n| room.start(arguments(n))).collect();
    thread::scope(|scope| {
        let running: Vec<_> = runs.into_iter().map(|run| scope.spawn(|| run.run())).collect();
        running.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

fn twenty_saves_lose_nothing(room: &Room) {
    for n in 0..20 {
        room.write(&format!("{n}.json"), stored(&format!("run-{n}")).of(&format!("asset-{n}")).text());
    }
    for outcome in at_once(room, 20, |n| vec!["save".to_owned(), format!("{n}.json")]) {
        outcome.succeeds();
    }
    let listed: BTreeSet<_> = room.run(["list", "--ids"]).succeeds().lines().map(str::to_owned).collect();
    assert_eq!(listed, (0..20).map(|n| format!("run-{n}")).collect());
    assert_eq!(room.run(["list", "--count"]).succeeds(), "20\n");
    for n in 0..20 {
        let expected = stored(&format!("run-{n}")).of(&format!("asset-{n}")).text();
        assert_eq!(room.run(["get", &format!("run-{n}")]).succeeds(), expected);
    }
}

#[test]
fn twenty_saves_at_once_into_a_new_database_lose_nothing() {
    twenty_saves_lose_nothing(&Room::new());
}

#[test]
fn twenty_saves_at_once_into_a_new_directory_lose_nothing() {
    twenty_saves_lose_nothing(&Room::with_disk_profile(""));
}

#[test]
fn twenty_saves_at_once_are_all_in_the_index_of_python() {
    let room = Room::with_disk_profile("use_compression = true\npython_index = \"always\"\n");
    twenty_saves_lose_nothing(&room);
    let index: serde_json::Value = serde_json::from_slice(&room.read("store/default/validations/_index.json")).unwrap();
    let names: BTreeSet<_> = index.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, (0..20).map(|n| format!("run-{n}")).collect());
}

/// Ten processes save the same run id. One complete document of the ten remains, and it is listed once, with its own
/// fields.
fn one_of_ten_stays(room: &Room) {
    for n in 0..10 {
        room.write(
            &format!("{n}.json"),
            stored("run-1").of(&format!("asset-{n}")).at(&format!("2026-03-1{n}T00:00:00")).text(),
        );
    }
    for outcome in at_once(room, 10, |n| vec!["save".to_owned(), format!("{n}.json")]) {
        outcome.succeeds();
    }
    let kept = room.run(["get", "run-1"]).json();
    let listed = room.run(["list", "--format", "json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["data_asset"], kept["data_asset"]);
    assert_eq!(listed[0]["run_time"], format!("{}Z", kept["run_time"].as_str().unwrap()));
}

#[test]
fn of_ten_saves_of_one_run_id_one_stays_in_a_database() {
    one_of_ten_stays(&Room::new());
}

#[test]
fn of_ten_saves_of_one_run_id_one_stays_in_a_directory() {
    one_of_ten_stays(&Room::with_disk_profile("python_index = \"always\"\n"));
}

/// Ten processes save the same run id with `--if-absent`: one saves, and nine report that the result exists.
fn one_of_ten_wins(room: &Room) {
    for n in 0..10 {
        room.write(&format!("{n}.json"), stored("run-1").of(&format!("asset-{n}")).text());
    }
    let outcomes = at_once(room, 10, |n| vec!["save".to_owned(), "--if-absent".to_owned(), format!("{n}.json")]);
    let mut codes: Vec<_> = outcomes.iter().map(Outcome::code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [&[Some(0)][..], &[Some(7); 9]].concat());
}

#[test]
fn of_ten_that_may_not_overwrite_one_wins_in_a_database() {
    one_of_ten_wins(&Room::new());
}

#[test]
fn of_ten_that_may_not_overwrite_one_wins_in_a_directory() {
    one_of_ten_wins(&Room::with_disk_profile(""));
}

/// Saves one result, then waits for more on standard input. The signal is sent once the first save is reported.
#[cfg(unix)]
fn interrupted_while_reading(room: &Room, signal: &str) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut child = room.start(["save", "-"]).input_from(Stdio::from(reader)).spawn();
    writeln!(writer, "{}", stored("run-1").text()).unwrap();
    write!(writer, "{}", &stored("run-2").text()[..50]).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "run-1\n");
    let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    // The writer stays open, so only the signal can end the program.
    let status = child.wait().unwrap();
    drop(writer);
    assert_eq!(status.code(), Some(130), "{status}");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\n");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130_and_keeps_what_was_reported() {
    interrupted_while_reading(&Room::new(), "-INT");
    interrupted_while_reading(&Room::with_disk_profile(""), "-INT");
    interrupted_while_reading(&Room::new(), "-TERM");
}

/// Sends half of a large document to the program, then a signal.
#[cfg(unix)]
fn interrupted_within_a_document(room: &Room) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let child = room.start(["save", "-"]).input_from(Stdio::from(reader)).spawn();
    let large = stored("large").padded(20_000_000);
    // The data exceeds the pipe's buffer, so the program is reading when this returns.
    writer.write_all(&large.as_bytes()[..10_000_000]).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    drop(writer);
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(room.run(["list", "--count"]).succeeds(), "0\n");
    room.run(["get", "large"]).fails_with(3);
}

#[cfg(unix)]
#[test]
fn an_interrupt_within_a_document_leaves_nothing_of_it() {
    interrupted_within_a_document(&Room::new());
    let room = Room::with_disk_profile("");
    interrupted_within_a_document(&room);
    assert!(!room.work().join("store").exists() || room.names_in("store/default/validations").is_empty());
}

/// Kills processes in the middle of their saves. Every reported result is stored, and every listed result can be read.
#[cfg(unix)]
fn killed_while_saving(room: &Room) {
    let mut reported = BTreeSet::new();
    for attempt in 0..8_usize {
        let many: String =
            (0..400).map(|n| stored(&format!("run-{n}")).of(&format!("attempt-{attempt}")).text() + "\n").collect();
        let mut child = room.start(["save", "-", "--jobs", "16"]).input(many).spawn();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        reported.extend(lines.take(1 + attempt * 11).map(Result::unwrap));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let listed: Vec<_> = room.run(["list", "--ids"]).succeeds().lines().map(str::to_owned).collect();
    let once: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(once.len(), listed.len(), "something is listed twice: {listed:?}");
    assert!(reported.is_subset(&once), "lost: {:?}", reported.difference(&once).collect::<Vec<_>>());
    let all: Vec<_> = ["get", "--format", "jsonl"].into_iter().chain(listed.iter().map(String::as_str)).collect();
    for (line, run_id) in room.run(all).succeeds().lines().zip(&listed) {
        assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap()["run_id"], run_id.as_str());
    }
    room.save(&stored("run-0").of("after all"));
    assert_eq!(room.run(["get", "run-0"]).json()["data_asset"], "after all");
}

#[cfg(unix)]
/// As `nohup`, and as a shell script for what it starts in the background.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let room = Room::new();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let script = "trap '' INT TERM; exec \"$0\" \"$@\"";
    let mut child = room.start(["save", "-"]).under(&["/bin/sh", "-c", script]).input_from(reader).spawn();
    // The first result is reported once its document is complete, so the program runs by then.
    write!(writer, "{}\n{{", stored("run-1").text()).unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    for signal in ["-INT", "-TERM"] {
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    }
    writer.write_all(&stored("run-2").text().as_bytes()[1..]).unwrap();
    drop(writer);
    assert!(child.wait().unwrap().success());
    assert_eq!(room.run(["list", "--count"]).succeeds(), "2\n");
}

#[test]
fn programs_killed_while_saving_into_a_database_leave_it_whole() {
    killed_while_saving(&Room::new());
}

#[cfg(unix)]
#[test]
fn programs_killed_while_saving_into_a_directory_leave_it_whole() {
    let room = Room::with_disk_profile("python_index = \"always\"\n");
    killed_while_saving(&room);
    room.run(["reindex", "--python-index"]).succeeds();
    let report = room.run(["reindex", "--format", "json"]).json();
    assert_eq!(report["documents"], report["correct"], "{report}");
    assert_eq!(room.run(["list", "--count"]).succeeds(), format!("{}\n", report["documents"]));
}

#[test]
fn a_reader_that_goes_away_does_not_keep_results_from_being_saved() {
    let room = Room::with_disk_profile("");
    let many: String = (0..300).map(|n| stored(&format!("run-{n:03}")).text() + "\n").collect();
    let mut child = room.start(["save", "-"]).input(many).spawn();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(room.run(["list", "--count"]).succeeds(), "300\n");
}
