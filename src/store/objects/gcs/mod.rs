//! Google Cloud Storage.

#[cfg(feature = "gcs")]
mod client;
#[cfg(feature = "gcs")]
mod credential_provider;
#[cfg(feature = "gcs")]
mod error_response;
#[cfg(feature = "gcs")]
mod federation;
#[cfg(feature = "gcs")]
mod list;
#[cfg(feature = "gcs")]
mod open;
#[cfg(feature = "gcs")]
mod page;
#[cfg(feature = "gcs")]
mod place;
#[cfg(feature = "gcs")]
mod resumable;
#[cfg(feature = "gcs")]
mod store;
#[cfg(feature = "gcs")]
mod tiers;
#[cfg(feature = "gcs")]
mod token_client;
#[cfg(feature = "gcs")]
mod upload;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

#[cfg(feature = "gcs")]
pub use self::open::open;
use super::options::{PythonIndex, cloud_prefix, connect_timeout, default_namespace, retry_timeout, yes};

/// The options of a `gcs` profile: those of truthound's `GCSConfig` (`truthound/stores/backends/gcs.py`) and more.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GcsOptions {
    /// The bucket.
    pub bucket: String,
    /// Put before every name.
    #[serde(default = "cloud_prefix")]
    pub prefix: String,
    /// Keeps projects and environments apart.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// The project that is billed where the bucket has the requester pay.
    pub project: Option<String>,
    /// A credentials file: service account, authorized user, or workload identity federation.
    pub credentials_path: Option<PathBuf>,
    /// Another server than Google's; plain HTTP on this machine only.
    pub endpoint_url: Option<String>,
    /// Whether documents are stored as gzip.
    #[serde(default = "yes", alias = "compression")]
    pub use_compression: bool,
    /// The storage class of new objects; the bucket's own by default.
    pub storage_class: Option<String>,
    /// Object metadata.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Whether Python's `_index.json` is kept up to date.
    #[serde(default)]
    pub python_index: PythonIndex,
    /// For how many seconds a request is tried.
    #[serde(default = "retry_timeout")]
    pub retry_timeout: f64,
    /// How many seconds connecting may take.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: f64,
}
