//! A server that keeps objects as S3 does, and misbehaves where a test says so.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::{Room, Run};

/// A request as it arrived.
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

    /// Whether it is `method` for something whose path or query holds `part`.
    pub(crate) fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.target.contains(part)
    }
}

/// What comes back.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Respond(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The connection is closed instead.
    Close,
    /// Nothing for as long as the client waits.
    Silence,
    /// As many bytes of the body as are given here, of the length that is announced.
    Cut(usize, Vec<(&'static str, String)>, Vec<u8>),
}

/// An error as S3 sends it.
pub(crate) fn error(status: u16, code: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>scripted</Message></Error>");
    Answer::Respond(status, vec![("content-type", "application/xml".to_owned())], body.into_bytes())
}

/// A success with a text.
pub(crate) fn text(body: impl Into<String>) -> Answer {
    Answer::Respond(200, Vec::new(), body.into().into_bytes())
}

type Script = dyn FnMut(&Request, &mut Objects) -> Option<Answer> + Send;

/// The objects of a bucket, and the uploads that go on.
#[derive(Default)]
pub(crate) struct Objects {
    pub(crate) stored: BTreeMap<String, (u64, Vec<u8>)>,
    pub(crate) uploads: BTreeMap<String, Vec<u8>>,
    versions: u64,
}

/// A running server, until the process ends.
pub(crate) struct Scripted {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    pub(crate) objects: Arc<Mutex<Objects>>,
}

impl Scripted {
    /// Starts a server that answers what `script` says, and as S3 where that says nothing.
    pub(crate) fn start(script: impl FnMut(&Request, &mut Objects) -> Option<Answer> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (requests, objects) = (Arc::<Mutex<Vec<Request>>>::default(), Arc::<Mutex<Objects>>::default());
        let script: Arc<Mutex<Box<Script>>> = Arc::new(Mutex::new(Box::new(script)));
        let server = Self { port, requests: requests.clone(), objects: objects.clone() };
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (requests, objects, script) = (requests.clone(), objects.clone(), script.clone());
                thread::spawn(move || {
                    let connection = connection.unwrap();
                    let Some(request) = read(&connection) else { return };
                    requests.lock().unwrap().push(request.clone());
                    let mut objects = objects.lock().unwrap();
                    let answer = (script.lock().unwrap())(&request, &mut objects);
                    let answer = answer.unwrap_or_else(|| objects.answer(&request));
                    drop(objects);
                    write(&connection, &request, answer);
                });
            }
        });
        server
    }

    /// A server that does nothing but its work.
    pub(crate) fn plain() -> Self {
        Self::start(|_, _| None)
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests since the last time.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    /// The requests since the last time, which are not forgotten.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// A room whose profile is this bucket, with more options.
    pub(crate) fn room(&self, more: &str) -> Room {
        let room = Room::new();
        room.write(
            "truthound-store.toml",
            format!(
                "default_profile = \"s3\"\n[profiles.s3]\nbackend = \"s3\"\nbucket = \"bucket\"\nendpoint_url = \"{}\"\n\
                 {more}\n",
                self.address()
            ),
        );
        room
    }

    /// A room whose profile has credentials of its own.
    pub(crate) fn room_with_keys(&self, more: &str) -> Room {
        self.room(&format!("access_key_id = \"AKID\"\nsecret_access_key = \"SECRET\"\n{more}"))
    }
}

/// Nothing of the machine the tests run on gives credentials.
pub(crate) fn alone(run: Run<'_>) -> Run<'_> {
    run.env("AWS_EC2_METADATA_DISABLED", "true")
}

impl Objects {
    fn answer(&mut self, request: &Request) -> Answer {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let present = self.stored.get(path).cloned();
        let e_tag = |version: u64| vec![("etag", format!("\"{version}\"")), ("last-modified", DATE.to_owned())];
        match request.method.as_str() {
            "GET" if query.contains("list-type=2") => text(LIST),
            "GET" if query.contains("uploadId=") => match self.uploads.contains_key(path) {
                true => text("<ListPartsResult/>"),
                false => error(404, "NoSuchUpload"),
            },
            "GET" | "HEAD" => match present {
                Some((version, body)) => {
                    let range = request.header("range").trim_start_matches("bytes=");
                    match range.split('-').next().unwrap_or_default().parse::<usize>() {
                        Ok(from) => {
                            let range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
                            let headers = [e_tag(version), vec![("content-range", range)]].concat();
                            Answer::Respond(206, headers, body[from..].to_vec())
                        }
                        Err(_) => Answer::Respond(200, e_tag(version), body),
                    }
                }
                None => error(404, "NoSuchKey"),
            },
            "PUT" if query.contains("partNumber=") => {
                self.uploads.get_mut(path).unwrap().extend(&request.body);
                Answer::Respond(200, e_tag(0), Vec::new())
            }
            "POST" if query.starts_with("uploads") => {
                self.uploads.insert(path.to_owned(), Vec::new());
                text("<InitiateMultipartUploadResult><UploadId>upload 1</UploadId></InitiateMultipartUploadResult>")
            }
            "PUT" | "POST" => {
                let refused = match (request.header("if-none-match"), request.header("if-match")) {
                    ("*", _) => present.is_some(),
                    (_, "") => false,
                    (_, wanted) => present.is_none_or(|(version, _)| wanted != format!("\"{version}\"")),
                };
                if refused {
                    return error(412, "PreconditionFailed");
                }
                self.versions += 1;
                let body = match request.method.as_str() {
                    "POST" => self.uploads.remove(path).unwrap(),
                    _ => request.body.clone(),
                };
                self.stored.insert(path.to_owned(), (self.versions, body));
                let result = format!(
                    "<CompleteMultipartUploadResult><ETag>\"{}\"</ETag></CompleteMultipartUploadResult>",
                    self.versions
                );
                Answer::Respond(200, e_tag(self.versions), result.into_bytes())
            }
            "DELETE" => {
                match query.contains("uploadId=") {
                    true => drop(self.uploads.remove(path)),
                    false => drop(self.stored.remove(path)),
                }
                Answer::Respond(204, Vec::new(), Vec::new())
            }
            _ => error(405, "MethodNotAllowed"),
        }
    }
}

const DATE: &str = "Mon, 02 Mar 2026 10:00:00 GMT";

const LIST: &str = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";

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
