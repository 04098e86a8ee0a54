//! A server that is busy, gone, or refuses.

use super::scripted::{Answer, Scripted, error, text, xml_error};
use crate::support::stored;

crate::cases![
    each_refusal_has_its_exit_code_and_a_next_step,
    a_server_without_the_xml_api_at_its_address_is_read_by_the_json_api,
    a_server_that_ignores_the_storage_class_is_not_said_to_have_changed_it,
    a_bucket_whose_readers_pay_is_told_the_project,
    not_allowed_to_look_is_not_absent,
    a_delete_that_a_policy_refuses_tells_until_when,
];

fn each_refusal_has_its_exit_code_and_a_next_step() {
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

/// The response headers of an object with content of this length.
fn head(length: usize) -> Vec<(&'static str, String)> {
    vec![
        ("etag", "\"1\"".to_owned()),
        ("x-goog-generation", "1".to_owned()),
        ("x-goog-stored-content-length", length.to_string()),
        ("last-modified", "Mon, 02 Mar 2026 10:00:00 GMT".to_owned()),
    ]
}

fn a_server_without_the_xml_api_at_its_address_is_read_by_the_json_api() {
    // As fake-gcs-server answers: it parses the address as the name of a bucket.
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

fn not_allowed_to_look_is_not_absent() {
    let server = Scripted::start(|request, _| (request.method == "GET").then(|| xml_error(403, "AccessDenied")));
    server.room("").run(["get", "run-1"]).fails_with(8);
    Scripted::plain().room("").run(["get", "run-1"]).fails_with(3);
}

fn a_delete_that_a_policy_refuses_tells_until_when() {
    let server = Scripted::start(|request, _| {
        let text = "Object 'bucket/kept' is subject to bucket's retention policy or object retention and cannot be \
                    deleted or overwritten until 2027-01-01T00:00:00+00:00";
        let is_refused =
            request.method == "DELETE" && request.target.contains("results") && request.target.contains("kept");
        let body = format!("<Error><Code>RetentionPolicyNotMet</Code><Message>{text}</Message></Error>");
        is_refused.then(|| Answer::Respond(403, Vec::new(), body.into_bytes()))
    });
    let room = server.room("");
    room.save(&stored("kept"));
    let message = room.run(["delete", "kept"]).fails_with(8);
    room.run(["get", "kept"]).succeeds();
    assert!(message.contains("cannot be deleted or overwritten until 2027-01-01T00:00:00+00:00"), "{message}");
}
