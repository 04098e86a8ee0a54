//! A second S3 server, s3s-fs of crates.io, started when the first test needs it and stopped with the process.
//!
//! Unlike moto, it verifies signatures, and it is an independent implementation. It cannot show conditions under a race
//! (it checks, then writes), storage classes except `STANDARD`, tags and encryption (it ignores them), and keys with a
//! segment of more than 255 bytes (it stores them as files).

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The environment variable with the path of the program; tests/run sets it.
const VARIABLE: &str = "TRUTHOUND_STORE_TEST_S3S_FS";

/// The keys that the server accepts.
pub(crate) const KEYS: (&str, &str) = ("s3s-key", "s3s-secret");

/// Whether the program is installed.
pub(crate) fn is_available() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|path| !path.is_empty())
}

/// A running server. Its shell stops it when their standard input ends, and so with this process, even if that is
/// killed.
struct Server {
    address: String,
    directory: TempDir,
    _process: Child,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", r#""$@" & child=$!; cat >/dev/null; kill $child"#, "sh"])
            .arg(std::env::var_os(VARIABLE).expect("ignored without the program"))
            .args(["--host", "127.0.0.1", "--port", "0", "--access-key", KEYS.0, "--secret-key", KEYS.1])
            .arg(directory.path())
            .env("RUST_LOG", "s3s_fs=info")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let running = lines.find(|line| line.contains("server is running at")).expect("the server says where it is");
        let address =
            running.split_whitespace().find(|word| word.starts_with("http://")).unwrap().trim_end_matches(',');
        let address = address.to_owned();
        // Reads the rest of the output, so that the server never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Server { address, directory, _process: process }
    })
}

/// The URL of the server.
pub(crate) fn endpoint() -> String {
    server().address.clone()
}

/// Creates an empty bucket, which is a directory here.
pub(crate) fn make_bucket(name: &str) {
    std::fs::create_dir(server().directory.path().join(name)).unwrap();
}
