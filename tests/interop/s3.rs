//! Python's `S3Store` and we in one bucket.

use serde_json::{Value, json};

use crate::Case;
use crate::cloud::{self, Place};
use crate::python::Python;
use crate::services::s3 as server;
use crate::support::{Room, stored};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = cloud::cases("s3", open);
    cases
        .push(Case::new("s3::options::the_server_holds_what_the_profile_says", the_server_holds_what_the_profile_says));
    cases.push(Case::new("s3::options::set_tier_keeps_what_an_object_carries", set_tier_keeps_what_an_object_carries));
    cases
}

/// A new bucket.
fn open<'a>(room: &'a Room, compressed: bool, more: &str) -> Place<'a> {
    let (name, endpoint) = (cloud::new_name(), server::endpoint());
    server::make_bucket(&name);
    room.write(
        "truthound-store.toml",
        format!(
            "default_profile = 's3'\n[profiles.s3]\nbackend = 's3'\nbucket = '{name}'\nendpoint_url = '{endpoint}'\n\
             access_key_id = 'test'\nsecret_access_key = 'test'\nuse_compression = {compressed}\n{more}\n"
        ),
    );
    let python = json!({"kind": "s3", "bucket": name, "endpoint_url": endpoint, "compression": compressed});
    Place { room, name, python }
}

fn objects_in(place: &Place, python: &mut Python) -> Value {
    python.ask("s3_objects", json!({"bucket": place.name, "endpoint_url": server::endpoint()}))
}

const CARRIED: &str = "prefix = 'p/q/'\nnamespace = 'n'\nstorage_class = 'STANDARD_IA'\n\
    server_side_encryption = 'aws:kms'\nkms_key_id = 'alias/k'\ntags = { env = 'prod', team = 'data quality' }\n\
    metadata = { owner = 'größe' }\npython_index = 'always'";

fn the_server_holds_what_the_profile_says(room: &Room, python: &mut Python) {
    let place = open(room, true, CARRIED);
    room.save(&stored("run-1"));
    let objects = objects_in(&place, python);
    let document = &objects["p/q/n/results/run-1.json.gz"];
    let expected = json!({
        "ContentType": "application/json", "ContentEncoding": "gzip", "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "alias/k", "Metadata": {"owner": "gr%C3%B6%C3%9Fe"}, "StorageClass": "STANDARD_IA",
        "Tags": {"env": "prod", "team": "data quality"},
    });
    assert_eq!(document, &expected, "{objects}");
    let index = &objects["p/q/n/_index.json"];
    assert_eq!((&index["ServerSideEncryption"], &index["StorageClass"]), (&json!("aws:kms"), &json!("STANDARD")));
    let entries = objects.as_object().unwrap().iter().filter(|(key, _)| key.starts_with("p/q/n/_catalog/"));
    let entries: Vec<_> = entries.collect();
    assert_eq!(entries.len(), 1, "{objects}");
    assert_eq!(entries[0].1["ServerSideEncryption"], "aws:kms");

    let plain = open(room, false, "server_side_encryption = 'AES256'");
    room.save(&stored("run-2"));
    let objects = objects_in(&plain, python);
    let document = &objects["truthound/default/results/run-2.json"];
    assert_eq!(document["ServerSideEncryption"], "AES256");
    assert_eq!(document["StorageClass"], "STANDARD");
    assert!(document.get("ContentEncoding").is_none(), "{document}");
}

fn set_tier_keeps_what_an_object_carries(room: &Room, python: &mut Python) {
    let place = open(room, true, CARRIED);
    room.save(&stored("run-1"));
    let before = objects_in(&place, python)["p/q/n/results/run-1.json.gz"].clone();
    room.run(["set-tier", "run-1", "cold"]).succeeds();
    let listed: Value = serde_json::from_str(&room.run(["list", "--show-tier", "-f", "json"]).succeeds()).unwrap();
    assert_eq!((&listed[0]["run_id"], &listed[0]["tier"]), (&json!("run-1"), &json!("GLACIER_IR")));
    let after = objects_in(&place, python)["p/q/n/results/run-1.json.gz"].clone();
    assert_eq!(after["StorageClass"], "GLACIER_IR");
    for carried in ["ContentType", "ContentEncoding", "ServerSideEncryption", "SSEKMSKeyId", "Metadata", "Tags"] {
        assert_eq!(before[carried], after[carried], "{carried}");
    }
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
    room.save(&stored("run-2"));
    room.run(["set-tier", "--tier", "hot", "--status", "success", "--dry-run"]).succeeds();
    assert_eq!(objects_in(&place, python)["p/q/n/results/run-2.json.gz"]["StorageClass"], "STANDARD_IA");
    room.run(["set-tier", "--tier", "hot", "--status", "success", "--yes"]).succeeds();
    assert_eq!(objects_in(&place, python)["p/q/n/results/run-2.json.gz"]["StorageClass"], "STANDARD");
}
