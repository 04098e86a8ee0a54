//! A server that is busy, gone, or says no.

use crate::broken_off::Cloud;
use serde_json::Value;

use crate::scripted::{Answer, Empty, Request, Scripted, error, is_list, text, xml_error};
use crate::server::large;
use crate::support::{Room, stored};
use crate::uploads::{parts, stored_as, written_name};

#[test]
fn what_passes_is_tried_again() {
    let slow = Answer::Respond(429, vec![("retry-after", "1".to_owned())], Vec::new());
    for trouble in [error(503, "ServiceUnavailable"), error(500, "InternalError"), slow, Answer::Close] {
        Scripted::troubled(2, |_| true, trouble).room("").run(["list"]).succeeds();
    }
}

#[test]
fn what_does_not_pass_ends_in_time_and_with_the_right_code() {
    for (answer, code) in [
        (error(503, "ServiceUnavailable"), 4),
        (Answer::Close, 4),
        (error(404, "The specified bucket does not exist."), 4),
        (error(403, "AccessDenied"), 8),
        (error(401, "AuthenticationRequired"), 8),
        (error(400, "Bucket is a requester pays bucket but no user project provided."), 8),
    ] {
        let server = Scripted::start(move |_, _| Some(answer.clone()));
        let message = server.room("retry_timeout = 0.8").run(["list"]).fails_with(code);
        assert!(message.contains("hint: "), "{message}");
    }
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for() {
    let server = Scripted::start(|_, _| Some(Answer::Silence));
    let room = server.room("retry_timeout = 0.8");
    room.write("run-1.json", stored("run-1").text());
    for arguments in [vec!["get", "x"], vec!["save", "run-1.json"], vec!["list"], vec!["set-tier", "x", "Cool"]] {
        room.run(arguments).fails_with(4);
    }
}

#[test]
fn nobody_at_the_address_is_said_at_once() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "default_profile = 'g'\n[profiles.g]\nbackend = 'gcs'\nbucket = 'b'\nendpoint_url = 'http://127.0.0.1:1'\n",
    );
    let message = room.run(["list"]).fails_with(4);
    assert!(message.contains("refused"), "{message}");
}

/// What an object carries beside its content, of this length.
fn head(length: usize) -> Vec<(&'static str, String)> {
    vec![
        ("etag", "\"1\"".to_owned()),
        ("x-goog-generation", "1".to_owned()),
        ("x-goog-stored-content-length", length.to_string()),
        ("last-modified", "Mon, 02 Mar 2026 10:00:00 GMT".to_owned()),
    ]
}

#[test]
fn a_body_that_is_cut_is_fetched_from_there_on() {
    let document = stored("run-1").text().into_bytes();
    let (expected, middle) = (document.clone(), document.len() / 2);
    let server = Scripted::start(move |request, _| {
        if !request.is("GET", "results") {
            return None;
        }
        let mut headers = head(document.len());
        if request.header("range").is_empty() {
            return Some(Answer::Cut(document.len(), headers, document[..middle].to_vec()));
        }
        let from: usize = request.header("range").trim_start_matches("bytes=").split('-').next()?.parse().ok()?;
        headers.push(("content-range", format!("bytes {from}-{}/{}", document.len() - 1, document.len())));
        Some(Answer::Respond(206, headers, document[from..].to_vec()))
    });
    let read = server.room("use_compression = false").run(["get", "run-1"]).succeeds();
    assert_eq!(read.as_bytes(), expected);
}

#[test]
fn a_body_that_is_always_cut_is_unreadable() {
    let server = Scripted::start(|request, _| {
        request.is("GET", "results").then(|| Answer::Cut(1_000, head(1_000), b"{".to_vec()))
    });
    server.room("retry_timeout = 1.0").run(["get", "run-1"]).fails_with(5);
}

#[test]
fn a_save_whose_answer_is_lost_is_not_taken_for_that_of_another() {
    let mut kept: Option<(Vec<u8>, String)> = None;
    let server = Scripted::start(move |request, _| {
        let is_document = request.target.contains("results");
        match (written_name(request), &kept) {
            (Some(_), _) if !is_document => Some(stored_as(2)),
            (Some(_), None) => {
                let [attributes, content] = parts(request);
                let attributes: Value = serde_json::from_slice(&attributes).unwrap();
                let token = attributes["metadata"]["truthoundstorewrite"].as_str().unwrap().to_owned();
                kept = Some((content, token));
                Some(Answer::Close)
            }
            (Some(_), Some(_)) => Some(error(412, "At least one of the pre-conditions you specified did not hold.")),
            (None, Some((document, token))) if is_document && request.target.contains("gz") => {
                let token = vec![("x-goog-meta-truthoundstorewrite", token.clone())];
                Some(Answer::Respond(200, [head(document.len()), token].concat(), document.clone()))
            }
            _ => None,
        }
    });
    let room = server.room("");
    room.write("run-1.json", stored("run-1").text());
    room.run(["save", "--if-absent", "run-1.json"]).succeeds();
    room.run(["save", "--if-absent", "run-1.json"]).fails_with(7);
}

