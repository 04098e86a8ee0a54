//! A connection of a client, from its greeting to its end.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::engine::Engine;
use super::tds::{
    ANSWER, Answer, BATCH, Cell, LOGIN, PRELOGIN, RPC, Reader, parameters, read_message, transaction, utf16,
    write_message, write_part,
};
use super::{Reply, Request, Shared};

/// The size of a packet after the login, in bytes.
const PACKET: usize = 8_000;

/// Serves a client until it disconnects.
pub(crate) fn serve(mut tcp: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let options = &shared.options;
    let mut stream = match &options.tls {
        Some(tls) if options.strict => {
            let mut stream = encrypted(tcp, &tls.strict, false)?;
            greet(&mut stream, 3)?;
            stream
        }
        Some(tls) => {
            greet(&mut tcp, 1)?;
            encrypted(tcp, &tls.packed, true)?
        }
        // The server offers no encryption. Any data that a client sends now is readable on the network, so it is
        // recorded.
        None => {
            greet(&mut tcp, 2)?;
            let mut rest = Vec::new();
            tcp.read_to_end(&mut rest)?;
            shared.leaked.lock().unwrap().extend(rest);
            return Ok(());
        }
    };
    let (kind, content) = read_message(&mut stream)?;
    assert_eq!(kind, LOGIN, "a sign-in comes after the greeting");
    if !sign_in(&mut stream, shared, &content)? {
        return Ok(());
    }
    let mut engine = shared.data.open();
    let mut number = 0;
    loop {
        let (kind, content) = read_message(&mut stream)?;
        let mut reader = Reader(&content);
        let named = transaction(&mut reader);
        let open = engine.is_in_transaction();
        assert_eq!(named, if open { number } else { 0 }, "a batch names the transaction that it belongs to");
        let (text, values) = match kind {
            BATCH => (utf16(reader.0), Vec::new()),
            RPC => call(reader),
            other => panic!("a message of kind {other:#x}"),
        };
        let reply = shared.ask(&Request::Batch(text.clone(), values.clone()));
        match reply {
            Reply::Drop => return Ok(()),
            Reply::Bytes(bytes, times) => {
                let many = bytes.repeat((4_000 / bytes.len()).max(1).min(times));
                for _ in 0..times.div_ceil(many.len() / bytes.len()) {
                    write_part(&mut stream, ANSWER, &many)?;
                }
                std::thread::sleep(std::time::Duration::from_secs(3_600));
            }
            Reply::Trickle(bytes, pause) => loop {
                std::thread::sleep(pause);
                write_part(&mut stream, ANSWER, bytes)?;
            },
            Reply::Hang => std::thread::sleep(std::time::Duration::from_secs(3_600)),
            Reply::Error(error, severity, message) => {
                let mut answer = Answer::default();
                // As SQL Server reports a deadlock: the transaction is rolled back.
                if open {
                    engine.run("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION", &[]);
                    answer.transaction(10, number);
                }
                answer.error(error, severity, message).done(kind == RPC, true);
                write_message(&mut stream, ANSWER, &answer.0, PACKET)?;
                if severity >= 20 {
                    return Ok(());
                }
            }
            Reply::Silence => {
                let mut answer = Answer::default();
                answer.done(kind == RPC, false);
                write_message(&mut stream, ANSWER, &answer.0, PACKET)?;
            }
            Reply::Go | Reply::DropAfter | Reply::ErrorAfter(..) => {
                let mut answer = run(&mut engine, &text, &values, kind == RPC, &mut number);
                match reply {
                    Reply::DropAfter => return Ok(()),
                    Reply::ErrorAfter(error, severity, message) => {
                        answer = Answer::default();
                        answer.error(error, severity, message).done(kind == RPC, true);
                    }
                    _ => {}
                }
                write_message(&mut stream, ANSWER, &answer.0, PACKET)?;
            }
        }
    }
}

/// Answers a greeting, with this setting for encryption.
fn greet(stream: &mut (impl Read + Write), encryption: u8) -> io::Result<()> {
    let (kind, content) = read_message(stream)?;
    assert_eq!(kind, PRELOGIN, "a client greets first");
    assert!(content.contains(&0xff), "a greeting is a table with an end");
    let answer = [
        0, 0, 26, 0, 6, 1, 0, 32, 0, 1, 2, 0, 33, 0, 1, 3, 0, 34, 0, 0, 4, 0, 34, 0, 1, 0xff, 16, 0, 4, 37, 0, 0,
        encryption, 0, 0,
    ];
    write_message(stream, ANSWER, &answer, 4096)
}

