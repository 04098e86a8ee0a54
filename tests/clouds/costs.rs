//! The number of requests of each command, as the server counts them.

use crate::cloud::{Cloud, methods, room};
use crate::server::Scripted;
use crate::support::stored;

crate::shared_cases![
    a_save_writes_the_document_and_its_entry_while_it_looks_for_another_version,
    a_save_beside_python_also_looks_for_its_index,
    a_save_if_absent_also_looks_for_its_document_and_once_tries_a_condition,
    a_document_is_read_with_one_request_and_with_another_if_it_has_the_other_compression,
    a_move_to_another_tier_looks_at_the_document_first,
    commands_that_the_service_cannot_run_are_refused_before_the_network,
];

const WITHOUT_PYTHON: &str = "python_index = 'never'";

fn a_save_writes_the_document_and_its_entry_while_it_looks_for_another_version<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    room(&server, WITHOUT_PYTHON).save(&stored("run-1"));
    assert_eq!(methods(&server.take()), ["HEAD", Service::WRITE, Service::WRITE]);
}

fn a_save_beside_python_also_looks_for_its_index<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    room(&server, "").save(&stored("run-1"));
    assert_eq!(methods(&server.take()), ["HEAD", Service::WRITE, Service::WRITE, "GET"]);
}

fn a_save_if_absent_also_looks_for_its_document_and_once_tries_a_condition<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    let room = room(&server, "");
    room.write("both.jsonl", format!("{}\n{}\n", stored("run-1").text(), stored("run-2").text()));
    room.run(["save", "--if-absent", "--jobs", "1", "both.jsonl"]).succeeds();
    let requests = server.take();
    let seen = methods(&requests);
    let of_one = ["HEAD", "HEAD", Service::WRITE, Service::WRITE, "GET"];
    let count = |method: &str, seen: &[&str]| seen.iter().filter(|other| **other == method).count();
    assert_eq!(seen.len(), 2 * of_one.len() + 1, "{seen:?}");
    assert_eq!(seen[..4], of_one[..4]);
    assert_eq!(count(Service::WRITE, &seen), 2 * count(Service::WRITE, &of_one) + 1, "{seen:?}");
}

fn a_document_is_read_with_one_request_and_with_another_if_it_has_the_other_compression<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    let compressed = room(&server, WITHOUT_PYTHON);
    compressed.save(&stored("run-1"));
    server.take();
    compressed.run(["get", "run-1"]).succeeds();
    assert_eq!(methods(&server.take()), ["GET"]);
    room(&server, "use_compression = false").run(["get", "run-1"]).succeeds();
    assert_eq!(methods(&server.take()), ["GET", "GET"]);
}

fn a_move_to_another_tier_looks_at_the_document_first<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    let room = room(&server, WITHOUT_PYTHON);
    room.save(&stored("run-1"));
    server.take();
    room.run(["set-tier", "run-1", "Cool", "--min-size", "0"]).succeeds();
    assert_eq!(methods(&server.take()), Service::SET_TIER);
}

fn commands_that_the_service_cannot_run_are_refused_before_the_network<Service: Cloud>() {
    let server = Scripted::<Service>::plain();
    room(&server, "prefix = '/a'").run(["list"]).fails_with(2);
    room(&server, "").run(["set-tier", "x", Service::FOREIGN_TIER]).fails_with(9);
    room(&server, "").run(["pool-status"]).fails_with(9);
    assert!(server.take().is_empty());
}
