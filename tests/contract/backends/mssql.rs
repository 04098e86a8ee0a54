//! SQL Server: a scripted one.

use std::fs;
use std::path::Path;

use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY, database};
use crate::services::mssql::Server;

pub(super) const SETTINGS: &[Backend] = &[
    // A scripted server; the database under it is SQLite. Into a table of Python's not every text fits, nor every time:
    // what becomes of those is in tests/mssql.
    Backend { name: "mssql_scripted", ..MSSQL },
];

const MSSQL: Backend = Backend {
    takes: |run_id| run_id.encode_utf16().count() <= 255,
    takes_asset: |asset| asset.encode_utf16().count() <= 500,
    options,
    prepare: start,
    ..ORDINARY
};

/// A server for each place, until the process ends.
fn start(place: &Path) {
    let server = Server::start();
    fs::write(place.join("ca.pem"), &server.issuer).unwrap();
    let issuer = format!("&sslrootcert={}", place.join("ca.pem").to_str().unwrap());
    fs::write(place.join("url"), server.url(&issuer)).unwrap();
}

fn options(place: &Path, namespace: &str) -> BackendOptions {
    database(&fs::read_to_string(place.join("url")).unwrap(), namespace)
}
