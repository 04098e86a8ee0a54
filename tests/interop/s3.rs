//! S3: the stored objects, in addition to the cases for every cloud. The server is moto.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::Case;
use crate::clouds::{self, Bucket, Cloud, Place, without_own_metadata};
use crate::python::Python;
use crate::refused::refused_without_showing;
use crate::services::{s3 as server, s3s};
use crate::support::{Room, stored};

static S3: Cloud = Cloud {
    name: "s3",
    open,
    requests: |bucket| server::SERVER.requests(bucket),
    address: |bucket| {
        let variables = [
            ("AWS_ENDPOINT_URL", server::SERVER.address()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ];
        (format!("s3://{bucket}"), variables.into())
    },
    multiply: |bucket, name, times| server::SERVER.multiply(bucket, name, times),
};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = clouds::cases(&S3);
    let mut refused = Case::new("s3::credentials::a_wrong_key_is_refused_and_shown_nowhere", |room, _| wrong_key(room));
    refused.is_available = s3s::is_available();
    cases.push(refused);
    cases.push(Case::new("s3::options::the_server_holds_what_the_profile_says", |room, python| {
        the_server_holds_what_the_profile_says(room, python);
    }));
    cases.push(Case::new("s3::options::set_tier_keeps_what_an_object_carries", |room, python| {
        set_tier_keeps_what_an_object_carries(room, python);
    }));
    cases.push(Case::new("s3::options::reindex_keeps_what_is_archived", |room, python| {
        reindex_keeps_what_is_archived(room, python);
    }));
    cases
}

fn open(room: &Room, compressed: bool, more: &str) -> Bucket {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("interop-{:05}", COUNT.fetch_add(1, Ordering::Relaxed));
    server::make_bucket(&name);
    let endpoint = server::SERVER.address();
    room.write(
        "truthound-store.toml",
        format!(
            "default_profile = 's3'\n[profiles.s3]\nbackend = 's3'\nbucket = '{name}'\nendpoint_url = '{endpoint}'\n\
             access_key_id = 'test'\nsecret_access_key = 'test'\nuse_compression = {compressed}\n{more}\n"
        ),
    );
    Bucket {
        python: json!({"kind": "s3", "bucket": name, "endpoint_url": endpoint, "compression": compressed}),
        objects: ("s3_objects", json!({"bucket": name, "endpoint_url": endpoint})),
        name,
    }
}

/// s3s-fs verifies signatures; moto does not.
fn wrong_key(room: &Room) {
    s3s::make_bucket("wrong-key");
    let profile = |secret: &str| {
        format!(
            "default_profile = 's3'\n[profiles.s3]\nbackend = 's3'\nbucket = 'wrong-key'\nendpoint_url = '{}'\n\
             region = 'us-east-1'\naccess_key_id = '{}'\nsecret_access_key = '{secret}'\n",
            s3s::endpoint(),
            s3s::KEYS.0
        )
    };
    room.write("truthound-store.toml", profile(s3s::KEYS.1));
    room.save(&stored("run-1"));
    room.write("truthound-store.toml", profile("PLANTEDpw7x9"));
    refused_without_showing(room, "PLANTEDpw7x9");
    assert!(room.run(["list"]).fails_with(8).contains("SignatureDoesNotMatch"));
}

const CARRIED: &str = "prefix = 'p/q/'\nnamespace = 'n'\nstorage_class = 'STANDARD_IA'\n\
    server_side_encryption = 'aws:kms'\nkms_key_id = 'alias/k'\ntags = { env = 'prod', team = 'data quality' }\n\
    metadata = { owner = 'größe' }\npython_index = 'always'";

fn the_server_holds_what_the_profile_says(room: &Room, python: &mut Python) {
    let place = Place::new(&S3, room, true, CARRIED);
    room.save(&stored("run-1"));
    let objects = place.objects(python);
    let mut document = objects["p/q/n/results/run-1.json.gz"].clone();
    without_own_metadata(&mut document["Metadata"]);
    let expected = json!({
        "ContentType": "application/json", "ContentEncoding": "gzip", "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "alias/k", "Metadata": {"owner": "gr%C3%B6%C3%9Fe"}, "StorageClass": "STANDARD_IA",
        "Tags": {"env": "prod", "team": "data quality"},
    });
    assert_eq!(document, expected, "{objects}");
    let index = &objects["p/q/n/_index.json"];
    assert_eq!((&index["ServerSideEncryption"], &index["StorageClass"]), (&json!("aws:kms"), &json!("STANDARD")));
    let entries = objects.as_object().unwrap().iter().filter(|(key, _)| key.starts_with("p/q/n/_catalog/"));
    let entries: Vec<_> = entries.collect();
    assert_eq!(entries.len(), 1, "{objects}");
    assert_eq!(entries[0].1["ServerSideEncryption"], "aws:kms");

    let plain = Place::new(&S3, room, false, "server_side_encryption = 'AES256'");
    room.save(&stored("run-2"));
    let objects = plain.objects(python);
    let document = &objects["truthound/default/results/run-2.json"];
    assert_eq!(document["ServerSideEncryption"], "AES256");
    assert_eq!(document["StorageClass"], "STANDARD");
    assert!(document.get("ContentEncoding").is_none(), "{document}");
}

fn set_tier_keeps_what_an_object_carries(room: &Room, python: &mut Python) {
    let place = Place::new(&S3, room, true, CARRIED);
    room.save(&stored("run-1"));
    let before = place.objects(python)["p/q/n/results/run-1.json.gz"].clone();
    room.run(["set-tier", "run-1", "cold"]).succeeds();
    let listed: Value = serde_json::from_str(&room.run(["list", "--show-tier", "-f", "json"]).succeeds()).unwrap();
    assert_eq!((&listed[0]["run_id"], &listed[0]["tier"]), (&json!("run-1"), &json!("GLACIER_IR")));
    let after = place.objects(python)["p/q/n/results/run-1.json.gz"].clone();
    assert_eq!(after["StorageClass"], "GLACIER_IR");
    for carried in ["ContentType", "ContentEncoding", "ServerSideEncryption", "SSEKMSKeyId", "Metadata", "Tags"] {
        assert_eq!(before[carried], after[carried], "{carried}");
    }
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
    room.save(&stored("run-2"));
    room.run(["set-tier", "--tier", "hot", "--status", "success", "--dry-run"]).succeeds();
    assert_eq!(place.objects(python)["p/q/n/results/run-2.json.gz"]["StorageClass"], "STANDARD_IA");
    room.run(["set-tier", "--tier", "hot", "--status", "success", "--yes"]).succeeds();
    assert_eq!(place.objects(python)["p/q/n/results/run-2.json.gz"]["StorageClass"], "STANDARD");
}

fn reindex_keeps_what_is_archived(room: &Room, python: &mut Python) {
    let place = Place::new(&S3, room, true, "python_index = 'always'");
    for run_id in ["kept", "archived"] {
        room.save(&stored(run_id));
    }
    room.run(["set-tier", "archived", "GLACIER", "--min-size", "0"]).succeeds();
    // It is not damaged, and its entry is right.
    room.run(["reindex"]).succeeds();
    assert_eq!(place.ours(), ["archived", "kept"]);
    let mut theirs = place.python_lists(python);
    theirs.sort_unstable();
    assert_eq!(theirs, ["archived", "kept"]);
}
