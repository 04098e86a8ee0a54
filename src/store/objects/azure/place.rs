//! Which account, where, and how the profile signs in.

use object_store::azure::{AzureAccessKey, AzureCredential, split_sas};
use url::Url;

use super::account::{ConnectionString, EMULATOR};
use super::options::AzureOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::store::objects::endpoint::check_encrypted;

/// The longest signature that is believed; addresses end somewhere.
const LONGEST_SAS: usize = 8 << 10;

/// A container, and who the profile says that we are.
#[derive(Debug)]
pub(super) struct AzurePlace {
    /// The account, as signatures spell it.
    pub(super) account: String,
    /// The account's blob endpoint, without a slash at its end.
    pub(super) endpoint: String,
    pub(super) container: String,
    /// The option that names the account.
    pub(super) option: &'static str,
}

impl AzurePlace {
    /// The place of a profile, and its credential if it has one.
    pub(super) fn new(options: &AzureOptions) -> Result<(Self, Option<OptionCredential>)> {
        let account = options.account()?;
        check_encrypted(account.option, &account.endpoint, options.allow_http)?;
        let place = Self {
            endpoint: account.address().to_owned(),
            account: account.name.clone(),
            container: options.container.clone(),
            option: account.option,
        };
        Ok((place, credential(options)?))
    }
}

/// A credential and the option that holds it.
pub(super) type OptionCredential = (AzureCredential, &'static str);

/// The credential in the options, if there is one.
fn credential(options: &AzureOptions) -> Result<Option<OptionCredential>> {
    if let Some(text) = &options.connection_string {
        let parts = ConnectionString::parse(text.expose())?;
        let of_string = |credential| Some((credential, "connection_string"));
        return match (parts.part("accountkey"), parts.part("sharedaccesssignature")) {
            (Some(text), _) => key("AccountKey", text).map(of_string),
            (None, Some(text)) => sas("SharedAccessSignature", text).map(of_string),
            (None, None) if parts.is_emulator() => key("AccountKey", EMULATOR.1).map(of_string),
            (None, None) => Ok(None),
        };
    }
    if let Some(url) = &options.account_url {
        // A SAS of its own goes before the one that came with the URL.
        let url = Url::parse(url.expose()).ok();
        let query = url.as_ref().and_then(Url::query).filter(|query| query.contains("sig="));
        if let Some(query) = query.filter(|_| options.sas_token.is_none() && options.account_key.is_none()) {
            return sas("account_url", query).map(|credential| Some((credential, "account_url")));
        }
    }
    of_options(options)
}

/// The key or the SAS among the options.
fn of_options(options: &AzureOptions) -> Result<Option<OptionCredential>> {
    let (option, credential) = match (&options.account_key, &options.sas_token) {
        (Some(text), _) => ("account_key", key("account_key", text.expose())),
        (None, Some(text)) => ("sas_token", sas("sas_token", text.expose())),
        (None, None) => return Ok(None),
    };
    credential.map(|credential| Some((credential, option)))
}

fn key(option: &str, text: &str) -> Result<AzureCredential> {
    AzureAccessKey::try_new(text.trim()).map(AzureCredential::AccessKey).map_err(|_| {
        Error::new(ErrorKind::Denied, format!("`{option}` is not an Azure account key: it is not base64"))
            .with_hint("copy `key1` or `key2` from the account's `Access keys` in the portal")
    })
}

fn sas(option: &str, text: &str) -> Result<AzureCredential> {
    let text = text.trim();
    let pairs = (text.len() <= LONGEST_SAS).then(|| split_sas(text).ok()).flatten();
    let pairs = pairs.filter(|pairs| pairs.iter().any(|(name, _)| name == "sig"));
    pairs.map(AzureCredential::SASToken).ok_or_else(|| {
        Error::new(ErrorKind::Denied, format!("`{option}` is not a shared access signature: it has no `sig=`"))
            .with_hint("make one with `az storage container generate-sas --permissions rwdl`; docs/azure.md says how")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(profile: &str) -> Result<(AzurePlace, Option<OptionCredential>)> {
        AzurePlace::new(&toml::from_str(&format!("container = 'c'\n{profile}")).unwrap())
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
                "account_url = 'http://azurite.test:10000/dev'\nallow_http = true\naccount_key = 'a2V5'",
                ("dev", "http://azurite.test:10000/dev"),
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
            "connection_string = 'BlobEndpoint=https://u:hunter2@host/me;AccountName=me;AccountKey=a2V5'",
            "connection_string = 'AccountName=hunter2@evil;AccountKey=a2V5'",
            "connection_string = 'AccountName=me;AccountKey=a2V5;EndpointSuffix=hunter2.example/#'",
            "connection_string = 'DefaultEndpointsProtocol=https://hunter2#;AccountName=me;AccountKey=a2V5'",
            "account_name = 'hunter2.example#'\naccount_key = 'a2V5'",
            "account_name = 'größe-hunter2'\naccount_url = 'https://host'\naccount_key = 'a2V5'",
        ] {
            let error = place(profile).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Usage | ErrorKind::Denied));
            assert!(error.hint().is_some() && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
