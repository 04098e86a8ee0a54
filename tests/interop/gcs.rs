//! Google Cloud Storage: the stored objects, in addition to the cases for every cloud. The server is our own
//! (tests/services/gcs_server.py), except for the emulator's profile, which is tested on fake-gcs-server.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::Case;
use crate::clouds::{self, Bucket, Cloud, Place, without_own_metadata};
use crate::empty_bucket::Scripted;
use crate::python::Python;
use crate::services::{fake_gcs, gcs as server};
use crate::support::{Room, stored};

static GCS: Cloud = Cloud {
    name: "gcs",
    open,
    requests: |bucket| server::SERVER.requests(bucket),
    address: |bucket| (format!("gs://{bucket}"), vec![("STORAGE_EMULATOR_HOST", server::SERVER.address())]),
    multiply: |bucket, name, times| server::SERVER.multiply(bucket, name, times),
};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = clouds::cases(&GCS);
    cases.push(Case::new("gcs::options::the_server_holds_what_the_profile_says", |room, python| {
        the_server_holds_what_the_profile_says(room, python);
    }));
    cases.push(Case::new("gcs::index::names_documents_as_pythons_does", |room, python| {
        the_index_names_documents_as_pythons_does(room, python);
    }));
    cases.push(Case::new("gcs::options::set_tier_keeps_what_an_object_carries", |room, python| {
        set_tier_keeps_what_an_object_carries(room, python);
    }));
    cases.push(Case::new("gcs::credentials::a_service_account_signs_for_itself", |room, python| {
        a_service_account_signs_for_itself(room, python);
    }));
    cases.push(Case::new("gcs::permissions::those_of_the_page_are_what_the_commands_need", |room, _| {
        the_permissions_of_the_page(room);
    }));
    cases.push(Case::new("gcs::large::a_document_in_parts_carries_what_a_small_one_does", |room, python| {
        a_large_document(room, python);
    }));
    cases.push(Case::new("gcs::costs::each_command_costs_what_the_page_says", |room, _| {
        each_command_costs_what_the_page_says(room);
    }));
    cases.push(Case::new("gcs::emulator::the_profile_of_the_page_works_on_a_laptop", |room, python| {
        the_profile_of_the_page_works(room, python);
    }));
    cases
}

/// Returns the methods of a command's requests.
fn methods(room: &Room, bucket: &str, arguments: &[&str]) -> Vec<String> {
    server::SERVER.requests(bucket);
    room.run(arguments).succeeds();
    let requests = server::SERVER.requests(bucket);
    requests.iter().map(|request| request.split(' ').next().unwrap().to_owned()).collect()
}

fn each_command_costs_what_the_page_says(room: &Room) {
    let place = Place::new(&GCS, room, true, "python_index = 'never'");
    let cost = |arguments: &[&str]| methods(room, &place.bucket.name, arguments);
    room.write("run-1.json", stored("run-1").text());
    assert_eq!(cost(&["save", "run-1.json"]), ["HEAD", "POST", "POST"], "two writes, and a request beside them");
    assert_eq!(cost(&["get", "run-1"]), ["GET"]);
    // The first list compares documents and catalog.
    room.run(["list"]).succeeds();
    assert_eq!(cost(&["list", "--limit", "20"]), ["GET"; 3], "the catalog, Python's index, the intents after it");
    let change = cost(&["set-tier", "run-1", "Cool"]);
    // This server rewrites a few hundred bytes per request. Google rewrites an object of any size at once within a
    // location.
    assert_eq!(
        (&change[..2], change[2..].iter().all(|method| method == "POST")),
        (&["GET".into(), "GET".into()][..], true)
    );
    for replaced in [&["save", "run-1.json"][..], &["delete", "run-1"]] {
        let requests = cost(replaced);
        assert!(requests.len() <= 12, "{replaced:?}: {requests:?}");
    }
    // With Python's index, the save itself has to find the index.
    let place = Place::new(&GCS, room, true, "");
    let requests = methods(room, &place.bucket.name, &["save", "run-1.json"]);
    assert_eq!(requests, ["HEAD", "POST", "POST", "GET"]);
    // A document written with the other compression setting costs one more request.
    let profile = String::from_utf8(room.read("truthound-store.toml")).unwrap();
    room.write("truthound-store.toml", profile.replace("use_compression = true", "use_compression = false"));
    assert_eq!(methods(room, &place.bucket.name, &["get", "run-1"]), ["GET", "GET"]);
}

