//! An S3 server of our own: moto, started when the first test needs it, gone with the process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The environment variable that names the interpreter with moto; tests/run sets it.
const VARIABLE: &str = "TRUTHOUND_STORE_TEST_PYTHON";

/// Whether there is an interpreter to run the server.
pub(crate) fn is_available() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|path| !path.is_empty())
}

/// A running server. It ends when its standard input does: with this process, however that ends.
struct Server {
    port: u16,
    _process: Child,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/s3_server.py");
        let mut process = Command::new(std::env::var_os(VARIABLE).expect("ignored without an interpreter"))
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Server { port: line.trim().parse().expect("the server prints its port"), _process: process }
    })
}

/// The server's address.
pub(crate) fn endpoint() -> String {
    format!("http://127.0.0.1:{}", server().port)
}

/// Makes an empty bucket.
pub(crate) fn make_bucket(name: &str) {
    let answer = ask("PUT", &format!("/{name}"));
    assert!(answer.contains(" 200 "), "{answer}");
}

/// Sends a request without a body; moto wants no signature.
pub(crate) fn ask(method: &str, path: &str) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", server().port)).unwrap();
    write!(connection, "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

/// The requests for a bucket since the last time.
pub(crate) fn requests(bucket: &str) -> Vec<String> {
    let answer = ask("GET", &format!("/_requests/{bucket}"));
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// Stores an object so many times more, under its name with another number in the place of `00000`.
pub(crate) fn multiply(bucket: &str, name: &str, times: usize) {
    let answer = ask("POST", &format!("/_multiply/{bucket}/{times}/{name}"));
    assert!(answer.contains(" 200 "), "{answer}");
}
