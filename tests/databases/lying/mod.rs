//! Servers that answer everything wrongly: before the sign-in and after it. Each lie ends with exit 4 and a reason, in
//! bounded memory, and never as an empty store.

pub(crate) mod mysql;
pub(crate) mod postgresql;
#[path = "../../services/lying_server.rs"]
mod server;

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use self::server::{Lie, hear, silence, without_end};
use self::server::{MEMORY, serve};
use crate::engine::room;

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
    let port = serve(*lie);
    let pooling = "[profiles.default.pooling]\nresponse_timeout = 1.0\nenable_retry = false\n";
    let room = room(&url.replace("PORT", &port.to_string()), pooling);
    let started = Instant::now();
    let outcome = room.start(["list"]).with_memory(MEMORY).run();
    let shown = outcome.to_string();
    assert_eq!(outcome.code(), Some(code), "{name}: {shown}");
    assert!(shown.contains("error: ") && shown.len() < 4_000, "{name}: {shown}");
    started.elapsed()
}

/// The answer of a web server.
pub(crate) const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>login</html>";