/// A bucket whose resumable uploads begin, and of which nothing more arrives.
fn stuck(request: &Request, _: &mut Empty) -> Option<Answer> {
    match request.method.as_str() {
        "POST" if request.target.contains("uploadType=resumable") => {
            let location = vec![("location", "http://127.0.0.1/upload/storage/v1/b/bucket/o?upload_id=1".to_owned())];
            Some(Answer::Respond(200, location, Vec::new()))
        }
        "PUT" if request.target.contains("upload_id=1") => Some(Answer::Silence),
        _ => None,
    }
}

#[cfg(unix)]
#[test]
fn an_upload_that_is_interrupted_leaves_nothing_that_can_be_seen() {
    let server = Scripted::start(stuck);
    let room = server.room("use_compression = false");
    room.write("large.json", large());
    let mut running = room.start(["save", "large.json"]).spawn();
    while !server.seen().iter().any(|request| request.is("PUT", "upload_id=1")) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    let requests = server.take();
    // What is not complete cannot be seen, and is not billed.
    let completes = |request: &Request| request.method == "PUT" && !request.header("content-range").ends_with("/*");
    assert!(!requests.iter().any(completes));
}

#[test]
fn a_reader_without_the_permission_to_list_reads() {
    let server = Scripted::start(|request, _| {
        let document = stored("run-1").text().into_bytes();
        match is_list(request) {
            true => Some(error(403, "AccessDenied")),
            false => Some(Answer::Respond(200, head(document.len()), document)),
        }
    });
    let room = server.room("");
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
    let message = room.run(["list"]).fails_with(8);
    assert!(message.contains("hint: "), "{message}");
}

#[test]
fn a_server_without_the_xml_api_at_its_address_is_read_by_the_json_api() {
    // As fake-gcs-server answers, which takes the address for the name of a bucket.
    let server = Scripted::start(|request, _| {
        let document = stored("run-1").text().into_bytes();
        if request.target.starts_with("/bucket/") {
            let text = vec![("content-type", "text/plain; charset=utf-8".to_owned())];
            return Some(Answer::Respond(404, text, b"Not Found\n".to_vec()));
        }
        let object = "/storage/v1/b/bucket/o/truthound%2Fdefault%2Fresults%2Frun%2D1%2Ejson?alt=media";
        request.is("GET", object).then(|| Answer::Respond(200, head(document.len()), document))
    });
    let room = server.room("use_compression = false");
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
    assert_eq!(server.take().len(), 2);
    room.run(["get", "run-2"]).fails_with(3);
}

#[test]
fn a_server_that_ignores_the_storage_class_is_not_said_to_have_changed_it() {
    let server = Scripted::start(|request, _| match request.target.contains("/rewriteTo/") {
        true => Some(text(r#"{"done": true, "resource": {"storageClass": "STANDARD"}}"#)),
        false if request.is("GET", "/storage/v1/b/bucket/o/") => {
            Some(text(r#"{"generation": "1", "storageClass": "STANDARD"}"#))
        }
        false => request.is("HEAD", "results").then(|| Answer::Respond(200, head(2), Vec::new())),
    });
    let message = server.room("").run(["set-tier", "run-1", "Cool"]).fails_with(9);
    assert!(message.contains("the server keeps it in STANDARD"), "{message}");
}

#[test]
fn a_bucket_whose_readers_pay_is_told_the_project() {
    let server = Scripted::start(|request, _| {
        let refused = error(400, "Bucket is a requester pays bucket but no user project provided.");
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
    let server = Scripted::start(|request, _| (request.method == "GET").then(|| xml_error(403, "AccessDenied")));
    server.room("").run(["get", "run-1"]).fails_with(8);
    Scripted::plain().room("").run(["get", "run-1"]).fails_with(3);
}

#[test]
fn what_cannot_be_done_is_refused_before_the_network() {
    let server = Scripted::plain();
    server.room("prefix = '/a'").run(["list"]).fails_with(2);
    server.room("").run(["set-tier", "x", "STANDARD_IA"]).fails_with(9);
    server.room("").run(["pool-status"]).fails_with(9);
    assert!(server.take().is_empty());
}

const CLOUD: Cloud<Empty> = Cloud {
    room: |server, more| server.room(more),
    lists: is_list,
    whole_list: r#"{"kind": "storage#objects", "prefixes": ["x/"]}"#,
    head: "x-goog-generation: 1\r\n",
};

#[test]
fn a_list_that_breaks_off_is_asked_for_again() {
    CLOUD.asks_again_for_a_list_that_breaks_off();
}

#[test]
fn a_list_that_always_breaks_off_ends_in_time() {
    CLOUD.ends_in_time_where_every_list_breaks_off();
}

#[test]
fn a_list_that_is_none_is_not_asked_for_again() {
    CLOUD.asks_once_for_a_list_that_is_none();
}

#[test]
fn an_error_that_breaks_off_is_asked_for_again() {
    CLOUD.asks_again_where_an_error_breaks_off();
}

#[test]
fn a_document_that_is_reset_again_and_again_is_unreadable() {
    CLOUD.cannot_read_a_document_that_is_reset_again_and_again();
}
