//! Azure Blob Storage, on Azurite.

use std::path::Path;

use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY, thousands};
use crate::services::azure as server;

pub(super) const SETTINGS: &[Backend] = &[
    Backend { name: "azure", options: |place, namespace| options(place, namespace, ""), ..AZURE },
    Backend {
        name: "azure_plain",
        options: |place, namespace| options(place, namespace, "use_compression = false"),
        cannot: thousands,
        ..AZURE
    },
    Backend {
        name: "azure_with_index",
        takes: has_the_same_name_in_python,
        options: |place, namespace| options(place, namespace, "python_index = 'always'"),
        cannot: thousands,
        ..AZURE
    },
];

const AZURE: Backend = Backend {
    is_available: server::is_available,
    takes: has_a_name,
    stored: Some(|place| server::stored(&container(place))),
    prepare: make_container,
    ..ORDINARY
};

/// Returns the container of a place, named after its directory.
fn container(place: &Path) -> String {
    let name = place.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
    let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("contract-{hex}")
}

fn make_container(place: &Path) {
    server::make_container(&container(place));
}

/// With a long retry timeout: after thousands of requests, Azurite sometimes answers none for half a minute.
fn options(place: &Path, namespace: &str, more: &str) -> BackendOptions {
    let text = format!(
        "container = {:?}\nnamespace = {namespace:?}\nconnection_string = {:?}\nretry_timeout = 180.0\n{more}",
        container(place),
        server::connection_string(),
    );
    BackendOptions::Azure(toml::from_str(&text).unwrap())
}

/// Whether a run id, percent-encoded where necessary, fits into a name of 1,024 characters.
fn has_a_name(run_id: &str) -> bool {
    run_id.len() * 3 < 900
}

fn has_the_same_name_in_python(run_id: &str) -> bool {
    has_a_name(run_id) && !run_id.contains(|c: char| c.is_control() || "/\\%".contains(c))
}
