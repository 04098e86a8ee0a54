//! A server that is busy, gone, or says no.

use crate::broken_off::Cloud;
use crate::scripted::{Answer, Blob, Blobs, DATE, Scripted, error, head, saved_and_read};
use crate::support::{Room, stored};

#[test]
fn what_passes_is_tried_again() {
    let slow = Answer::Respond(429, vec![("retry-after", "1".to_owned())], Vec::new());
    for trouble in [
        error(503, "ServerBusy"),
        error(500, "InternalError"),
        error(500, "OperationTimedOut"),
        error(504, ""),
        slow,
        Answer::Close,
    ] {
        let server = Scripted::troubled(3, |request| request.method != "HEAD", trouble);
        saved_and_read(&server.room_with_key(""));
    }
}

#[test]
fn a_server_that_asks_for_a_pause_gets_it() {
    let busy = Answer::Respond(503, vec![("retry-after", "1".to_owned())], Vec::new());
    let server = Scripted::troubled(1, |_| true, busy);
    let began = std::time::Instant::now();
    server.room_with_key("").run(["list"]).succeeds();
    // Ours alone would be a tenth of that.
    assert!(began.elapsed().as_millis() >= 1000);
}

#[test]
fn what_does_not_pass_ends_in_time() {
    for trouble in [error(503, "ServerBusy"), Answer::Close, Answer::Silence] {
        let server = Scripted::troubled(usize::MAX, |_| true, trouble);
        let room = server.room_with_key("retry_timeout = 1.0");
        room.write("run-1.json", stored("run-1").text());
        for arguments in [vec!["list"], vec!["get", "run-1"], vec!["save", "run-1.json"], vec!["delete", "run-1"]] {
            let message = room.run(arguments).fails_with(4);
            assert!(message.contains("hint: "), "{message}");
        }
    }
}

#[test]
fn nobody_at_the_address_is_said_at_once() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "default_profile = 'a'\n[profiles.a]\nbackend = 'azure'\ncontainer = 'b'\naccount_url = 'http://127.0.0.1:1/acc'\n\
         account_key = 'a2V5'\n",
    );
    let message = room.run(["list"]).fails_with(4);
    assert!(message.contains("refused"), "{message}");
}

#[test]
fn a_body_that_is_cut_is_fetched_from_there_on() {
    let mut left = 2;
    let server = Scripted::start(move |request, blobs| {
        let blob = blobs.stored.get(&request.target)?.clone();
        if left == 0 || request.method != "GET" {
            return None;
        }
        left -= 1;
        if !request.header("range").is_empty() || !request.header("x-ms-range").is_empty() {
            return None;
        }
        Some(Answer::Cut(blob.body.len(), head(&blob), blob.body[..blob.body.len() / 2].to_vec()))
    });
    saved_and_read(&server.room_with_key(""));
    let ranges =
        server.take().iter().filter(|request| request.headers.keys().any(|name| name.ends_with("range"))).count();
    assert!(ranges > 0);
}

#[test]
fn a_body_that_is_always_cut_is_unreadable() {
    let server = Scripted::start(|request, _| {
        let headers = vec![("etag", "\"1\"".to_owned()), ("last-modified", DATE.to_owned())];
        request.is("GET", "results").then(|| Answer::Cut(1000, headers, b"{".to_vec()))
    });
    server.room_with_key("retry_timeout = 1.0").run(["get", "run-1"]).fails_with(5);
}

#[test]
fn a_missing_container_is_no_missing_result() {
    for code in ["ContainerNotFound", "ContainerDisabled"] {
        let server = Scripted::start(move |_, _| Some(error(404, code)));
        let room = server.room_with_key("retry_timeout = 1.0");
        room.write("run-1.json", stored("run-1").text());
        for arguments in [vec!["get", "x"], vec!["list"], vec!["save", "run-1.json"], vec!["delete", "x"]] {
            let message = room.run(arguments).fails_with(4);
            assert!(message.contains("az storage container create"), "{message}");
        }
    }
    let message = Scripted::plain().room_with_key("").run(["get", "x"]).fails_with(3);
    assert!(!message.contains("container"), "{message}");
}

