//! Amazon S3 and what speaks its protocol.

#[cfg(feature = "s3")]
mod client;
#[cfg(feature = "s3")]
mod credential_provider;
#[cfg(feature = "s3")]
mod error_response;
#[cfg(feature = "s3")]
mod open;
#[cfg(feature = "s3")]
mod place;
#[cfg(feature = "s3")]
mod store;
#[cfg(feature = "s3")]
mod tiers;

use std::collections::BTreeMap;

use serde::Deserialize;

#[cfg(feature = "s3")]
pub use self::open::open;
use super::options::{PythonIndex, cloud_prefix, connect_timeout, default_namespace, retry_timeout, yes};
use crate::secret::Secret;

/// The options of an `s3` profile: those of truthound's `S3Config` (`truthound/stores/backends/s3.py`) and credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Options {
    /// The bucket.
    pub bucket: String,
    /// Put before every key.
    #[serde(default = "cloud_prefix")]
    pub prefix: String,
    /// Keeps projects and environments apart.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// The bucket's region.
    pub region: Option<String>,
    /// Another server than Amazon's.
    pub endpoint_url: Option<String>,
    /// Whether documents are stored as gzip.
    #[serde(default = "yes", alias = "compression")]
    pub use_compression: bool,
    /// The storage class of new objects.
    #[serde(default = "standard")]
    pub storage_class: String,
    /// How objects are encrypted at rest.
    pub server_side_encryption: Option<ServerSideEncryption>,
    /// The KMS key for `aws:kms`.
    pub kms_key_id: Option<String>,
    /// Object tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Object metadata.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Whether Python's `_index.json` is kept up to date.
    #[serde(default)]
    pub python_index: PythonIndex,
    /// A profile of the shared AWS configuration files.
    pub aws_profile: Option<String>,
    /// Half of a static credential.
    pub access_key_id: Option<Secret>,
    /// The other half of a static credential.
    pub secret_access_key: Option<Secret>,
    /// The session token of a temporary credential.
    pub session_token: Option<Secret>,
    /// Whether the bucket is in the path instead of the host name; on by default with `endpoint_url`.
    pub force_path_style: Option<bool>,
    /// Whether `endpoint_url` may be plain HTTP on another machine than this one.
    #[serde(default)]
    pub allow_http: bool,
    /// For how many seconds a request is tried.
    #[serde(default = "retry_timeout")]
    pub retry_timeout: f64,
    /// How many seconds connecting may take.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: f64,
}

/// How S3 encrypts objects at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ServerSideEncryption {
    /// Keys that S3 manages.
    #[serde(rename = "AES256")]
    Aes256,
    /// Keys of AWS KMS.
    #[serde(rename = "aws:kms")]
    AwsKms,
}

fn standard() -> String {
    "STANDARD".to_owned()
}
