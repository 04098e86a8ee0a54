//! An S3 server: moto (s3_server.py), started when the first test needs it.

use std::sync::LazyLock;

use super::python::Server;

pub(crate) static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start("s3_server.py"));

/// Creates an empty bucket. moto requires no signature.
pub(crate) fn make_bucket(name: &str) {
    SERVER.ask("PUT", &format!("/{name}"));
}
