//! S3, on two servers.

use std::path::Path;

use truthound_store::error::ErrorKind;
use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY, hex_name, thousands};
use crate::services::{python, s3 as server, s3s};

pub(super) const SETTINGS: &[Backend] = &[
    Backend { name: "s3", options: |place, namespace| options(place, namespace, ""), ..S3 },
    Backend {
        name: "s3_plain",
        options: |place, namespace| options(place, namespace, "use_compression = false"),
        cannot: thousands,
        ..S3
    },
    Backend {
        name: "s3_with_index",
        takes: has_the_same_key_in_python,
        options: |place, namespace| options(place, namespace, "python_index = 'always'"),
        cannot: thousands,
        ..S3
    },
    S3S_FS,
];

const S3: Backend = Backend {
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
    at(&server::SERVER.address(), ("test", "test"), place, namespace, more)
}

fn at(endpoint: &str, (key, secret): (&str, &str), place: &Path, namespace: &str, more: &str) -> BackendOptions {
    let text = format!(
        "bucket = {:?}\nnamespace = {namespace:?}\nendpoint_url = {endpoint:?}\nregion = 'us-east-1'\n\
         access_key_id = {key:?}\nsecret_access_key = {secret:?}\n{more}",
        hex_name(place),
    );
    BackendOptions::S3(toml::from_str(&text).unwrap())
}

/// A second implementation, because one server's behavior is not S3.
const S3S_FS: Backend = Backend {
    name: "s3_s3s_fs",
    is_available: s3s::is_available,
    options: |place, namespace| at(&s3s::endpoint(), s3s::KEYS, place, namespace, ""),
    stored: None,
    prepare: |place| s3s::make_bucket(&hex_name(place)),
    breaks: || ["create if absent", "compare and swap"].map(|check| (check, ErrorKind::Unsupported)).to_vec(),
    // See services/s3s.rs: it checks a condition before it writes, not atomically. It has only one storage class, and
    // no long names.
    cannot: || {
        vec![
            "concurrency",
            "tiers_are_moved_to_where_there_are_any",
            "ids_of_any_length_are_kept_or_refused_before_anything_is_stored",
            "a_tag_of_any_text_can_be_asked_for",
            "everything_listed_of_a_result_is_what_was_saved",
            "long_assets_and_tags_are_listed_whole",
            "a_result_with_many_tags_is_found_by_each_of_them",
        ]
    },
    ..S3
};

/// Whether a run id, percent-encoded where necessary, fits into a key of 1,024 bytes.
fn has_a_key(run_id: &str) -> bool {
    run_id.len() * 3 < 900
}

fn has_the_same_key_in_python(run_id: &str) -> bool {
    has_a_key(run_id) && !run_id.contains(|c: char| c.is_control() || "/\\%".contains(c))
}
