//! Options that all object stores share.

use serde::Deserialize;

/// Whether Python's `_index.json` is kept up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PythonIndex {
    /// Where it exists.
    #[default]
    Auto,
    /// Everywhere; it is created where it is missing.
    Always,
    /// Nowhere.
    Never,
}

pub(super) fn default_namespace() -> String {
    "default".to_owned()
}

pub(super) fn cloud_prefix() -> String {
    "truthound/".to_owned()
}

pub(super) fn yes() -> bool {
    true
}

pub(super) fn retry_timeout() -> f64 {
    30.0
}

pub(super) fn connect_timeout() -> f64 {
    5.0
}
