//! The catalog: one small object for each result, with all facts that a list needs in its name.
//!
//! Two kinds of notes sort before the entries, so that one request finds them first: an [`Intent`] for each overwrite
//! and delete in progress, and a [mark](marks) for the version of Python's index in which catalog and documents were
//! last compared. The catalog never reads a document.

mod entry;
mod entry_name;
mod escape;
mod intents;
mod marks;
mod nonce;
mod run_entries;
mod scan;

use std::sync::Arc;

pub(super) use entry::CatalogEntry;
pub(super) use entry_name::EntryName;
pub(super) use intents::{Intent, LINGER, OwnIntent, RunTimes, outdated};
pub(super) use marks::IndexMark;
#[cfg(all(test, feature = "filesystem", feature = "memory"))]
pub(super) use nonce::counted::counting;
pub(super) use nonce::{random_number, revision_of_version};
pub(super) use scan::{EntryBatches, ListedEntry, ReadEntry, TimeRange};

use super::backend::Backend;

/// Reads any bytes as the name and as the content of an entry, for the fuzzer.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn read_any(input: &[u8]) {
    drop(entry_name::from_content(input));
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Some((hour, name)) = text.split_once('/') {
        drop(entry_name::decode(hour, name));
    }
}

/// The catalog of one namespace.
#[derive(Debug)]
pub(super) struct Catalog {
    backend: Arc<Backend>,
}

impl Catalog {
    pub(super) fn new(backend: Arc<Backend>) -> Self {
        Self { backend }
    }
}
