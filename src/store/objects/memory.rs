//! A store that lives as long as the process: for tests and for trying things out.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::options::default_namespace;

/// The options of a `memory` profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryOptions {
    /// Keeps projects and environments apart.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Put before every name.
    #[serde(default)]
    pub prefix: String,
    /// Whether documents are stored as gzip.
    #[serde(default, alias = "compression")]
    pub use_compression: bool,
    /// Taken for the sake of one set of options for all backends.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}
