//! Options and report of `reindex`.

use serde::Serialize;

/// What `reindex` is to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReindexOptions {
    /// Change nothing, say only what is wrong.
    pub dry_run: bool,
    /// Write Python's `_index.json` too.
    pub python_index: bool,
}

/// What `reindex` found and mended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReindexReport {
    /// Documents that were read.
    pub documents: u64,
    /// Entries that were right.
    pub correct: u64,
    /// Run ids whose entry was missing.
    pub missing: Vec<String>,
    /// Names of entries that no document stands behind, or that say what it does not.
    pub stale: Vec<String>,
    /// Documents that cannot be read, with the reason; they are left as they are.
    pub unreadable: Vec<UnreadableDocument>,
    /// Whether Python's `_index.json` was written, or would be.
    pub python_index: bool,
}

/// A document that `reindex` cannot read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnreadableDocument {
    /// Its name in the store.
    pub name: String,
    /// Why it cannot be read.
    pub reason: String,
    /// The next thing to try, where the server's answer gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
