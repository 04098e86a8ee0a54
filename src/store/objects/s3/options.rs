//! The options of an `s3` profile, and what can be said of them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use url::Url;

use super::names::{check_bucket, fits_host, is_region};
use crate::error::{InvalidOption, Result};
use crate::result::Redaction;
use crate::secret::Secret;
use crate::store::address::{AddressOptions, StoreAddress};
use crate::store::contract::StorageTiers;
use crate::store::objects::endpoint::{check_encrypted, check_endpoint};
use crate::store::objects::options::{
    PythonIndex, check_filled, check_key_root, check_metadata, check_timeouts, cloud_location, cloud_prefix,
    connect_timeout, default_namespace, max_document_size, retry_timeout, spell_class, yes,
};
use crate::store::objects::tier_names::{TierNames, tier};
use crate::store::options::{StoreOptions, TimeZoneName, check_document_size};

/// The size that a smaller object is billed as in the classes for infrequent access.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html#sc-compare>
const LEAST_BILLED: u64 = 128 << 10;

/// The size that an archived object is billed for in addition to its own: 32 KB in its class, 8 KB in STANDARD.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html#sc-compare>
const ARCHIVE_OVERHEAD: u64 = 40 << 10;

/// The tiers of S3: the storage classes that an object can be copied into. All generic ones but `Archive` are readable
/// without a restore.
pub(super) const TIERS: TierNames = TierNames {
    cloud: "S3",
    tiers: StorageTiers(&[
        tier("REDUCED_REDUNDANCY", None, 0),
        tier("STANDARD", Some("Hot"), 0),
        // It keeps objects below 128 KB at the price of STANDARD, and bills their size.
        tier("INTELLIGENT_TIERING", None, 0),
        tier("STANDARD_IA", Some("Cool"), LEAST_BILLED),
        tier("ONEZONE_IA", None, LEAST_BILLED),
        tier("GLACIER_IR", Some("Cold"), LEAST_BILLED),
        tier("GLACIER", Some("Archive"), ARCHIVE_OVERHEAD),
        tier("DEEP_ARCHIVE", None, ARCHIVE_OVERHEAD),
    ]),
};

/// The storage classes that only new objects can have.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
const CLASSES_OF_NEW_OBJECTS: [&str; 4] = ["EXPRESS_ONEZONE", "OUTPOSTS", "SNOW", "FSX_OPENZFS"];

/// Amazon's limits for the tags of an object.
const MOST_TAGS: usize = 10;
const LONGEST_TAG: usize = 128;
const LONGEST_TAG_VALUE: usize = 256;

/// The options of an `s3` profile: those of truthound's `S3Config` (`truthound/stores/backends/s3.py`) and credentials.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Time zone of times without an offset.
    #[serde(default)]
    pub time_zone: TimeZoneName,
    /// Data that `save` drops from documents.
    #[serde(default)]
    pub redact: Redaction,
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
    /// The longest document that is saved or read, decompressed, in bytes.
    #[serde(default = "max_document_size")]
    pub max_document_size: u64,
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl S3Options {
    /// The place in the bucket, at `endpoint` if it is not Amazon's.
    pub(super) fn location_at(&self, endpoint: Option<&str>) -> String {
        cloud_location(&format!("s3://{}", self.bucket), &self.prefix, &self.namespace, endpoint)
    }

    fn check_credentials(&self) -> Result<(), InvalidOption> {
        let missing = |option: &'static str, given: &'static str| {
            Err(InvalidOption::missing(option, format!("`{given}` needs it"), &[given]))
        };
        match (&self.access_key_id, &self.secret_access_key) {
            (Some(_), None) => missing("secret_access_key", "access_key_id"),
            (None, Some(_)) => missing("access_key_id", "secret_access_key"),
            (None, None) if self.session_token.is_some() => missing("access_key_id", "session_token"),
            (Some(_), Some(_)) if self.aws_profile.is_some() => {
                Err(InvalidOption::exclusive("aws_profile", "access_key_id", "both say how to sign in"))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the bucket can be put before the host of the server at `endpoint`, where the options ask for that.
    pub(super) fn check_host_style(&self, endpoint: &Url) -> Result<(), InvalidOption> {
        if self.force_path_style == Some(false) && endpoint.domain().is_none() {
            return Err(InvalidOption::value("force_path_style", "a bucket cannot be put before an IP address")
                .hint("leave out force_path_style, or give the server's name in endpoint_url"));
        }
        Ok(())
    }

    fn check_tags(&self) -> Result<(), InvalidOption> {
        if self.tags.len() > MOST_TAGS {
            return Err(InvalidOption::value("tags", format!("S3 takes at most {MOST_TAGS} tags on an object")));
        }
        for (key, value) in &self.tags {
            let invalid = |reason: String| Err(InvalidOption::value(format!("tags.{key}"), reason));
            if key.is_empty() || key.chars().count() > LONGEST_TAG {
                return invalid(format!("the name of a tag has 1 to {LONGEST_TAG} characters"));
            }
            if value.chars().count() > LONGEST_TAG_VALUE {
                return invalid(format!("the value of a tag has at most {LONGEST_TAG_VALUE} characters"));
            }
        }
        Ok(())
    }
}

impl StoreOptions for S3Options {
    const NAME: &'static str = "s3";
    const ADDRESSES: &'static [&'static str] = &["s3://BUCKET/PREFIX"];
    const TIERS: StorageTiers = TIERS.tiers;

    fn at(address: &StoreAddress<'_>) -> Option<Result<AddressOptions>> {
        Some(StoreAddress::place("bucket", address.after_scheme(&["s3", "s3a"])?))
    }

    fn check(&mut self) -> Result<(), InvalidOption> {
        check_document_size(self.max_document_size)?;
        check_bucket(&self.bucket)?;
        check_key_root(&self.prefix, &self.namespace)?;
        if let Some(endpoint) = &self.endpoint_url {
            let url = check_endpoint("endpoint_url", endpoint)?;
            check_encrypted("endpoint_url", &url, self.allow_http)?;
            self.check_host_style(&url)?;
        }
        if self.force_path_style == Some(false) && !fits_host(&self.bucket) {
            return Err(InvalidOption::value(
                "force_path_style",
                "the name of the bucket cannot be part of a host name",
            )
            .hint("leave out force_path_style, or set it to true"));
        }
        if self.region.as_deref().is_some_and(|region| !region.trim().is_empty() && !is_region(region)) {
            return Err(InvalidOption::value("region", "it cannot be the name of a region")
                .hint("write it as us-east-1, or leave it out"));
        }
        let classes = TIERS.native_and(&CLASSES_OF_NEW_OBJECTS);
        spell_class("storage_class", &mut self.storage_class, &classes, self.endpoint_url.is_some())?;
        check_filled("region", self.region.as_deref())?;
        check_filled("aws_profile", self.aws_profile.as_deref())?;
        check_filled("kms_key_id", self.kms_key_id.as_deref())?;
        if self.kms_key_id.is_some() && self.server_side_encryption != Some(ServerSideEncryption::AwsKms) {
            let reason = "it needs server_side_encryption = \"aws:kms\"";
            return Err(InvalidOption::without_effect("kms_key_id", reason));
        }
        self.check_credentials()?;
        check_timeouts(self.retry_timeout, self.connect_timeout)?;
        self.check_tags()?;
        check_metadata(&self.metadata, "-_.")
    }

    fn set_directory(&mut self, _: &Path) {}

    fn location(&self, _: &dyn Fn(&str) -> Option<String>) -> String {
        self.location_at(self.endpoint_url.as_deref())
    }
}
