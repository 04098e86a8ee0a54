//! One entry of the catalog.

use object_store::path::Path;

use super::nonce;
use crate::result::Entry;

/// A catalog entry of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct CatalogEntry {
    /// Its key.
    pub(in super::super) path: Path,
    /// The facts in it.
    pub(in super::super) entry: Entry,
}

impl CatalogEntry {
    /// Returns whether the writer of the document wrote this entry, not another process that found the document without
    /// an entry.
    pub(in super::super) fn is_of_writer(&self) -> bool {
        nonce::is_of_writer(self.path.filename().unwrap_or_default())
    }

    /// Returns whether this entry belongs to this version of the document, or `None` if its name does not tell.
    pub(in super::super) fn is_of_version(&self, version: &str) -> Option<bool> {
        nonce::is_of_version(self.path.filename().unwrap_or_default(), version)
    }

    /// Returns whether this entry belongs to a document of this version with these facts, or may do so because its name
    /// does not tell.
    pub(in super::super) fn belongs_to(&self, facts: &Entry, version: &str) -> bool {
        self.entry == *facts && self.is_of_version(version) != Some(false)
    }
}
