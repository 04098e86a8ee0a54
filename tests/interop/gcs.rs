//! Python's `GCSStore` and we in one bucket, on a server of our own (tests/services/gcs_server.py).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::Case;
use crate::python::Python;
use crate::scripted::Scripted;
use crate::services::gcs as server;
use crate::support::{Room, stored};

type Behaviour = (&'static str, fn(&Place, &mut Python));

const BEHAVIOURS: [Behaviour; 4] = [
    ("python_reads_and_lists_what_we_save", python_reads_and_lists_what_we_save),
    ("we_read_and_list_what_python_saves", we_read_and_list_what_python_saves),
    ("each_deletes_what_the_other_saved", each_deletes_what_the_other_saved),
    ("twenty_processes_at_once_are_all_in_the_index_of_python", twenty_at_once),
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for compressed in [true, false] {
        for (behaviour, run) in BEHAVIOURS {
            let setting = if compressed { "compressed" } else { "plain" };
            cases.push(Case::new(format!("gcs::{setting}::{behaviour}"), move |room, python| {
                run(&Place::new(room, compressed, "python_index = 'always'"), python);
            }));
        }
    }
    cases.push(Case::new("gcs::options::the_server_holds_what_the_profile_says", |room, python| {
        the_server_holds_what_the_profile_says(room, python);
    }));
    cases.push(Case::new("gcs::options::set_tier_keeps_what_an_object_carries", |room, python| {
        set_tier_keeps_what_an_object_carries(room, python);
    }));
    cases.push(Case::new("gcs::many::fifty_processes_at_once", |room, _| {
        let place = Place::new(room, true, "");
        let expected = save_many(&place, 50);
        assert_eq!(place.ours().into_iter().collect::<BTreeSet<_>>(), expected);
    }));
    cases.push(Case::new("gcs::credentials::a_service_account_signs_for_itself", |room, python| {
        a_service_account_signs_for_itself(room, python);
    }));
    cases.push(Case::new("gcs::large::a_document_in_parts_carries_what_a_small_one_does", |room, python| {
        a_large_document(room, python);
    }));
    cases
}

/// A bucket that both use.
struct Place<'a> {
    room: &'a Room,
    bucket: String,
    /// The same, as worker.py opens it.
    python: Value,
}

impl<'a> Place<'a> {
    fn new(room: &'a Room, compressed: bool, more: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let bucket = format!("interop-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        server::make_bucket(&bucket);
        let endpoint = server::endpoint();
        room.write(
            "truthound-store.toml",
            format!(
                "default_profile = 'gcs'\n[profiles.gcs]\nbackend = 'gcs'\nbucket = '{bucket}'\n\
                 endpoint_url = '{endpoint}'\nuse_compression = {compressed}\n{more}\n"
            ),
        );
        let python = json!({"kind": "gcs", "bucket": bucket, "endpoint_url": endpoint, "compression": compressed});
        Self { room, bucket, python }
    }

    fn python_saves(&self, python: &mut Python, documents: &[String]) {
        python.ask("save", json!({"where": self.python, "documents": documents}));
    }

    fn python_lists(&self, python: &mut Python) -> Vec<String> {
        serde_json::from_value(python.ask("ids", json!({"where": self.python, "query": {}}))).unwrap()
    }

    fn ours(&self) -> Vec<String> {
        self.room.run(["list", "--ids"]).succeeds().lines().map(str::to_owned).collect()
    }

    fn objects(&self, python: &mut Python) -> Value {
        python.ask("gcs_objects", json!({"bucket": self.bucket, "endpoint_url": server::endpoint()}))
    }
}

fn at(run_id: &str, day: u32) -> crate::support::Stored {
    stored(run_id).at(&format!("2026-03-{day:02}T00:00:00")).of("größe.csv").tagged("🦀", "ü")
}

fn python_reads_and_lists_what_we_save(place: &Place, python: &mut Python) {
    for result in [at("older", 1), at("newer", 2)] {
        place.room.save(&result);
        let theirs = python.ask_text("get", json!({"where": place.python, "run_id": result.run_id}));
        let expected = python.ask_text("accept", json!({"document": result.text()}));
        python.assert_same(&theirs, &expected);
    }
    assert_eq!(place.python_lists(python), ["newer", "older"]);
}

/// What Python has compressed, it cannot read itself: it has an encoding that Google undoes, and Python undoes it again.
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

/// Saves as many results, each in a process of its own; returns their run ids once all have ended well.
fn save_many(place: &Place, count: usize) -> BTreeSet<String> {
    for n in 0..count {
        place.room.write(&format!("{n}.json"), stored(&format!("ours-{n}")).text());
    }
    thread::scope(|scope| {
        let runs = (0..count).map(|n| place.room.start(["save".to_owned(), format!("{n}.json")]));
        let runs: Vec<_> = runs.map(|run| scope.spawn(|| run.run())).collect();
        for run in runs {
            run.join().unwrap().succeeds();
        }
    });
    (0..count).map(|n| format!("ours-{n}")).collect()
}

fn twenty_at_once(place: &Place, python: &mut Python) {
    let expected = save_many(place, 20);
    assert_eq!(place.ours().into_iter().collect::<BTreeSet<_>>(), expected);
    let theirs = place.python_lists(python);
    assert_eq!(theirs.len(), 20);
    assert_eq!(theirs.into_iter().collect::<BTreeSet<_>>(), expected);
}

