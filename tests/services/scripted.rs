//! A server with the responses that a test chooses, for faults and responses that no other server of tests/services can
//! produce on demand.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::{Room, stored};

/// A request, as received.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Returns the body if it is text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// Whether the request has this method, and a path or query that contains `part`.
    pub(crate) fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.target.contains(part)
    }
}

/// The reaction to a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Respond(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Closes the connection instead.
    Close,
    /// Sends nothing for as long as the client waits.
    Silence,
    /// Announces a body of this length, and sends only these bytes of it.
    Cut(usize, Vec<(&'static str, String)>, Vec<u8>),
    /// Sends these bytes, including the head, and then closes the connection.
    Raw(Vec<u8>),
    /// Sends these bytes, including the head, and then resets the connection.
    Reset(Vec<u8>),
    /// Sends these bytes, including the head, and then letters for as long as the client reads.
    Endless(Vec<u8>),
    /// Sends these bytes, including the head, and then a letter after each pause, for as long as the client reads.
    Trickle(Vec<u8>, Duration),
}

impl Answer {
    /// Adds headers that it does not have.
    pub(crate) fn with(mut self, more: &[(&'static str, &'static str)]) -> Self {
        if let Self::Respond(_, headers, _) | Self::Cut(_, headers, _) = &mut self {
            for (name, value) in more {
                if headers.iter().all(|(known, _)| known != name) {
                    headers.push((name, (*value).to_owned()));
                }
            }
        }
        self
    }
}

/// Successful responses that end before the end of `body`, in every way in which a connection can end.
pub(crate) fn broken_off(body: &str) -> Vec<Answer> {
    let (half, length) = (&body[..body.len() / 2], body.len());
    let raw = |head: &str, rest: &str| format!("HTTP/1.1 200 Scripted\r\n{head}\r\n\r\n{rest}").into_bytes();
    let (size, last) = (format!("{:x}", half.len()), half.len() - 1);
    vec![
        Answer::Cut(length, Vec::new(), half.as_bytes().to_vec()),
        Answer::Reset(raw(&format!("content-length: {length}"), half)),
        // Between two chunks, and inside a chunk.
        Answer::Raw(raw("transfer-encoding: chunked", &format!("{size}\r\n{half}\r\n"))),
        Answer::Raw(raw("transfer-encoding: chunked", &format!("{size}\r\n{}", &half[..last]))),
        // The body ends with the connection.
        Answer::Raw(raw("connection: close", half)),
        Answer::Respond(200, Vec::new(), Vec::new()),
        Answer::Raw(b"HTTP/1.1 200 Scri".to_vec()),
    ]
}

/// A successful response with a text.
pub(crate) fn text(body: impl Into<String>) -> Answer {
    Answer::Respond(200, Vec::new(), body.into().into_bytes())
}

/// A server that runs until the process exits.
pub(crate) struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server with the responses of `script`, for one request at a time.
    pub(crate) fn start(script: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let server = Self { port, requests: requests.clone() };
        let script = Arc::new(Mutex::new(script));
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (requests, script) = (requests.clone(), script.clone());
                thread::spawn(move || {
                    let connection = connection.unwrap();
                    let Some(request) = read(&connection) else { return };
                    requests.lock().unwrap().push(request.clone());
                    let answer = (script.lock().unwrap())(&request);
                    write(&connection, &request, answer);
                });
            }
        });
        server
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the requests since the last call, and clears them.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    /// Returns the requests since the last `take`, without clearing them.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// The state of a scripted server, and its normal responses.
pub(crate) trait Keeps: Default + Send + 'static {
    /// The headers that the real service sends with every response.
    const HEADERS: &'static [(&'static str, &'static str)];

    /// Returns the response of the real service.
    fn answer(&mut self, request: &Request) -> Answer;
}

/// A server with a state, and with the faults that a test asks for.
pub(crate) struct Scripted<State> {
    server: Server,
    pub(crate) state: Arc<Mutex<State>>,
}

impl<State: Keeps> Scripted<State> {
    /// Starts a server with the responses of `script`, as the real service would send them. If it returns `None`, the
    /// server responds like the real service.
    pub(crate) fn start(mut script: impl FnMut(&Request, &mut State) -> Option<Answer> + Send + 'static) -> Self {
        Self::lying(move |request, state| script(request, state).map(|answer| answer.with(State::HEADERS)))
    }

