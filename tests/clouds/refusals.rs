//! A service that refuses: the exit code, and the hint with the next action.

use crate::cloud::{Cloud, room};
use crate::server::{Answer, Scripted};
use crate::support::{Room, stored};

crate::shared_cases![
    a_missing_bucket_is_not_a_missing_result,
    a_document_that_may_not_be_read_is_not_called_absent,
    refused_credentials_are_denied_without_showing_them,
];

/// Runs each command against a server that answers with `refusal` only. Returns their messages.
fn refused<Service: Cloud>(refusal: Answer, code: i32) -> Vec<String> {
    let server = Scripted::<Service>::start(move |_, _| Some(refusal.clone()));
    let room = room(&server, "retry_timeout = 1.0");
    room.write("run-1.json", stored("run-1").text());
    let commands = [
        vec!["get", "x"],
        vec!["list"],
        vec!["save", "run-1.json"],
        vec!["delete", "x"],
        vec!["set-tier", "x", "Cool"],
    ];
    commands.into_iter().map(|command| room.run(command).fails_with(code)).collect()
}

fn a_missing_bucket_is_not_a_missing_result<Service: Cloud>() {
    for message in refused::<Service>(Service::no_bucket(), 4) {
        assert!(message.contains(Service::HOW_TO_CREATE), "{message}");
    }
    let server = Scripted::<Service>::plain();
    let message = room(&server, "").run(["get", "x"]).fails_with(3);
    assert!(!message.contains(Service::HOW_TO_CREATE), "{message}");
}

fn a_document_that_may_not_be_read_is_not_called_absent<Service: Cloud>() {
    for message in refused::<Service>(Service::denied(), 8) {
        assert!(message.contains(Service::PERMISSIONS), "{message}");
    }
}

fn refused_credentials_are_denied_without_showing_them<Service: Cloud>() {
    for (status, code) in Service::REFUSED_CREDENTIALS {
        for message in refused::<Service>(Service::error(*status, code), 8) {
            assert!(message.contains("hint: "), "{message}");
            assert!(!message.contains("SECRET") && !message.contains("c2VjcmV0"), "{message}");
        }
    }
}

/// Runs a list against a server with another date that refuses the signature with `code`.
pub(crate) fn a_wrong_clock_is_named<Service: Cloud>(code: &str) {
    let headers = vec![("date", "Mon, 01 Jan 2001 00:00:00 GMT".to_owned())];
    let body = format!("<Error><Code>{code}</Code></Error>").into_bytes();
    let server = Scripted::<Service>::troubled(usize::MAX, |_| true, Answer::Respond(403, headers, body));
    let message = room(&server, "").run(["list"]).fails_with(8);
    assert!(message.contains("minutes fast"), "{message}");
}

/// Prunes a store with a result that the server keeps, `kept`, and two others. Returns the message about it.
pub(crate) fn pruned(room: &Room) -> String {
    for (run_id, day) in [("kept", 1), ("older", 2), ("newest", 3)] {
        room.save(&stored(run_id).at(&format!("2026-03-0{day}T10:00:00")));
    }
    let message = room.run(["prune", "--keep-last", "1", "--yes"]).fails_with(8);
    assert!(message.contains("cannot delete result `kept`") && !message.contains("`older`"), "{message}");
    assert_eq!(room.run(["list", "--ids"]).succeeds(), "newest\nkept\n");
    room.run(["get", "kept"]).succeeds();
    message
}
