//! SQLite: our own file, Python's file, and memory.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY, database};
use crate::services::{Stored, stored_in_sqlite};

pub(super) const SETTINGS: &[Backend] = &[
    Backend { name: "sqlite", stored: Some(stored), options, ..ORDINARY },
    Backend {
        name: "sqlite_table_of_python",
        ids_are_unique_across_namespaces: true,
        records_digests: false,
        stored: Some(stored),
        options,
        prepare: make_table_as_python,
        ..ORDINARY
    },
    Backend { name: "sqlite_memory", lives_in_memory: true, options: in_memory, ..ORDINARY },
];

const FILE: &str = "store.db";

/// The statements that SQLAlchemy 2.1 sends for truthound's `ValidationResultModel`
/// (`truthound/stores/backends/database.py`).
const TABLE_OF_PYTHON: &str = "
    CREATE TABLE validation_results (
        id INTEGER NOT NULL,
        run_id VARCHAR(255) NOT NULL,
        data_asset VARCHAR(500) NOT NULL,
        run_time DATETIME NOT NULL,
        status VARCHAR(50) NOT NULL,
        namespace VARCHAR(255) NOT NULL,
        tags_json TEXT,
        data_json TEXT NOT NULL,
        created_at DATETIME,
        updated_at DATETIME,
        PRIMARY KEY (id)
    );
    CREATE INDEX ix_namespace_data_asset ON validation_results (namespace, data_asset);
    CREATE INDEX ix_namespace_run_time ON validation_results (namespace, run_time);
    CREATE INDEX ix_validation_results_data_asset ON validation_results (data_asset);
    CREATE INDEX ix_validation_results_namespace ON validation_results (namespace);
    CREATE UNIQUE INDEX ix_validation_results_run_id ON validation_results (run_id);
    CREATE INDEX ix_validation_results_run_time ON validation_results (run_time);
    CREATE INDEX ix_validation_results_status ON validation_results (status);
";

fn options(place: &Path, namespace: &str) -> BackendOptions {
    database(&format!("sqlite:///{}", place.join(FILE).to_str().unwrap()), namespace)
}

fn stored(place: &Path) -> Vec<Stored> {
    stored_in_sqlite(&place.join(FILE))
}

fn in_memory(_: &Path, namespace: &str) -> BackendOptions {
    database("sqlite:///:memory:", namespace)
}

fn make_table_as_python(place: &Path) {
    let mut connection = SqliteConnection::establish(place.join(FILE).to_str().unwrap()).unwrap();
    connection.batch_execute(TABLE_OF_PYTHON).unwrap();
}
