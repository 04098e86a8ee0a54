//! A server that is busy, gone, in another region, or refuses.

use super::scripted::{Answer, Request, Scripted, error, saved_and_read, text};
use crate::server::Keeps as _;
use crate::support::stored;

crate::cases![
    a_bucket_in_another_region_is_found_there,
    a_redirect_to_the_same_server_is_followed_and_credentials_stay_there,
    an_object_without_an_etag_is_said_to_be_stored,
    a_clock_that_is_wrong_is_named,
    an_archived_result_is_named_so_and_can_be_replaced_and_removed,
    a_copy_that_fails_after_its_first_word_is_no_success,
    the_encryption_of_an_object_is_said_again_when_it_moves_and_five_gigabytes_are_not_moved,
];

fn a_bucket_in_another_region_is_found_there() {
    for told in ["header", "body"] {
        let server = Scripted::start(move |request, _| {
            if request.header("authorization").contains("/eu-west-1/") {
                return None;
            }
            let header = vec![("x-amz-bucket-region", "eu-west-1".to_owned())];
            Some(match told {
                "header" => Answer::Respond(301, header, Vec::new()),
                _ if request.method == "HEAD" => Answer::Respond(400, header, Vec::new()),
                _ => Answer::Respond(
                    400,
                    Vec::new(),
                    b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>".to_vec(),
                ),
            })
        });
        saved_and_read(&server.room_with_keys("region = 'us-east-1'"));
    }
}

fn a_redirect_to_the_same_server_is_followed_and_credentials_stay_there() {
    let mut is_first = true;
    let server = Scripted::start(move |request, _| {
        let location = format!("http://{}{}", request.header("host"), request.target);
        std::mem::take(&mut is_first).then(|| Answer::Respond(307, vec![("location", location)], vec![]))
    });
    saved_and_read(&server.room_with_keys(""));

    let other = Scripted::plain();
    for address in ["https://example.com".to_owned(), other.address()] {
        let away = move |_: &Request| Answer::Respond(307, vec![("location", format!("{address}/b"))], vec![]);
        let server = Scripted::start(move |request, _| Some(away(request)));
        let message = server.room_with_keys("").run(["list"]).fails_with(4);
        assert!(message.contains("does not get the credentials"), "{message}");
    }
    assert!(other.take().is_empty());
}

fn an_object_without_an_etag_is_said_to_be_stored() {
    for is_read_with_e_tag in [true, false] {
        let server = Scripted::lying(move |request, state| {
            let Answer::Respond(status, mut headers, body) = state.answer(request) else { return None };
            if request.method == "PUT" || !is_read_with_e_tag {
                headers.retain(|(name, _)| *name != "etag");
            } else if !headers.is_empty() {
                headers.push(("x-amz-request-id", "1".to_owned()));
            }
            Some(Answer::Respond(status, headers, body))
        });
        let room = server.room_with_keys("python_index = 'never'");
        room.write("run-1.json", stored("run-1").text());
        let outcome = room.run(["save", "run-1.json"]);
        if is_read_with_e_tag {
            outcome.succeeds();
            assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
        } else {
            let message = outcome.fails_with(9);
            assert!(message.contains("has stored it, and answers without an ETag"), "{message}");
        }
    }
}

fn a_clock_that_is_wrong_is_named() {
    crate::refusals::a_wrong_clock_is_named::<crate::s3::Objects>("RequestTimeTooSkewed");
}

fn an_archived_result_is_named_so_and_can_be_replaced_and_removed() {
    let server = Scripted::start(|request, _| {
        (request.is("GET", "results/") && request.header("range").is_empty()).then(|| error(403, "InvalidObjectState"))
    });
    let room = server.room_with_keys("");
    room.save(&stored("run-1"));
    let message = room.run(["get", "run-1"]).fails_with(5);
    let command = "restore-object --bucket bucket --key 'truthound/default/results/run-1.json.gz' --restore-request";
    assert!(message.contains(command), "{message}");
    room.save(&stored("run-1").ended("failure"));
    room.run(["delete", "run-1"]).succeeds();
}

fn a_copy_that_fails_after_its_first_word_is_no_success() {
    let mut times = 0;
    let server = Scripted::start(move |request, _| {
        if request.header("x-amz-copy-source").is_empty() {
            return None;
        }
        times += 1;
        Some(match times {
            1 => text("<Error><Code>InternalError</Code></Error>"),
            _ => text("<CopyObjectResult><ETag>\"9\"</ETag></CopyObjectResult>"),
        })
    });
    let room = server.room_with_keys("");
    room.save(&stored("run-1"));
    server.take();
    room.run(["set-tier", "run-1", "cool", "--min-size", "0"]).succeeds();
    let copies: Vec<_> = server.take().into_iter().filter(|request| request.method == "PUT").collect();
    assert_eq!(copies.len(), 2);
    assert_eq!(copies[0].header("x-amz-storage-class"), "STANDARD_IA");
    assert_eq!(copies[0].header("x-amz-metadata-directive"), "COPY");
    assert_eq!(copies[0].header("x-amz-tagging-directive"), "COPY");
}

fn the_encryption_of_an_object_is_said_again_when_it_moves_and_five_gigabytes_are_not_moved() {
    let head = |length: &'static str| {
        Scripted::start(move |request, _| {
            let headers = vec![
                ("etag", "\"1\"".to_owned()),
                ("last-modified", "Mon, 02 Mar 2026 10:00:00 GMT".to_owned()),
                ("x-amz-server-side-encryption", "aws:kms".to_owned()),
                ("x-amz-server-side-encryption-aws-kms-key-id", "key".to_owned()),
            ];
            match request.method.as_str() {
                "HEAD" => Some(Answer::Cut(length.parse().unwrap(), headers, Vec::new())),
                _ => Some(text("<CopyObjectResult><ETag>\"9\"</ETag></CopyObjectResult>")),
            }
        })
    };
    let server = head("10");
    server.room_with_keys("").run(["set-tier", "x", "GLACIER_IR", "--min-size", "0"]).succeeds();
    let requests = server.take();
    let copy = requests.iter().find(|request| request.method == "PUT").unwrap();
    assert_eq!(copy.header("x-amz-server-side-encryption"), "aws:kms");
    assert_eq!(copy.header("x-amz-server-side-encryption-aws-kms-key-id"), "key");
    assert_eq!(copy.header("x-amz-copy-source-if-match"), "\"1\"");

    let message = head("6000000000").room_with_keys("").run(["set-tier", "x", "Cool"]).fails_with(9);
    assert!(message.contains("5 GB"), "{message}");
}