    /// Starts a server with the responses of `script`, as they are. If it returns `None`, the server responds like the
    /// real service.
    pub(crate) fn lying(mut script: impl FnMut(&Request, &mut State) -> Option<Answer> + Send + 'static) -> Self {
        let state = Arc::<Mutex<State>>::default();
        let kept = state.clone();
        let server = Server::start(move |request| {
            let mut state = kept.lock().unwrap();
            let answer = script(request, &mut state);
            answer.unwrap_or_else(|| state.answer(request).with(State::HEADERS))
        });
        Self { server, state }
    }

    /// A server without faults.
    pub(crate) fn plain() -> Self {
        Self::start(|_, _| None)
    }

    /// A server that responds with `answer` to the first `times` requests that `is` selects.
    pub(crate) fn troubled(times: usize, is: fn(&Request) -> bool, answer: Answer) -> Self {
        let mut left = times;
        Self::start(move |request, _| {
            if left == 0 || !is(request) {
                return None;
            }
            left -= 1;
            Some(answer.clone())
        })
    }

    pub(crate) fn address(&self) -> String {
        self.server.address()
    }

    /// Returns the requests since the last call, and clears them.
    pub(crate) fn take(&self) -> Vec<Request> {
        self.server.take()
    }

    /// Returns the requests since the last `take`, without clearing them.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.server.seen()
    }
}

/// Saves a result and reads it back.
pub(crate) fn saved_and_read(room: &Room) {
    room.save(&stored("run-1"));
    assert_eq!(room.run(["get", "run-1"]).succeeds(), stored("run-1").text());
}

/// Runs every command that sends requests.
pub(crate) fn every_command(room: &Room) {
    room.save(&stored("run-1"));
    room.save(&stored("run-1").ended("failure"));
    for arguments in [
        vec!["get", "run-1"],
        vec!["list"],
        vec!["list", "--order-by", "status"],
        vec!["set-tier", "run-1", "Cool", "--min-size", "0"],
        vec!["reindex"],
        vec!["reindex", "--python-index"],
        vec!["delete", "run-1"],
    ] {
        room.run(arguments).succeeds();
    }
}

/// A stored result of 13 MB, which is uploaded in parts.
pub(crate) fn large() -> String {
    let padding = format!("\"metadata\":{{\"samples\":\"{}\"}}", "0123456789".repeat(1_300_000));
    stored("large").text().replace("\"metadata\":{}", &padding)
}

fn read(connection: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, target, headers, body })
}

fn write(mut connection: &TcpStream, request: &Request, answer: Answer) {
    let (status, headers, body, length) = match answer {
        Answer::Respond(status, headers, body) => {
            let length = body.len();
            (status, headers, body, length)
        }
        Answer::Cut(length, headers, body) => (200, headers, body, length),
        Answer::Raw(bytes) => {
            let _ = connection.write_all(&bytes);
            let _ = connection.shutdown(Shutdown::Write);
            return;
        }
        Answer::Endless(bytes) => {
            let letters = [b'x'; 1 << 16];
            if connection.write_all(&bytes).is_ok() {
                while connection.write_all(&letters).is_ok() {}
            }
            return;
        }
        Answer::Trickle(bytes, pause) => {
            let mut sent = connection.write_all(&bytes);
            while sent.is_ok() {
                thread::sleep(pause);
                sent = connection.write_all(b"x");
            }
            return;
        }
        Answer::Reset(bytes) => {
            let _ = connection.write_all(&bytes);
            // Gives the written bytes time to arrive before the reset.
            thread::sleep(Duration::from_millis(20));
            socket2::SockRef::from(connection).set_linger(Some(Duration::ZERO)).unwrap();
            return;
        }
        Answer::Close => {
            drop(connection.shutdown(Shutdown::Both));
            return;
        }
        Answer::Silence => {
            thread::sleep(Duration::from_secs(60));
            return;
        }
    };
    let mut head = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = if request.method == "HEAD" { Vec::new() } else { body };
    let _ = connection.write_all(&[head.as_bytes(), b"\r\n", &body].concat());
    let _ = connection.shutdown(Shutdown::Write);
}