#[test]
fn what_may_not_be_looked_at_is_not_called_absent() {
    for code in ["AuthorizationPermissionMismatch", "AuthorizationFailure"] {
        let server = Scripted::start(move |_, _| Some(error(403, code)));
        let room = server.room_with_key("");
        room.write("run-1.json", stored("run-1").text());
        for arguments in [vec!["get", "x"], vec!["list"], vec!["save", "run-1.json"], vec!["set-tier", "x", "Cool"]] {
            let message = room.run(arguments).fails_with(8);
            assert!(message.contains(code) && message.contains("Storage Blob Data Contributor"), "{message}");
        }
    }
}

#[test]
fn a_reader_without_the_permission_to_list_reads() {
    let server = Scripted::start(|request, _| {
        request.is("GET", "comp=list").then(|| error(403, "AuthorizationPermissionMismatch"))
    });
    let room = server.room_with_key("");
    saved_and_read(&room);
    room.run(["list"]).fails_with(8);
}

#[test]
fn each_refusal_has_its_exit_code_and_a_next_step() {
    for (status, code, exit, says) in [
        (403, "AuthenticationFailed", 8, "belong to this account"),
        (403, "KeyBasedAuthenticationNotPermitted", 8, "leave `account_key` out"),
        (409, "KeyBasedAuthenticationNotPermitted", 8, "leave `account_key` out"),
        (403, "AuthorizationProtocolMismatch", 8, "shared access signature"),
        (401, "NoAuthenticationInformation", 8, "belong to this account"),
        (409, "PublicAccessNotPermitted", 8, "Storage Blob Data Contributor"),
        (403, "AccountIsDisabled", 4, "enable the account"),
        (409, "BlobBeingRehydrated", 5, "try again later"),
    ] {
        let server = Scripted::start(move |request, _| {
            // The properties of a blob that is archived can be had.
            let blob = Blob { version: 1, tier: "Archive".to_owned(), body: Vec::new() };
            let is_head = request.method == "HEAD" && code == "BlobBeingRehydrated";
            Some(if is_head { Answer::Respond(200, head(&blob), Vec::new()) } else { error(status, code) })
        });
        let message = server.room_with_key("").run(["get", "run-1"]).fails_with(exit);
        assert!(message.contains(code) && message.contains(says) && !message.contains("c2VjcmV0"), "{message}");
    }
}

#[test]
fn a_clock_that_is_wrong_is_named() {
    let headers = vec![("date", "Mon, 01 Jan 2001 00:00:00 GMT".to_owned())];
    let body = b"<Error><Code>AuthenticationFailed</Code></Error>".to_vec();
    let server = Scripted::troubled(usize::MAX, |_| true, Answer::Respond(403, headers, body));
    let message = server.room_with_key("").run(["list"]).fails_with(8);
    assert!(message.contains("minutes fast"), "{message}");
}

#[test]
fn an_archived_result_is_named_so_and_can_be_removed_but_not_replaced() {
    let server = Scripted::plain();
    let room = server.room_with_key("access_tier = 'Archive'");
    room.save(&stored("run-1"));
    let message = room.run(["get", "run-1"]).fails_with(5);
    assert!(message.contains("set-tier RUN_ID Hot") && message.contains("15 hours"), "{message}");
    let asked = room.run(["set-tier", "run-1", "Hot", "--format", "json"]).json();
    assert_eq!(asked[0]["change"], "requested", "{asked}");

    room.write("run-1.json", stored("run-1").ended("failure").text());
    let message = room.run(["save", "run-1.json"]).fails_with(6);
    assert!(message.contains("delete it first"), "{message}");
    assert!(room.run(["list"]).succeeds().contains("success"), "what is listed is what is kept");
    room.run(["delete", "run-1"]).succeeds();
    room.run(["save", "run-1.json"]).succeeds();
}

