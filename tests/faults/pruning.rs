//! `prune` on every backend: the plan is the deed, and savers beside it lose nothing.

use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;

use crate::places::{Backend, write_profiles};
use crate::support::{Room, Stored, stored};

/// Results that were saved long before, each a week after the one before.
const OLD: u32 = 24;

/// Processes that save while `prune` runs.
const SAVERS: u32 = 20;

/// A room with a store of old results.
fn room(backend: &Backend) -> Room {
    room_with(backend, None)
}

/// The same, with the profile `archive` for an empty store of another backend.
fn room_with(backend: &Backend, archive: Option<&Backend>) -> Room {
    let room = Room::new();
    let options = |backend: &Backend| {
        let place = backend.place(&room);
        place.options_at(place.port.unwrap_or_default())
    };
    let mut profiles = vec![("direct", options(backend))];
    profiles.extend(archive.map(|archive| ("archive", options(archive))));
    write_profiles(&room, &profiles);
    let lines: String = (0..OLD).map(|number| format!("{}\n", old(number).text())).collect();
    room.start(["save", "-"]).input(lines).run().succeeds();
    room
}

fn old(number: u32) -> Stored {
    let status = if number == 7 { "failure" } else { "success" };
    stored(&format!("run-{number:02}"))
        .at(&format!("2025-{:02}-{:02}T10:00:00", number / 4 + 1, number % 4 * 7 + 1))
        .ended(status)
}

fn listed(room: &Room) -> BTreeSet<String> {
    room.run(["list", "--ids"]).succeeds().lines().map(str::to_owned).collect()
}

/// The run ids in these lists of the plan.
fn planned(rows: &str, list: &str) -> BTreeSet<String> {
    let groups: Vec<Value> = serde_json::from_str(rows).unwrap();
    let results = groups.iter().flat_map(|group| group[list].as_array().unwrap());
    results.map(|result| result["run_id"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn the_plan_is_the_deed(backend: &Backend) {
    let room = room(backend);
    let prune = |how| room.run(["prune", "--keep-last", "2", "--keep-monthly", "3", "-f", "json", how]).succeeds();
    let plan = prune("--dry-run");
    assert_eq!(listed(&room).len(), OLD as usize);
    let (kept, removed) = (planned(&plan, "kept"), planned(&plan, "removed"));
    assert_eq!(kept, ["run-07", "run-15", "run-19", "run-22", "run-23"].map(str::to_owned).into());
    assert_eq!(planned(&prune("--yes"), "removed"), removed);
    assert_eq!(listed(&room), kept);
    assert_eq!(planned(&prune("--yes"), "removed"), BTreeSet::new());
}

pub(crate) fn what_is_removed_is_in_the_archive(backend: &Backend, archive: &Backend) {
    let room = room_with(backend, Some(archive));
    let prune = ["prune", "--keep-last", "2", "--archive-to", "archive", "-f", "json", "--yes"];
    let removed = planned(&room.run(prune).succeeds(), "removed");
    assert_eq!(removed.len(), OLD as usize - 3, "the last two, and the last failure, are kept");
    let archived = room.run(["list", "--ids", "-p", "archive"]).succeeds();
    assert_eq!(archived.lines().map(str::to_owned).collect::<BTreeSet<_>>(), removed);
    assert!(listed(&room).is_disjoint(&removed));
    let document = room.run(["get", "run-03", "-p", "archive"]).succeeds();
    assert_eq!(document, old(3).text());
    room.run(["verify", "-p", "archive"]).succeeds();
    // A different document in the archive stays, and so does the original.
    room.save(&old(3).tagged("again", "yes"));
    room.run(prune).fails_with(7);
    assert_eq!(room.run(["get", "run-03", "-p", "archive"]).succeeds(), document);
    assert_eq!(room.run(["get", "run-03"]).succeeds(), old(3).tagged("again", "yes").text());
}

/// Half of the savers save new results, half of them save old ones again. All these are within a day of each other, so that the
/// rules keep those that they see.
pub(crate) fn savers_lose_nothing(backend: &Backend) {
    let room = room(backend);
    let prune = ["prune", "--keep-within", "1d", "--yes", "-f", "json"];
    let saved = |number: u32| {
        let run_id = if number.is_multiple_of(2) { format!("new-{number:02}") } else { format!("run-{number:02}") };
        stored(&run_id).at(&format!("2026-11-28T10:00:{number:02}"))
    };
    thread::scope(|scope| {
        let pruned = scope.spawn(|| room.run(prune).succeeds());
        for number in 0..SAVERS {
            let (room, result) = (&room, saved(number));
            scope.spawn(move || room.save(&result));
        }
        pruned.join().unwrap();
    });
    for number in 0..SAVERS {
        let result = saved(number);
        assert_eq!(room.run(["get", &result.run_id]).succeeds(), result.text(), "{}", result.run_id);
    }
    let saved: BTreeSet<String> = (0..SAVERS).map(|number| saved(number).run_id).collect();
    assert!(listed(&room).is_superset(&saved));
    // Then the rules see them all. The old failure was saved again, as a success.
    room.run(prune).succeeds();
    assert_eq!(listed(&room), saved);
}
