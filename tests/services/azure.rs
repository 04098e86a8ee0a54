//! An Azure server for the tests: Azurite, started when the first test needs it and stopped with the process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::{Value, json};

use super::Stored;

/// The environment variable with the directory of the npm package `azurite`; tests/run sets it.
const VARIABLE: &str = "TRUTHOUND_STORE_TEST_AZURITE";

/// Azurite's account and its well-known key.
pub(crate) const ACCOUNT: &str = "devstoreaccount1";
pub(crate) const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Whether the server is installed.
pub(crate) fn is_available() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|path| !path.is_empty())
}

/// A running server. It stops when its standard input ends, and so with this process, even if that is killed.
struct Server {
    port: u16,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    _process: Child,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/services/azure_server.js");
        let mut process = Command::new("node")
            .arg(script)
            .env("AZURITE_PACKAGE", std::env::var_os(VARIABLE).expect("ignored without a server"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let requests = process.stdin.take().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("the server prints its port");
        Server { port, pipes: Mutex::new((requests, answers)), _process: process }
    })
}

/// The URL of the account.
pub(crate) fn endpoint() -> String {
    format!("http://127.0.0.1:{}/{ACCOUNT}", server().port)
}

/// The connection string of the account.
pub(crate) fn connection_string() -> String {
    format!("DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={};", endpoint())
}

/// Creates an empty container.
pub(crate) fn make_container(name: &str) {
    let answer = ask("PUT", &format!("{name}?restype=container"));
    assert_eq!(answer["status"], 201, "{answer}");
}

/// Sends a signed request without a body to a path in the account. Returns `status`, `headers` and `body` of the
/// response.
pub(crate) fn ask(method: &str, target: &str) -> Value {
    asked(&json!([method, format!("/{ACCOUNT}/{target}"), {}]))
}

/// Returns the requests for a container since the last call.
pub(crate) fn requests(container: &str) -> Vec<String> {
    serde_json::from_value(asked(&json!(["_requests", container]))).unwrap()
}

/// Returns all that is stored in a container: what is known of each blob, and its bytes.
pub(crate) fn stored(container: &str) -> Vec<Stored> {
    super::stored_of_hex(serde_json::from_value(asked(&json!(["_stored", container]))).unwrap())
}

/// Stores this many copies of a blob, each with another number in place of `00000` in its name.
pub(crate) fn multiply(container: &str, name: &str, times: usize) {
    asked(&json!(["_multiply", format!("/{ACCOUNT}/{container}/{name}"), times]));
}

/// Creates the container `made` with the same blobs, times and ETags.
pub(crate) fn copy(container: &str, made: &str) {
    let answer = asked(&json!(["_copy", container, made]));
    assert_eq!(answer, 201);
}

/// Deletes a container and everything in it.
pub(crate) fn forget(container: &str) {
    let answer = asked(&json!(["_forget", container]));
    assert_eq!(answer, 202);
}

fn asked(question: &Value) -> Value {
    let mut pipes = server().pipes.lock().unwrap();
    let (requests, answers) = &mut *pipes;
    writeln!(requests, "{question}").unwrap();
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}
