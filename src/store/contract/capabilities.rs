//! The operations that a backend supports.

use super::tier::StorageTiers;
use crate::result::{DocumentLimit, Layout, Redaction};

/// Features and limits of a backend.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// Tiers to which a result can be moved; empty for a backend without tiers.
    pub tiers: StorageTiers,
    /// Whether the backend keeps a catalog that `reindex` can rebuild.
    pub catalog: bool,
    /// Whether results outlive the process. A store in memory ends with it.
    pub lasting: bool,
    /// Whether the backend has a connection pool.
    pub pool: bool,
    /// Layout of the documents that this program writes itself.
    pub layout: Layout,
    /// Data that is dropped from documents before they are saved.
    pub redaction: Redaction,
    /// Number of concurrent saves beyond which saving gets no faster or takes too much memory.
    pub saves_at_once: u16,
    /// The longest document that is saved or read.
    pub longest_document: DocumentLimit,
}
