//! A web server on 127.0.0.1 that delivers the files of a directory, as a bucket does, behind a strict policy.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// The policy that the site promises to work behind.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The server. Its thread ends with the process.
pub(crate) struct Bucket {
    pub(crate) address: String,
    requested: Arc<Mutex<Vec<String>>>,
}

impl Bucket {
    /// Serves the files below `directory`.
    pub(crate) fn serve(directory: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (directory, requested) = (directory.to_owned(), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&requested);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let mut line = String::new();
                let mut reader = BufReader::new(&connection);
                // A browser opens connections in advance, without a request.
                if reader.read_line(&mut line).is_err() || line.is_empty() {
                    continue;
                }
                let mut header = String::from("begin");
                while !header.trim().is_empty() {
                    header.clear();
                    reader.read_line(&mut header).unwrap();
                }
                let path = line.split(' ').nth(1).unwrap().to_owned();
                let _ = (&connection).write_all(&response(&directory.join(path.trim_start_matches('/'))));
                log.lock().unwrap().push(path);
            }
        });
        Self { address, requested }
    }

    /// The paths that were requested.
    pub(crate) fn requested(&self) -> Vec<String> {
        self.requested.lock().unwrap().clone()
    }
}

fn response(path: &PathBuf) -> Vec<u8> {
    let (status, body) = match std::fs::read(path) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let mut response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-security-policy: {POLICY}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    response.extend(body);
    response
}
