//! The options of a `gcs` profile, and what can be said of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::names::check_bucket;
use crate::error::{InvalidOption, Result};
use crate::result::Redaction;
use crate::store::address::{AddressOptions, StoreAddress};
use crate::store::contract::StorageTiers;
use crate::store::objects::endpoint::{check_encrypted, check_endpoint};
use crate::store::objects::options::{
    PythonIndex, check_filled, check_key_root, check_metadata, check_timeouts, cloud_location, cloud_prefix,
    connect_timeout, default_namespace, max_document_size, retry_timeout, spell_class, yes,
};
use crate::store::objects::tier_names::{TierNames, tier};
use crate::store::options::{StoreOptions, TimeZoneName, anchor, check_document_size};

/// The tiers of Google Cloud Storage: its storage classes (<https://cloud.google.com/storage/docs/storage-classes>).
/// All are readable without a restore. `Archive` and `ARCHIVE` are the same.
pub(super) const TIERS: TierNames = TierNames {
    cloud: "Google Cloud Storage",
    // No class has a minimum size: <https://cloud.google.com/storage/docs/storage-classes#descriptions>
    tiers: StorageTiers(&[
        tier("STANDARD", Some("Hot"), 0),
        tier("NEARLINE", Some("Cool"), 0),
        tier("COLDLINE", Some("Cold"), 0),
        tier("ARCHIVE", Some("Archive"), 0),
    ]),
};

/// The storage classes of old buckets.
const LEGACY_CLASSES: [&str; 3] = ["MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY"];

/// The options of a `gcs` profile: those of truthound's `GCSConfig` (`truthound/stores/backends/gcs.py`) and more.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Time zone of times without an offset.
    #[serde(default)]
    pub time_zone: TimeZoneName,
    /// Data that `save` drops from documents.
    #[serde(default)]
    pub redact: Redaction,
    /// The project that is billed for a requester-pays bucket.
    pub project: Option<String>,
    /// A credentials file: service account, authorized user, or workload identity federation.
    pub credentials_path: Option<PathBuf>,
    /// Another server than Google's.
    pub endpoint_url: Option<String>,
    /// Whether the server may be asked over plain HTTP on another machine than this one.
    #[serde(default)]
    pub allow_http: bool,
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
    /// The longest document that is saved or read, decompressed, in bytes.
    #[serde(default = "max_document_size")]
    pub max_document_size: u64,
    /// For how many seconds a request is tried.
    #[serde(default = "retry_timeout")]
    pub retry_timeout: f64,
    /// How many seconds connecting may take.
    #[serde(default = "connect_timeout")]
    pub connect_timeout: f64,
}

impl GcsOptions {
    /// The place in the bucket, at `endpoint` if it is not Google's.
    pub(super) fn location_at(&self, endpoint: Option<&str>) -> String {
        cloud_location(&format!("gs://{}", self.bucket), &self.prefix, &self.namespace, endpoint)
    }
}

impl StoreOptions for GcsOptions {
    const NAME: &'static str = "gcs";
    const ADDRESSES: &'static [&'static str] = &["gs://BUCKET/PREFIX"];
    const TIERS: StorageTiers = TIERS.tiers;

    fn at(address: &StoreAddress<'_>) -> Option<Result<AddressOptions>> {
        Some(StoreAddress::place("bucket", address.after_scheme(&["gs", "gcs"])?))
    }

    fn check(&mut self) -> Result<(), InvalidOption> {
        check_document_size(self.max_document_size)?;
        check_bucket(&self.bucket)?;
        check_key_root(&self.prefix, &self.namespace)?;
        if let Some(endpoint) = &self.endpoint_url {
            let url = check_endpoint("endpoint_url", endpoint)?;
            check_encrypted("endpoint_url", &url, self.allow_http)?;
        }
        if let Some(storage_class) = &mut self.storage_class {
            let classes = TIERS.native_and(&LEGACY_CLASSES);
            spell_class("storage_class", storage_class, &classes, self.endpoint_url.is_some())?;
        }
        check_timeouts(self.retry_timeout, self.connect_timeout)?;
        check_filled("project", self.project.as_deref())?;
        if self.credentials_path.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
            return Err(InvalidOption::value("credentials_path", "it is empty"));
        }
        check_metadata(&self.metadata, "-_.")
    }

    fn set_directory(&mut self, directory: &Path) {
        if let Some(path) = &mut self.credentials_path {
            anchor(path, directory);
        }
    }

    fn location(&self, _: &dyn Fn(&str) -> Option<String>) -> String {
        self.location_at(self.endpoint_url.as_deref())
    }
}
