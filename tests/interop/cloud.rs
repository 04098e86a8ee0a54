//! Python's store and we in one place of a cloud: what holds for each of them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::Case;
use crate::python::Python;
use crate::support::{Room, Stored, stored};

/// A bucket or a container that both use.
pub(crate) struct Place<'a> {
    pub(crate) room: &'a Room,
    /// Its name.
    pub(crate) name: String,
    /// The same, as worker.py opens it.
    pub(crate) python: Value,
}

/// Makes a place and the profile of a room for it: compressed or not, with further options.
pub(crate) type Open = for<'a> fn(&'a Room, bool, &str) -> Place<'a>;

type Behaviour = (&'static str, fn(&Place, &mut Python));

const BEHAVIOURS: [Behaviour; 6] = [
    ("python_reads_and_lists_what_we_save", python_reads_and_lists_what_we_save),
    ("we_read_and_list_what_python_saves", we_read_and_list_what_python_saves),
    ("each_overwrites_what_the_other_saved", each_overwrites_what_the_other_saved),
    ("each_deletes_what_the_other_saved", each_deletes_what_the_other_saved),
    ("twenty_processes_at_once_are_all_in_the_index_of_python", twenty_at_once),
    ("twenty_processes_and_python_at_once_lose_nothing_of_ours", twenty_and_python_at_once),
];

/// The cases of a cloud that hold for every cloud.
pub(crate) fn cases(cloud: &str, open: Open) -> Vec<Case> {
    let mut cases = Vec::new();
    for compressed in [true, false] {
        for (behaviour, run) in BEHAVIOURS {
            let setting = if compressed { "compressed" } else { "plain" };
            cases.push(Case::new(format!("{cloud}::{setting}::{behaviour}"), move |room, python| {
                run(&open(room, compressed, "python_index = 'always'"), python);
            }));
        }
    }
    cases.push(Case::new(format!("{cloud}::many::fifty_processes_at_once_and_ten_for_one_run_id"), move |room, _| {
        fifty_processes(&open(room, true, ""));
    }));
    cases
}

/// A name that no place has yet.
pub(crate) fn new_name() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("interop-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Place<'_> {
    fn python_saves(&self, python: &mut Python, documents: &[String]) {
        python.ask("save", json!({"where": self.python, "documents": documents}));
    }

    fn python_gets(&self, python: &mut Python, run_id: &str) -> String {
        python.ask_text("get", json!({"where": self.python, "run_id": run_id}))
    }

    fn python_lists(&self, python: &mut Python) -> Vec<String> {
        serde_json::from_value(python.ask("ids", json!({"where": self.python, "query": {}}))).unwrap()
    }

    /// The run ids that we list.
    pub(crate) fn ours(&self) -> Vec<String> {
        self.room.run(["list", "--ids"]).succeeds().lines().map(str::to_owned).collect()
    }
}

fn at(run_id: &str, day: u32) -> Stored {
    stored(run_id).at(&format!("2026-03-{day:02}T00:00:00")).of("größe.csv").tagged("🦀", "ü")
}

fn python_reads_and_lists_what_we_save(place: &Place, python: &mut Python) {
    for result in [at("older", 1), at("newer", 2)] {
        place.room.save(&result);
        let theirs = place.python_gets(python, &result.run_id);
        let expected = python.ask_text("accept", json!({"document": result.text()}));
        python.assert_same(&theirs, &expected);
    }
    assert_eq!(place.python_lists(python), ["newer", "older"]);
}

fn we_read_and_list_what_python_saves(place: &Place, python: &mut Python) {
    place.python_saves(python, &[at("older", 1).text(), at("newest", 3).text()]);
    place.room.save(&at("middle", 2));
    for result in [at("older", 1), at("newest", 3)] {
        let ours = place.room.run(["get", &result.run_id]).succeeds();
        let expected = python.ask_text("accept", json!({"document": result.text()}));
        python.assert_same(&ours, &expected);
    }
    assert_eq!(place.ours(), ["newest", "middle", "older"]);
    assert_eq!(place.python_lists(python), ["newest", "middle", "older"]);
    place.room.save(&at("older", 4));
    assert_eq!(place.ours(), ["older", "newest", "middle"]);
}

fn each_overwrites_what_the_other_saved(place: &Place, python: &mut Python) {
    for turn in 1..3 {
        place.room.save(&stored("run-1").of(&format!("ours {turn}")));
        assert!(place.python_gets(python, "run-1").contains(&format!("ours {turn}")));
        place.python_saves(python, &[stored("run-1").of(&format!("theirs {turn}")).text()]);
        let listed = place.room.run(["list", "--format", "json"]).json();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
        assert_eq!(listed[0]["data_asset"], format!("theirs {turn}"));
        assert!(place.room.run(["get", "run-1"]).succeeds().contains(&format!("theirs {turn}")));
    }
}

fn each_deletes_what_the_other_saved(place: &Place, python: &mut Python) {
    place.room.save(&stored("ours"));
    place.python_saves(python, &[stored("theirs").text()]);
    place.room.save(&stored("kept"));
    assert_eq!(python.ask("delete", json!({"where": place.python, "run_id": "ours"})), true);
    assert_eq!(place.ours(), ["kept", "theirs"]);
    place.room.run(["delete", "theirs"]).succeeds();
    assert_eq!(place.ours(), ["kept"]);
    assert_eq!(place.python_lists(python), ["kept"]);
}

/// Starts as many processes that save one result each; returns their run ids once all have ended well.
fn save_many(place: &Place, count: usize, meanwhile: impl FnOnce()) -> BTreeSet<String> {
    for n in 0..count {
        place.room.write(&format!("{n}.json"), stored(&format!("ours-{n}")).text());
    }
    thread::scope(|scope| {
        let runs = (0..count).map(|n| place.room.start(["save".to_owned(), format!("{n}.json")]));
        let runs: Vec<_> = runs.map(|run| scope.spawn(|| run.run())).collect();
        meanwhile();
        for run in runs {
            run.join().unwrap().succeeds();
        }
    });
    (0..count).map(|n| format!("ours-{n}")).collect()
}

fn twenty_at_once(place: &Place, python: &mut Python) {
    let expected = save_many(place, 20, || {});
    let ours = place.ours();
    assert_eq!(ours.len(), 20);
    assert_eq!(ours.into_iter().collect::<BTreeSet<_>>(), expected);
    let theirs = place.python_lists(python);
    assert_eq!(theirs.len(), 20);
    assert_eq!(theirs.into_iter().collect::<BTreeSet<_>>(), expected);
}

fn twenty_and_python_at_once(place: &Place, python: &mut Python) {
    let theirs: Vec<_> = (0..20).map(|n| stored(&format!("theirs-{n}")).text()).collect();
    let ours = save_many(place, 20, || place.python_saves(python, &theirs));
    let listed: BTreeSet<_> = place.ours().into_iter().collect();
    assert!(ours.is_subset(&listed), "lost: {:?}", ours.difference(&listed).collect::<Vec<_>>());
    // Python rewrites its index from what it read when it started; the next save of ours puts back what that lost.
    place.room.save(&stored("healer"));
    let listed: BTreeSet<_> = place.python_lists(python).into_iter().collect();
    assert!(ours.is_subset(&listed), "not put back: {:?}", ours.difference(&listed).collect::<Vec<_>>());
}

fn fifty_processes(place: &Place) {
    let expected = save_many(place, 50, || {});
    let ours = place.ours();
    assert_eq!(ours.len(), 50);
    assert_eq!(ours.iter().cloned().collect::<BTreeSet<_>>(), expected);
    for run_id in &ours {
        assert_eq!(place.room.run(["get", run_id]).succeeds(), stored(run_id).text());
    }
    let versions: Vec<_> = (0..10).map(|n| stored("one").of(&format!("asset-{n}")).text()).collect();
    for (n, text) in versions.iter().enumerate() {
        place.room.write(&format!("one-{n}.json"), text);
    }
    thread::scope(|scope| {
        let runs = (0..10).map(|n| place.room.start(["save".to_owned(), format!("one-{n}.json")]));
        let runs: Vec<_> = runs.map(|run| scope.spawn(|| run.run())).collect();
        for run in runs {
            run.join().unwrap().succeeds();
        }
    });
    let kept = place.room.run(["get", "one"]).succeeds();
    assert!(versions.contains(&kept), "{kept}");
    let listed = place.room.run(["list", "--format", "json"]).json();
    let entries: Vec<_> = listed.as_array().unwrap().iter().filter(|entry| entry["run_id"] == "one").collect();
    assert_eq!(entries.len(), 1);
    assert!(kept.contains(entries[0]["data_asset"].as_str().unwrap()));
}
