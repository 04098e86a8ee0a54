//! Google Cloud Storage, on a server of our own.

use std::path::Path;

use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY, hex_name, thousands};
use crate::services::{gcs as server, python};

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
];

const GCS: Backend = Backend { is_available: python::is_available, takes: has_a_key, prepare: make_bucket, ..ORDINARY };

fn make_bucket(place: &Path) {
    server::make_bucket(&hex_name(place));
}

fn options(place: &Path, namespace: &str, more: &str) -> BackendOptions {
    let text = format!(
        "bucket = {:?}\nnamespace = {namespace:?}\nendpoint_url = {:?}\n{more}",
        hex_name(place),
        server::SERVER.address(),
    );
    BackendOptions::Gcs(toml::from_str(&text).unwrap())
}

/// Whether a run id, percent-encoded where it must be, fits into a name of 1,024 bytes.
fn has_a_key(run_id: &str) -> bool {
    run_id.len() * 3 < 900
}

fn has_the_same_key_in_python(run_id: &str) -> bool {
    has_a_key(run_id) && !run_id.contains(|c: char| c.is_control() || "/\\%".contains(c))
}
