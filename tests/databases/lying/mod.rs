//! Servers that answer everything wrongly: before the sign-in and after it. Each lie ends with exit 4 and a reason, in
//! bounded memory, and never as an empty store.

pub(crate) mod mysql;
pub(crate) mod postgresql;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::room;

/// Megabytes of addresses that are enough for an ordinary command.
const MEMORY: u32 = 768;

/// A lie: its name, and what the server does with a connection.
pub(crate) type Lie = (&'static str, fn(&mut TcpStream) -> std::io::Result<()>);

/// Starts a server for each lie and asks it for its results, which ends with `code`. Prints the figures.
#[expect(clippy::print_stdout, reason = "the figures of a test")]
pub(crate) fn tell_all(url: &str, code: i32, lies: &[Lie]) {
    let longest = Mutex::new(Duration::ZERO);
    thread::scope(|scope| {
        for lie in lies {
            scope.spawn(|| {
                let took = tell(url, code, lie);
                let mut longest = longest.lock().unwrap();
                *longest = took.max(*longest);
            });
        }
    });
    let longest = longest.lock().unwrap().as_secs_f64();
    println!("{} lies, {MEMORY} MB of addresses each, the longest took {longest:.1} s", lies.len());
}

fn tell(url: &str, code: i32, (name, lie): &Lie) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let lie = *lie;
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                // The client ends the connection when it has heard enough.
                let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
                let _ = lie(&mut stream);
            });
        }
    });
    let pooling = "[profiles.default.pooling]\nresponse_timeout = 1.0\nenable_retry = false\n";
    let room = room(&url.replace("PORT", &port.to_string()), pooling);
    let started = Instant::now();
    let outcome = room.start(["list"]).with_memory(MEMORY).run();
    let shown = outcome.to_string();
    assert_eq!(outcome.code(), Some(code), "{name}: {shown}");
    assert!(shown.contains("error: ") && shown.len() < 4_000, "{name}: {shown}");
    started.elapsed()
}

/// Sends `bytes` until the client ends the connection.
pub(crate) fn without_end(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let many = bytes.repeat((64 << 10) / bytes.len().max(1) + 1);
    loop {
        stream.write_all(&many)?;
    }
}

/// Reads what the client sends next.
pub(crate) fn hear(stream: &mut TcpStream) -> std::io::Result<()> {
    match stream.read(&mut [0; 64 << 10])? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// Says nothing until the client ends the connection.
pub(crate) fn silence(stream: &mut TcpStream) -> std::io::Result<()> {
    loop {
        hear(stream)?;
    }
}

/// The answer of a web server.
pub(crate) const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>login</html>";
