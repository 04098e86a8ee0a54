//! A server that says no, is busy, or gives tokens.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{Room, stored};

pub(crate) const TESTS: [(&str, fn()); 5] = [
    ("what_is_refused_has_its_exit_code_and_a_next_step", refusals),
    ("a_clock_that_is_wrong_is_named", clock),
    ("what_passes_is_tried_again", passing),
    ("a_managed_identity_signs_and_without_any_it_is_said_what_to_do", identity),
    ("plain_http_to_another_machine_is_refused_before_the_network", in_clear),
];

type Script = dyn FnMut(&str) -> (u16, String, String) + Send;

/// Answers each request (its head as text) with a status, further headers and a body. Returns address and heads.
fn serve(script: impl FnMut(&str) -> (u16, String, String) + Send + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let (kept, mut script): (_, Box<Script>) = (heads.clone(), Box::new(script));
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut reader = BufReader::new(connection.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
            let (status, headers, body) = script(&head);
            kept.lock().unwrap().push(head);
            let _ = write!(
                connection,
                "HTTP/1.1 {status} Scripted\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
                body.len()
            );
        }
    });
    (address, heads)
}

fn error(status: u16, code: &str) -> (u16, String, String) {
    (status, format!("x-ms-error-code: {code}\r\n"), String::new())
}

fn room(address: &str, more: &str) -> Room {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        format!(
            "default_profile = 'a'\n[profiles.a]\nbackend = 'azure'\ncontainer = 'box'\n\
             account_url = '{address}/acc'\n{more}\n"
        ),
    );
    room
}

const KEY: &str = "account_key = 'a2V5'\nretry_timeout = 1.0";

fn refusals() {
    for (status, code, exit, says) in [
        (404, "ContainerNotFound", 4, "create the container"),
        (403, "AuthorizationPermissionMismatch", 8, "Storage Blob Data Contributor"),
        (403, "AuthenticationFailed", 8, "belong to this account"),
        (409, "BlobArchived", 5, "rehydrate it first"),
        (503, "ServerBusy", 4, "try again later"),
    ] {
        // The properties of an archived blob can be had.
        let (address, _) = serve(move |head| match head.starts_with("HEAD") && code == "BlobArchived" {
            true => {
                let date = "Mon, 02 Mar 2026 10:00:00 GMT";
                (200, format!("etag: \"1\"\r\nlast-modified: {date}\r\n"), String::new())
            }
            false => error(status, code),
        });
        let message = room(&address, KEY).run(["get", "run-1"]).fails_with(exit);
        assert!(message.contains(code) && message.contains(says), "{message}");
        assert!(!message.contains("a2V5"), "{message}");
    }
}

fn clock() {
    let (address, _) = serve(|_| {
        (
            403,
            "x-ms-error-code: AuthenticationFailed\r\ndate: Mon, 01 Jan 2001 00:00:00 GMT\r\n".to_owned(),
            String::new(),
        )
    });
    let message = room(&address, KEY).run(["list"]).fails_with(8);
    assert!(message.contains("minutes fast"), "{message}");
}

const EMPTY: &str = "<?xml version=\"1.0\"?><EnumerationResults><Blobs/><NextMarker/></EnumerationResults>";

fn listing() -> impl FnMut(&str) -> (u16, String, String) + Send + 'static {
    |head| match head.contains("comp=list") {
        true => (200, String::new(), EMPTY.to_owned()),
        false => error(404, "BlobNotFound"),
    }
}

fn passing() {
    let (mut left, mut otherwise) = (2, listing());
    let (address, _) = serve(move |head| {
        left -= i32::from(left > 0);
        if left > 0 { error(503, "ServerBusy") } else { otherwise(head) }
    });
    assert_eq!(room(&address, "account_key = 'a2V5'").run(["list", "--ids"]).succeeds(), "");
}

fn identity() {
    let (address, heads) = serve(listing());
    let (imds, asked) =
        serve(|_| (200, String::new(), "{\"access_token\":\"TOKEN\",\"expires_on\":\"4070908800\"}".to_owned()));
    let room = room(&address, "retry_timeout = 5.0");
    room.start(["list"]).env("AZURE_POD_IDENTITY_AUTHORITY_HOST", &*imds).run().succeeds();
    assert!(heads.lock().unwrap()[0].to_lowercase().contains("authorization: bearer token"));
    assert!(asked.lock().unwrap()[0].contains("resource=https%3A%2F%2Fstorage.azure.com"));

    let message =
        room.start(["list"]).env("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential").env("PATH", "/nowhere").run();
    let message = message.fails_with(8);
    assert!(message.contains("there are no Azure credentials") && message.contains("az login"), "{message}");
}

fn in_clear() {
    let room = Room::new();
    room.write(
        "truthound-store.toml",
        "default_profile = 'a'\n[profiles.a]\nbackend = 'azure'\ncontainer = 'box'\n\
         connection_string = 'DefaultEndpointsProtocol=http;AccountName=me;AccountKey=a2V5'\n",
    );
    room.write("run-1.json", stored("run-1").text());
    let message = room.run(["save", "run-1.json"]).fails_with(2);
    assert!(message.contains("https://"), "{message}");
}
