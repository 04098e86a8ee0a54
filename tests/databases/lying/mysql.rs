//! A "MySQL" that lies.

use std::io::{Result, Write as _};
use std::net::TcpStream;

use super::{HTTP, Lie, hear, silence, tell_all, without_end};

crate::cases!["mysql::lying" => every_lie_of_a_server_is_ended_with_a_reason];

fn every_lie_of_a_server_is_ended_with_a_reason() {
    tell_all("mysql://u:p@127.0.0.1:PORT/d?ssl_mode=DISABLED&connect_timeout=3", 4, BEFORE);
    tell_all("mysql://u:p@127.0.0.1:PORT/d?ssl_mode=DISABLED&connect_timeout=3", 4, AFTER);
    tell_all("mysql://u:p@127.0.0.1:PORT/d?ssl_mode=DISABLED&connect_timeout=3", 8, REFUSALS);
}

fn packet(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&length[..3], &[number], content].concat()
}

/// The greeting of MySQL 8.
fn greeting() -> Vec<u8> {
    let capabilities = 0x000a_a28f_u32.to_le_bytes();
    let content = [
        &b"\x0a8.0.30\0"[..],
        &[1, 0, 0, 0],
        b"abcdefgh\0",
        &capabilities[..2],
        &[45, 2, 0],
        &capabilities[2..],
        &[21],
        &[0; 10],
        b"abcdefghijkl\0",
        b"mysql_native_password\0",
    ];
    packet(0, &content.concat())
}

const DONE: &[u8] = &[0, 0, 0, 2, 0, 0, 0];

/// Lets the client in, and hears its first question.
fn sign_in(stream: &mut TcpStream) -> Result<()> {
    stream.write_all(&greeting())?;
    hear(stream)?;
    stream.write_all(&packet(2, DONE))?;
    hear(stream)
}

fn error(number: u8, text: &str) -> Vec<u8> {
    packet(number, &[&[0xff, 0x0f, 0x27][..], b"#HY000", text.as_bytes()].concat())
}

const BEFORE: &[Lie] = &[
    ("it closes the connection", |_| Ok(())),
    ("it says nothing", silence),
    ("it is a web server", |stream| stream.write_all(HTTP).and_then(|()| silence(stream))),
    ("it sends the same byte", |stream| without_end(stream, &[0xff])),
    ("it sends zeros", |stream| without_end(stream, &[0])),
    ("its greeting has 16 MB", |stream| {
        stream.write_all(&[0xff, 0xff, 0xff, 0])?;
        without_end(stream, b"\x0a")
    }),
    ("its greeting is cut", |stream| stream.write_all(&packet(0, b"\x0a8.0"))),
    ("it refuses for a reason of its own", |stream| stream.write_all(&error(0, &"no ".repeat(400)))),
    ("it falls silent in the sign-in", |stream| stream.write_all(&greeting()).and_then(|()| silence(stream))),
    ("it answers the sign-in with nonsense", |stream| {
        stream.write_all(&greeting())?;
        hear(stream)?;
        without_end(stream, &packet(2, b"nonsense"))
    }),
];

const REFUSALS: &[Lie] = &[("it knows another authentication", |stream| {
    stream.write_all(&greeting())?;
    hear(stream)?;
    stream.write_all(&packet(2, b"\xfesomething_else\0abcdefghijklmnopqrst\0"))?;
    silence(stream)
})];

const AFTER: &[Lie] = &[
    ("it closes the connection", sign_in),
    ("it says nothing", |stream| sign_in(stream).and_then(|()| silence(stream))),
    ("it is a web server", |stream| {
        sign_in(stream)?;
        stream.write_all(HTTP)?;
        silence(stream)
    }),
    ("it says that all is done", |stream| {
        sign_in(stream)?;
        loop {
            stream.write_all(&packet(1, DONE))?;
            hear(stream)?;
        }
    }),
    ("it answers with an error that is cut", |stream| {
        sign_in(stream)?;
        stream.write_all(&packet(1, b"\xff"))?;
        silence(stream)
    }),
    ("it wants a file", |stream| {
        sign_in(stream)?;
        stream.write_all(&packet(1, b"\xfb/etc/passwd"))?;
        silence(stream)
    }),
    ("it skips a number", |stream| {
        sign_in(stream)?;
        stream.write_all(&packet(7, DONE))?;
        silence(stream)
    }),
    ("its answer has 16 MB and more", |stream| {
        sign_in(stream)?;
        stream.write_all(&[0xff, 0xff, 0xff, 1])?;
        stream.write_all(&[1])?;
        without_end(stream, b"x")
    }),
];
