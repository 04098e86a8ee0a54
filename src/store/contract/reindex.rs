//! Options and report of `reindex`.

use serde::Serialize;

/// Options of `reindex`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReindexOptions {
    /// Change nothing; only report.
    pub dry_run: bool,
    /// Rebuild Python's `_index.json` too.
    pub python_index: bool,
}

/// Differences between catalog and documents that `reindex` found and repaired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReindexReport {
    /// Documents read.
    pub documents: u64,
    /// Catalog entries that match their document.
    pub correct: u64,
    /// Run ids without a catalog entry.
    pub missing: Vec<String>,
    /// Names of catalog entries that have no document or contradict it.
    pub stale: Vec<String>,
    /// Documents that cannot be read, with the reason. They are left as they are.
    pub unreadable: Vec<UnreadableDocument>,
    /// Whether Python's `_index.json` was written, or would be without `dry_run`.
    pub python_index: bool,
}

/// A document that `reindex` cannot read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnreadableDocument {
    /// Name of the object or file in the store.
    pub name: String,
    /// Why it cannot be read.
    pub reason: String,
    /// The next thing to try, if the server's answer suggests one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
