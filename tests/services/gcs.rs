//! Our own Google Cloud Storage server (gcs_server.py), started when the first test needs it.

use std::sync::LazyLock;

use super::python::Server;

pub(crate) static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start("gcs_server.py"));

/// Creates an empty bucket.
pub(crate) fn make_bucket(name: &str) {
    SERVER.ask("PUT", &format!("/_bucket/{name}"));
}
