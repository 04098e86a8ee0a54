//! A proxy between client and server that records the traffic and can break or silence the connection at a chosen moment,
//! or slow it down.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Forwards both directions.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    target: u16,
    heard: Mutex<Vec<u8>>,
    cut: Mutex<Option<Vec<u8>>>,
    cuts: AtomicUsize,
    hushed: Mutex<Option<Vec<u8>>>,
    /// The pause after each byte of a reply, once replies are hushed; `None` if none comes any more.
    trickle: Mutex<Option<Duration>>,
    pause: Mutex<Duration>,
}

impl Proxy {
    /// Starts a proxy for the server at `target`.
    pub(crate) fn before(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            target,
            heard: Mutex::default(),
            cut: Mutex::default(),
            cuts: AtomicUsize::new(0),
            hushed: Mutex::default(),
            trickle: Mutex::default(),
            pause: Mutex::default(),
        });
        let here = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", here.target)) else { continue };
                serve(&client, &server, &here);
            }
        });
        Self { port, shared }
    }

    /// Once, when a client sends `words`, lets the server process them and then closes the connection without
    /// forwarding the reply.
    pub(crate) fn cut_after(&self, words: &str) {
        *self.shared.cut.lock().unwrap() = Some(words.as_bytes().to_vec());
    }

    /// From the moment when a client sends `words`, forwards no more replies, on an open connection.
    pub(crate) fn hush_after(&self, words: &str) {
        *self.shared.hushed.lock().unwrap() = Some(words.as_bytes().to_vec());
    }

    /// From the moment when a client sends `words`, forwards replies byte by byte, with a pause after each.
    pub(crate) fn trickle_after(&self, words: &str, pause: Duration) {
        *self.shared.trickle.lock().unwrap() = Some(pause);
        self.hush_after(words);
    }

    /// Waits before each piece of a reply.
    pub(crate) fn pause_before_each_piece(&self, pause: Duration) {
        *self.shared.pause.lock().unwrap() = pause;
    }

    /// Returns how often it has broken a connection.
    pub(crate) fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Whether `words` were sent in plaintext.
    pub(crate) fn has_heard(&self, words: &str) -> bool {
        contains(&self.shared.heard.lock().unwrap(), words.as_bytes())
    }
}

fn contains(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}

fn serve(client: &TcpStream, server: &TcpStream, shared: &Arc<Shared>) {
    let is_cut = Arc::new(Mutex::new(false));
    let is_hushed = Arc::new(Mutex::new(false));
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (here, cut, hush) = (Arc::clone(shared), Arc::clone(&is_cut), Arc::clone(&is_hushed));
    thread::spawn(move || {
        pass(&from, &to, |bytes| {
            here.heard.lock().unwrap().extend_from_slice(bytes);
            let mut wanted = here.cut.lock().unwrap();
            if wanted.as_ref().is_some_and(|words| contains(bytes, words)) {
                *wanted = None;
                *cut.lock().unwrap() = true;
            }
            if here.hushed.lock().unwrap().as_ref().is_some_and(|words| contains(bytes, words)) {
                *hush.lock().unwrap() = true;
            }
            true
        });
    });
    let (from, to, here) = (server.try_clone().unwrap(), client.try_clone().unwrap(), Arc::clone(shared));
    // A reply means that the server has processed the request.
    thread::spawn(move || {
        pass(&from, &to, |bytes| {
            if *is_hushed.lock().unwrap() {
                if let Some(pause) = *here.trickle.lock().unwrap() {
                    for byte in bytes {
                        if (&to).write_all(&[*byte]).is_err() {
                            return false;
                        }
                        thread::sleep(pause);
                    }
                }
                thread::sleep(Duration::from_secs(3_600));
            }
            thread::sleep(*here.pause.lock().unwrap());
            let is_cut = *is_cut.lock().unwrap();
            if is_cut {
                here.cuts.fetch_add(1, Ordering::SeqCst);
            }
            !is_cut
        });
    });
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, mut hear: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(size) if size > 0 && hear(&buffer[..size]) && to.write_all(&buffer[..size]).is_ok() => {}
            _ => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
