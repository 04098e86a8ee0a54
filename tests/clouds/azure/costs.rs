//! The cost of each command: requests, as counted by the server.

use super::scripted::{Scripted, error, parameter};
use crate::cloud::methods;
use crate::support::{Stored, stored};

crate::cases![
    a_list_is_one_request_per_page_between_two_that_look_for_other_writers,
    a_store_that_has_grown_costs_no_more,
    a_list_that_begins_in_the_past_begins_there,
    a_server_of_an_older_version_lists_from_the_beginning,
    every_option_stands_in_the_requests,
    a_wrong_address_is_refused_before_the_network,
];

fn a_list_is_one_request_per_page_between_two_that_look_for_other_writers() {
    let server = Scripted::plain();
    let room = server.room_with_key("python_index = 'never'");
    room.save(&stored("run-1"));
    // The first list compares documents and catalog.
    room.run(["list"]).succeeds();
    server.take();
    room.run(["list", "--limit", "20"]).succeeds();
    assert_eq!(methods(&server.take()), ["GET", "GET", "GET"], "Python's index, the catalog, the intents after it");
    room.run(["list", "--limit", "1", "--show-tier"]).succeeds();
    assert_eq!(methods(&server.take()), ["GET", "GET", "HEAD"]);
}

fn nth(n: usize) -> Stored {
    stored(&format!("many-{n:04}")).at(&format!("2026-03-01T{:02}:{:02}:00", n / 60, n % 60))
}

fn a_store_that_has_grown_costs_no_more() {
    let server = Scripted::plain();
    let room = server.room_with_key("");
    let documents: Vec<_> = (0..1100).map(|n| nth(n).text()).collect();
    room.start(["save", "-"]).input(documents.join("\n")).run().succeeds();
    room.run(["list", "--limit", "1"]).succeeds();
    server.take();
    room.save(&stored("run-1"));
    assert_eq!(methods(&server.take()), ["HEAD", "PUT", "PUT", "GET"]);
    let listed = room.run(["list", "--limit", "20", "--ids"]).succeeds();
    assert_eq!(listed.lines().next(), Some("many-1099"));
    let requests = server.take();
    assert!(requests.len() <= 2, "{requests:?}");
    let list = requests.iter().find(|request| request.target.contains("comp=list")).unwrap();
    assert_eq!(parameter(&list.target, "maxresults").as_deref(), Some("1000"));
    // The requests are one per page, not one per result.
    assert_eq!(room.run(["list", "--count"]).succeeds().trim(), "1101");
    assert!(server.take().len() <= 10);
}

fn a_list_that_begins_in_the_past_begins_there() {
    let server = Scripted::plain();
    let room = server.room_with_key("python_index = 'never'");
    for n in [0, 60, 120] {
        room.save(&nth(n));
    }
    room.run(["list"]).succeeds();
    server.take();
    let listed = room.run(["list", "--until", "2026-03-01T01:30:00Z", "--limit", "1", "--ids"]).succeeds();
    assert_eq!(listed, "many-0060\n");
    let requests = server.take();
    let lists: Vec<_> = requests.iter().filter(|request| request.target.contains("comp=list")).collect();
    // The intents, the entries from the start key on, and the intents again.
    assert_eq!(lists.len(), 3);
    let lists: Vec<_> = lists.into_iter().filter(|list| list.target.contains("startFrom=")).collect();
    assert_eq!(lists.len(), 1);
    // Older protocol versions ignore `startFrom` and would return everything.
    assert_eq!(lists[0].header("x-ms-version"), "2026-02-06");
}

fn a_server_of_an_older_version_lists_from_the_beginning() {
    let server = Scripted::start(|request, _| {
        let refused = request.header("x-ms-version") == "2026-02-06";
        refused.then(|| error(400, "InvalidHeaderValue"))
    });
    let room = server.room_with_key("python_index = 'never'");
    for n in [0, 60, 120] {
        room.save(&nth(n));
    }
    let listed = room.run(["list", "--until", "2026-03-01T01:30:00Z", "--ids"]).succeeds();
    assert_eq!(listed, "many-0060\nmany-0000\n");
    room.save(&nth(0).ended("failure"));
    room.run(["delete", "many-0060"]).succeeds();
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "many-0120\nmany-0000\n");
}

fn every_option_stands_in_the_requests() {
    let server = Scripted::plain();
    let options = "prefix = 'a/b/'\nnamespace = 'n'\naccess_tier = 'cold'\ncontent_type = 'application/x-result'\n\
        metadata = { Owner = 'größe' }";
    server.room_with_key(options).save(&stored("run-1"));
    let writes: Vec<_> = server.take().into_iter().filter(|request| request.method == "PUT").collect();
    let [document, entry] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!(document.target, "/acc/box/a/b/n/results/run-1.json.gz");
    for (name, value) in [
        ("x-ms-blob-type", "BlockBlob"),
        ("content-type", "application/x-result"),
        ("content-encoding", ""),
        ("x-ms-access-tier", "Cold"),
        ("x-ms-meta-owner", "gr%C3%B6%C3%9Fe"),
        ("if-none-match", "*"),
    ] {
        let value_sent = match name {
            "content-type" => [document.header("x-ms-blob-content-type"), document.header(name)].concat(),
            name => document.header(name).to_owned(),
        };
        assert_eq!(value_sent, value, "{name}");
    }
    assert!(document.header("authorization").starts_with("SharedKey acc:"));
    assert_eq!(entry.header("x-ms-access-tier"), "");
    assert!(document.body.starts_with(&[0x1f, 0x8b]));

    server.room_with_key("use_compression = false\nprefix = ''").save(&stored("run-1"));
    let requests = server.take();
    let document = requests.iter().find(|request| request.is("PUT", "/box/default/results/run-1.json")).unwrap();
    assert_eq!(document.body, stored("run-1").text().as_bytes());
}

fn a_wrong_address_is_refused_before_the_network() {
    let server = Scripted::plain();
    server.room_with_key("prefix = 'a//b'").run(["list"]).fails_with(2);
    for address in [
        "account_url = 'http://192.0.2.1:9/acc'",
        "connection_string = 'AccountName=me;AccountKey=a2V5;DefaultEndpointsProtocol=http'",
    ] {
        let room = crate::support::Room::new();
        room.write(
            "truthound-store.toml",
            format!("default_profile = 'a'\n[profiles.a]\nbackend = 'azure'\ncontainer = 'box'\n{address}\n"),
        );
        let message = room.run(["list"]).fails_with(2);
        assert!(message.contains("https://") && !message.contains("a2V5"), "{message}");
    }
    assert!(server.take().is_empty());
}