#[test]
fn a_result_that_is_on_its_way_from_the_archive_is_not_sent_elsewhere() {
    let server = Scripted::start(|request, _| {
        let headers = vec![
            ("etag", "\"1\"".to_owned()),
            ("last-modified", DATE.to_owned()),
            ("x-ms-access-tier", "Archive".to_owned()),
            ("x-ms-archive-status", "rehydrate-pending-to-cool".to_owned()),
        ];
        (request.method == "HEAD").then(|| Answer::Respond(200, headers, Vec::new()))
    });
    let room = server.room_with_key("");
    let asked = room.run(["set-tier", "run-1", "Cool", "--format", "json"]).json();
    assert_eq!(asked[0]["change"], "requested", "{asked}");
    let message = room.run(["set-tier", "run-1", "Hot"]).fails_with(6);
    assert!(message.contains("on its way from Archive to cool"), "{message}");
    assert!(server.take().iter().all(|request| request.method == "HEAD"));
}

#[test]
fn an_account_without_tiers_says_so() {
    let server =
        Scripted::troubled(usize::MAX, |request| request.is("PUT", "comp=tier"), error(400, "InvalidBlobTier"));
    let room = server.room_with_key("");
    room.save(&stored("run-1"));
    let message = room.run(["set-tier", "run-1", "Cool"]).fails_with(9);
    assert!(message.contains("InvalidBlobTier"), "{message}");
}

#[test]
fn a_save_whose_answer_is_lost_is_not_taken_for_that_of_another() {
    let mut token: Option<String> = None;
    let server = Scripted::start(move |request, blobs| {
        if let Some(token) = token.clone().filter(|_| request.is("GET", "results/")) {
            let blob = blobs.stored.get(&request.target)?;
            let headers = [head(blob), vec![("x-ms-meta-truthoundstorewrite", token)]].concat();
            return Some(Answer::Respond(200, headers, blob.body.clone()));
        }
        if token.is_some() || !request.is("PUT", "results/") {
            return None;
        }
        token = Some(request.header("x-ms-meta-truthoundstorewrite").to_owned());
        let blob = Blob { version: 77, tier: "Hot".to_owned(), body: request.body.clone() };
        blobs.stored.insert(request.target.clone(), blob);
        Some(Answer::Close)
    });
    let room = server.room_with_key("");
    room.write("run-1.json", stored("run-1").text());
    room.run(["save", "--if-absent", "run-1.json"]).succeeds();
    room.run(["save", "--if-absent", "run-1.json"]).fails_with(7);
}

#[test]
fn a_delete_removes_the_document_that_was_read_and_no_other() {
    let mut replaced = false;
    let server = Scripted::start(move |request, blobs| {
        if replaced || !request.is("DELETE", "results/") {
            return None;
        }
        // Somebody saves between the look and the removal.
        replaced = true;
        let body = stored("run-1").of("theirs").text().into_bytes();
        let blob = Blob { version: 78, tier: "Hot".to_owned(), body };
        blobs.stored.insert(request.target.clone(), blob);
        None
    });
    let room = server.room_with_key("use_compression = false\npython_index = 'never'");
    room.save(&stored("run-1"));
    room.run(["delete", "run-1"]).succeeds();
    let deletes: Vec<_> = server.take().into_iter().filter(|request| request.is("DELETE", "results/")).collect();
    assert!(deletes.iter().all(|request| !request.header("if-match").is_empty()), "{deletes:?}");
    assert_eq!(deletes.len(), 2);
}

const CLOUD: Cloud<Blobs> = Cloud {
    room: |server, more| server.room_with_key(&format!("python_index = 'never'\n{more}")),
    lists: |request| request.is("GET", "comp=list"),
    whole_list: "<?xml version=\"1.0\"?><EnumerationResults><IsTruncated>false</IsTruncated><Prefix>x</Prefix></EnumerationResults>",
    head: "",
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
