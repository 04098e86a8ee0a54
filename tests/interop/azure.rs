//! Azure Blob Storage: the stored blobs and the permissions, in addition to the cases for every cloud. The server is
//! Azurite.
//!
//! tests/clouds/azure uses a scripted server for the features that Azurite lacks: tokens and roles, throttling, lists
//! that begin at a name, and the refusal to replace an archived blob. Azurite runs on a free port here.
//! `UseDevelopmentStorage=true` means port 10000, so it is tested by the URLs that it produces
//! (src/store/objects/azure/place.rs).

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::Case;
use crate::clouds::{self, Bucket, Cloud, Place, without_own_metadata};
use crate::python::Python;
use crate::refused::refused_without_showing;
use crate::services::azure as server;
use crate::support::{Room, stored};

static AZURE: Cloud = Cloud {
    name: "azure",
    open,
    requests: server::requests,
    address: |container| {
        let connection_string = server::connection_string();
        (format!("az://{container}"), vec![("AZURE_STORAGE_CONNECTION_STRING", connection_string)])
    },
    multiply: server::multiply,
};

type Other = (&'static str, fn(&Room, &mut Python));

const OTHERS: [Other; 7] = [
    ("options::the_server_holds_what_the_profile_says", the_server_holds_what_the_profile_says),
    ("options::a_blob_carries_what_pythons_does", a_blob_carries_what_pythons_does),
    ("options::every_form_of_account_and_credential_opens_the_container", every_form_opens_the_container),
    ("options::what_a_credential_does_not_allow_is_denied", what_a_credential_does_not_allow_is_denied),
    ("tiers::set_tier_keeps_what_a_blob_carries", set_tier_keeps_what_a_blob_carries),
    ("tiers::what_is_archived_is_listed_and_restored_and_deleted", what_is_archived),
    ("large::a_document_in_blocks_carries_what_a_small_one_does", a_large_document),
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = clouds::cases(&AZURE);
    cases.extend(OTHERS.map(|(name, run)| Case::new(format!("azure::{name}"), run)));
    for case in &mut cases {
        case.is_available = server::is_available();
    }
    cases
}

fn open(room: &Room, compressed: bool, more: &str) -> Bucket {
    // `multiply` replaces five zeros in the path of a blob, and must not find them in the name of the first container.
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    let name = format!("interop-{:05}", COUNT.fetch_add(1, Ordering::Relaxed));
    server::make_container(&name);
    let connection_string = server::connection_string();
    profile(room, &name, &format!("connection_string = '{connection_string}'\nuse_compression = {compressed}\n{more}"));
    Bucket {
        python: json!({
            "kind": "azure", "container": name, "connection_string": connection_string, "compression": compressed,
        }),
        objects: ("azure_blobs", json!({"container": name, "connection_string": connection_string})),
        name,
    }
}

/// Writes another profile for a container.
fn profile(room: &Room, container: &str, options: &str) {
    room.write(
        "truthound-store.toml",
        format!(
            "default_profile = 'azure'\n[profiles.azure]\nbackend = 'azure'\ncontainer = '{container}'\n{options}\n"
        ),
    );
}

/// Returns a shared access signature for a container that is valid for this many minutes.
fn sas(place: &Place, python: &mut Python, permission: &str, minutes: i64) -> String {
    let connection_string = server::connection_string();
    let asked = json!({
        "container": place.bucket.name, "connection_string": connection_string, "permission": permission,
        "minutes": minutes,
    });
    python.ask_text("azure_sas", asked)
}

const CARRIED: &str = "prefix = 'p/q/'\nnamespace = 'n'\naccess_tier = 'cool'\ncontent_type = 'application/x-result'\n\
    metadata = { Owner = 'größe', team = 'data quality' }\npython_index = 'always'";

const RUN_1: &str = "p/q/n/results/run-1.json.gz";

fn the_server_holds_what_the_profile_says(room: &Room, python: &mut Python) {
    let place = Place::new(&AZURE, room, true, CARRIED);
    room.save(&stored("run-1"));
    let blobs = place.objects(python);
    let mut document = blobs[RUN_1].clone();
    document["size"].take();
    without_own_metadata(&mut document["metadata"]);
    let expected = json!({
        "content_type": "application/x-result", "content_encoding": null, "tier": "Cool", "size": null,
        "metadata": {
            "data_asset": "customers.csv", "run_time": "2026-03-01T12:00:00", "status": "success",
            "owner": "gr%C3%B6%C3%9Fe", "team": "data quality",
        },
    });
    assert_eq!(document, expected, "{blobs}");
    let index = &blobs["p/q/n/_index.json"];
    assert_eq!((&index["content_type"], &index["tier"]), (&json!("application/json"), &json!("Hot")));
    let entries = blobs.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("p/q/n/_catalog/"));
    let entries: Vec<_> = entries.collect();
    assert_eq!(entries.len(), 1, "{blobs}");
    assert_eq!(entries[0].1["tier"], "Hot");

    let plain = Place::new(&AZURE, room, false, "");
    room.save(&stored("run-2"));
    let blobs = plain.objects(python);
    let mut document = blobs["truthound/default/results/run-2.json"].clone();
    without_own_metadata(&mut document["metadata"]);
    assert_eq!((&document["content_type"], &document["tier"]), (&json!("application/json"), &json!("Hot")));
    assert_eq!(
        (&document["size"], &document["metadata"]),
        (&json!(stored("run-2").text().len()), &said("customers.csv", "success"))
    );
}

