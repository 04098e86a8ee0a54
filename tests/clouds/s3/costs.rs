//! The cost of each command: requests, as counted by the server.

use super::scripted::Scripted;
use crate::cloud::{methods, room_at};
use crate::support::stored;

crate::cases![
    a_list_of_a_store_that_seems_empty_searches_it_for_documents_of_python,
    every_option_stands_in_the_requests,
    a_wrong_address_is_refused_before_the_network,
];

fn a_list_of_a_store_that_seems_empty_searches_it_for_documents_of_python() {
    let server = Scripted::plain();
    // This server lists nothing.
    server.room_with_keys("python_index = 'never'").run(["list", "--limit", "20"]).succeeds();
    let why = "the index, the catalog, once more with documents, the catalog as it is then, and intents";
    assert_eq!(methods(&server.take()), ["GET"; 6], "{why}");
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

fn a_wrong_address_is_refused_before_the_network() {
    let server = Scripted::plain();
    server.room_with_keys("prefix = 'a//b'").run(["list"]).fails_with(2);
    room_at::<super::Objects>("http://192.0.2.1:9", "").run(["list"]).fails_with(2);
    assert!(server.take().is_empty());
}
