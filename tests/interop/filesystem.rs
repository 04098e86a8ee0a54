//! Python's `FileSystemStore` and our binary in one directory.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};

use crate::Case;
use crate::python::Python;
use crate::support::{Room, Stored, stored};

/// The options of both clients.
#[derive(Clone, Copy, Debug)]
struct Setting {
    name: &'static str,
    compressed: bool,
    /// Whether Python has used the store before, so that `_index.json` exists.
    index_exists: bool,
    /// The value of our option `python_index`.
    python_index: &'static str,
}

const SETTINGS: [Setting; 4] = [
    Setting { name: "plain", compressed: false, index_exists: true, python_index: "auto" },
    Setting { name: "compressed", compressed: true, index_exists: true, python_index: "auto" },
    Setting { name: "plain_index_always", compressed: false, index_exists: false, python_index: "always" },
    Setting { name: "compressed_index_always", compressed: true, index_exists: false, python_index: "always" },
];

type Behaviour = (&'static str, fn(&Place, &mut Python));

/// Cases for all settings in which Python's index is kept up to date.
const WITH_INDEX: [Behaviour; 9] = [
    ("python_reads_and_lists_what_we_save", python_reads_and_lists_what_we_save),
    ("we_read_and_list_what_python_saves", we_read_and_list_what_python_saves),
    ("a_time_without_an_offset_is_in_the_zone_of_the_profile_whoever_saved_it", times_are_in_the_zone_of_the_profile),
    ("each_overwrites_what_the_other_saved", each_overwrites_what_the_other_saved),
    ("each_deletes_what_the_other_saved", each_deletes_what_the_other_saved),
    ("results_of_one_time_are_listed_alike_by_python_after_we_overwrite_one", ties_keep_their_order),
    ("nan_and_lone_surrogates_pass_both_ways", odd_json_passes_both_ways),
    ("twenty_processes_at_once_are_all_in_the_index_of_python", twenty_at_once),
    ("twenty_processes_and_python_at_once_lose_nothing_of_ours", twenty_and_python_at_once),
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for setting in SETTINGS {
        for (behaviour, run) in WITH_INDEX {
            cases.push(Case::new(format!("filesystem::{}::{behaviour}", setting.name), move |room, python| {
                run(&Place::new(room, python, setting), python);
            }));
        }
    }
    for (behaviour, run) in [
        ("where_there_is_no_index_none_is_made", no_index_is_made as fn(&Place, &mut Python)),
        ("python_reads_what_we_save_without_an_index", python_reads_without_index),
        ("reindexing_makes_the_index_that_python_lists_by", reindexing_makes_an_index),
        ("a_broken_index_is_not_overwritten_silently", broken_index),
        ("an_index_that_is_never_wanted_is_left_alone", never),
    ] {
        let setting = Setting { name: "", compressed: false, index_exists: false, python_index: "auto" };
        cases.push(Case::new(format!("filesystem::index::{behaviour}"), move |room, python| {
            run(&Place::new(room, python, setting), python);
        }));
    }
    cases
}

/// A directory that both clients use.
struct Place<'a> {
    room: &'a Room,
    setting: Setting,
    /// The arguments with which worker.py opens the directory.
    python: Value,
}

impl<'a> Place<'a> {
    fn new(room: &'a Room, python: &mut Python, setting: Setting) -> Self {
        let place = Self {
            room,
            setting,
            python: json!({"kind": "filesystem", "base_path": room.work().join("store"), "compression": setting.compressed}),
        };
        place.configure(setting.python_index);
        if setting.index_exists {
            place.python_saves(python, &[&stored("first").at("2020-01-01T00:00:00")]);
            place.python_deletes(python, "first");
            assert_eq!(place.index(), json!({}));
        }
        place
    }

    fn configure(&self, python_index: &str) {
        self.room.write(
            "truthound-store.toml",
            format!(
                "default_profile = \"disk\"\n[profiles.disk]\nbackend = \"filesystem\"\nbase_path = \"store\"\n\
                 use_compression = {}\npython_index = \"{python_index}\"\n",
                self.setting.compressed
            ),
        );
    }

