//! The progress of commands on many results, and their interruption, at a terminal.
//!
//! The disk does not answer for one of three results, so that the other two are done and the command goes on.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use insta::assert_snapshot;

use crate::disk_trouble::library;
use crate::support::{Room, Run, stored};

/// Begins each text that takes the place of the progress.
const CLEARED: &str = "\r\u{1b}[K";

/// A room with documents of three results, from the newest to the oldest.
fn room() -> Room {
    let room = Room::with_disk_profile("");
    for (name, run_id, day) in [("1", "run-1", 3), ("2", "run-2", 2), ("3", "held", 1)] {
        room.write(&format!("in/{name}.json"), stored(run_id).at(&format!("2026-03-0{day}T12:00:00")).text());
    }
    room
}

/// A room in which these results are saved.
fn saved() -> Room {
    let room = room();
    room.run(["save", "in"]).succeeds();
    room
}

/// Runs the program at a terminal until that shows `awaited`, then types Ctrl-C. Returns all that it showed.
fn interrupted_at(awaited: &str, columns: usize, run: Run<'_>) -> String {
    let (reader, mut typing) = std::io::pipe().unwrap();
    let mut child = run.at_terminal(columns).input_from(Stdio::from(reader)).spawn();
    let mut terminal = child.stdout.take().unwrap();
    let (mut shown, mut is_typed) = (String::new(), false);
    let mut chunk = [0; 4096];
    loop {
        let count = terminal.read(&mut chunk).unwrap();
        if count == 0 {
            break;
        }
        shown.push_str(&String::from_utf8_lossy(&chunk[..count]));
        if !is_typed && shown.contains(awaited) {
            typing.write_all(b"\x03").unwrap();
            is_typed = true;
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(130), "{shown}");
    shown
}

/// Interrupts the command when its progress says how long it takes. Returns the progress, with numbers that differ from
/// call to call as `N`, and the last text on the terminal.
fn interrupted(room: &Room, columns: usize, arguments: &[&str]) -> String {
    let run = room.start(arguments).env("LD_PRELOAD", library()).env("TROUBLE", "hangs");
    let shown = interrupted_at(" left", columns, run);
    let frames = shown.split(CLEARED).collect::<Vec<_>>();
    let progress = frames.iter().find(|frame| frame.contains(" left")).unwrap_or_else(|| panic!("{shown:?}"));
    let facts = progress.trim_end_matches("^C").split(", ").map(|fact| match fact {
        _ if fact.ends_with("/s") => "N/s",
        _ if fact.ends_with(" s left") => "N s left",
        _ => fact,
    });
    // Behind the sign, which turns.
    let facts = facts.collect::<Vec<_>>().join(", ").chars().skip(2).collect::<String>();
    format!("{facts}\n{}", last_text(&shown))
}

/// The text that took the place of the progress at last.
fn last_text(shown: &str) -> String {
    shown.rsplit(CLEARED).next().unwrap().replace("\r\n", "\n")
}

/// Interrupts a save of these bytes, after which the input does not end, when its progress shows `awaited`.
fn interrupted_save(room: &Room, input: &[u8], awaited: &str) -> String {
    room.write("input", input);
    // Commands in the background do not get the signal.
    let words = [
        "/bin/sh",
        "-c",
        "mkfifo held; { cat input; tail -f /dev/null -s 0.1 --pid=$$; } > held & exec \"$0\" \"$@\" < held",
    ];
    interrupted_at(awaited, 80, room.start(["save", "-", "-f", "table"]).under(&words))
}

#[test]
fn an_interrupted_save_says_what_was_saved() {
    let room = Room::with_disk_profile("");
    let documents = ["run-1", "run-2"].map(|run_id| stored(run_id).text());
    // The end of a document is known when the next one begins.
    let shown = interrupted_save(&room, (documents.join("\n") + "\n{").as_bytes(), "/s");
    assert!(shown.contains(&format!(" saved 2, {} B, ", documents.concat().len())), "{shown}");
    assert_snapshot!(last_text(&shown), @"
    error: interrupted: until then, 2 results were saved to store/default/validations
      profile: disk
    ");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "run-1\nrun-2\n");
}

#[test]
fn a_save_that_has_not_read_a_whole_document_shows_how_much_it_has_read() {
    let shown = interrupted_save(
        &Room::with_disk_profile(""),
        &stored("run-1").padded(3_000_000).as_bytes()[..2_500_000],
        "saved 0, read 2.50 MB, ",
    );
    assert_snapshot!(last_text(&shown), @"
    error: interrupted: until then, 0 results were saved to store/default/validations
      profile: disk
    ");
}

#[test]
fn an_interrupted_export_says_what_was_exported() {
    let room = saved();
    assert_snapshot!(interrupted(&room, 80, &["get", "run-1", "run-2", "held", "-o", "out/"]), @"
    exported 2 of 3, 430 B, N/s, N s left
    error: interrupted: until then, 2 results were exported to out/
      profile: disk
    ");
    assert_snapshot!(interrupted(&room, 80, &["get", "--since", "2026-01-01", "-o", "out/"]), @"
    exported 2 of 3, 430 B, N/s, N s left
    error: interrupted: until then, 2 results were exported to out/
      profile: disk
    ");
    assert_eq!(room.names_in("out"), ["run-1.json", "run-2.json"]);
}

#[test]
fn an_interrupted_verification_says_what_was_verified() {
    assert_snapshot!(interrupted(&saved(), 80, &["verify"]), @"
    verified 2 of 3, 430 B, N/s, N s left
    error: interrupted: until then, 2 results were verified in store/default/validations
      profile: disk
    ");
}

#[test]
fn an_interrupted_reindex_says_what_was_read() {
    let room = saved();
    assert_snapshot!(interrupted(&room, 120, &["reindex"]), @"
    read 2 of 3, 430 B, N/s, N s left
    error: interrupted: until then, 2 results were read in store/default/validations
      profile: disk
    ");
    assert_eq!(room.run(["list", "--count"]).succeeds(), "3\n");
}

#[test]
fn a_narrow_terminal_shows_the_count_and_the_time_left() {
    assert_snapshot!(interrupted(&saved(), 34, &["verify"]), @"
    verified 2 of 3, N s left
    error: interrupted: until then, 2 results were verified in store/default/validations
      profile: disk
    ");
}

#[test]
fn a_large_save_prints_a_line_for_each_of_its_first_results_only() {
    let room = Room::with_disk_profile("");
    let status = |number| if number % 2 == 0 { "success" } else { "failure" };
    let documents = (0..27).map(|number| stored(&format!("run-{number}")).ended(status(number)).text() + "\n");
    room.write("many.ndjson", documents.collect::<String>());
    let shown = room.start(["save", "many.ndjson", "-q", "-f", "table"]).at_terminal(80).run().shows();
    assert_eq!(shown.matches("(no checks)").count(), 0, "{shown}");
    let shown = room.start(["save", "many.ndjson"]).at_terminal(80).run().shows();
    assert_eq!(shown.matches("customers.csv: ").count(), 20, "{shown}");
    assert!(
        shown.contains("\n... and 3 failure, 4 success\nsaved 27 results to store/default/validations in "),
        "{shown}"
    );
}
