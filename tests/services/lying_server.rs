//! Servers that say what they like to every client.

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Megabytes of addresses that are enough for an ordinary command.
pub(crate) const MEMORY: u32 = 768;

/// A lie: its name, and what the server does with a connection.
pub(crate) type Lie = (&'static str, fn(&mut TcpStream) -> Result<()>);

/// Starts a server that tells a lie to each client. Returns its port.
pub(crate) fn serve(lie: fn(&mut TcpStream) -> Result<()>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // The client ends the connection when it has heard enough.
                let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
                let _ = lie(&mut stream);
            });
        }
    });
    port
}

/// Sends `bytes` until the client ends the connection.
pub(crate) fn without_end(stream: &mut TcpStream, bytes: &[u8]) -> Result<()> {
    let many = bytes.repeat((64 << 10) / bytes.len().max(1) + 1);
    loop {
        stream.write_all(&many)?;
    }
}

/// Reads what the client sends next.
pub(crate) fn hear(stream: &mut TcpStream) -> Result<()> {
    match stream.read(&mut [0; 64 << 10])? {
        0 => Err(Error::from(ErrorKind::UnexpectedEof)),
        _ => Ok(()),
    }
}

/// Says nothing until the client ends the connection.
pub(crate) fn silence(stream: &mut TcpStream) -> Result<()> {
    loop {
        hear(stream)?;
    }
}
