//! Every option, as the server shows it; tiers, and documents in parts.

use serde_json::Value;

use crate::services::azure as server;
use crate::support::{Room, stored};

pub(crate) const TESTS: [(&str, fn()); 3] = [
    ("the_server_holds_what_the_profile_says", the_server_holds_what_the_profile_says),
    ("set_tier_keeps_what_a_blob_carries_and_says_what_is_only_requested", tiers),
    ("a_large_document_is_created_or_replaced_under_a_condition", large),
];

fn room(container: &str, more: &str) -> Room {
    server::make_container(container);
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        format!(
            "default_profile = 'a'\n[profiles.a]\nbackend = 'azure'\ncontainer = '{container}'\n\
             connection_string = '{}'\n{more}\n",
            server::connection_string()
        ),
    );
    room
}

fn headers(blob: &str) -> Value {
    let answer = server::ask("HEAD", blob);
    assert_eq!(answer["status"], 200, "{blob}: {answer}");
    answer["headers"].clone()
}

fn the_server_holds_what_the_profile_says() {
    let more = "prefix = 'p/q/'\nnamespace = 'n'\naccess_tier = 'cool'\ncontent_type = 'application/x-result'\n\
        metadata = { owner = 'größe' }";
    let room = room("options", more);
    room.save(&stored("run-1"));
    let document = headers("options/p/q/n/results/run-1.json.gz");
    for (name, value) in
        [("content-type", "application/x-result"), ("x-ms-access-tier", "Cool"), ("x-ms-meta-owner", "gr%C3%B6%C3%9Fe")]
    {
        assert_eq!(document[name], value, "{document}");
    }
    assert!(document.get("content-encoding").is_none(), "{document}");
    room.run(["delete", "run-1"]).succeeds();
    assert_eq!(server::ask("HEAD", "options/p/q/n/results/run-1.json.gz")["status"], 404);
}

fn tiers() {
    let room = room("tiers", "metadata = { owner = 'me' }");
    room.save(&stored("run-1"));
    let blob = "tiers/truthound/default/results/run-1.json.gz";
    for tier in ["cool", "Cold", "HOT"] {
        room.run(["set-tier", "run-1", tier]).succeeds();
        let headers = headers(blob);
        assert!(headers["x-ms-access-tier"].as_str().unwrap().eq_ignore_ascii_case(tier), "{headers}");
        assert_eq!(headers["x-ms-meta-owner"], "me");
    }
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
    room.run(["set-tier", "run-1", "archive"]).succeeds();
    let requested = room.run(["set-tier", "run-1", "hot", "--format", "json"]).succeeds();
    assert!(requested.to_lowercase().contains("requested"), "{requested}");
    room.run(["set-tier", "run-1", "GLACIER"]).fails_with(9);
    room.run(["set-tier", "absent", "Cool"]).fails_with(3);
}

fn large() {
    let room = room("large", "use_compression = false");
    let padding = format!("\"metadata\":{{\"samples\":\"{}\"}}", "0123456789".repeat(1_300_000));
    room.write("large.json", stored("large").text().replace("\"metadata\":{}", &padding));
    room.run(["save", "--if-absent", "large.json"]).succeeds();
    assert_eq!(room.run(["get", "large"]).succeeds().as_bytes(), room.read("large.json"));
    room.run(["save", "large.json"]).succeeds();
    room.run(["save", "--if-absent", "large.json"]).fails_with(7);
}