/// The metadata that Python sets on a blob.
fn said(asset: &str, status: &str) -> Value {
    json!({"data_asset": asset, "run_time": "2026-03-01T12:00:00", "status": status})
}

fn a_blob_carries_what_pythons_does(room: &Room, python: &mut Python) {
    let place = Place::new(&AZURE, room, false, "");
    let document = stored("ours").of("100% of 'a, b'; c").ended("failure");
    room.save(&document);
    let mut theirs = document;
    theirs.run_id = "theirs".to_owned();
    python.ask("save", json!({"where": place.bucket.python, "documents": [theirs.text()]}));
    let blobs = place.objects(python);
    let metadata = |run_id: &str| blobs[format!("truthound/default/results/{run_id}.json")]["metadata"].clone();
    let mut ours = metadata("ours");
    without_own_metadata(&mut ours);
    assert_eq!(ours, metadata("theirs"));
    assert_eq!(ours, said("100% of 'a, b'; c", "failure"));

    // Python fails to save these data assets.
    for (asset, sent) in [("größe  5%", "gr%C3%B6%C3%9Fe%20%205%25"), ("a\nb", "a%0Ab"), (" ", "%20")] {
        room.save(&stored("odd").of(asset));
        let blobs = place.objects(python);
        let mut metadata = blobs["truthound/default/results/odd.json"]["metadata"].clone();
        without_own_metadata(&mut metadata);
        assert_eq!(metadata, said(sent, "success"));
    }
    for asset in [String::new(), "ß".repeat(1000)] {
        room.save(&stored("odd").of(&asset));
        let blobs = place.objects(python);
        assert_eq!(blobs["truthound/default/results/odd.json"]["metadata"].get("data_asset"), None);
        assert_eq!(room.run(["get", "odd"]).succeeds(), stored("odd").of(&asset).text());
    }
}

