//! Cases for every cloud: Python and our binary in one bucket, many concurrent processes, and the cost of commands.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};

use crate::Case;
use crate::python::Python;
use crate::support::{Room, Stored, stored};

/// Variables of the environment, with their values.
pub(crate) type Variables = Vec<(&'static str, String)>;

/// A cloud, and its test server.
pub(crate) struct Cloud {
    /// The name of the backend.
    pub(crate) name: &'static str,
    /// Creates an empty bucket and writes a profile for it, with more options.
    pub(crate) open: fn(&Room, bool, &str) -> Bucket,
    /// Returns the requests for a bucket since the last call.
    pub(crate) requests: fn(&str) -> Vec<String>,
    /// Returns the address of a bucket for `--store`, and the variables that name its server and credentials.
    pub(crate) address: fn(&str) -> (String, Variables),
    /// Stores this many copies of an object, each with another number in place of the word in its name.
    pub(crate) multiply: fn(&str, &str, usize),
}

/// A bucket.
pub(crate) struct Bucket {
    pub(crate) name: String,
    /// The arguments with which worker.py opens the bucket.
    pub(crate) python: Value,
    /// The function of worker.py that returns the stored objects, and its arguments.
    pub(crate) objects: (&'static str, Value),
}

/// A bucket that both clients use.
pub(crate) struct Place<'a> {
    pub(crate) room: &'a Room,
    pub(crate) bucket: Bucket,
}

impl<'a> Place<'a> {
    pub(crate) fn new(cloud: &Cloud, room: &'a Room, compressed: bool, more: &str) -> Self {
        Self { room, bucket: (cloud.open)(room, compressed, more) }
    }

    fn python_saves(&self, python: &mut Python, documents: &[String]) {
        python.ask("save", json!({"where": self.bucket.python, "documents": documents}));
    }

    fn python_gets(&self, python: &mut Python, run_id: &str) -> String {
        python.ask_text("get", json!({"where": self.bucket.python, "run_id": run_id}))
    }

    pub(crate) fn python_lists(&self, python: &mut Python) -> Vec<String> {
        serde_json::from_value(python.ask("ids", json!({"where": self.bucket.python, "query": {}}))).unwrap()
    }

    pub(crate) fn ours(&self) -> Vec<String> {
        self.room.run(["list", "--ids"]).succeeds().lines().map(str::to_owned).collect()
    }

    /// Returns the objects on the server, by name.
    pub(crate) fn objects(&self, python: &mut Python) -> Value {
        let (question, arguments) = &self.bucket.objects;
        python.ask(question, arguments.clone())
    }
}

type Behaviour = (&'static str, fn(&Place, &mut Python));

const BEHAVIOURS: [Behaviour; 7] = [
    ("python_reads_and_lists_what_we_save", python_reads_and_lists_what_we_save),
    ("we_read_and_list_what_python_saves", we_read_and_list_what_python_saves),
    ("a_time_without_an_offset_is_in_the_zone_of_the_profile_whoever_saved_it", times_are_in_the_zone_of_the_profile),
    ("each_overwrites_what_the_other_saved", each_overwrites_what_the_other_saved),
    ("each_deletes_what_the_other_saved", each_deletes_what_the_other_saved),
    ("fifty_processes_at_once_are_all_in_the_index_of_python", fifty_with_an_index),
    ("twenty_processes_and_python_at_once_lose_nothing_of_ours", twenty_and_python_at_once),
];

/// The cases of a cloud.
pub(crate) fn cases(cloud: &'static Cloud) -> Vec<Case> {
    let mut cases = Vec::new();
    for compressed in [true, false] {
        for (behaviour, run) in BEHAVIOURS {
            let setting = if compressed { "compressed" } else { "plain" };
            cases.push(Case::new(format!("{}::{setting}::{behaviour}", cloud.name), move |room, python| {
                run(&Place::new(cloud, room, compressed, "python_index = 'always'"), python);
            }));
        }
    }
    cases.push(Case::new(format!("{}::many::fifty_processes_at_once", cloud.name), |room, _| {
        fifty_processes_at_once(&Place::new(cloud, room, true, ""));
    }));
    cases.push(Case::new(format!("{}::many::ten_processes_at_once_for_one_run_id", cloud.name), |room, _| {
        ten_processes_for_one_run_id(&Place::new(cloud, room, true, ""));
    }));
    let name = format!("{}::addresses::a_bucket_is_a_store_without_a_profile", cloud.name);
    cases.push(Case::new(name, |room, _| without_a_profile(cloud, room)));
    let name = format!("{}::tiers::rules_move_what_is_old_enough_once_and_never_back", cloud.name);
    cases.push(Case::new(name, |room, _| rules_of_tiers(&Place::new(cloud, room, true, TIER_RULES))));
    let name = format!("{}::costs::ten_thousand_results_cost_no_request_more_than_one", cloud.name);
    cases.push(Case::new(name, |room, _| costs(cloud, room)));
    cases
}

fn without_a_profile(cloud: &Cloud, room: &Room) {
    let place = Place::new(cloud, room, true, "");
    room.save(&stored("of-profile"));
    let (address, variables) = (cloud.address)(&place.bucket.name);
    let elsewhere = Room::new();
    let start = |arguments: &[&str], address: &str| {
        let run = elsewhere.start([arguments, &["--store", address]].concat());
        variables.iter().fold(run, |run, (name, value)| run.env(name, value))
    };
    start(&["save", "-"], &address).input(stored("of-address").text()).run().succeeds();
    let listed = start(&["list", "--ids"], &address).run().succeeds();
    assert_eq!(listed.lines().collect::<BTreeSet<_>>(), ["of-address", "of-profile"].into());
    assert_eq!(place.ours().len(), 2);
    let deeper = format!("{address}/truthound/deeper");
    start(&["save", "-"], &deeper).input(stored("deeper").text()).run().succeeds();
    assert_eq!(start(&["list", "--ids"], &deeper).run().succeeds(), "deeper\n");
    let profile = String::from_utf8(room.read("truthound-store.toml")).unwrap();
    room.write("truthound-store.toml", format!("{profile}prefix = 'truthound/deeper/'\n"));
    assert_eq!(place.ours(), ["deeper"]);
}

/// Rules that move small results, too.
const TIER_RULES: &str = "tiers = { min_size = 0, rules = [{ older_than = '90d', tier = 'Cool' }, \
                          { older_than = '1y', tier = 'Cold', asset = 'raw_*' }] }";

fn rules_of_tiers(place: &Place) {
    let results = [("old", "customers", "2020"), ("older", "raw_orders", "2020"), ("young", "raw_orders", "2099")];
    for (run_id, asset, year) in results {
        place.room.save(&stored(run_id).of(asset).at(&format!("{year}-01-01T00:00:00")));
    }
    let tiers = || {
        let listed = place.room.run(["list", "--show-tier", "-f", "json"]).json();
        let tier = |run_id: &str| {
            listed.as_array().unwrap().iter().find(|row| row["run_id"] == run_id).unwrap()["tier"].clone()
        };
        results.map(|(run_id, ..)| tier(run_id))
    };
    let move_by_rules = || place.room.run(["set-tier", "--by-rules", "--yes", "-f", "json"]).json();
    let before = tiers();
    let planned = place.room.run(["set-tier", "--by-rules", "--dry-run", "-f", "json"]).json();
    assert!(planned.as_array().unwrap().iter().all(|row| row["size"].as_u64().unwrap() > 100), "{planned}");
    assert_eq!(tiers(), before);

    let moved = move_by_rules();
    let changes: Vec<_> = moved.as_array().unwrap().iter().map(|row| row["change"].clone()).collect();
    assert_eq!(changes, ["done", "done"]);
    let after = tiers();
    assert!(after[0] != before[0] && after[1] != before[1] && after[0] != after[1], "{after:?}");
    assert_eq!(after[2], before[2]);
    assert_eq!(move_by_rules(), json!([]));
    place.room.run(["set-tier", "old", "Cold"]).succeeds();
    assert_eq!(move_by_rules(), json!([]));
    assert_eq!(tiers()[0], after[1]);
}

fn at(run_id: &str, day: u32) -> Stored {
    stored(run_id).at(&format!("2026-03-{day:02}T00:00:00")).of("größe.csv").tagged("🦀", "ü")
}

fn times_are_in_the_zone_of_the_profile(place: &Place, python: &mut Python) {
    let profile = String::from_utf8(place.room.read("truthound-store.toml")).unwrap();
    place.room.write("truthound-store.toml", format!("{profile}time_zone = 'America/New_York'\n"));
    place.python_saves(python, &[stored("theirs").at("2026-03-01T09:00:00").text()]);
    place.room.save(&stored("ours").at("2026-03-01T09:30:00"));
    place.room.save(&stored("utc").at("2026-03-01T12:00:00Z"));
    assert_eq!(place.ours(), ["ours", "theirs", "utc"]);
    let listed = place.room.run(["list", "--format", "json", "--limit", "2"]).json();
    assert_eq!(
        (&listed[0]["run_time"], &listed[1]["run_time"]),
        (&json!("2026-03-01T14:30:00Z"), &json!("2026-03-01T14:00:00Z"))
    );
    assert_eq!(
        place.room.run(["delete", "--until", "2026-03-01T09:00:00", "--yes", "--status", "success"]).code(),
        Some(0)
    );
    assert_eq!(place.ours(), ["ours"]);
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
}

fn each_overwrites_what_the_other_saved(place: &Place, python: &mut Python) {
    for turn in 1..3 {
        place.room.save(&stored("run-1").of(&format!("ours {turn}")));
        place.room.run(["verify"]).succeeds();
        assert!(place.python_gets(python, "run-1").contains(&format!("ours {turn}")));
        place.python_saves(python, &[stored("run-1").of(&format!("theirs {turn}")).text()]);
        let listed = place.room.run(["list", "--format", "json"]).json();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
        assert_eq!(listed[0]["data_asset"], format!("theirs {turn}"));
        // The digest that we recorded was that of our document.
        assert!(place.room.run(["get", "run-1"]).succeeds().contains(&format!("theirs {turn}")));
        place.room.run(["verify"]).succeeds();
    }
}

fn each_deletes_what_the_other_saved(place: &Place, python: &mut Python) {
    place.room.save(&stored("ours"));
    place.python_saves(python, &[stored("theirs").text()]);
    place.room.save(&stored("kept"));
    assert_eq!(python.ask("delete", json!({"where": place.bucket.python, "run_id": "ours"})), true);
    assert_eq!(place.ours(), ["kept", "theirs"]);
    place.room.run(["delete", "theirs"]).succeeds();
    assert_eq!(place.ours(), ["kept"]);
    assert_eq!(place.python_lists(python), ["kept"]);
}

/// Saves all results concurrently, each in its own process. Returns once all have succeeded.
fn save_at_once(place: &Place, results: &[Stored], meanwhile: impl FnOnce()) {
    for (n, result) in results.iter().enumerate() {
        place.room.write(&format!("{n}.json"), result.text());
    }
    thread::scope(|scope| {
        let runs = (0..results.len()).map(|n| place.room.start(["save".to_owned(), format!("{n}.json")]));
        let runs: Vec<_> = runs.map(|run| scope.spawn(|| run.run())).collect();
        meanwhile();
        for run in runs {
            run.join().unwrap().succeeds();
        }
    });
}

/// Returns this many results of ours, and their run ids.
fn many(count: usize) -> (Vec<Stored>, BTreeSet<String>) {
    let results: Vec<_> = (0..count).map(|n| stored(&format!("ours-{n}"))).collect();
    let run_ids = results.iter().map(|result| result.run_id.clone()).collect();
    (results, run_ids)
}

fn fifty_with_an_index(place: &Place, python: &mut Python) {
    let (results, expected) = many(50);
    save_at_once(place, &results, || {});
    for listed in [place.ours(), place.python_lists(python)] {
        assert_eq!(listed.len(), 50);
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

fn twenty_and_python_at_once(place: &Place, python: &mut Python) {
    let theirs: Vec<_> = (0..20).map(|n| stored(&format!("theirs-{n}")).text()).collect();
    let (results, ours) = many(20);
    save_at_once(place, &results, || place.python_saves(python, &theirs));
    let listed: BTreeSet<_> = place.ours().into_iter().collect();
    assert!(ours.is_subset(&listed), "lost: {:?}", ours.difference(&listed).collect::<Vec<_>>());
    // Python rewrites its index from the version that it read at its start. The next save of ours restores the lost
    // entries.
    place.room.save(&stored("healer"));
    let listed: BTreeSet<_> = place.python_lists(python).into_iter().collect();
    assert!(ours.is_subset(&listed), "not put back: {:?}", ours.difference(&listed).collect::<Vec<_>>());
}

fn fifty_processes_at_once(place: &Place) {
    let (results, expected) = many(50);
    save_at_once(place, &results, || {});
    let ours = place.ours();
    assert_eq!(ours.len(), 50);
    assert_eq!(ours.into_iter().collect::<BTreeSet<_>>(), expected);
    for result in results {
        assert_eq!(place.room.run(["get", &result.run_id]).succeeds(), result.text());
    }
}

fn ten_processes_for_one_run_id(place: &Place) {
    let versions: Vec<_> = (0..10).map(|n| stored("one").of(&format!("asset-{n}"))).collect();
    save_at_once(place, &versions, || {});
    let kept = place.room.run(["get", "one"]).succeeds();
    assert!(versions.iter().any(|version| version.text() == kept), "{kept}");
    let listed = place.room.run(["list", "--format", "json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert!(kept.contains(listed[0]["data_asset"].as_str().unwrap()));
}

/// A word in a run id that appears unchanged in the name of the catalog entry.
pub(crate) const WORD: &str = "00000";

/// Returns the name of the object that a request to `bucket` writes in one piece.
pub(crate) fn written_name<'a>(request: &'a str, bucket: &str) -> Option<&'a str> {
    if let Some(upload) = request.strip_prefix("POST /upload/storage/") {
        return upload.split(['?', '&']).find_map(|pair| pair.strip_prefix("name="));
    }
    let path = request.strip_prefix("PUT ")?.split(['?', ' ']).next()?;
    Some(path.split_once(bucket)?.1.trim_start_matches('/'))
}

fn costs(cloud: &Cloud, room: &Room) {
    let place = Place::new(cloud, room, true, "python_index = 'never'");
    let bucket = &place.bucket.name;
    let requests = |arguments: &[&str]| {
        (cloud.requests)(bucket);
        room.run(arguments).succeeds();
        (cloud.requests)(bucket)
    };
    room.write("first.json", stored(WORD).text());
    let first = requests(&["save", "first.json"]);
    let written: Vec<_> = first.iter().filter_map(|request| written_name(request, bucket)).collect();
    assert!(written.len() == 2 && first.len() <= 4, "{first:#?}");
    assert_eq!(requests(&["get", WORD]).len(), 1);
    // The first list compares documents and catalog.
    room.run(["list"]).succeeds();
    let few = requests(&["list", "--limit", "1"]).len();

    let key = written.iter().find(|name| name.contains("_catalog/")).unwrap();
    (cloud.multiply)(bucket, key, 10_000);
    assert_eq!(room.run(["list", "--count"]).succeeds().trim(), "10001");
    room.write("last.json", stored("last").text());
    assert_eq!(requests(&["save", "last.json"]).len(), first.len());
    assert_eq!(requests(&["get", "last"]).len(), 1);
    let newest = requests(&["list", "--limit", "20"]);
    assert!(newest.len() == few && few <= 3, "{newest:#?}");
    assert_eq!(place.room.run(["list", "--limit", "20", "--ids"]).succeeds().lines().count(), 20);
}

/// Removes our own metadata from that of a document: the token, which is different for each write, and the digest.
pub(crate) fn without_own_metadata(metadata: &mut Value) {
    for (name, length) in [("truthoundstorewrite", 32), ("truthoundstoresha256", 64)] {
        let value = metadata.as_object_mut().unwrap().remove(name);
        assert_eq!(value.as_ref().and_then(Value::as_str).map(str::len), Some(length), "{name}: {metadata}");
    }
}
