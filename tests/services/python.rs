//! A server in Python, stopped with the process that has started it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Stored;

/// The environment variable with the path of the interpreter that has the packages of the interop tests; tests/run sets
/// it.
const VARIABLE: &str = "TRUTHOUND_STORE_TEST_PYTHON";

/// Whether there is an interpreter for a server.
pub(crate) fn is_available() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|path| !path.is_empty())
}

/// The interpreter.
pub(crate) fn interpreter() -> std::ffi::OsString {
    std::env::var_os(VARIABLE).expect("ignored without an interpreter")
}

/// A running server. It stops when its standard input ends, and so with this process, even if that is killed.
pub(crate) struct Server {
    port: u16,
    _process: Child,
}

impl Server {
    /// Starts a script of tests/services, which prints its port.
    pub(crate) fn start(script: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services").join(script);
        let mut process = Command::new(interpreter())
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { port: line.trim().parse().expect("the server prints its port"), _process: process }
    }

    /// The URL of the server.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends a request without a body, which must succeed. Returns the body of the response.
    pub(crate) fn ask(&self, method: &str, path: &str) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            connection,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Returns the requests for a bucket since the last call.
    pub(crate) fn requests(&self, bucket: &str) -> Vec<String> {
        serde_json::from_str(&self.ask("GET", &format!("/_requests/{bucket}"))).unwrap()
    }

    /// Returns all that is stored in a bucket: what is known of each object, and its bytes.
    pub(crate) fn stored(&self, bucket: &str) -> Vec<Stored> {
        super::stored_of_hex(serde_json::from_str(&self.ask("GET", &format!("/_stored/{bucket}"))).unwrap())
    }

    /// Stores this many copies of an object, each with another number in place of `00000` in its name.
    pub(crate) fn multiply(&self, bucket: &str, name: &str, times: usize) {
        self.ask("POST", &format!("/_multiply/{bucket}/{times}/{name}"));
    }

    /// Creates the bucket `made` with the same objects, times and versions.
    pub(crate) fn copy(&self, bucket: &str, made: &str) {
        self.ask("POST", &format!("/_copy/{bucket}/{made}"));
    }
}