fn every_form_opens_the_container(room: &Room, python: &mut Python) {
    let place = Place::new(&AZURE, room, true, "");
    let (endpoint, account, key) = (server::endpoint(), server::ACCOUNT, server::KEY);
    let signature = sas(&place, python, "rwdl", 10);
    room.save(&stored("run-1"));
    for options in [
        format!("connection_string = 'AccountName={account};AccountKey={key};BlobEndpoint={endpoint}'"),
        // In the format of the Azure portal and of Azurite's documentation.
        format!(
            "connection_string = 'DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};\
             BlobEndpoint={endpoint}/;QueueEndpoint=http://127.0.0.1:10001/{account};'"
        ),
        format!("connection_string = 'BlobEndpoint={endpoint};SharedAccessSignature={signature}'"),
        format!("account_url = '{endpoint}?{signature}'"),
        format!("account_url = '{endpoint}'\nsas_token = '?{signature}'"),
        format!("account_url = '{endpoint}/'\naccount_name = '{account}'\naccount_key = '{key}'"),
    ] {
        profile(room, &place.bucket.name, &options);
        assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text(), "{options}");
        room.save(&stored("run-2"));
        room.run(["set-tier", "run-2", "Cool", "--min-size", "0"]).succeeds();
        assert_eq!(place.ours(), ["run-1", "run-2"]);
        room.run(["delete", "run-2"]).succeeds();
        let shown = room.run(["profiles", "--format", "json"]).succeeds();
        for secret in [key, signature.split_once("sig=").unwrap().1] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

fn what_a_credential_does_not_allow_is_denied(room: &Room, python: &mut Python) {
    let place = Place::new(&AZURE, room, true, "");
    room.save(&stored("run-1"));
    room.write("run-2.json", stored("run-2").text());
    let endpoint = server::endpoint();
    let with =
        |sas: &str| profile(room, &place.bucket.name, &format!("account_url = '{endpoint}'\nsas_token = '{sas}'"));

    // With the permission to read, but not to list.
    with(&sas(&place, python, "r", 10));
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
    for arguments in [vec!["list"], vec!["save", "run-2.json"], vec!["set-tier", "run-1", "Cool", "--min-size", "0"]] {
        let message = room.run(arguments).fails_with(8);
        assert!(message.contains("AuthorizationPermissionMismatch") && message.contains("rwdl"), "{message}");
    }
    let expired = sas(&place, python, "rwdl", -5);
    with(&expired);
    for arguments in [vec!["get", "run-1"], vec!["list"], vec!["save", "run-2.json"]] {
        let message = room.run(arguments).fails_with(8);
        assert!(message.contains("signature ended at") && !message.contains(&expired), "{message}");
    }
    profile(room, &place.bucket.name, &format!("account_url = '{endpoint}'\naccount_key = 'd3Jvbmc='"));
    refused_without_showing(room, "d3Jvbmc=");
    let message = room.run(["list"]).fails_with(8);
    assert!(message.contains("AuthorizationFailure") && message.contains("hint: "), "{message}");
    profile(room, &place.bucket.name, &format!("connection_string = '{}'", server::connection_string()));
    assert_eq!(place.ours(), ["run-1"]);
}

fn tier_of(place: &Place, python: &mut Python) -> Value {
    place.objects(python)[RUN_1]["tier"].clone()
}

fn set_tier_keeps_what_a_blob_carries(room: &Room, python: &mut Python) {
    let place = Place::new(&AZURE, room, true, CARRIED);
    room.save(&stored("run-1"));
    let before = place.objects(python)[RUN_1].clone();
    for (tier, expected) in [("cold", "Cold"), ("HOT", "Hot"), ("Cool", "Cool")] {
        room.run(["set-tier", "run-1", tier, "--min-size", "0"]).succeeds();
        assert_eq!(tier_of(&place, python), expected);
    }
    room.run(["set-tier", "run-1", "cold"]).succeeds();
    let listed = room.run(["list", "--show-tier", "-f", "json"]).json();
    assert_eq!((&listed[0]["run_id"], &listed[0]["tier"]), (&json!("run-1"), &json!("Cold")));
    let after = place.objects(python)[RUN_1].clone();
    for carried in ["content_type", "content_encoding", "metadata", "size"] {
        assert_eq!(before[carried], after[carried], "{carried}");
    }
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());

    let run_2 = "p/q/n/results/run-2.json.gz";
    room.save(&stored("run-2"));
    room.run(["set-tier", "--tier", "hot", "--status", "success", "--dry-run"]).succeeds();
    assert_eq!(place.objects(python)[run_2]["tier"], "Cool");
    room.run(["set-tier", "--tier", "hot", "--status", "success", "--yes"]).succeeds();
    assert_eq!((tier_of(&place, python), &place.objects(python)[run_2]["tier"]), (json!("Hot"), &json!("Hot")));
    room.run(["set-tier", "run-1", "GLACIER"]).fails_with(9);
    room.run(["set-tier", "absent", "Cool"]).fails_with(3);
}

fn what_is_archived(room: &Room, python: &mut Python) {
    let place = Place::new(&AZURE, room, true, CARRIED);
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
    let place = Place::new(&AZURE, room, false, CARRIED);
    let large = stored("large").of(&"x".repeat(60_000)).padded(20 << 20);
    room.write("large.json", &large);
    room.run(["save", "--if-absent", "large.json"]).succeeds();
    let mut document = place.objects(python)["p/q/n/results/large.json"].clone();
    without_own_metadata(&mut document["metadata"]);
    let expected = json!({
        "content_type": "application/x-result", "content_encoding": null, "tier": "Cool", "size": large.len(),
        "metadata": {
            "run_time": "2026-03-01T12:00:00", "status": "success", "owner": "gr%C3%B6%C3%9Fe", "team": "data quality",
        },
    });
    assert_eq!(document, expected);
    assert!(room.run(["get", "large"]).succeeds() == large);
    room.run(["save", "large.json", "--if-absent"]).fails_with(7);
    room.run(["save", "large.json"]).succeeds();
}
