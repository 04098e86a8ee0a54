//! The local disk.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::options::{PythonIndex, default_namespace, yes};

/// The options of a `filesystem` profile: those of truthound's `FileSystemConfig`
/// (`truthound/stores/backends/filesystem.py`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesystemOptions {
    /// The directory that holds all namespaces.
    #[serde(default = "base_path")]
    pub base_path: PathBuf,
    /// The directory of results in a namespace.
    #[serde(default = "prefix")]
    pub prefix: String,
    /// Keeps projects and environments apart.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// The extension of document files, `.gz` aside.
    #[serde(default = "file_extension")]
    pub file_extension: String,
    /// Whether missing directories are made.
    #[serde(default = "yes")]
    pub create_dirs: bool,
    /// Whether documents that we write ourselves are indented.
    #[serde(default = "yes")]
    pub pretty_print: bool,
    /// Whether documents are stored as gzip.
    #[serde(default, alias = "compression")]
    pub use_compression: bool,
    /// Taken for Python's sake; files have no metadata.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Whether Python's `_index.json` is kept up to date.
    #[serde(default)]
    pub python_index: PythonIndex,
}

fn base_path() -> PathBuf {
    PathBuf::from(".truthound/store")
}

fn prefix() -> String {
    "validations".to_owned()
}

fn file_extension() -> String {
    ".json".to_owned()
}