/// fake-gcs-server, with its profile from docs/gcs.md: with our binary alone, and with Python in the same bucket.
fn the_profile_of_the_page_works(room: &Room, python: &mut Python) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/gcs.md")).unwrap();
    let documented = "http://127.0.0.1:4443";
    let profile = page.split("```toml\n").filter_map(|block| block.split("```").next());
    let profile = profile.into_iter().find(|block| block.contains(documented)).expect("the page shows a profile");
    let (bucket, endpoint) = ("my-validation-bucket", fake_gcs::endpoint());
    assert!(profile.contains(bucket));
    fake_gcs::make_bucket(bucket);
    let profile = profile.replace(documented, &endpoint);
    room.write("truthound-store.toml", format!("default_profile = 'laptop'\n{profile}"));
    for run_id in ["run-1", "50% größe/?#"] {
        room.save(&stored(run_id));
        assert_eq!(room.run(["get", run_id]).succeeds(), stored(run_id).text());
    }
    room.write("run-1.json", stored("run-1").text());
    room.run(["save", "--if-absent", "run-1.json"]).fails_with(7);
    room.run(["get", "nothing"]).fails_with(3);
    let large = stored("large").of(&"x".repeat(60_000)).padded(13 << 20);
    room.write("large.json", &large);
    room.run(["save", "large.json"]).succeeds();
    assert!(room.run(["get", "large"]).succeeds() == large);
    assert_eq!(room.run(["list", "--count"]).succeeds().trim(), "3");
    for run_id in ["50% größe/?#", "large"] {
        room.run(["delete", run_id]).succeeds();
    }
    let message = room.run(["set-tier", "run-1", "Cool"]).fails_with(9);
    assert!(message.contains("this server does not change storage classes"), "{message}");

    let bucket = json!({"kind": "gcs", "bucket": bucket, "endpoint_url": endpoint, "compression": false});
    python.ask("save", json!({"where": bucket, "documents": [stored("theirs").text()]}));
    let read_by_python = python.ask_text("get", json!({"where": bucket, "run_id": "run-1"}));
    let accepted = python.ask_text("accept", json!({"document": stored("run-1").text()}));
    python.assert_same(&read_by_python, &accepted);
    let accepted = python.ask_text("accept", json!({"document": stored("theirs").text()}));
    python.assert_same(&room.run(["get", "theirs"]).succeeds(), &accepted);
    assert_eq!(room.run(["list", "--ids"]).succeeds().lines().collect::<BTreeSet<_>>(), ["run-1", "theirs"].into());
}

/// If compressed, Python cannot read its own documents here: it sets an encoding that Google decodes, and then decodes
/// again.
fn open(room: &Room, compressed: bool, more: &str) -> Bucket {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("interop-{:05}", COUNT.fetch_add(1, Ordering::Relaxed));
    server::make_bucket(&name);
    let endpoint = server::SERVER.address();
    room.write(
        "truthound-store.toml",
        format!(
            "default_profile = 'gcs'\n[profiles.gcs]\nbackend = 'gcs'\nbucket = '{name}'\nendpoint_url = '{endpoint}'\n\
             use_compression = {compressed}\n{more}\n"
        ),
    );
    Bucket {
        python: json!({"kind": "gcs", "bucket": name, "endpoint_url": endpoint, "compression": compressed}),
        objects: ("gcs_objects", json!({"bucket": name, "endpoint_url": endpoint})),
        name,
    }
}

const CARRIED: &str = "prefix = 'p/q/'\nnamespace = 'n'\nstorage_class = 'nearline'\n\
    metadata = { Owner = 'größe', team = 'data quality' }\npython_index = 'always'";

fn the_server_holds_what_the_profile_says(room: &Room, python: &mut Python) {
    let place = Place::new(&GCS, room, true, CARRIED);
    room.save(&stored("run-1"));
    let objects = place.objects(python);
    let document = &objects["p/q/n/results/run-1.json.gz"];
    assert_eq!(document["contentType"], "application/json", "{objects}");
    assert_eq!(document["storageClass"], "NEARLINE");
    let mut metadata = document["metadata"].clone();
    without_own_metadata(&mut metadata);
    assert_eq!(metadata, json!({"owner": "gr%C3%B6%C3%9Fe", "team": "data quality"}));
    assert!(document.get("contentEncoding").is_none(), "{document}");
    assert_eq!(objects["p/q/n/_index.json"]["storageClass"], "STANDARD");
    let entries = objects.as_object().unwrap().keys().filter(|key| key.starts_with("p/q/n/_catalog/")).count();
    assert_eq!(entries, 1, "{objects}");

    let plain = Place::new(&GCS, room, false, "");
    room.save(&stored("run-2"));
    assert_eq!(plain.objects(python)["truthound/default/results/run-2.json"]["storageClass"], "STANDARD");
}

