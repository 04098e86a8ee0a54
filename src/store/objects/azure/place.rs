//! Which account, where, and how the profile signs in.

use std::collections::HashMap;

use object_store::azure::{AzureAccessKey, AzureCredential, split_sas};
use url::Url;

use super::AzureOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::store::objects::http::endpoint::is_safe;

/// The account of the emulator, which everybody knows:
/// <https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key>.
const EMULATOR: (&str, &str) =
    ("devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");

/// The longest signature that is believed; addresses end somewhere.
const LONGEST_SAS: usize = 8 << 10;

/// A container, and who the profile says that we are.
#[derive(Debug)]
pub(super) struct Place {
    /// The account, as signatures spell it.
    pub(super) account: String,
    /// The account's blob endpoint, without a slash at its end.
    pub(super) endpoint: String,
    pub(super) container: String,
    /// Whether the endpoint is another than Azure's usual one.
    pub(super) is_custom: bool,
}

/// What the options say of endpoint and credential.
struct Given {
    account: Option<String>,
    endpoint: Url,
    credential: Option<AzureCredential>,
}

impl Place {
    /// The place of a profile, and its credential if it has one.
    pub(super) fn new(options: &AzureOptions) -> Result<(Self, Option<AzureCredential>)> {
        let given = match (&options.connection_string, &options.account_url, &options.account_name) {
            (Some(text), _, _) => connection_string(text.expose())?,
            (None, Some(url), name) => {
                let url = address("account_url", url.expose())?;
                // A SAS of its own goes before the one that came with the address.
                let of_url = url.query().filter(|query| query.contains("sig=") && options.sas_token.is_none());
                let credential = match of_url {
                    Some(query) if options.account_key.is_none() => Some(sas("account_url", query)?),
                    _ => of_options(options)?,
                };
                Given { account: name.clone(), endpoint: url, credential }
            }
            (None, None, Some(name)) => Given {
                account: Some(name.clone()),
                endpoint: address("account_name", &format!("https://{name}.blob.core.windows.net"))?,
                credential: of_options(options)?,
            },
            (None, None, None) => {
                return Err(Error::usage("nothing says which Azure account it is")
                    .with_hint("give `account_name`, `account_url` or `connection_string` in the profile"));
            }
        };
        let Given { account, mut endpoint, credential } = given;
        if !is_safe(&endpoint) {
            return Err(Error::usage("Azure would be spoken to in clear over a network").with_hint(
                "use https:// (`DefaultEndpointsProtocol=https`); plain http:// is for emulators on this machine",
            ));
        }
        endpoint.set_query(None);
        endpoint.set_fragment(None);
        let account = account.or_else(|| account_of(&endpoint)).ok_or_else(|| {
            Error::usage("the account's name is not in its address").with_hint("set `account_name` in the profile")
        })?;
        let endpoint = endpoint.as_str().trim_end_matches('/').to_owned();
        let is_custom = endpoint != format!("https://{account}.blob.core.windows.net");
        Ok((Self { account, endpoint, container: options.container.clone(), is_custom }, credential))
    }
}

/// The key or the SAS among the options.
fn of_options(options: &AzureOptions) -> Result<Option<AzureCredential>> {
    match (&options.account_key, &options.sas_token) {
        (Some(text), _) => key("account_key", text.expose()).map(Some),
        (None, Some(text)) => sas("sas_token", text.expose()).map(Some),
        (None, None) => Ok(None),
    }
}

/// What a connection string says: <https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>.
fn connection_string(text: &str) -> Result<Given> {
    let broken = |what: String| {
        Error::usage(format!("`connection_string` {what}"))
            .with_hint("copy it from the account's `Access keys` in the portal, between quotes")
    };
    let mut parts = HashMap::new();
    for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        // What stands there may be a piece of a key: it is not shown.
        let (name, value) = pair.split_once('=').ok_or_else(|| broken("has a part that is no NAME=VALUE".into()))?;
        parts.insert(name.trim().to_ascii_lowercase(), value.trim());
    }
    let part = |name: &str| parts.get(name).copied().filter(|value| !value.is_empty());
    let is_emulator = part("usedevelopmentstorage").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let account = part("accountname").or(is_emulator.then_some(EMULATOR.0)).map(str::to_owned);
    let endpoint = match (part("blobendpoint"), &account) {
        (Some(endpoint), _) => endpoint.to_owned(),
        (None, Some(account)) if is_emulator => {
            let host = part("developmentstorageproxyuri").unwrap_or("http://127.0.0.1");
            format!("{}:10000/{account}", host.trim_end_matches('/'))
        }
        (None, Some(account)) => {
            let protocol = part("defaultendpointsprotocol").unwrap_or("https");
            let suffix = part("endpointsuffix").unwrap_or("core.windows.net");
            format!("{protocol}://{account}.blob.{suffix}")
        }
        (None, None) => return Err(broken("names neither AccountName nor BlobEndpoint".into())),
    };
    let credential = match (part("accountkey"), part("sharedaccesssignature")) {
        (Some(text), _) => Some(key("AccountKey", text)?),
        (None, Some(text)) => Some(sas("SharedAccessSignature", text)?),
        (None, None) if is_emulator => Some(key("AccountKey", EMULATOR.1)?),
        (None, None) => None,
    };
    Ok(Given { account, endpoint: address("connection_string", &endpoint)?, credential })
}