    fn set_time_zone(&self, zone: &str) {
        let profile = String::from_utf8(self.room.read("truthound-store.toml")).unwrap();
        self.room.write("truthound-store.toml", format!("{profile}time_zone = {zone:?}\n"));
    }

    fn python_saves(&self, python: &mut Python, results: &[&Stored]) {
        let documents: Vec<_> = results.iter().map(|result| result.text()).collect();
        python.ask("save", json!({"where": self.python, "documents": documents}));
    }

    fn python_deletes(&self, python: &mut Python, run_id: &str) {
        assert_eq!(python.ask("delete", json!({"where": self.python, "run_id": run_id})), true);
    }

    /// Returns the document that Python reads for a run id.
    fn python_gets(&self, python: &mut Python, run_id: &str) -> String {
        python.ask_text("get", json!({"where": self.python, "run_id": run_id}))
    }

    /// Returns Python's list, newest first.
    fn python_lists(&self, python: &mut Python) -> Vec<String> {
        let listed = python.ask("ids", json!({"where": self.python, "query": {}}));
        serde_json::from_value(listed).unwrap()
    }

    /// Returns our list, newest first.
    fn ours(&self) -> Vec<String> {
        self.room.run(["list", "--ids"]).succeeds().lines().map(str::to_owned).collect()
    }

    fn index_path(&self) -> &'static str {
        "store/default/validations/_index.json"
    }

    fn index(&self) -> Value {
        serde_json::from_slice(&self.room.read(self.index_path())).unwrap()
    }
}

/// Returns the document as Python completes it, with the fields that a result must have.
fn completed(python: &mut Python, result: &Stored) -> String {
    python.ask_text("accept", json!({"document": result.text()}))
}

fn times_are_in_the_zone_of_the_profile(place: &Place, python: &mut Python) {
    place.set_time_zone("Asia/Seoul");
    let [theirs, ours] = [stored("theirs").at("2026-03-01T20:00:00"), stored("ours").at("2026-03-01T20:30:00")];
    place.python_saves(python, &[&theirs]);
    place.room.save(&ours);
    assert_eq!(place.python_lists(python), ["ours", "theirs"]);
    place.room.save(&stored("utc").at("2026-03-01T12:00:00Z"));
    assert_eq!(place.ours(), ["utc", "ours", "theirs"]);
    let listed = place.room.run(["list", "--format", "json", "--until", "2026-03-01T11:00:00Z"]).json();
    assert_eq!(listed[0]["run_time"], "2026-03-01T11:00:00Z");
    // The index has the times of the documents.
    assert_eq!(place.index()["theirs"]["run_time"], "2026-03-01T20:00:00");
    assert_eq!(place.index()["ours"]["run_time"], "2026-03-01T20:30:00");
    assert_eq!(place.room.run(["delete", "--until", "2026-03-01T20:00:00", "--yes"]).succeeds(), "theirs\n");
    assert_eq!(place.ours(), ["utc", "ours"]);
}

/// Three results, newest first. Python cannot compare times with and without an offset, so all are without.
fn three() -> [Stored; 3] {
    [
        stored("newest").at("2026-03-03T00:00:00.000001").of("größe.csv").ended("failure").tagged("env", "prod"),
        stored("middle").at("2026-03-02T12:00:00").ended("warning"),
        stored("oldest").at("2026-03-01T00:00:00").tagged("🦀", "ü"),
    ]
}

fn python_reads_and_lists_what_we_save(place: &Place, python: &mut Python) {
    for result in &three() {
        place.room.save(result);
        let (theirs, expected) = (place.python_gets(python, &result.run_id), completed(python, result));
        python.assert_same(&theirs, &expected);
    }
    assert_eq!(place.python_lists(python), ["newest", "middle", "oldest"]);
    let failures =
        python.ask("ids", json!({"where": place.python, "query": {"status": "failure", "tags": {"env": "prod"}}}));
    assert_eq!(failures, json!(["newest"]));
}

