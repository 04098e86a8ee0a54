//! A failing network between client and server.
//!
//! Each connection has random numbers from the seed and its own number. They determine its bandwidth, and for each
//! piece of data whether it is delayed or the connection ends. A seed repeats these decisions, but not the timing of
//! processes and server.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::random::Random;

/// The numbers of faults by kind.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) connections: AtomicUsize,
    pub(crate) delayed: AtomicUsize,
    pub(crate) throttled: AtomicUsize,
    pub(crate) reset: AtomicUsize,
    pub(crate) truncated: AtomicUsize,
    pub(crate) lost: AtomicUsize,
}

impl Counts {
    /// Returns all numbers on one line.
    pub(crate) fn shown(&self) -> String {
        let [connections, delayed, throttled, reset, truncated, lost] =
            [&self.connections, &self.delayed, &self.throttled, &self.reset, &self.truncated, &self.lost]
                .map(|count| count.load(Ordering::Relaxed));
        format!(
            "{connections} connections, {throttled} throttled; {delayed} delays, {reset} resets, {truncated} truncations, \
             {lost} lost answers"
        )
    }
}

/// A connection between one client and the server.
struct Passage {
    client: TcpStream,
    server: TcpStream,
    counts: Arc<Counts>,
    /// The bandwidth in bytes per second, if it is limited.
    bandwidth: Option<u64>,
    /// Whether the connection was reset.
    is_reset: AtomicBool,
}

/// Starts a proxy in front of the server at `target`. Returns its port.
pub(crate) fn before(target: u16, seed: u64, counts: &Arc<Counts>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let counts = Arc::clone(counts);
    let number = AtomicU64::new(0);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let mut random = Random::new(seed ^ number.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9));
            counts.connections.fetch_add(1, Ordering::Relaxed);
            if random.one_in(40) {
                counts.reset.fetch_add(1, Ordering::Relaxed);
                reset(&client);
                continue;
            }
            let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
            let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
            let bandwidth = random.one_in(12).then(|| 30_000 + random.below(200_000));
            counts.throttled.fetch_add(usize::from(bandwidth.is_some()), Ordering::Relaxed);
            let passage = Arc::new(Passage {
                client,
                server,
                counts: Arc::clone(&counts),
                bandwidth,
                is_reset: AtomicBool::new(false),
            });
            let (up, down) = (Random::new(random.next()), Random::new(random.next()));
            let there = Arc::clone(&passage);
            thread::spawn(move || there.pass(&there.client, &there.server, up, false));
            thread::spawn(move || passage.pass(&passage.client, &passage.server, down, true));
        }
    });
    port
}

impl Passage {
    /// Forwards one direction: the client's requests, or the server's responses.
    fn pass(&self, client: &TcpStream, server: &TcpStream, mut random: Random, answers: bool) {
        let (mut from, mut to) = if answers { (server, client) } else { (client, server) };
        let mut buffer = vec![0; 16 << 10];
        let count = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::Relaxed);
        loop {
            let size = match from.read(&mut buffer) {
                Ok(size) if size > 0 => size,
                _ => break,
            };
            let piece = &buffer[..size];
            if random.one_in(30) {
                count(&self.counts.delayed);
                thread::sleep(Duration::from_millis(random.below(400)));
            }
            if random.one_in(if answers { 45 } else { 90 }) {
                match random.below(3) {
                    0 if answers => {
                        // The server has processed the request.
                        count(&self.counts.lost);
                        return self.end();
                    }
                    1 => {
                        count(&self.counts.truncated);
                        let _ = to.write_all(&piece[..random.below(size as u64) as usize]);
                        // Closes the connection normally, so that the forwarded bytes arrive, and no more.
                        break;
                    }
                    _ => {
                        count(&self.counts.reset);
                        return self.end();
                    }
                }
            }
            let written = match self.bandwidth {
                None => to.write_all(piece),
                Some(bandwidth) => piece.chunks(2048).try_for_each(|part| {
                    thread::sleep(Duration::from_micros(part.len() as u64 * 1_000_000 / bandwidth));
                    to.write_all(part)
                }),
            };
            if written.is_err() {
                break;
            }
        }
        if !self.is_reset.load(Ordering::Relaxed) {
            let _ = client.shutdown(Shutdown::Both);
        }
        let _ = server.shutdown(Shutdown::Both);
    }

    /// Resets the connection of the client, as soon as both directions have released it. The server sees that the
    /// client is gone.
    fn end(&self) {
        self.is_reset.store(true, Ordering::Relaxed);
        reset(&self.client);
        let _ = self.client.shutdown(Shutdown::Read);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

/// Makes the connection end with a reset.
fn reset(connection: &TcpStream) {
    let _ = socket2::SockRef::from(connection).set_linger(Some(Duration::ZERO));
}