fn key(option: &str, text: &str) -> Result<AzureCredential> {
    AzureAccessKey::try_new(text.trim()).map(AzureCredential::AccessKey).map_err(|_| {
        Error::new(ErrorKind::Denied, format!("`{option}` is no key of an Azure account: it is not base64"))
            .with_hint("copy `key1` or `key2` from the account's `Access keys` in the portal")
    })
}

fn sas(option: &str, text: &str) -> Result<AzureCredential> {
    let text = text.trim();
    let pairs = (text.len() <= LONGEST_SAS).then(|| split_sas(text).ok()).flatten();
    let pairs = pairs.filter(|pairs| pairs.iter().any(|(name, _)| name == "sig"));
    pairs.map(AzureCredential::SASToken).ok_or_else(|| {
        Error::new(ErrorKind::Denied, format!("`{option}` is no shared access signature: it has no `sig=`"))
            .with_hint("make one with `az storage container generate-sas --permissions rwdl`; docs/azure.md says how")
    })
}

fn address(option: &str, text: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| {
        Error::usage(format!("`{option}` gives no address of an account"))
            .with_hint("an address is https://ACCOUNT.blob.core.windows.net")
    })
}

/// The account that an address names: the first word of the host, or of the path where the host is a number.
fn account_of(url: &Url) -> Option<String> {
    let host = url.domain().filter(|host| host.contains('.') && !host.ends_with(".localhost"));
    let name = match host {
        Some(host) => host.split('.').next(),
        None => url.path_segments()?.next(),
    };
    // The endpoint of the account's second region.
    let name = name.map(|name| name.strip_suffix("-secondary").unwrap_or(name));
    name.filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(profile: &str) -> Result<(Place, Option<AzureCredential>)> {
        Place::new(&toml::from_str(&format!("container = 'c'\n{profile}")).unwrap())
    }

    #[test]
    fn every_form_of_an_account_names_its_endpoint_and_credential() {
        let azure = ("me", "https://me.blob.core.windows.net");
        for (profile, (account, endpoint), credential) in [
            ("account_name = 'me'", azure, ""),
            ("account_name = 'me'\naccount_key = 'a2V5'", azure, "AccessKey"),
            ("account_name = 'me'\nsas_token = '?sv=1&sig=a%2Bb'", azure, "SASToken"),
            ("account_url = 'https://me.blob.core.windows.net/'", azure, ""),
            ("account_url = 'https://me.blob.core.windows.net/?sv=1&sig=x'", azure, "SASToken"),
            (
                "account_url = 'http://127.0.0.1:9/acc/'\naccount_key = 'a2V5'",
                ("acc", "http://127.0.0.1:9/acc"),
                "AccessKey",
            ),
            ("account_url = 'https://blobs.example.com'\naccount_name = 'me'", ("me", "https://blobs.example.com"), ""),
            (
                "connection_string = 'DefaultEndpointsProtocol=https;AccountName=me;AccountKey=a2V5;EndpointSuffix=core.chinacloudapi.cn'",
                ("me", "https://me.blob.core.chinacloudapi.cn"),
                "AccessKey",
            ),
            (
                "connection_string = 'BlobEndpoint=https://me.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x%3D'",
                azure,
                "SASToken",
            ),
            (
                "connection_string = 'UseDevelopmentStorage=true'",
                (EMULATOR.0, "http://127.0.0.1:10000/devstoreaccount1"),
                "AccessKey",
            ),
            (
                "connection_string = 'BlobEndpoint=http://localhost:7/dev;AccountName=dev;AccountKey=a2V5==;'",
                ("dev", "http://localhost:7/dev"),
                "!",
            ),
        ] {
            if credential == "!" {
                assert_eq!(place(profile).unwrap_err().kind(), ErrorKind::Denied, "{profile}");
                continue;
            }
            let (place, found) = place(profile).unwrap();
            assert_eq!((&*place.account, &*place.endpoint), (account, endpoint), "{profile}");
            assert!(format!("{found:?}").contains(credential), "{profile}: {found:?}");
            assert_eq!(found.is_none(), credential.is_empty(), "{profile}");
        }
    }

    #[test]
    fn what_is_broken_is_refused_without_showing_it() {
        for profile in [
            "connection_string = 'hunter2'",
            "connection_string = 'AccountKey=hunter2'",
            "account_name = 'me'\naccount_key = 'hunter2!'",
            "account_name = 'me'\nsas_token = 'hunter2'",
            "connection_string = 'DefaultEndpointsProtocol=http;AccountName=me;AccountKey=a2V5'",
        ] {
            let error = place(profile).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Usage | ErrorKind::Denied));
            assert!(error.hint().is_some() && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
