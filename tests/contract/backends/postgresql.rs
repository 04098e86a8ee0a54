//! PostgreSQL: our own table and Python's.

use std::path::Path;

use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY, database, hex_name};
use crate::services::postgres as server;

pub(super) const SETTINGS: &[Backend] = &[
    Backend { name: "postgresql", ..POSTGRESQL },
    Backend {
        name: "postgresql_table_of_python",
        ids_are_unique_across_namespaces: true,
        records_digests: false,
        prepare: make_table_as_python,
        ..POSTGRESQL
    },
];

const POSTGRESQL: Backend = Backend {
    is_available: server::is_available,
    takes: fits,
    takes_asset: |asset| asset.chars().count() <= 500,
    stored: Some(|place| server::stored(&hex_name(place))),
    options,
    prepare,
    ..ORDINARY
};

/// Creates a schema for each place.
fn prepare(place: &Path) {
    server::make_schema(&hex_name(place));
}

fn make_table_as_python(place: &Path) {
    prepare(place);
    server::make_table_of_python(&hex_name(place));
}

fn options(place: &Path, namespace: &str) -> BackendOptions {
    database(&server::schema_url(&hex_name(place)), namespace)
}

fn fits(run_id: &str) -> bool {
    run_id.chars().count() <= 255 && !run_id.contains('\0')
}
