//! Python's `AzureBlobStore` and we in one container, on Azurite.
//!
//! What Azurite cannot show is scripted in tests/azure: tokens and roles, throttling, lists that begin at a name, the refusal
//! to replace what is archived. Its port is a free one, so `UseDevelopmentStorage=true`, which means 10000, is shown by
//! the addresses that are made of it (src/store/objects/azure/place.rs).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::Case;
use crate::python::Python;
use crate::services::azure as server;
use crate::support::{Room, stored};

type Behaviour = (&'static str, fn(&Place, &mut Python));

const BEHAVIOURS: [Behaviour; 6] = [
    ("python_reads_and_lists_what_we_save", python_reads_and_lists_what_we_save),
    ("we_read_and_list_what_python_saves", we_read_and_list_what_python_saves),
    ("each_overwrites_what_the_other_saved", each_overwrites_what_the_other_saved),
    ("each_deletes_what_the_other_saved", each_deletes_what_the_other_saved),
    ("twenty_processes_at_once_are_all_in_the_index_of_python", twenty_at_once),
    ("twenty_processes_and_python_at_once_lose_nothing_of_ours", twenty_and_python_at_once),
];

type Other = (&'static str, fn(&Room, &mut Python));

const OTHERS: [Other; 7] = [
    ("options::the_server_holds_what_the_profile_says", the_server_holds_what_the_profile_says),
    ("options::every_form_of_account_and_credential_opens_the_container", every_form_opens_the_container),
    ("options::what_a_credential_does_not_allow_is_denied", what_a_credential_does_not_allow_is_denied),
    ("tiers::set_tier_keeps_what_a_blob_carries", set_tier_keeps_what_a_blob_carries),
    ("tiers::what_is_archived_is_listed_and_restored_and_deleted", what_is_archived),
    ("large::a_document_in_blocks_carries_what_a_small_one_does", a_large_document),
    ("many::fifty_processes_at_once_and_ten_for_one_run_id", |room, _| fifty_processes(&Place::new(room, true, ""))),
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for compressed in [true, false] {
        for (behaviour, run) in BEHAVIOURS {
            let setting = if compressed { "compressed" } else { "plain" };
            cases.push(Case::new(format!("azure::{setting}::{behaviour}"), move |room, python| {
                run(&Place::new(room, compressed, "python_index = 'always'"), python);
            }));
        }
    }
    cases.extend(OTHERS.map(|(name, run)| Case::new(format!("azure::{name}"), run)));
    cases
}

/// A container that both use.
struct Place<'a> {
    room: &'a Room,
    container: String,
    /// The same, as worker.py opens it.
    python: Value,
}

impl<'a> Place<'a> {
    fn new(room: &'a Room, compressed: bool, more: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let container = format!("interop-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        server::make_container(&container);
        let connection_string = server::connection_string();
        let python = json!({
            "kind": "azure", "container": container, "connection_string": connection_string, "compression": compressed,
        });
        let place = Self { room, container, python };
        place.profile(&format!("connection_string = '{connection_string}'\nuse_compression = {compressed}\n{more}"));
        place
    }

    /// Makes another profile of the same container.
    fn profile(&self, options: &str) {
        self.room.write(
            "truthound-store.toml",
            format!(
                "default_profile = 'azure'\n[profiles.azure]\nbackend = 'azure'\ncontainer = '{}'\n{options}\n",
                self.container
            ),
        );
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

    fn blobs(&self, python: &mut Python) -> Value {
        python
            .ask("azure_blobs", json!({"container": self.container, "connection_string": server::connection_string()}))
    }

    /// A signature that is good for so many minutes.
    fn sas(&self, python: &mut Python, permission: &str, minutes: i64) -> String {
        let connection_string = server::connection_string();
        let asked = json!({
            "container": self.container, "connection_string": connection_string, "permission": permission,
            "minutes": minutes,
        });
        python.ask_text("azure_sas", asked)
    }
}

fn at(run_id: &str, day: u32) -> crate::support::Stored {
    stored(run_id).at(&format!("2026-03-{day:02}T00:00:00")).tagged("🦀", "ü")
}

fn python_reads_and_lists_what_we_save(place: &Place, python: &mut Python) {
    for result in [at("older", 1).of("größe.csv"), at("newer", 2)] {
        place.room.save(&result);
        let theirs = python.ask_text("get", json!({"where": place.python, "run_id": result.run_id}));
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
        let theirs = python.ask_text("get", json!({"where": place.python, "run_id": "run-1"}));
        assert!(theirs.contains(&format!("ours {turn}")), "{theirs}");
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

const CARRIED: &str = "prefix = 'p/q/'\nnamespace = 'n'\naccess_tier = 'cool'\ncontent_type = 'application/x-result'\n\
    metadata = { Owner = 'größe', team = 'data quality' }\npython_index = 'always'";

const RUN_1: &str = "p/q/n/results/run-1.json.gz";

fn the_server_holds_what_the_profile_says(room: &Room, python: &mut Python) {
    let place = Place::new(room, true, CARRIED);
    room.save(&stored("run-1"));
    let blobs = place.blobs(python);
    let mut document = blobs[RUN_1].clone();
    document["size"].take();
    let expected = json!({
        "content_type": "application/x-result", "content_encoding": null, "tier": "Cool", "size": null,
        "metadata": {"owner": "gr%C3%B6%C3%9Fe", "team": "data quality"},
    });
    assert_eq!(document, expected, "{blobs}");
    let index = &blobs["p/q/n/_index.json"];
    assert_eq!((&index["content_type"], &index["tier"]), (&json!("application/json"), &json!("Hot")));
    let entries = blobs.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("p/q/n/_catalog/"));
    let entries: Vec<_> = entries.collect();
    assert_eq!(entries.len(), 1, "{blobs}");
    assert_eq!(entries[0].1["tier"], "Hot");

    let plain = Place::new(room, false, "");
    room.save(&stored("run-2"));
    let blobs = plain.blobs(python);
    let document = &blobs["truthound/default/results/run-2.json"];
    assert_eq!((&document["content_type"], &document["tier"]), (&json!("application/json"), &json!("Hot")));
    assert_eq!((&document["size"], &document["metadata"]), (&json!(stored("run-2").text().len()), &json!({})));
}

fn every_form_opens_the_container(room: &Room, python: &mut Python) {
    let place = Place::new(room, true, "");
    let (endpoint, account, key) = (server::endpoint(), server::ACCOUNT, server::KEY);
    let sas = place.sas(python, "rwdl", 10);
    room.save(&stored("run-1"));
    for options in [
        format!("connection_string = 'AccountName={account};AccountKey={key};BlobEndpoint={endpoint}'"),
        // As the portal and Azurite's page show it.
        format!(
            "connection_string = 'DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};\
             BlobEndpoint={endpoint}/;QueueEndpoint=http://127.0.0.1:10001/{account};'"
        ),
        format!("connection_string = 'BlobEndpoint={endpoint};SharedAccessSignature={sas}'"),
        format!("account_url = '{endpoint}?{sas}'"),
        format!("account_url = '{endpoint}'\nsas_token = '?{sas}'"),
        format!("account_url = '{endpoint}/'\naccount_name = '{account}'\naccount_key = '{key}'"),
    ] {
        place.profile(&options);
        assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text(), "{options}");
        room.save(&stored("run-2"));
        room.run(["set-tier", "run-2", "Cool"]).succeeds();
        assert_eq!(place.ours(), ["run-1", "run-2"]);
        room.run(["delete", "run-2"]).succeeds();
        let shown = room.run(["profiles", "--format", "json"]).succeeds();
        for secret in [key, sas.split_once("sig=").unwrap().1] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

fn what_a_credential_does_not_allow_is_denied(room: &Room, python: &mut Python) {
    let place = Place::new(room, true, "");
    room.save(&stored("run-1"));
    room.write("run-2.json", stored("run-2").text());
    let endpoint = server::endpoint();
    let with = |sas: &str| place.profile(&format!("account_url = '{endpoint}'\nsas_token = '{sas}'"));

    // Whoever may read but not list, reads.
    with(&place.sas(python, "r", 10));
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
    for arguments in [vec!["list"], vec!["save", "run-2.json"], vec!["set-tier", "run-1", "Cool"]] {
        let message = room.run(arguments).fails_with(8);
        assert!(message.contains("AuthorizationPermissionMismatch") && message.contains("rwdl"), "{message}");
    }
    let expired = place.sas(python, "rwdl", -5);
    with(&expired);
    for arguments in [vec!["get", "run-1"], vec!["list"], vec!["save", "run-2.json"]] {
        let message = room.run(arguments).fails_with(8);
        assert!(message.contains("signature ended at") && !message.contains(&expired), "{message}");
    }
    place.profile(&format!("account_url = '{endpoint}'\naccount_key = 'd3Jvbmc='"));
    let message = room.run(["list"]).fails_with(8);
    assert!(message.contains("AuthorizationFailure") && message.contains("hint: "), "{message}");
    place.profile(&format!("connection_string = '{}'", server::connection_string()));
    assert_eq!(place.ours(), ["run-1"]);
}

fn tier_of(place: &Place, python: &mut Python) -> Value {
    place.blobs(python)[RUN_1]["tier"].clone()
}

fn set_tier_keeps_what_a_blob_carries(room: &Room, python: &mut Python) {
    let place = Place::new(room, true, CARRIED);
    room.save(&stored("run-1"));
    let before = place.blobs(python)[RUN_1].clone();
    for (tier, expected) in [("cold", "Cold"), ("HOT", "Hot"), ("Cool", "Cool")] {
        room.run(["set-tier", "run-1", tier]).succeeds();
        assert_eq!(tier_of(&place, python), expected);
    }
    room.run(["set-tier", "run-1", "cold"]).succeeds();
    let listed = room.run(["list", "--show-tier", "-f", "json"]).json();
    assert_eq!((&listed[0]["run_id"], &listed[0]["tier"]), (&json!("run-1"), &json!("Cold")));
    let after = place.blobs(python)[RUN_1].clone();
    for carried in ["content_type", "content_encoding", "metadata", "size"] {
        assert_eq!(before[carried], after[carried], "{carried}");
    }
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());

    let run_2 = "p/q/n/results/run-2.json.gz";
    room.save(&stored("run-2"));
    room.run(["set-tier", "--tier", "hot", "--status", "success", "--dry-run"]).succeeds();
    assert_eq!(place.blobs(python)[run_2]["tier"], "Cool");
    room.run(["set-tier", "--tier", "hot", "--status", "success", "--yes"]).succeeds();
    assert_eq!((tier_of(&place, python), &place.blobs(python)[run_2]["tier"]), (json!("Hot"), &json!("Hot")));
    room.run(["set-tier", "run-1", "GLACIER"]).fails_with(9);
    room.run(["set-tier", "absent", "Cool"]).fails_with(3);
}

fn what_is_archived(room: &Room, python: &mut Python) {
    let place = Place::new(room, true, CARRIED);
    room.save(&stored("run-1"));
    room.run(["set-tier", "run-1", "archive"]).succeeds();
    assert_eq!(tier_of(&place, python), "Archive");
    assert_eq!(place.ours(), ["run-1"]);
    let listed = room.run(["list", "--show-tier", "-f", "json"]).json();
    assert_eq!(listed[0]["tier"], "Archive");
    let message = room.run(["get", "run-1"]).fails_with(5);
    assert!(message.contains("BlobArchived") && message.contains("set-tier RUN_ID Hot"), "{message}");
    let asked = room.run(["set-tier", "run-1", "hot", "--format", "json"]).json();
    assert_eq!(asked[0]["change"], "requested", "{asked}");
    room.save(&stored("run-2"));
    room.run(["set-tier", "run-2", "archive"]).succeeds();
    room.run(["delete", "run-2"]).succeeds();
    assert_eq!(place.ours(), ["run-1"]);
}

fn a_large_document(room: &Room, python: &mut Python) {
    let place = Place::new(room, false, CARRIED);
    let large = stored("large").of(&"x".repeat(20 << 20)).text();
    room.write("large.json", &large);
    room.run(["save", "--if-absent", "large.json"]).succeeds();
    let document = place.blobs(python)["p/q/n/results/large.json"].clone();
    let expected = json!({
        "content_type": "application/x-result", "content_encoding": null, "tier": "Cool", "size": large.len(),
        "metadata": {"owner": "gr%C3%B6%C3%9Fe", "team": "data quality"},
    });
    assert_eq!(document, expected);
    assert!(room.run(["get", "large"]).succeeds() == large);
    room.run(["save", "large.json", "--if-absent"]).fails_with(7);
    room.run(["save", "large.json"]).succeeds();
}
