//! The options of an `azure` profile, and what can be said of them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::account::Account;
use super::names::check_container_name;
use crate::error::{InvalidOption, Result};
use crate::result::Redaction;
use crate::secret::{MASK, Secret};
use crate::store::address::{AddressOptions, StoreAddress};
use crate::store::contract::StorageTiers;
use crate::store::objects::endpoint::{check_encrypted, check_http_url};
use crate::store::objects::options::{
    PythonIndex, check_filled, check_key_root, check_metadata, check_timeouts, cloud_location, cloud_prefix,
    connect_timeout, default_namespace, max_document_size, retry_timeout, spell_class, yes,
};
use crate::store::objects::tier_names::{TierNames, tier};
use crate::store::options::{StoreOptions, TimeZoneName, check_document_size};

/// The access tiers of block blobs.
pub(super) const TIERS: TierNames = TierNames {
    cloud: "Azure",
    tiers: StorageTiers(&[
        tier("Hot", Some("Hot"), 0),
        tier("Cool", Some("Cool"), LEAST_BILLED),
        tier("Cold", Some("Cold"), LEAST_BILLED),
        tier("Archive", Some("Archive"), LEAST_BILLED),
    ]),
};

/// The size that a smaller blob is billed as in the cooler tiers: in accounts made since July 2026, and in all accounts
/// from July 2027 on.
/// <https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview#minimum-billable-object-size-on-cooler-tiers>
const LEAST_BILLED: u64 = 128 << 10;

/// The options of an `azure` profile: those of truthound's `AzureBlobConfig`
/// (`truthound/stores/backends/azure_blob.py`).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Time zone of times without an offset.
    #[serde(default)]
    pub time_zone: TimeZoneName,
    /// Data that `save` drops from documents.
    #[serde(default)]
    pub redact: Redaction,
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
    /// Whether the server may be asked over plain HTTP on another machine than this one.
    #[serde(default)]
    pub allow_http: bool,
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

fn json() -> String {
    "application/json".to_owned()
}

impl AzureOptions {
    /// The account and the place in its container, at `endpoint` if that is not Azure's usual one.
    pub(super) fn location_in(&self, account: &str, endpoint: Option<&str>) -> String {
        // The names of accounts are letters and digits; anything else may be a part of a key.
        let is_name = account.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character));
        let account = if is_name { account } else { MASK };
        self.location_of(account, endpoint)
    }

    fn location_of(&self, account: &str, endpoint: Option<&str>) -> String {
        cloud_location(&format!("azure://{account}/{}", self.container), &self.prefix, &self.namespace, endpoint)
    }

    /// The account and its endpoint.
    ///
    /// # Errors
    /// The option that names no account, or one that Azure does not allow.
    pub(super) fn account(&self) -> Result<Account, InvalidOption> {
        let (string, url) = (self.connection_string.as_ref(), self.account_url.as_ref());
        Account::new(string.map(Secret::expose), url.map(Secret::expose), self.account_name.as_deref())
    }

    fn check_credentials(&self) -> Result<(), InvalidOption> {
        let has_string = self.connection_string.is_some();
        if !has_string && self.account_url.is_none() && self.account_name.is_none() {
            return Err(InvalidOption::missing("account_name", "nothing says which account it is", &[])
                .hint("give one of account_name, account_url, connection_string"));
        }
        // Otherwise the credentials of the environment are used, or none: a public container, an emulator.
        let both = |one, other| Err(InvalidOption::exclusive(one, other, "both say how to sign in"));
        match (has_string, self.account_key.is_some(), self.sas_token.is_some()) {
            (true, true, _) => both("connection_string", "account_key"),
            (true, _, true) => both("connection_string", "sas_token"),
            (_, true, true) => both("account_key", "sas_token"),
            _ => Ok(()),
        }
    }
}

impl StoreOptions for AzureOptions {
    const NAME: &'static str = "azure";
    const ADDRESSES: &'static [&'static str] =
        &["az://CONTAINER/PREFIX", "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX"];
    const TIERS: StorageTiers = TIERS.tiers;

    fn at(address: &StoreAddress<'_>) -> Option<Result<AddressOptions>> {
        super::address::options(address)
    }

    fn check(&mut self) -> Result<(), InvalidOption> {
        check_document_size(self.max_document_size)?;
        check_container_name(&self.container)?;
        check_key_root(&self.prefix, &self.namespace)?;
        if let Some(tier) = &mut self.access_tier {
            spell_class("access_tier", tier, &TIERS.native_and(&[]), false)?;
        }
        check_filled("account_name", self.account_name.as_deref())?;
        if self.content_type.is_empty() || !self.content_type.chars().all(|it| matches!(it, ' '..='~')) {
            return Err(InvalidOption::value("content_type", "it must be a media type, such as application/json"));
        }
        if let Some(account_url) = &self.account_url {
            let url = check_http_url("account_url", account_url.expose())?;
            check_encrypted("account_url", &url, self.allow_http)?;
            let is_of_azure = url.domain().is_some_and(|host| host.contains(".blob."));
            if is_of_azure && url.path() != "/" {
                return Err(InvalidOption::value("account_url", "it must be the address of the account alone")
                    .hint("write the container into `container`, and what follows it into `prefix`"));
            }
        }
        check_timeouts(self.retry_timeout, self.connect_timeout)?;
        self.check_credentials()?;
        let account = self.account()?;
        check_encrypted(account.option, &account.endpoint, self.allow_http)?;
        check_metadata(&self.metadata, "_")
    }

    fn set_directory(&mut self, _: &Path) {}

    fn location(&self, origin: &dyn Fn(&str) -> Option<String>) -> String {
        if let Ok(account) = self.account() {
            return self.location_in(&account.name, account.custom_endpoint());
        }
        let unread = ["account_url", "connection_string"].into_iter().find_map(origin);
        self.location_of(&unread.map_or_else(|| "?".to_owned(), |origin| format!("({origin})")), None)
    }
}
