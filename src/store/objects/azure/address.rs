//! The addresses of containers on the command line: those of Hadoop and fsspec (`abfss://`, `az://`).

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::store::address::{AddressOptions, StoreAddress};

/// The variables of Azure's command line that name an account, and those that hold its secrets.
/// <https://learn.microsoft.com/cli/azure/storage#az-storage-blob-list>
const ACCOUNT: &[&str] = &["AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"];
const KEY: &[&str] = &["AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"];
const SAS: &[&str] = &["AZURE_STORAGE_SAS_TOKEN"];
const CONNECTION_STRING: &[&str] = &["AZURE_STORAGE_CONNECTION_STRING"];

/// The options of a container's address; `None` if it is not one.
///
/// The account is named by the address (`CONTAINER@ACCOUNT.dfs.core.windows.net`) or by the environment. A key or a SAS of the
/// environment is used for the account that it names; for another one, Azure's chain of credentials is asked.
pub(super) fn options(address: &StoreAddress<'_>) -> Option<Result<AddressOptions>> {
    let place = address.after_scheme(&["abfs", "abfss", "az", "azure", "adl"])?;
    Some(with_account(place, address))
}

fn with_account(place: &str, address: &StoreAddress<'_>) -> Result<AddressOptions> {
    let (authority, prefix) = place.split_once('/').unwrap_or((place, ""));
    let Some((container, host)) = authority.split_once('@') else {
        let mut options = StoreAddress::place("container", place)?;
        options.extend(of_environment(None, address));
        if !options.iter().any(|(name, _)| matches!(*name, "account_name" | "connection_string")) {
            return Err(Error::usage("the address names no storage account").with_hint(
                "write abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX, or set AZURE_STORAGE_ACCOUNT or \
                 AZURE_STORAGE_CONNECTION_STRING",
            ));
        }
        return Ok(options);
    };
    let mut options = StoreAddress::place("container", &format!("{container}/{prefix}"))?;
    let (account, suffix) = host.split_once('.').unwrap_or((host, ""));
    // The endpoint for hierarchical names and the one for blobs lie side by side.
    let suffix = suffix.strip_prefix("dfs.").or_else(|| suffix.strip_prefix("blob.")).unwrap_or_default();
    if suffix.is_empty() || account.is_empty() {
        return Err(Error::usage("the address names no storage account")
            .with_hint("write abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX"));
    }
    match suffix {
        "core.windows.net" => options.push(("account_name", Secret::from(account))),
        _ => options.push(("account_url", Secret::from(format!("https://{account}.blob.{suffix}")))),
    }
    options.extend(of_environment(Some(account), address));
    Ok(options)
}

/// The options of the account in the environment; of `account`, if the address names it.
fn of_environment(account: Option<&str>, address: &StoreAddress<'_>) -> AddressOptions {
    let option = |name, variables| Some((name, Secret::from(address.variable(variables)?)));
    let named = address.variable(ACCOUNT);
    if account.is_none()
        && let Some(string) = option("connection_string", CONNECTION_STRING)
    {
        return vec![string];
    }
    if account.is_some() && named.as_deref() != account {
        return Vec::new();
    }
    let name = account.is_none().then(|| option("account_name", ACCOUNT)).flatten();
    // Options that exclude each other.
    let secret = option("account_key", KEY).or_else(|| option("sas_token", SAS));
    name.into_iter().chain(secret).collect()
}
