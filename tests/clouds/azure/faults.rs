//! A server that is busy, gone, or refuses.

use super::scripted::{Answer, Blob, DATE, Scripted, error, head};
use crate::support::stored;

crate::cases![
    a_server_that_asks_for_a_pause_gets_it,
    a_disabled_container_is_not_a_missing_result,
    each_refusal_has_its_exit_code_and_a_next_step,
    a_clock_that_is_wrong_is_named,
    an_archived_result_is_named_so_and_can_be_removed_but_not_replaced,
    a_result_that_is_on_its_way_from_the_archive_is_not_sent_elsewhere,
    an_account_without_tiers_says_so,
    a_delete_removes_the_document_that_was_read_and_no_other,
    prune_tells_until_when_a_policy_keeps_a_result_and_removes_the_others,
];

fn a_server_that_asks_for_a_pause_gets_it() {
    let busy = Answer::Respond(503, vec![("retry-after", "1".to_owned())], Vec::new());
    let server = Scripted::troubled(1, |_| true, busy);
    let began = std::time::Instant::now();
    server.room_with_key("").run(["list"]).succeeds();
    // Our own delay alone would be a tenth of that.
    assert!(began.elapsed().as_millis() >= 1000);
}

fn a_disabled_container_is_not_a_missing_result() {
    let server = Scripted::start(move |_, _| Some(error(404, "ContainerDisabled")));
    let room = server.room_with_key("retry_timeout = 1.0");
    room.run(["get", "x"]).fails_with(4);
}

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
            // The properties of an archived blob can be read.
            let blob = Blob { version: 1, tier: "Archive".to_owned(), body: Vec::new() };
            let is_head = request.method == "HEAD" && code == "BlobBeingRehydrated";
            Some(if is_head { Answer::Respond(200, head(&blob), Vec::new()) } else { error(status, code) })
        });
        let message = server.room_with_key("").run(["get", "run-1"]).fails_with(exit);
        assert!(message.contains(code) && message.contains(says) && !message.contains("c2VjcmV0"), "{message}");
    }
}

fn a_clock_that_is_wrong_is_named() {
    crate::refusals::a_wrong_clock_is_named::<crate::azure::Blobs>("AuthenticationFailed");
}

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
    // An archived document is not damaged.
    room.run(["reindex"]).succeeds();
    room.run(["delete", "run-1"]).succeeds();
    room.run(["save", "run-1.json"]).succeeds();
}

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

fn an_account_without_tiers_says_so() {
    let server =
        Scripted::troubled(usize::MAX, |request| request.is("PUT", "comp=tier"), error(400, "InvalidBlobTier"));
    let room = server.room_with_key("");
    room.save(&stored("run-1"));
    let message = room.run(["set-tier", "run-1", "Cool", "--min-size", "0"]).fails_with(9);
    assert!(message.contains("InvalidBlobTier"), "{message}");
}

fn a_delete_removes_the_document_that_was_read_and_no_other() {
    let mut replaced = false;
    let server = Scripted::start(move |request, blobs| {
        if replaced || !request.is("DELETE", "results/") {
            return None;
        }
        // Another writer saves between the check and the removal.
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

fn prune_tells_until_when_a_policy_keeps_a_result_and_removes_the_others() {
    let server = Scripted::start(|request, blobs| {
        let is_kept = request.target.contains("/results/kept.");
        match request.method.as_str() {
            "DELETE" if is_kept => Some(error(409, "BlobImmutableDueToPolicy")),
            "HEAD" if is_kept => {
                let path = request.target.split('?').next().unwrap();
                let mut headers = head(blobs.stored.get(path)?);
                headers.push(("x-ms-immutability-policy-until-date", "Fri, 01 Jan 2027 00:00:00 GMT".to_owned()));
                Some(Answer::Respond(200, headers, Vec::new()))
            }
            _ => None,
        }
    });
    let message = crate::refusals::pruned(&server.room_with_key(""));
    assert!(message.contains("its policy keeps it until 2027-01-01T00:00:00Z"), "{message}");
}
