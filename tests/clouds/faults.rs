//! A server that is busy, gone, or refuses.

use std::time::{Duration, Instant};

use crate::cloud::{Cloud, document_headers, range_start, room, room_at};
use crate::server::{Answer, Request, Scripted, saved_and_read};
use crate::support::stored;

crate::shared_cases![
    a_passing_failure_is_retried,
    a_lasting_failure_is_retried_until_the_retry_timeout,
    a_silent_server_is_given_up_after_the_retry_timeout,
    a_server_that_trickles_is_given_up,
    an_address_without_a_server_is_given_up_before_the_retry_timeout,
    a_body_that_is_cut_is_fetched_from_there_on,
    a_body_that_is_always_cut_is_unreadable,
    a_reader_without_the_permission_to_list_reads,
    a_save_with_a_lost_response_recognizes_its_own_document,
];

/// Far longer than the commands need with the retry timeouts of these cases, even on a machine under load, and shorter
/// than the pause of [`Answer::Silence`].
const AT_MOST: Duration = Duration::from_secs(45);

/// Whether a request concerns a document.
fn is_document(request: &Request) -> bool {
    request.target.split('?').next().unwrap().contains("results")
}

fn a_passing_failure_is_retried<Service: Cloud>() {
    let slow = Answer::Respond(429, vec![("retry-after", "1".to_owned())], Vec::new());
    let plain = |status| Answer::Respond(status, Vec::new(), Vec::new());
    for trouble in [Service::busy(), plain(500), plain(504), slow, Answer::Close] {
        let server = Scripted::<Service>::troubled(3, |request| request.method != "HEAD", trouble);
        saved_and_read(&room(&server, ""));
    }
}

/// Runs each command against a server that answers nothing but `trouble`. Each must fail with exit code 4 and a hint, and
/// in time. `check` gets the requests of each.
fn each_command_gives_up<Service: Cloud>(trouble: &Answer, options: &str, check: impl Fn(&[Request])) {
    let server = Scripted::<Service>::troubled(usize::MAX, |_| true, trouble.clone());
    let room = room(&server, options);
    room.write("run-1.json", stored("run-1").text());
    for arguments in [
        vec!["list"],
        vec!["get", "run-1"],
        vec!["save", "run-1.json"],
        vec!["delete", "run-1"],
        vec!["set-tier", "run-1", "Cool"],
    ] {
        let began = Instant::now();
        let message = room.run(&arguments).fails_with(4);
        assert!(message.contains("hint: "), "{message}");
        assert!(began.elapsed() < AT_MOST, "{arguments:?} {trouble:?}");
        let requests = server.take();
        assert!(!requests.is_empty(), "{arguments:?} {trouble:?}");
        check(&requests);
    }
}

fn a_lasting_failure_is_retried_until_the_retry_timeout<Service: Cloud>() {
    for trouble in [Service::busy(), Answer::Close] {
        each_command_gives_up::<Service>(&trouble, "retry_timeout = 1.0", |requests| {
            let same = requests.iter().filter(|request| request.target == requests[0].target).count();
            assert!(same > 1, "{trouble:?}: {requests:?}");
        });
    }
}

fn a_silent_server_is_given_up_after_the_retry_timeout<Service: Cloud>() {
    each_command_gives_up::<Service>(&Answer::Silence, "retry_timeout = 0.8", |_| {});
}

fn a_server_that_trickles_is_given_up<Service: Cloud>() {
    let mut head = "HTTP/1.1 200 Scripted\r\ncontent-length: 100000\r\n".to_owned();
    for (name, value) in document_headers::<Service>().iter().filter(|(name, _)| !name.ends_with("content-length")) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let answer = Answer::Trickle(format!("{head}\r\n").into_bytes(), Duration::from_millis(20));
    let server = Scripted::<Service>::lying(move |_, _| Some(answer.clone()));
    for command in [&["list"][..], &["get", "run-1"]] {
        let began = Instant::now();
        let message = room(&server, "retry_timeout = 0.8").run(command).fails_with(4);
        assert!(message.contains("the server answers too slowly"), "{message}");
        assert!(began.elapsed() < AT_MOST, "{command:?}");
    }
}

fn an_address_without_a_server_is_given_up_before_the_retry_timeout<Service: Cloud>() {
    let room = room_at::<Service>("http://127.0.0.1:1", "retry_timeout = 60.0");
    let began = Instant::now();
    let message = room.run(["list"]).fails_with(4);
    assert!(message.contains("refused"), "{message}");
    assert!(began.elapsed() < AT_MOST, "{:?}", began.elapsed());
}

fn a_body_that_is_cut_is_fetched_from_there_on<Service: Cloud>() {
    let mut left = 1;
    let server = Scripted::<Service>::start(move |request, state| {
        if left == 0 || request.method != "GET" || !is_document(request) || range_start(request).is_some() {
            return None;
        }
        match state.answer(request) {
            Answer::Respond(200, headers, body) => {
                left -= 1;
                Some(Answer::Cut(body.len(), headers, body[..body.len() / 2].to_vec()))
            }
            other => Some(other),
        }
    });
    saved_and_read(&room(&server, ""));
    let requests = server.take();
    assert!(requests.iter().any(|request| range_start(request).is_some_and(|from| from > 0)), "{requests:?}");
}

fn a_body_that_is_always_cut_is_unreadable<Service: Cloud>() {
    let server = Scripted::<Service>::start(|request, _| {
        let cut = || Answer::Cut(1_000, document_headers::<Service>(), b"{".to_vec());
        request.is("GET", "results").then(cut)
    });
    room(&server, "retry_timeout = 1.0").run(["get", "run-1"]).fails_with(5);
}

fn a_reader_without_the_permission_to_list_reads<Service: Cloud>() {
    let server = Scripted::<Service>::start(|request, _| Service::is_list(request).then(Service::denied));
    let room = room(&server, "");
    saved_and_read(&room);
    let message = room.run(["list"]).fails_with(8);
    assert!(message.contains("hint: "), "{message}");
}

fn a_save_with_a_lost_response_recognizes_its_own_document<Service: Cloud>() {
    let mut stored_with: Option<String> = None;
    let server = Scripted::<Service>::start(move |request, state| match (&stored_with, Service::token(request)) {
        (None, Some(token)) => {
            stored_with = Some(token);
            state.answer(request);
            Some(Answer::Close)
        }
        (Some(token), None) if matches!(request.method.as_str(), "GET" | "HEAD") && is_document(request) => {
            let Answer::Respond(status, mut headers, body) = state.answer(request) else { return None };
            if status == 200 {
                headers.push((Service::TOKEN_HEADER, token.clone()));
            }
            Some(Answer::Respond(status, headers, body))
        }
        _ => None,
    });
    let room = room(&server, "");
    room.write("run-1.json", stored("run-1").text());
    room.run(["save", "--if-absent", "run-1.json"]).succeeds();
    room.run(["save", "--if-absent", "run-1.json"]).fails_with(7);
}
