//! A "PostgreSQL" that lies.

use std::io::{Result, Write as _};
use std::net::TcpStream;

use super::{HTTP, Lie, hear, silence, tell_all, without_end};

crate::cases!["postgresql::lying" => every_lie_of_a_server_is_ended_with_a_reason];

fn every_lie_of_a_server_is_ended_with_a_reason() {
    tell_all("postgresql://u:p@127.0.0.1:PORT/d?sslmode=disable&connect_timeout=3", 4, BEFORE);
    tell_all("postgresql://u:p@127.0.0.1:PORT/d?sslmode=disable&connect_timeout=3", 4, AFTER);
    tell_all("postgresql://u:p@127.0.0.1:PORT/d?connect_timeout=3", 4, ENCRYPTED);
    tell_all("postgresql://u:p@127.0.0.1:PORT/d?sslmode=disable&connect_timeout=3", 8, REFUSALS);
}

fn message(tag: u8, content: &[u8]) -> Vec<u8> {
    announced(tag, u32::try_from(content.len() + 4).unwrap(), content)
}

/// A message with a length that is not its own.
fn announced(tag: u8, length: u32, content: &[u8]) -> Vec<u8> {
    [&[tag][..], &length.to_be_bytes(), content].concat()
}

fn error(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0VFATAL\0C{code}\0M{text}\0\0").as_bytes())
}

fn notice() -> Vec<u8> {
    message(b'N', b"SNOTICE\0VNOTICE\0C00000\0Mhello\0\0")
}

/// Lets the client in, and hears its first question.
fn sign_in(stream: &mut TcpStream) -> Result<()> {
    hear(stream)?;
    stream.write_all(&[message(b'R', &[0; 4]), message(b'Z', b"I")].concat())?;
    hear(stream)
}

/// The beginning of an answer: a row of one text.
fn columns() -> Vec<u8> {
    let column = [&b"run_id\0"[..], &[0; 6], &25_u32.to_be_bytes(), &[255, 255], &[255; 4], &[0, 1]].concat();
    [message(b'1', &[]), message(b'2', &[]), message(b'T', &[&[0, 1], &column[..]].concat())].concat()
}

fn row() -> Vec<u8> {
    message(b'D', &[&[0, 1, 0, 0, 0, 1][..], b"x"].concat())
}

const BEFORE: &[Lie] = &[
    ("it closes the connection", |stream| hear(stream)),
    ("it says nothing", silence),
    ("it is a web server", |stream| stream.write_all(HTTP).and_then(|()| silence(stream))),
    ("it sends the same byte", |stream| without_end(stream, &[0xff])),
    ("it sends zeros", |stream| without_end(stream, &[0])),
    ("it announces 2 GB", |stream| {
        stream.write_all(&announced(b'R', 0x7fff_fff0, &[]))?;
        without_end(stream, &[0])
    }),
    ("its notices have no end", |stream| without_end(stream, &notice())),
    ("its parameters have no end", |stream| without_end(stream, &message(b'S', b"name\0value\0"))),
    ("it wants a password again and again", |stream| without_end(stream, &message(b'R', &[0, 0, 0, 3]))),
    ("it refuses for a reason of its own", |stream| {
        hear(stream)?;
        stream.write_all(&error("ZZ999", &"no ".repeat(400)))
    }),
    ("its keys have no end", |stream| {
        hear(stream)?;
        stream.write_all(&message(b'R', &[0; 4]))?;
        without_end(stream, &message(b'K', &[0; 8]))
    }),
];

const REFUSALS: &[Lie] = &[
    ("it knows another authentication", |stream| {
        hear(stream)?;
        stream.write_all(&message(b'R', &[0, 0, 0, 7]))?;
        silence(stream)
    }),
    ("it refuses the password", |stream| {
        hear(stream)?;
        stream.write_all(&error("28P01", "the password is wrong"))
    }),
];

const AFTER: &[Lie] = &[
    ("it closes the connection", sign_in),
    ("it says nothing", |stream| sign_in(stream).and_then(|()| silence(stream))),
    ("it is a web server", |stream| {
        sign_in(stream)?;
        stream.write_all(HTTP)?;
        silence(stream)
    }),
    ("it announces a row of 2 GB", |stream| {
        sign_in(stream)?;
        stream.write_all(&[columns(), announced(b'D', 0x7fff_fff0, &[])].concat())?;
        without_end(stream, &[0])
    }),
    ("it announces an error of 2 GB", |stream| {
        sign_in(stream)?;
        stream.write_all(&announced(b'E', 0x7fff_fff0, &[]))?;
        without_end(stream, &[0])
    }),
    ("its notices have no end", |stream| {
        sign_in(stream)?;
        without_end(stream, &notice())
    }),
    ("its rows have no end", |stream| {
        sign_in(stream)?;
        stream.write_all(&columns())?;
        without_end(stream, &row())
    }),
    ("it is ready without an answer", |stream| {
        sign_in(stream)?;
        stream.write_all(&message(b'Z', b"I"))?;
        silence(stream)
    }),
    ("it breaks off in a row", |stream| {
        sign_in(stream)?;
        stream.write_all(&[columns(), announced(b'D', 100, b"x")].concat())
    }),
    ("its row is shorter than it says", |stream| {
        sign_in(stream)?;
        stream.write_all(&[columns(), message(b'D', &[0, 1, 0, 0, 0, 99]), message(b'C', b"SELECT 1\0")].concat())?;
        stream.write_all(&message(b'Z', b"I"))?;
        silence(stream)
    }),
];

const ENCRYPTED: &[Lie] = &[
    ("it encrypts and then does not", |stream| {
        hear(stream)?;
        stream.write_all(b"S")?;
        without_end(stream, &[0xff])
    }),
    ("it answers neither yes nor no", |stream| {
        hear(stream)?;
        stream.write_all(b"Hello")?;
        silence(stream)
    }),
    ("it falls silent in the handshake", |stream| {
        hear(stream)?;
        stream.write_all(b"S")?;
        silence(stream)
    }),
];