fn we_read_and_list_what_python_saves(place: &Place, python: &mut Python) {
    let [newest, middle, oldest] = &three();
    place.python_saves(python, &[middle, oldest]);
    place.room.save(newest);
    for result in [middle, oldest] {
        let ours = place.room.run(["get", &result.run_id]).succeeds();
        let theirs = completed(python, result);
        python.assert_same(&ours, &theirs);
    }
    let listed = place.room.run(["list", "--format", "json"]).json();
    let expected = json!([
        {"run_id": "newest", "run_time": "2026-03-03T00:00:00.000001Z", "data_asset": "größe.csv", "status": "failure", "tags": {"env": "prod"}},
        {"run_id": "middle", "run_time": "2026-03-02T12:00:00Z", "data_asset": "customers.csv", "status": "warning", "tags": {}},
        {"run_id": "oldest", "run_time": "2026-03-01T00:00:00Z", "data_asset": "customers.csv", "status": "success", "tags": {"🦀": "ü"}},
    ]);
    assert_eq!(listed, expected);
    assert_eq!(place.room.run(["list", "--count"]).succeeds(), "3\n");
    assert_eq!(place.room.run(["list", "--ids", "--limit", "1", "--tag", "🦀=ü"]).succeeds(), "oldest\n");
}

fn each_overwrites_what_the_other_saved(place: &Place, python: &mut Python) {
    for turn in 1..4 {
        place.room.save(&stored("run-1").of(&format!("ours {turn}")).at(&format!("2026-03-0{turn}T00:00:00")));
        place.room.run(["verify"]).succeeds();
        let theirs = place.python_gets(python, "run-1");
        assert!(theirs.contains(&format!("ours {turn}")), "{theirs}");
        place.python_saves(
            python,
            &[&stored("run-1").of(&format!("theirs {turn}")).at(&format!("2026-04-0{turn}T00:00:00"))],
        );
        let listed = place.room.run(["list", "--format", "json"]).json();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
        assert_eq!(listed[0]["data_asset"], format!("theirs {turn}"));
        assert_eq!(listed[0]["run_time"], format!("2026-04-0{turn}T00:00:00Z"));
        // The digest that we recorded was that of our document.
        let ours = place.room.run(["get", "run-1"]).succeeds();
        assert!(ours.contains(&format!("theirs {turn}")), "{ours}");
        place.room.run(["verify"]).succeeds();
    }
    assert_eq!(place.python_lists(python), ["run-1"]);
}

fn each_deletes_what_the_other_saved(place: &Place, python: &mut Python) {
    place.room.save(&stored("ours"));
    place.python_saves(python, &[&stored("theirs")]);
    place.room.save(&stored("kept"));
    place.python_deletes(python, "ours");
    assert_eq!(place.ours(), ["kept", "theirs"]);
    place.room.run(["delete", "theirs"]).succeeds();
    assert_eq!(place.ours(), ["kept"]);
    assert_eq!(place.python_lists(python), ["kept"]);
    place.room.run(["get", "ours"]).fails_with(3);
    let error = python.try_ask("get", json!({"where": place.python, "run_id": "theirs"})).unwrap_err();
    assert!(error.starts_with("StoreNotFoundError"), "{error}");
}

fn ties_keep_their_order(place: &Place, python: &mut Python) {
    place.python_saves(python, &[&stored("c"), &stored("a"), &stored("b")]);
    place.room.save(&stored("d"));
    place.room.save(&stored("a").ended("failure"));
    // Python breaks ties by the order of its index: existing entries keep their positions, and new ones come last.
    assert_eq!(place.python_lists(python), ["c", "a", "b", "d"]);
    assert_eq!(place.ours(), ["a", "b", "c", "d"]);
}

fn odd_json_passes_both_ways(place: &Place, python: &mut Python) {
    let odd =
        r#""metadata":{"mean": NaN, "max": -Infinity, "name": "\ud800 \u0000 ü", "n": 123456789012345678901234567890}"#;
    let document = |run_id: &str| stored(run_id).of("x").text().replace("\"metadata\":{}", odd);
    place.room.start(["save", "-"]).input(document("ours")).run().succeeds();
    python.ask("save", json!({"where": place.python, "documents": [document("theirs")]}));
    assert_eq!(place.room.run(["get", "ours"]).succeeds(), document("ours"));
    let both = [place.python_gets(python, "ours"), place.room.run(["get", "theirs"]).succeeds()];
    for text in both {
        assert!(
            text.contains("NaN") && text.contains(r"\ud800") && text.contains("123456789012345678901234567890"),
            "{text}"
        );
    }
}

