//! `copy` between a directory and every backend, and savers beside a `copy --move`.

use std::thread;

use serde_json::{Value, json};

use crate::places::{Backend, write_profiles};
use crate::support::{Room, Stored, stored};

/// Results that were saved before the savers began.
const OLD: u32 = 24;

/// Processes that save while results are moved.
const SAVERS: u32 = 20;

/// A room with the profiles `direct` on the backend, `disk` and `back`.
fn room(backend: &Backend) -> Room {
    let room = Room::new();
    let place = backend.place(&room);
    let on_disk = |directory: &str| {
        let path = room.work().join(directory);
        format!("backend = 'filesystem'\nbase_path = '{}'", path.display())
    };
    let direct = place.options_at(place.port.unwrap_or_default());
    write_profiles(&room, &[("direct", direct), ("disk", on_disk("disk")), ("back", on_disk("back"))]);
    room
}

fn old(number: u32) -> Stored {
    stored(&format!("run-{number:02}")).at(&format!("2025-03-{:02}T10:00:00", number + 1)).tagged("env", "prod")
}

fn fill(room: &Room, profile: &str, count: u32) {
    let lines: String = (0..count).map(|number| format!("{}\n", old(number).text())).collect();
    room.start(["save", "-q", "-p", profile, "-"]).input(lines).run().succeeds();
}

fn copy(room: &Room, from: &str, to: &str) -> Value {
    room.run(["copy", "--from", from, "--to", to, "-f", "json"]).json()
}

/// The document, if there is one.
fn document(room: &Room, profile: &str, run_id: &str) -> Option<Vec<u8>> {
    let got = room.run(["get", run_id, "-p", profile]);
    (got.code() != Some(3)).then(|| got.bytes())
}

pub(crate) fn a_copy_there_and_back_is_the_same(backend: &Backend) {
    let room = room(backend);
    let count = 8;
    fill(&room, "disk", count);
    for (from, to) in [("disk", "direct"), ("direct", "back")] {
        assert_eq!(copy(&room, from, to)["copied"], count);
        let again = copy(&room, from, to);
        assert_eq!((&again["copied"], &again["unchanged"]), (&json!(0), &json!(count)));
    }
    let listed = |profile: &str| room.run(["list", "-p", profile, "-f", "jsonl"]).succeeds();
    assert_eq!(listed("back"), listed("disk"));
    assert_eq!(document(&room, "back", "run-07"), document(&room, "disk", "run-07"));
    // Another document is refused, and replaced on request.
    room.start(["save", "-q", "-p", "direct", "-"]).input(stored("run-07").text()).run().succeeds();
    room.run(["copy", "--from", "disk", "--to", "direct"]).fails_with(7);
    assert_eq!(document(&room, "direct", "run-07"), Some(stored("run-07").text().into_bytes()));
    room.run(["copy", "--from", "disk", "--to", "direct", "--overwrite"]).succeeds();
    room.run(["copy", "--from", "direct", "--to", "back", "--move", "--yes"]).succeeds();
    assert_eq!(room.run(["list", "-p", "direct", "--count"]).succeeds(), "0\n");
    assert_eq!(listed("back"), listed("disk"));
}

/// Half of the savers save new results, half of them save old ones again.
pub(crate) fn savers_beside_a_move_lose_nothing(backend: &Backend) {
    let room = room(backend);
    fill(&room, "direct", OLD);
    let saved = |number: u32| {
        let run_id = if number.is_multiple_of(2) { format!("new-{number:02}") } else { format!("run-{number:02}") };
        stored(&run_id).at(&format!("2026-11-28T10:00:{number:02}"))
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| room.run(["copy", "--from", "direct", "--to", "back", "--move", "--yes", "-q"]));
        }
        for number in 0..SAVERS {
            let (room, result) = (&room, saved(number));
            scope.spawn(move || room.save(&result));
        }
    });
    let is_stored = |result: &Stored| {
        let expected = Some(result.text().into_bytes());
        match document(&room, "direct", &result.run_id) {
            // It was moved.
            None => document(&room, "back", &result.run_id) == expected,
            found => found == expected,
        }
    };
    for number in 0..SAVERS {
        assert!(is_stored(&saved(number)), "{}", saved(number).run_id);
    }
    for number in (0..OLD).filter(|number| *number >= SAVERS || number.is_multiple_of(2)) {
        assert!(is_stored(&old(number)), "{}", old(number).run_id);
    }
    room.run(["verify", "-p", "direct"]).succeeds();
    room.run(["verify", "-p", "back"]).succeeds();
}
