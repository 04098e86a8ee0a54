//! The cost of each command: requests, as counted by the server.

use super::scripted::Scripted;
use crate::cloud::methods;
use crate::support::stored;

crate::cases![
    no_command_costs_more_than_it_must,
    every_option_stands_in_the_requests,
    what_cannot_be_done_is_refused_before_the_network,
];

fn no_command_costs_more_than_it_must() {
    let server = Scripted::plain();
    let room = server.room_with_keys("python_index = 'never'");
    room.save(&stored("run-1"));
    assert_eq!(methods(&server.take()), ["HEAD", "PUT", "PUT"], "two writes, and a request beside them");
    room.run(["get", "run-1"]).succeeds();
    assert_eq!(methods(&server.take()), ["GET"]);
    // This server lists nothing. If a store seems empty, each list searches it for Python's documents.
    room.run(["list", "--limit", "20"]).succeeds();
    let requests = server.take();
    let why = "the index, the catalog, once more with documents, the catalog as it is then, and intents";
    assert_eq!(methods(&requests), ["GET"; 6], "{why}");
    room.run(["set-tier", "run-1", "Cool"]).succeeds();
    assert_eq!(methods(&server.take()), ["HEAD", "HEAD", "PUT"]);

    // With Python's index, the save itself has to find the index.
    server.room_with_keys("").save(&stored("run-2"));
    assert_eq!(methods(&server.take()), ["HEAD", "PUT", "PUT", "GET"]);
    // A document written with the other compression setting costs one more request. This server returns an empty body,
    // which is not a valid document.
    server.room_with_keys("use_compression = false").run(["get", "run-1"]).fails_with(5);
    assert_eq!(methods(&server.take()), ["GET", "GET"]);
}

fn every_option_stands_in_the_requests() {
    let server = Scripted::plain();
    let options = "prefix = 'a/b/'\nnamespace = 'n'\nstorage_class = 'standard_ia'\nregion = 'eu-west-1'\n\
        server_side_encryption = 'aws:kms'\nkms_key_id = 'alias/k'\ntags = { env = 'prod: a+b', team = 'data quality' }\n\
        metadata = { Owner = 'größe' }";
    server.room_with_keys(options).save(&stored("run-1"));
    let writes: Vec<_> = server.take().into_iter().filter(|request| request.method == "PUT").collect();
    let [document, entry] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!(document.target, "/bucket/a/b/n/results/run-1.json.gz");
    for (name, value) in [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "alias/k"),
        ("x-amz-meta-owner", "gr%C3%B6%C3%9Fe"),
        ("x-amz-tagging", "env=prod%3A+a%2Bb&team=data+quality"),
        ("if-none-match", "*"),
    ] {
        assert_eq!(document.header(name), value, "{name}");
    }
    assert_eq!(entry.header("x-amz-server-side-encryption"), "aws:kms");
    assert_eq!(entry.header("x-amz-storage-class"), "");
    assert!(document.body.starts_with(&[0x1f, 0x8b]));

    server.room_with_keys("use_compression = false\nprefix = ''").save(&stored("run-1"));
    let requests = server.take();
    let document = requests.iter().find(|request| request.is("PUT", "/bucket/default/results/run-1.json")).unwrap();
    assert_eq!(document.header("content-encoding"), "");
    assert_eq!(document.body, stored("run-1").text().as_bytes());
}

fn what_cannot_be_done_is_refused_before_the_network() {
    let server = Scripted::plain();
    for options in ["prefix = '/a'", "prefix = 'a//b'", "endpoint_url = 'http://192.0.2.1:9'"] {
        let options = options.to_owned();
        let room = server.room_with_keys(if options.starts_with("endpoint") { "" } else { &options });
        if options.starts_with("endpoint") {
            let text = String::from_utf8(room.read("truthound-store.toml")).unwrap();
            room.write("truthound-store.toml", text.replace(&server.address(), "http://192.0.2.1:9"));
        }
        room.run(["list"]).fails_with(2);
    }
    server.room_with_keys("").run(["set-tier", "x", "NEARLINE"]).fails_with(9);
    server.room_with_keys("").run(["pool-status"]).fails_with(9);
    assert!(server.take().is_empty());
}
