//! Azure Blob Storage.

#[cfg(feature = "azure")]
mod client;
#[cfg(feature = "azure")]
mod command_line;
#[cfg(feature = "azure")]
mod credential_provider;
#[cfg(feature = "azure")]
mod error_response;
#[cfg(feature = "azure")]
mod open;
#[cfg(feature = "azure")]
mod place;
#[cfg(feature = "azure")]
mod store;
#[cfg(feature = "azure")]
mod tiers;

use std::collections::BTreeMap;

use serde::Deserialize;

#[cfg(feature = "azure")]
pub use self::open::open;
use super::options::{PythonIndex, cloud_prefix, connect_timeout, default_namespace, retry_timeout, yes};
use crate::secret::Secret;

/// The options of an `azure` profile: those of truthound's `AzureBlobConfig`
/// (`truthound/stores/backends/azure_blob.py`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AzureOptions {
    /// The container.
    pub container: String,
    /// Put before every name.
    #[serde(default = "cloud_prefix")]
    pub prefix: String,
    /// Keeps projects and environments apart.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Account, key and endpoints in one.
    pub connection_string: Option<Secret>,
    /// The account's blob endpoint; it may carry a SAS.
    pub account_url: Option<Secret>,
    /// The account's name.
    pub account_name: Option<String>,
    /// A key of the account.
    pub account_key: Option<Secret>,
    /// A shared access signature.
    pub sas_token: Option<Secret>,
    /// Whether documents are stored as gzip.
    #[serde(default = "yes", alias = "compression")]
    pub use_compression: bool,
    /// The content type of new blobs.
    #[serde(default = "json")]
    pub content_type: String,
    /// The access tier of new blobs; the account's own by default.
    pub access_tier: Option<String>,
    /// Blob metadata.
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

fn json() -> String {
    "application/json".to_owned()
}
