//! Responses that end early.

use crate::cloud::{Cloud, document_headers, range_start, room};
use crate::server::{Answer, Scripted, broken_off, text};
use crate::support::Outcome;

crate::shared_cases![
    a_list_that_breaks_off_is_requested_again,
    a_list_that_always_breaks_off_fails_after_the_retry_timeout,
    a_page_that_is_not_a_list_is_requested_once,
    an_error_that_breaks_off_is_requested_again,
    a_document_that_is_reset_again_and_again_is_unreadable,
];

/// Lists without Python's index, so that every list costs the same requests.
fn run_list<Service: Cloud>(server: &Scripted<Service>, more: &str) -> Outcome {
    room(server, &format!("python_index = 'never'\n{more}")).run(["list"])
}

fn count_lists<Service: Cloud>(server: &Scripted<Service>) -> usize {
    server.take().iter().filter(|request| Service::is_list(request)).count()
}

fn a_list_that_breaks_off_is_requested_again<Service: Cloud>() {
    let lists = |server: &Scripted<Service>| {
        run_list(server, "").succeeds();
        count_lists(server)
    };
    let untroubled = lists(&Scripted::plain());
    for broken in broken_off(Service::WHOLE_LIST) {
        let server = Scripted::troubled(2, Service::is_list, broken.clone());
        assert_eq!(lists(&server), untroubled + 2, "{broken:?}");
    }
}

fn a_list_that_always_breaks_off_fails_after_the_retry_timeout<Service: Cloud>() {
    for broken in broken_off(Service::WHOLE_LIST) {
        let server = Scripted::<Service>::troubled(usize::MAX, Service::is_list, broken.clone());
        let message = run_list(&server, "retry_timeout = 0.8").fails_with(4);
        assert!(message.contains("hint: "), "{message}");
        assert!(server.take().len() > 1, "{broken:?}: {message}");
    }
}

fn a_page_that_is_not_a_list_is_requested_once<Service: Cloud>() {
    let page = text("<!DOCTYPE html><html>sign in</html>");
    let server = Scripted::<Service>::troubled(usize::MAX, Service::is_list, page);
    run_list(&server, "").fails_with(4);
    assert_eq!(count_lists(&server), 1);
}

fn an_error_that_breaks_off_is_requested_again<Service: Cloud>() {
    let refused = Answer::Raw(b"HTTP/1.1 403 Scripted\r\ncontent-length: 100\r\n\r\n<Error><Code>Acc".to_vec());
    let server = Scripted::<Service>::troubled(2, Service::is_list, refused);
    run_list(&server, "").succeeds();
}

fn a_document_that_is_reset_again_and_again_is_unreadable<Service: Cloud>() {
    let server = never_whole::<Service>();
    let room = room(&server, "python_index = 'never'\nretry_timeout = 5.0");
    let message = room.run(["get", "run-1"]).fails_with(5);
    assert!(message.contains("cannot read result `run-1`") && message.contains("hint: "), "{message}");
    // Each request continues where the previous one ended.
    let ranges = server.take().iter().filter(|request| range_start(request).is_some()).count();
    assert!(ranges > 1, "{ranges}");
}

/// A server that sends a part of a document from any requested position, and then resets the connection.
fn never_whole<Service: Cloud>() -> Scripted<Service> {
    Scripted::start(move |request, _| {
        if !request.is("GET", "results") {
            return None;
        }
        let from = range_start(request).unwrap_or_default();
        let mut headers = document_headers::<Service>();
        headers.push(("content-length", (1000 - from).to_string()));
        if from > 0 {
            headers.push(("content-range", format!("bytes {from}-999/1000")));
        }
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let status = if from == 0 { 200 } else { 206 };
        Some(Answer::Reset(format!("HTTP/1.1 {status} Scripted\r\n{lines}\r\n \n \n").into_bytes()))
    })
}
