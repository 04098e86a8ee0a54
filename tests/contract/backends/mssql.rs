//! SQL Server: a scripted server.

use std::fs;
use std::path::Path;

use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY, database};
use crate::services::mssql::Server;
use crate::services::stored_in_sqlite;

pub(super) const SETTINGS: &[Backend] = &[
    // A scripted server that stores its data in SQLite. Python's table cannot hold every text and every time:
    // tests/mssql shows the behavior for those.
    Backend { name: "mssql_scripted", ..MSSQL },
];

const MSSQL: Backend = Backend {
    takes: |run_id| run_id.encode_utf16().count() <= 255,
    takes_asset: |asset| asset.encode_utf16().count() <= 500,
    stored: Some(|place| stored_in_sqlite(Path::new(&fs::read_to_string(place.join(DATA)).unwrap()))),
    options,
    prepare: start,
    ..ORDINARY
};

/// The name of a file with the path of the server's data.
const DATA: &str = "data";

/// Starts a server for each place, which runs until the process exits.
fn start(place: &Path) {
    let server = Server::start();
    fs::write(place.join("ca.pem"), &server.issuer).unwrap();
    let issuer = format!("&sslrootcert={}", place.join("ca.pem").to_str().unwrap());
    fs::write(place.join(DATA), server.data().to_str().unwrap()).unwrap();
    fs::write(place.join("url"), server.url(&issuer)).unwrap();
}

fn options(place: &Path, namespace: &str) -> BackendOptions {
    database(&fs::read_to_string(place.join("url")).unwrap(), namespace)
}
