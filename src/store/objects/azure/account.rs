//! The account that a profile names, and its blob endpoint.

use std::collections::HashMap;

use url::Url;

use crate::error::{Error, Result};

/// The account of the emulator and its key, which is public:
/// <https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key>.
pub(super) const EMULATOR: (&str, &str) =
    ("devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");

/// An account and its blob endpoint.
#[derive(Debug)]
pub(super) struct Account {
    /// The name, as signatures spell it.
    pub(super) name: String,
    /// The blob endpoint, without parameters.
    pub(super) endpoint: Url,
}

impl Account {
    /// The account that the three options of a profile name.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage), without a word of what may be secret.
    pub(super) fn new(
        connection_string: Option<&str>,
        account_url: Option<&str>,
        account_name: Option<&str>,
    ) -> Result<Self> {
        let (name, mut endpoint) = match (connection_string, account_url, account_name) {
            (Some(text), _, _) => {
                let parts = ConnectionString::parse(text)?;
                (parts.account().map(str::to_owned), endpoint("connection_string", &parts.blob_endpoint()?)?)
            }
            (None, Some(url), name) => (name.map(str::to_owned), endpoint("account_url", url)?),
            (None, None, Some(name)) => {
                (Some(name.to_owned()), endpoint("account_name", &format!("https://{name}.blob.core.windows.net"))?)
            }
            (None, None, None) => {
                return Err(Error::usage("nothing says which Azure account it is")
                    .with_hint("give `account_name`, `account_url` or `connection_string` in the profile"));
            }
        };
        endpoint.set_query(None);
        endpoint.set_fragment(None);
        let name = name.or_else(|| account_of(&endpoint)).ok_or_else(|| {
            Error::usage("the account's name is not in its address").with_hint("set `account_name` in the profile")
        })?;
        Ok(Self { name, endpoint })
    }

    /// The endpoint without a slash at its end.
    pub(super) fn address(&self) -> &str {
        self.endpoint.as_str().trim_end_matches('/')
    }

    /// The endpoint, if it is another than Azure's usual one.
    pub(super) fn custom_endpoint(&self) -> Option<&str> {
        Some(self.address()).filter(|address| *address != format!("https://{}.blob.core.windows.net", self.name))
    }
}

/// A connection string, taken apart:
/// <https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>.
pub(super) struct ConnectionString<'a>(HashMap<String, &'a str>);

impl<'a> ConnectionString<'a> {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for a part that is not NAME=VALUE; it may be a piece of a key, and is
    /// not shown.
    pub(super) fn parse(text: &'a str) -> Result<Self> {
        let mut parts = HashMap::new();
        for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(|| broken("has a part that is not NAME=VALUE"))?;
            parts.insert(name.trim().to_ascii_lowercase(), value.trim());
        }
        Ok(Self(parts))
    }

    /// The value of the part called `name`, in lowercase; `None` if it is missing or empty.
    pub(super) fn part(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied().filter(|value| !value.is_empty())
    }

    /// Whether it names the emulator.
    pub(super) fn is_emulator(&self) -> bool {
        self.part("usedevelopmentstorage").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn account(&self) -> Option<&'a str> {
        self.part("accountname").or_else(|| self.is_emulator().then_some(EMULATOR.0))
    }

    fn blob_endpoint(&self) -> Result<String> {
        match (self.part("blobendpoint"), self.account()) {
            (Some(endpoint), _) => Ok(endpoint.to_owned()),
            (None, Some(account)) if self.is_emulator() => {
                let host = self.part("developmentstorageproxyuri").unwrap_or("http://127.0.0.1");
                Ok(format!("{}:10000/{account}", host.trim_end_matches('/')))
            }
            (None, Some(account)) => {
                let protocol = self.part("defaultendpointsprotocol").unwrap_or("https");
                let suffix = self.part("endpointsuffix").unwrap_or("core.windows.net");
                Ok(format!("{protocol}://{account}.blob.{suffix}"))
            }
            (None, None) => Err(broken("names neither AccountName nor BlobEndpoint")),
        }
    }
}

fn broken(problem: &str) -> Error {
    Error::usage(format!("`connection_string` {problem}"))
        .with_hint("copy it from the account's `Access keys` in the portal, between quotes")
}

fn endpoint(option: &str, text: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| {
        Error::usage(format!("`{option}` gives no URL of an account"))
            .with_hint("write it as https://ACCOUNT.blob.core.windows.net")
    })
}

/// The account in a URL: the first word of the host, or of the path where the host is a number.
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