/// Checks a login. Returns false if the client was refused.
fn sign_in(stream: &mut impl Write, shared: &Shared, content: &[u8]) -> io::Result<bool> {
    let options = &shared.options;
    let field = |place: usize| {
        let mut reader = Reader(&content[place..]);
        let (start, length) = (reader.size(2), reader.size(2));
        content[start..start + 2 * length].to_vec()
    };
    // In a login, the nibbles of each byte of the password are swapped, and then the byte is XORed with A5. This does
    // not protect the password.
    let password: Vec<_> = field(44).iter().map(|byte| (byte ^ 0xa5).rotate_left(4)).collect();
    let (user, password, database) = (utf16(&field(40)), utf16(&password), utf16(&field(68)));
    let reply = shared.ask(&Request::SignIn(user.clone(), utf16(&field(48)), database.clone()));
    let mut answer = Answer::default();
    if let Reply::Error(number, severity, message) = reply {
        answer.error(number, severity, message).done(false, true);
    } else if matches!(reply, Reply::Drop) {
        return Ok(false);
    } else if user != options.user || password != options.password {
        answer.error(18_456, 14, &format!("Login failed for user '{user}'.")).done(false, true);
    } else if database != options.database {
        answer.error(
            4060,
            11,
            &format!("Cannot open database \"{database}\" requested by the login. The login failed."),
        );
        answer.done(false, true);
    } else {
        answer.login_ack().packet_size(PACKET);
        if let Some((host, port)) = &options.route {
            answer.routing(host, *port);
        }
        answer.done(false, false);
        write_message(stream, ANSWER, &answer.0, 4096)?;
        return Ok(options.route.is_none());
    }
    write_message(stream, ANSWER, &answer.0, 4096)?;
    Ok(false)
}

/// Returns the text and the values of a call of `sp_executesql`.
fn call(reader: Reader<'_>) -> (String, Vec<Cell>) {
    let mut values = parameters(reader).into_iter();
    let (Some((_, Cell::Text(text))), Some((_, Cell::Text(declared)))) = (values.next(), values.next()) else {
        panic!("a call has a text and the names of its values");
    };
    let values: Vec<_> = values.collect();
    for (index, (name, _)) in values.iter().enumerate() {
        assert_eq!(*name, format!("@P{}", index + 1));
        assert!(declared.contains(&format!("{name} ")), "{name} is declared in {declared}");
        assert!(text.contains(name), "{name} stands in {text}");
    }
    (text, values.into_iter().map(|(_, value)| value).collect())
}

fn run(engine: &mut Engine, text: &str, values: &[Cell], is_call: bool, number: &mut u64) -> Answer {
    let was_open = engine.is_in_transaction();
    let (rows, faults) = engine.run(text, values);
    let is_open = engine.is_in_transaction();
    assert!(!is_call || is_open == was_open || !faults.is_empty(), "a call ends the transactions that it begins");
    let mut answer = Answer::default();
    match (was_open, is_open) {
        (false, true) => {
            *number += 1;
            answer.transaction(8, *number);
        }
        (true, false) => drop(answer.transaction(if text.starts_with("COMMIT") { 9 } else { 10 }, *number)),
        _ => {}
    }
    for fault in &faults {
        answer.error(fault.0, 14, &fault.1);
    }
    if let Some((columns, rows)) = rows {
        answer.rows(&columns, &rows);
    }
    answer.done(is_call, !faults.is_empty());
    answer
}

/// The bytes of a TLS handshake, inside TDS packets until it is complete.
struct Packets {
    tcp: TcpStream,
    is_packed: bool,
    left: usize,
}

impl Read for Packets {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.is_packed {
            return self.tcp.read(buffer);
        }
        while self.left == 0 {
            let mut head = [0; 8];
            self.tcp.read_exact(&mut head)?;
            assert_eq!(head[0], PRELOGIN, "a handshake goes in packets of a greeting");
            self.left = usize::from(u16::from_be_bytes([head[2], head[3]])) - 8;
        }
        let most = self.left.min(buffer.len());
        let read = self.tcp.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}

impl Write for Packets {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_packed {
            return self.tcp.write(bytes);
        }
        write_message(&mut self.tcp, PRELOGIN, bytes, 4096)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

fn encrypted(
    tcp: TcpStream,
    config: &Arc<ServerConfig>,
    is_packed: bool,
) -> io::Result<StreamOwned<ServerConnection, impl Read + Write>> {
    let mut packets = Packets { tcp, is_packed, left: 0 };
    let mut connection = ServerConnection::new(Arc::clone(config)).unwrap();
    while connection.is_handshaking() || connection.wants_write() {
        connection.complete_io(&mut packets)?;
    }
    assert!(is_packed || connection.alpn_protocol() == Some(b"tds/8.0"), "strict encryption is asked for by name");
    packets.is_packed = false;
    Ok(StreamOwned::new(connection, packets))
}
