//! Python's `GCSStore` and we in one bucket, on a server of our own (tests/services/gcs_server.py).

use serde_json::{Value, json};

use crate::Case;
use crate::cloud::{self, Place};
use crate::python::Python;
use crate::scripted::Scripted;
use crate::services::gcs as server;
use crate::support::{Room, stored};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = cloud::cases("gcs", open);
    cases.push(Case::new(
        "gcs::options::the_server_holds_what_the_profile_says",
        the_server_holds_what_the_profile_says,
    ));
    cases.push(Case::new("gcs::options::set_tier_keeps_what_an_object_carries", set_tier_keeps_what_an_object_carries));
    cases.push(Case::new("gcs::credentials::a_service_account_signs_for_itself", a_service_account_signs_for_itself));
    cases.push(Case::new("gcs::large::a_document_in_parts_carries_what_a_small_one_does", a_large_document));
    cases
}

/// A new bucket. What Python has compressed, it cannot read itself: it has an encoding that Google undoes, and Python undoes
/// it again.
fn open<'a>(room: &'a Room, compressed: bool, more: &str) -> Place<'a> {
    let (name, endpoint) = (cloud::new_name(), server::endpoint());
    server::make_bucket(&name);
    room.write(
        "truthound-store.toml",
        format!(
            "default_profile = 'gcs'\n[profiles.gcs]\nbackend = 'gcs'\nbucket = '{name}'\nendpoint_url = '{endpoint}'\n\
             use_compression = {compressed}\n{more}\n"
        ),
    );
    let python = json!({"kind": "gcs", "bucket": name, "endpoint_url": endpoint, "compression": compressed});
    Place { room, name, python }
}

fn objects_in(place: &Place, python: &mut Python) -> Value {
    python.ask("gcs_objects", json!({"bucket": place.name, "endpoint_url": server::endpoint()}))
}

const CARRIED: &str = "prefix = 'p/q/'\nnamespace = 'n'\nstorage_class = 'nearline'\n\
    metadata = { Owner = 'größe', team = 'data quality' }\npython_index = 'always'";

fn the_server_holds_what_the_profile_says(room: &Room, python: &mut Python) {
    let place = open(room, true, CARRIED);
    room.save(&stored("run-1"));
    let objects = objects_in(&place, python);
    let document = &objects["p/q/n/results/run-1.json.gz"];
    assert_eq!(document["contentType"], "application/json", "{objects}");
    assert_eq!(document["storageClass"], "NEARLINE");
    assert_eq!(document["metadata"], json!({"owner": "gr%C3%B6%C3%9Fe", "team": "data quality"}));
    assert!(document.get("contentEncoding").is_none(), "{document}");
    assert_eq!(objects["p/q/n/_index.json"]["storageClass"], "STANDARD");
    let entries = objects.as_object().unwrap().keys().filter(|key| key.starts_with("p/q/n/_catalog/")).count();
    assert_eq!(entries, 1, "{objects}");

    let plain = open(room, false, "");
    room.save(&stored("run-2"));
    assert_eq!(objects_in(&plain, python)["truthound/default/results/run-2.json"]["storageClass"], "STANDARD");
}

fn set_tier_keeps_what_an_object_carries(room: &Room, python: &mut Python) {
    let place = open(room, true, CARRIED);
    let name = "p/q/n/results/run-1.json.gz";
    room.save(&stored("run-1"));
    let key = "projects/p/locations/l/keyRings/r/cryptoKeys/k";
    let asked = json!({"bucket": place.name, "name": name, "key": key, "endpoint_url": server::endpoint()});
    python.ask("gcs_encrypt", asked);
    let before = objects_in(&place, python)[name].clone();
    room.run(["set-tier", "run-1", "cold"]).succeeds();
    let after = objects_in(&place, python)[name].clone();
    assert_eq!(after["storageClass"], "COLDLINE");
    let listed: Value = serde_json::from_str(&room.run(["list", "--show-tier", "-f", "json"]).succeeds()).unwrap();
    assert_eq!((&listed[0]["run_id"], &listed[0]["tier"]), (&json!("run-1"), &json!("COLDLINE")));
    assert_ne!(before["generation"], after["generation"]);
    assert_eq!((&before["contentType"], &before["metadata"]), (&after["contentType"], &after["metadata"]));
    assert_eq!(after["kmsKeyName"], format!("{key}/cryptoKeyVersions/1"));
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
    room.save(&stored("run-2"));
    room.run(["set-tier", "--tier", "Hot", "--status", "success", "--dry-run"]).succeeds();
    assert_eq!(objects_in(&place, python)["p/q/n/results/run-2.json.gz"]["storageClass"], "NEARLINE");
    room.run(["set-tier", "--tier", "Hot", "--status", "success", "--yes"]).succeeds();
    assert_eq!(objects_in(&place, python)["p/q/n/results/run-2.json.gz"]["storageClass"], "STANDARD");
}

fn a_large_document(room: &Room, python: &mut Python) {
    let place = open(room, false, CARRIED);
    let large = stored("large").of(&"x".repeat(20 << 20)).text();
    room.write("large.json", &large);
    room.run(["save", "large.json"]).succeeds();
    let document = objects_in(&place, python)["p/q/n/results/large.json"].clone();
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
