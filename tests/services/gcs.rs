//! A Google Cloud Storage server of our own (gcs_server.py), started when the first test needs it.

use std::sync::LazyLock;

use super::python::Server;

pub(crate) static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start("gcs_server.py"));

/// Makes an empty bucket.
pub(crate) fn make_bucket(name: &str) {
    SERVER.ask("PUT", &format!("/_bucket/{name}"));
}