const CARRIED: &str = "prefix = 'p/q/'\nnamespace = 'n'\nstorage_class = 'nearline'\n\
    metadata = { Owner = 'größe', team = 'data quality' }\npython_index = 'always'";

fn the_server_holds_what_the_profile_says(room: &Room, python: &mut Python) {
    let place = Place::new(room, true, CARRIED);
    room.save(&stored("run-1"));
    let objects = place.objects(python);
    let document = &objects["p/q/n/results/run-1.json.gz"];
    assert_eq!(document["contentType"], "application/json", "{objects}");
    assert_eq!(document["storageClass"], "NEARLINE");
    assert_eq!(document["metadata"], json!({"owner": "gr%C3%B6%C3%9Fe", "team": "data quality"}));
    assert!(document.get("contentEncoding").is_none(), "{document}");
    assert_eq!(objects["p/q/n/_index.json"]["storageClass"], "STANDARD");
    let entries = objects.as_object().unwrap().keys().filter(|key| key.starts_with("p/q/n/_catalog/")).count();
    assert_eq!(entries, 1, "{objects}");

    let plain = Place::new(room, false, "");
    room.save(&stored("run-2"));
    assert_eq!(plain.objects(python)["truthound/default/results/run-2.json"]["storageClass"], "STANDARD");
}

fn set_tier_keeps_what_an_object_carries(room: &Room, python: &mut Python) {
    let place = Place::new(room, true, CARRIED);
    let name = "p/q/n/results/run-1.json.gz";
    room.save(&stored("run-1"));
    let key = "projects/p/locations/l/keyRings/r/cryptoKeys/k";
    let asked = json!({"bucket": place.bucket, "name": name, "key": key, "endpoint_url": server::endpoint()});
    python.ask("gcs_encrypt", asked);
    let before = place.objects(python)[name].clone();
    room.run(["set-tier", "run-1", "cold"]).succeeds();
    let after = place.objects(python)[name].clone();
    assert_eq!(after["storageClass"], "COLDLINE");
    let listed: Value = serde_json::from_str(&room.run(["list", "--show-tier", "-f", "json"]).succeeds()).unwrap();
    assert_eq!((&listed[0]["run_id"], &listed[0]["tier"]), (&json!("run-1"), &json!("COLDLINE")));
    assert_ne!(before["generation"], after["generation"]);
    assert_eq!((&before["contentType"], &before["metadata"]), (&after["contentType"], &after["metadata"]));
    assert_eq!(after["kmsKeyName"], format!("{key}/cryptoKeyVersions/1"));
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
    room.save(&stored("run-2"));
    room.run(["set-tier", "--tier", "Hot", "--status", "success", "--dry-run"]).succeeds();
    assert_eq!(place.objects(python)["p/q/n/results/run-2.json.gz"]["storageClass"], "NEARLINE");
    room.run(["set-tier", "--tier", "Hot", "--status", "success", "--yes"]).succeeds();
    assert_eq!(place.objects(python)["p/q/n/results/run-2.json.gz"]["storageClass"], "STANDARD");
}

fn a_large_document(room: &Room, python: &mut Python) {
    let place = Place::new(room, false, CARRIED);
    let large = stored("large").of(&"x".repeat(20 << 20)).text();
    room.write("large.json", &large);
    room.run(["save", "large.json"]).succeeds();
    let document = place.objects(python)["p/q/n/results/large.json"].clone();
    assert_eq!((&document["contentType"], &document["storageClass"]), (&json!("application/json"), &json!("NEARLINE")));
    assert_eq!(document["metadata"]["owner"], "gr%C3%B6%C3%9Fe");
    assert!(room.run(["get", "large"]).succeeds() == large);
    room.run(["save", "large.json", "--if-absent"]).fails_with(7);
    room.run(["save", "large.json"]).succeeds();
}

/// Here, because Google's own library makes the key and checks the signature.
fn a_service_account_signs_for_itself(_: &Room, python: &mut Python) {
    let server = Scripted::start(|_| None);
    let room = server.room("");
    let pair = python.ask("make_key", json!({}));
    let file = json!({
        "type": "service_account", "client_email": "a@b.iam.gserviceaccount.com", "private_key_id": "1",
        "private_key": pair["private"],
        // Neither of these may lead the token, or its absence, elsewhere.
        "gcs_base_url": "https://example.com", "disable_oauth": true,
    });
    room.write("account.json", file.to_string());
    room.start(["list"]).env("GOOGLE_APPLICATION_CREDENTIALS", "account.json").run().succeeds();
    let requests = server.take();
    let token = requests[0].header("authorization").strip_prefix("Bearer ").expect("a token");
    let claims = python.ask("claims_of", json!({"token": token, "public": pair["public"]}));
    assert_eq!((&claims["iss"], &claims["sub"]), (&file["client_email"], &file["client_email"]), "{claims}");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");

    room.write("broken.json", file.to_string().replace("PRIVATE KEY", "PRIVACY"));
    let message = room.start(["list"]).env("GOOGLE_APPLICATION_CREDENTIALS", "broken.json").run().fails_with(8);
    assert!(message.contains("`private_key` is not a key"), "{message}");
}
