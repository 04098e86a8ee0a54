//! A "SQL Server" that lies: before the encryption, and after the sign-in. Each lie ends with exit 4 and a reason, in
//! bounded memory, and never as an empty store.

use std::io::Write as _;
use std::time::Duration;

use crate::lying_server::{Lie, MEMORY, serve, silence, without_end};
use crate::rooms::{self, Rooms as _};
use crate::server::{Reply, Request, Server};
use crate::support::Room;

fn is_ended(name: &str, room: &Room, says: &str) {
    let outcome = room.start(["list"]).with_memory(MEMORY).run();
    let shown = outcome.to_string();
    assert_eq!(outcome.code(), Some(4), "{name}: {shown}");
    assert!(shown.contains("caused by:") && shown.contains(says) && shown.len() < 4_000, "{name}: {shown}");
}

const GREETINGS: &[Lie] = &[
    ("it closes the connection", |_| Ok(())),
    ("it says nothing", silence),
    ("it is a web server", |stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n<html></html>")),
    ("it sends the same byte", |stream| without_end(stream, &[0xff])),
    ("it sends zeros", |stream| without_end(stream, &[0])),
    ("its greeting has no end", |stream| without_end(stream, &[4, 0, 0, 9, 0, 0, 1, 0, 7])),
    ("its greeting has a negative length", |stream| without_end(stream, &[4, 1, 0, 3, 0, 0, 1, 0])),
    ("its greeting points outside itself", |stream| {
        stream.write_all(&[4, 1, 0, 14, 0, 0, 1, 0, 1, 255, 255, 0, 1, 255])?;
        without_end(stream, &[0x12, 1, 0, 9, 0, 0, 1, 0, 7])
    }),
    ("it encrypts and then does not", |stream| {
        stream.write_all(&[4, 1, 0, 15, 0, 0, 1, 0, 1, 0, 6, 0, 1, 255, 1])?;
        without_end(stream, &[0x12, 1, 0, 16, 0, 0, 1, 0, 22, 3, 3, 255, 255, 1, 1, 1])
    }),
];

#[test]
fn every_lie_before_the_sign_in_is_ended_with_a_reason() {
    for (name, lie) in GREETINGS {
        let port = serve(*lie);
        let url = format!("mssql://u:p@127.0.0.1:{port}/d?connect_timeout=1&TrustServerCertificate=yes");
        is_ended(name, &rooms::room(&url, "", ""), "");
    }
    println!("{} lies, {MEMORY} MB of addresses each", GREETINGS.len());
}

#[test]
fn every_lie_after_the_sign_in_is_ended_with_a_reason() {
    let lies: &[(&str, Reply, &str)] = &[
        ("it closes the connection", Reply::Drop, ""),
        ("it says nothing", Reply::Hang, ""),
        ("its tokens are none", Reply::Bytes(&[0x11; 4_000], 1), ""),
        ("its text announces 2^62 bytes", Reply::Bytes(LONG_TEXT, 1), ""),
        ("its rows have no end", Reply::Bytes(ROWS, usize::MAX), ""),
        ("its columns have no end", Reply::Bytes(&[0x81, 0xfe, 0xff, 0, 0, 0, 0], 1), ""),
        ("its messages have no end", Reply::Bytes(MESSAGE, usize::MAX), "messages without end"),
        ("its messages come one by one", Reply::Trickle(MESSAGE, Duration::from_millis(100)), "too slowly"),
    ];
    for (name, reply, says) in lies {
        let reply = *reply;
        let server =
            Server::scripted(move |request| if request.is_batch("validation_results") { reply } else { Reply::Go });
        let pooling = "[profiles.server.pooling]\nresponse_timeout = 1.0\nretry_base_delay = 0.01";
        is_ended(name, &server.room_with("&sslrootcert=ca.pem", pooling), says);
        assert!(server.requests().iter().any(|request| matches!(request, Request::Batch(..))), "{name}");
    }
    println!("{} lies, {MEMORY} MB of addresses each", lies.len());
}

/// One column of the type NVARCHAR(MAX), and a row that announces more than there is in the world.
const LONG_TEXT: &[u8] = &[
    0x81, 1, 0, 0, 0, 0, 0, 9, 0, 0xe7, 0xff, 0xff, 9, 4, 0xd0, 0, 0x34, 1, b'x', 0, 0xd1, 0, 0, 0, 0, 0, 0, 0, 0x40,
    0xff, 0xff, 0xff, 0x7f, 1, 0, 1, 0,
];

/// A message of severity 0, with the text `x`.
const MESSAGE: &[u8] = &[0xab, 16, 0, 1, 0, 0, 0, 1, 0, 1, 0, b'x', 0, 0, 0, 1, 0, 0, 0];

/// One column of the type INT, and a row of it.
const ROWS: &[u8] = &[0x81, 1, 0, 0, 0, 0, 0, 8, 0, 0x38, 1, b'x', 0, 0xd1, 7, 0, 0, 0];
