//! The rules of `prune` keep the same results as those of `restic forget`, for runs at the times of its snapshots.
//!
//! One thing is left out on our side: the latest result, the last success and the last failure always stay. Months count back
//! from a day that every month has, because restic goes on into the next month after a shorter one.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread;

use serde_json::Value;

use super::Case;
use crate::support::{Room, stored};

/// Several on a day, exactly a week and 90 days before the newest, days that belong to the week of another year, gaps.
const TIMES: [&str; 22] = [
    "2026-11-28 10:00:00",
    "2026-11-28 09:59:59",
    "2026-11-28 00:00:00",
    "2026-11-27 23:59:59",
    "2026-11-27 08:00:00",
    "2026-11-26 22:00:01",
    "2026-11-23 10:00:00",
    "2026-11-22 10:00:00",
    "2026-11-21 10:00:01",
    "2026-11-21 10:00:00",
    "2026-11-01 00:00:00",
    "2026-10-31 23:30:00",
    "2026-09-02 10:00:00",
    "2026-08-30 10:00:00",
    "2026-05-28 10:00:01",
    "2026-05-28 09:00:00",
    "2026-01-04 12:00:00",
    "2025-12-29 12:00:00",
    "2025-12-28 12:00:00",
    "2025-11-28 10:00:00",
    "2024-12-31 12:00:00",
    "2024-02-29 12:00:00",
];

/// Snapshots and results with this tag, by their place.
const PINNED: [usize; 3] = [4, 13, 21];

/// The rules as both take them, and other words for restic where it has other ones.
const RULES: [(&[&str], Option<&[&str]>); 11] = [
    (&["--keep-last", "3"], None),
    (&["--keep-daily", "4"], None),
    (&["--keep-weekly", "12"], None),
    (&["--keep-monthly", "5"], None),
    (&["--keep-yearly", "2"], None),
    (&["--keep-within", "7d"], None),
    (&["--keep-within", "36h", "--keep-yearly", "5"], None),
    (&["--keep-within", "90d", "--keep-monthly", "2"], None),
    (&["--keep-within", "6mo"], Some(&["--keep-within", "6m"])),
    (&["--keep-tag", "pin", "--keep-last", "1"], None),
    (
        &["--keep-last", "2", "--keep-daily", "3", "--keep-weekly", "2", "--keep-monthly", "3", "--keep-yearly", "2"],
        None,
    ),
];

pub(crate) fn cases() -> Vec<Case> {
    let is_available = Command::new("restic").arg("version").output().is_ok_and(|output| output.status.success());
    let case = Case::new("retention::the_rules_keep_what_restic_keeps", |room: &Room, _: &mut _| compare(room));
    vec![Case { is_available, ..case }]
}

fn compare(room: &Room) {
    save(room);
    restic(room, &["init"]);
    // Most of the time of a call is spent on the key of the repository.
    thread::scope(|scope| {
        for part in (0..TIMES.len()).collect::<Vec<_>>().chunks(6) {
            let part = part.to_vec();
            scope.spawn(move || part.into_iter().for_each(|place| back_up(room, place)));
        }
    });
    let compared = thread::scope(|scope| {
        let each = RULES.map(|(ours, theirs)| {
            scope.spawn(move || (kept_here(room, ours), kept_there(room, theirs.unwrap_or(ours))))
        });
        each.map(|thread| thread.join().unwrap())
    });
    for ((rules, _), (here, there)) in RULES.iter().zip(compared) {
        assert_eq!(here, there, "{rules:?}");
        assert!(!there.is_empty() && there.len() < TIMES.len(), "{rules:?}: {there:?}");
    }
}

/// Saves a result for each time, which is its run id.
fn save(room: &Room) {
    let lines: String = TIMES
        .iter()
        .enumerate()
        .map(|(place, time)| {
            let result = stored(time).at(&format!("{}Z", time.replace(' ', "T")));
            let result = if PINNED.contains(&place) { result.tagged("pin", "yes") } else { result };
            format!("{}\n", result.text())
        })
        .collect();
    room.start(["save", "-"]).input(lines).run().succeeds();
}

fn restic(room: &Room, arguments: &[&str]) -> String {
    let output = Command::new("restic")
        .args(["--no-cache", "--quiet", "--repo"])
        .arg(room.root().join("repository"))
        .args(arguments)
        .env("RESTIC_PASSWORD", "x")
        .env("TZ", "UTC")
        .env("HOME", room.home())
        .env("TMPDIR", room.root().join("tmp"))
        .current_dir(room.work())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn back_up(room: &Room, place: usize) {
    room.write(&format!("file-{place}"), "");
    let file = format!("file-{place}");
    let tag: &[&str] = if PINNED.contains(&place) { &["--tag", "pin"] } else { &[] };
    restic(room, &[&["backup", "--host", "h", "--time", TIMES[place]], tag, &[file.as_str()]].concat());
}

/// The times of the results that a rule keeps.
fn kept_here(room: &Room, rules: &[&str]) -> BTreeSet<String> {
    let rows = room.run([&["prune", "--dry-run", "--results", "-f", "jsonl"], rules].concat()).succeeds();
    let always = ["latest", "last success", "last failure"];
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_kept =
        |row: &Value| row["reasons"].as_array().unwrap().iter().any(|it| !always.contains(&it.as_str().unwrap()));
    rows.filter(is_kept).map(|row| row["run_id"].as_str().unwrap().to_owned()).collect()
}

/// The times of the snapshots that restic keeps, as one group.
fn kept_there(room: &Room, rules: &[&str]) -> BTreeSet<String> {
    let plan = restic(room, &[&["forget", "--dry-run", "--json", "--no-lock", "--group-by", ""], rules].concat());
    let groups: Value = serde_json::from_str(plan.lines().next().unwrap()).unwrap();
    let kept = groups.as_array().unwrap().iter().flat_map(|group| group["keep"].as_array().unwrap());
    kept.map(|snapshot| snapshot["time"].as_str().unwrap().trim_end_matches('Z').replace('T', " ")).collect()
}
