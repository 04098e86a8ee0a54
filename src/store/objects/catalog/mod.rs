//! The catalog: one small object for each result, whose name holds what a list needs.
//!
//! Beside the entries lie two kinds of notes, which sort before them so that one request finds them first: an
//! [`Intent`] for each overwrite and delete under way, and a [mark](marks) of the state in which Python's index was
//! last compared with the documents. Nothing here reads a document.

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
pub(super) use nonce::random_number;
pub(super) use scan::{EntryBatches, ListedEntry, TimeRange};

use super::backend::Backend;

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
