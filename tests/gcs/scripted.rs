//! A server that answers as a test says. It knows one listing, which is empty.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::Room;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What comes back: status, headers, body. Without a status, the connection is closed.
pub(crate) type Answer = (u16, Vec<(&'static str, String)>, String);

/// An error as the XML API sends it.
pub(crate) fn error(status: u16, code: &str) -> Answer {
    (status, Vec::new(), format!("<Error><Code>{code}</Code><Message>scripted</Message></Error>"))
}

/// A success with a text.
pub(crate) fn text(body: impl Into<String>) -> Answer {
    (200, Vec::new(), body.into())
}

/// A running server, until the process ends.
pub(crate) struct Scripted {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    /// Starts a server that answers what `script` says, and with an empty listing where that says nothing.
    pub(crate) fn start(script: impl FnMut(&Request) -> Option<Answer> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let server = Self { port, requests: requests.clone() };
        let script = Arc::new(Mutex::new(script));
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (requests, script) = (requests.clone(), script.clone());
                thread::spawn(move || {
                    let mut connection = connection.unwrap();
                    let Some(request) = read(&connection) else { return };
                    requests.lock().unwrap().push(request.clone());
                    let answer = (script.lock().unwrap())(&request);
                    let empty = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
                    let is_list = request.target.contains("list-type=2");
                    let (status, headers, body) =
                        answer.unwrap_or_else(|| if is_list { text(empty) } else { error(404, "NoSuchKey") });
                    if status == 0 {
                        return;
                    }
                    let mut head = format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n", body.len());
                    for (name, value) in headers {
                        head.push_str(&format!("{name}: {value}\r\n"));
                    }
                    let body = if request.method == "HEAD" { "" } else { &body };
                    let _ = connection.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes());
                });
            }
        });
        server
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests since the last time.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    /// A room whose profile is this bucket, with more options.
    pub(crate) fn room(&self, more: &str) -> Room {
        let room = Room::new();
        let endpoint = self.address();
        room.write(
            "truthound-store.toml",
            format!(
                "default_profile = 'gcs'\n[profiles.gcs]\nbackend = 'gcs'\nbucket = 'bucket'\n\
                 endpoint_url = '{endpoint}'\npython_index = 'never'\n{more}\n"
            ),
        );
        room
    }
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
    Some(Request { method, target, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
