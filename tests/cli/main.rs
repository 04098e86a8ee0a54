//! The program as a user sees it. Each test runs the real binary in a sealed room and compares stdout, stderr and the
//! exit status as one text.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![allow(clippy::print_stdout, reason = "suites print how much they have tried")]

mod configuration;
mod copy;
mod dbt;
mod delete;
#[cfg(target_os = "linux")]
mod diff;
mod disk_trouble;
mod doctor;
mod document_sizes;
mod export;
#[cfg(unix)]
mod findings;
mod foreign_files;
mod formats;
mod gate;
mod get;
mod history;
#[cfg(unix)]
mod hostile;
mod limits;
mod list;
mod names;
mod planted_samples;
mod planted_secrets;
mod pool_status;
mod processes;
mod profiles;
#[cfg(target_os = "linux")]
mod progress;
mod prune;
mod redact;
mod refused_documents;
mod reindex;
mod removed_files;
mod report;
mod save;
mod set_tier;
#[cfg(feature = "sqlite")]
mod sqlite_trouble;
mod store_address;
mod support;
#[cfg(target_os = "linux")]
mod terminal;
mod times;
mod usage;
mod verify;

/// A file without a `mod` declaration above would not be compiled, and its tests would be skipped silently.
#[test]
fn every_file_beside_this_one_is_declared() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let main = std::fs::read_to_string(here.join("main.rs")).unwrap();
    let names = std::fs::read_dir(here).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap());
    let forgotten: Vec<_> = names
        .filter(|name| name.ends_with(".rs") && !name.starts_with('.') && name != "main.rs")
        .filter(|name| !main.contains(&format!("\nmod {};\n", name.trim_end_matches(".rs"))))
        .collect();
    assert!(forgotten.is_empty(), "not declared in tests/cli/main.rs: {forgotten:?}");
}
