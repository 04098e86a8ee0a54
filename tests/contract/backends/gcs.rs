//! Google Cloud Storage, on two servers.

use std::path::Path;

use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY, hex_name, thousands};
use crate::services::{fake_gcs, gcs as server, python};

pub(super) const SETTINGS: &[Backend] = &[
    Backend { name: "gcs", options: |place, namespace| options(place, namespace, ""), ..GCS },
    Backend {
        name: "gcs_plain",
        options: |place, namespace| options(place, namespace, "use_compression = false"),
        cannot: thousands,
        ..GCS
    },
    Backend {
        name: "gcs_with_index",
        takes: has_the_same_key_in_python,
        options: |place, namespace| options(place, namespace, "python_index = 'always'"),
        cannot: thousands,
        ..GCS
    },
    FAKE_GCS_SERVER,
];

const GCS: Backend = Backend {
    is_available: python::is_available,
    takes: has_a_key,
    stored: Some(|place| server::SERVER.stored(&hex_name(place))),
    prepare: make_bucket,
    ..ORDINARY
};

fn make_bucket(place: &Path) {
    server::make_bucket(&hex_name(place));
}

fn options(place: &Path, namespace: &str, more: &str) -> BackendOptions {
    at(&server::SERVER.address(), place, namespace, more)
}

fn at(endpoint: &str, place: &Path, namespace: &str, more: &str) -> BackendOptions {
    let bucket = hex_name(place);
    let text = format!("bucket = {bucket:?}\nnamespace = {namespace:?}\nendpoint_url = {endpoint:?}\n{more}");
    BackendOptions::Gcs(toml::from_str(&text).unwrap())
}

/// fake-gcs-server, with the settings that developers commonly use. A second implementation, because one server's
/// behavior is not Google's.
const FAKE_GCS_SERVER: Backend = Backend {
    name: "gcs_fake_server",
    options: |place, namespace| at(&fake_gcs::endpoint(), place, namespace, ""),
    stored: Some(|place| fake_gcs::stored(&hex_name(place))),
    prepare: |place| fake_gcs::make_bucket(&hex_name(place)),
    cannot: || {
        let mut cannot = thousands();
        // It ignores the storage class in the copy of an object.
        cannot.push("tiers_are_moved_to_where_there_are_any");
        // It ignores the condition of a delete, and so removes a document that another writer has just saved.
        cannot.push("what_is_listed_can_be_read_after_saves_and_deletes_at_once");
        cannot
    },
    ..GCS
};

/// Whether a run id, percent-encoded where necessary, fits into a name of 1,024 bytes.
fn has_a_key(run_id: &str) -> bool {
    run_id.len() * 3 < 900
}

fn has_the_same_key_in_python(run_id: &str) -> bool {
    has_a_key(run_id) && !run_id.contains(|c: char| c.is_control() || "/\\%".contains(c))
}
