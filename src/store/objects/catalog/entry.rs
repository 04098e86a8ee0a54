//! One entry of the catalog.

use object_store::path::Path;

use super::nonce;
use crate::result::Entry;

/// An entry of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct CatalogEntry {
    /// Its name.
    pub(in super::super) path: Path,
    /// What it says.
    pub(in super::super) entry: Entry,
}

impl CatalogEntry {
    /// Whether the writer of the document wrote it, and not one who found the document without an entry.
    pub(in super::super) fn is_of_writer(&self) -> bool {
        nonce::is_of_writer(self.path.filename().unwrap_or_default())
    }

    /// Whether it is the entry of this version of the document; nothing where its name does not tell.
    pub(in super::super) fn is_of_version(&self, version: &str) -> Option<bool> {
        nonce::is_of_version(self.path.filename().unwrap_or_default(), version)
    }
}