fn the_index_names_documents_as_pythons_does(room: &Room, python: &mut Python) {
    let place = Place::new(&GCS, room, false, "python_index = 'always'");
    room.save(&stored("ours"));
    python.ask("save", json!({"where": place.bucket.python, "documents": [stored("theirs").text()]}));
    let index = server::SERVER.ask("GET", &format!("/{}/truthound/default/_index.json", place.bucket.name));
    let index: Value = serde_json::from_str(&index).unwrap();
    let mut theirs = index["theirs"].clone();
    assert_eq!(theirs["blob_name"], "truthound/default/results/theirs.json", "{index}");
    theirs["blob_name"] = "truthound/default/results/ours.json".into();
    assert_eq!(index["ours"], theirs, "{index}");
}

fn set_tier_keeps_what_an_object_carries(room: &Room, python: &mut Python) {
    let place = Place::new(&GCS, room, true, CARRIED);
    let name = "p/q/n/results/run-1.json.gz";
    room.save(&stored("run-1"));
    let key = "projects/p/locations/l/keyRings/r/cryptoKeys/k";
    let asked =
        json!({"bucket": place.bucket.name, "name": name, "key": key, "endpoint_url": server::SERVER.address()});
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

/// Returns the permissions that a request needs: <https://cloud.google.com/storage/docs/access-control/iam-xml> and
/// <https://cloud.google.com/storage/docs/access-control/iam-json>. Replacing an object requires the permission to
/// delete it.
fn permissions(request: &str, replaces: bool) -> Vec<&'static str> {
    let (method, target) = request.split_once(' ').unwrap();
    match method {
        "GET" if target.split('?').next().unwrap().ends_with("/o") => vec!["list"],
        "GET" | "HEAD" => vec!["get"],
        "POST" if target.contains("/rewriteTo/") => vec!["get", "create", "delete"],
        "POST" if replaces => vec!["create", "delete"],
        "POST" => vec!["create"],
        "DELETE" => vec!["delete"],
        _ => panic!("no permission is documented for {request}"),
    }
}

fn the_permissions_of_the_page(room: &Room) {
    let place = Place::new(&GCS, room, true, "python_index = 'always'");
    room.write("run-1.json", stored("run-1").text());
    for (commands, expected) in [
        (vec![vec!["list"], vec!["get", "run-1"]], vec!["get", "list"]),
        (vec![vec!["save", "run-1.json"]], vec!["create", "delete", "get", "list"]),
        (vec![vec!["set-tier", "run-1", "Cool"]], vec!["create", "delete", "get"]),
        (vec![vec!["reindex"], vec!["delete", "run-1"]], vec!["create", "delete", "get", "list"]),
    ] {
        room.save(&stored("run-1"));
        // The first list by a caller with write permission records its comparison of documents and catalog. Later lists
        // do not need that permission.
        room.run(["list"]).succeeds();
        let bucket = &place.bucket.name;
        let name = |request: &str| clouds::written_name(request, bucket).map(str::to_owned);
        let mut written: BTreeSet<_> = server::SERVER.requests(bucket).iter().filter_map(|it| name(it)).collect();
        for command in commands {
            room.run(command).succeeds();
        }
        let mut needed = BTreeSet::new();
        for request in server::SERVER.requests(bucket) {
            let replaces = name(&request).is_some_and(|name| !written.insert(name));
            needed.extend(permissions(&request, replaces));
        }
        assert_eq!(needed.into_iter().collect::<Vec<_>>(), expected);
    }
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/gcs.md")).unwrap();
    let named = page.lines().filter_map(|line| line.strip_prefix("| `storage.objects.")?.split('`').next());
    assert_eq!(named.collect::<BTreeSet<_>>(), BTreeSet::from(["create", "delete", "get", "list"]));
}

fn a_large_document(room: &Room, python: &mut Python) {
    let place = Place::new(&GCS, room, false, CARRIED);
    let large = stored("large").of(&"x".repeat(60_000)).padded(20 << 20);
    room.write("large.json", &large);
    room.run(["save", "large.json"]).succeeds();
    let document = place.objects(python)["p/q/n/results/large.json"].clone();
    assert_eq!((&document["contentType"], &document["storageClass"]), (&json!("application/json"), &json!("NEARLINE")));
    assert_eq!(document["metadata"]["owner"], "gr%C3%B6%C3%9Fe");
    assert!(room.run(["get", "large"]).succeeds() == large);
    room.run(["save", "large.json", "--if-absent"]).fails_with(7);
    room.run(["save", "large.json"]).succeeds();
}

/// This test is here because Google's own library creates the key and verifies the signature.
fn a_service_account_signs_for_itself(_: &Room, python: &mut Python) {
    let server = Scripted::plain();
    let room = server.room();
    let pair = python.ask("make_key", json!({}));
    let file = json!({
        "type": "service_account", "client_email": "a@b.iam.gserviceaccount.com", "private_key_id": "1",
        "private_key": pair["private"],
        // Neither of these options may redirect or suppress the token.
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
