//! A server that is busy, gone, or says no.

use crate::scripted::{Answer, Scripted, error};

#[test]
fn what_passes_is_tried_again() {
    let slow = Answer::Respond(429, vec![("retry-after", "1".to_owned())], Vec::new());
    for trouble in [error(503, "ServiceUnavailable"), error(500, "InternalError"), slow, Answer::Close] {
        let mut left = 2;
        let server = Scripted::start(move |_| {
            left -= 1;
            (left >= 0).then(|| trouble.clone())
        });
        server.room("").run(["list"]).succeeds();
    }
}

#[test]
fn what_does_not_pass_ends_in_time_and_with_the_right_code() {
    for (answer, code) in [
        (error(503, "ServiceUnavailable"), 4),
        (Answer::Close, 4),
        (error(404, "NoSuchBucket"), 4),
        (error(403, "AccessDenied"), 8),
        (error(401, "AuthenticationRequired"), 8),
        (error(400, "UserProjectMissing"), 8),
    ] {
        let server = Scripted::start(move |_| Some(answer.clone()));
        let message = server.room("retry_timeout = 0.8").run(["list"]).fails_with(code);
        assert!(message.contains("hint: "), "{message}");
    }
}

#[test]
fn a_bucket_whose_readers_pay_is_told_the_project() {
    let server = Scripted::start(|request| {
        let refused: Answer = error(400, "UserProjectMissing");
        request.header("x-goog-user-project").is_empty().then_some(refused)
    });
    server.room("project = 'payer'").run(["list"]).succeeds();
    let projects: Vec<_> =
        server.take().iter().map(|request| request.header("x-goog-user-project").to_owned()).collect();
    assert_eq!(projects[0], "", "whoever need not pay names nobody");
    assert_eq!(projects.last().unwrap(), "payer");
}

#[test]
fn not_allowed_to_look_is_not_absent() {
    let server = Scripted::start(|request| (request.method == "GET").then(|| error(403, "AccessDenied")));
    server.room("").run(["get", "run-1"]).fails_with(8);
    Scripted::start(|_| None).room("").run(["get", "run-1"]).fails_with(3);
}

#[test]
fn what_cannot_be_done_is_refused_before_the_network() {
    let server = Scripted::start(|_| None);
    server.room("prefix = '/a'").run(["list"]).fails_with(2);
    server.room("").run(["set-tier", "x", "STANDARD_IA"]).fails_with(9);
    server.room("").run(["pool-status"]).fails_with(9);
    assert!(server.take().is_empty());
}
