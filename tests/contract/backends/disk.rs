//! The local disk.

use std::path::Path;

use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY};

pub(super) const SETTINGS: &[Backend] = &[
    Backend {
        name: "filesystem",
        keeps_files: true,
        stored: Some(|_| Vec::new()),
        takes: has_a_file_name,
        options: |place, namespace| options(place, namespace, ""),
        ..ORDINARY
    },
    Backend {
        name: "filesystem_compressed",
        keeps_files: true,
        stored: Some(|_| Vec::new()),
        takes: has_a_file_name,
        options: |place, namespace| options(place, namespace, "use_compression = true"),
        ..ORDINARY
    },
    Backend {
        name: "filesystem_with_index",
        keeps_files: true,
        stored: Some(|_| Vec::new()),
        takes: has_the_same_name_in_python,
        options: |place, namespace| options(place, namespace, "python_index = 'always'"),
        ..ORDINARY
    },
];

fn options(place: &Path, namespace: &str, more: &str) -> BackendOptions {
    let text = format!("base_path = {:?}\nnamespace = {namespace:?}\n{more}", place.to_str().unwrap());
    BackendOptions::Filesystem(toml::from_str(&text).unwrap())
}

/// Whether a run id, percent-encoded where necessary, fits into a file name.
fn has_a_file_name(run_id: &str) -> bool {
    let encoded: usize = run_id.chars().map(|c| if needs_encoding(c) { 3 } else { c.len_utf8() }).sum();
    encoded + ".json.gz".len() <= 255
}

/// Whether Python's store, which uses the run id in the path unchanged, has the same file name for it.
fn has_the_same_name_in_python(run_id: &str) -> bool {
    has_a_file_name(run_id) && !run_id.contains(needs_encoding) && !run_id.contains('%') && run_id != "_index"
}

fn needs_encoding(character: char) -> bool {
    character.is_control() || matches!(character, '/' | '\\')
}