/// Starts twenty processes that save one result each. Returns their run ids once all have succeeded.
fn save_twenty(place: &Place, meanwhile: impl FnOnce()) -> BTreeSet<String> {
    for n in 0..20 {
        place.room.write(&format!("{n}.json"), stored(&format!("ours-{n}")).text());
    }
    thread::scope(|scope| {
        let runs = (0..20).map(|n| place.room.start(["save".to_owned(), format!("{n}.json")]));
        let runs: Vec<_> = runs.map(|run| scope.spawn(|| run.run())).collect();
        meanwhile();
        for run in runs {
            run.join().unwrap().succeeds();
        }
    });
    (0..20).map(|n| format!("ours-{n}")).collect()
}

fn twenty_at_once(place: &Place, python: &mut Python) {
    let expected = save_twenty(place, || {});
    let ours = place.ours();
    assert_eq!(ours.len(), 20);
    assert_eq!(ours.into_iter().collect::<BTreeSet<_>>(), expected);
    let theirs = place.python_lists(python);
    assert_eq!(theirs.len(), 20);
    assert_eq!(theirs.into_iter().collect::<BTreeSet<_>>(), expected);
    for run_id in &expected {
        place.python_gets(python, run_id);
    }
}

fn twenty_and_python_at_once(place: &Place, python: &mut Python) {
    let theirs: Vec<_> = (0..20).map(|n| stored(&format!("theirs-{n}"))).collect();
    let ours = save_twenty(place, || place.python_saves(python, &theirs.iter().collect::<Vec<_>>()));
    // Python rewrites its index without a lock, from the version that it read at its start, so it may have removed our
    // entries. Our own list does not depend on them.
    let listed: BTreeSet<_> = place.ours().into_iter().collect();
    assert!(ours.is_subset(&listed), "lost: {:?}", ours.difference(&listed).collect::<Vec<_>>());
    // The next save of ours restores the entries that Python removed.
    place.room.save(&stored("healer"));
    let listed: BTreeSet<_> = place.python_lists(python).into_iter().collect();
    assert!(ours.is_subset(&listed), "not put back: {:?}", ours.difference(&listed).collect::<Vec<_>>());
}

fn no_index_is_made(place: &Place, _: &mut Python) {
    place.room.save(&stored("run-1"));
    place.room.run(["delete", "run-1"]).succeeds();
    let names = place.room.names_in("store/default/validations");
    assert!(!names.contains(&"_index.json".to_owned()), "{names:?}");
}

fn python_reads_without_index(place: &Place, python: &mut Python) {
    place.room.save(&stored("run-1"));
    let (theirs, expected) = (place.python_gets(python, "run-1"), completed(python, &stored("run-1")));
    python.assert_same(&theirs, &expected);
}

fn reindexing_makes_an_index(place: &Place, python: &mut Python) {
    for result in &three() {
        place.room.save(result);
    }
    place.room.run(["reindex", "--python-index"]).succeeds();
    assert_eq!(place.python_lists(python), ["newest", "middle", "oldest"]);
    // From now on, the index is kept up to date.
    place.room.save(&stored("next").at("2026-03-04T00:00:00"));
    assert_eq!(place.python_lists(python), ["next", "newest", "middle", "oldest"]);
}

fn broken_index(place: &Place, _: &mut Python) {
    place.room.save(&stored("run-1"));
    place.room.write(place.index_path(), "{\"run-0\": {");
    place.room.write("run-2.json", stored("run-2").text());
    let _ = place.room.run(["save", "run-2.json"]);
    assert_eq!(place.room.read(place.index_path()), b"{\"run-0\": {");
    assert_eq!(place.ours(), ["run-1", "run-2"]);
}

fn never(place: &Place, python: &mut Python) {
    place.python_saves(python, &[&stored("theirs")]);
    place.configure("never");
    let before = place.room.read(place.index_path());
    place.room.save(&stored("ours"));
    place.room.run(["delete", "ours"]).succeeds();
    assert_eq!(place.room.read(place.index_path()), before);
}
