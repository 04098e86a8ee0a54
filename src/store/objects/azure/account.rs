//! The account that a profile names, and its blob endpoint.

use std::collections::HashMap;

use url::Url;

use super::names::{is_account, is_account_elsewhere, is_host_suffix};
use crate::error::{InvalidOption, Result};
use crate::store::objects::endpoint::check_http_url;

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
    /// The option that names it.
    pub(super) option: &'static str,
}

impl Account {
    /// The account that the three options of a profile name.
    ///
    /// # Errors
    /// The option that names none, or one that Azure does not allow; without a word of what may be secret.
    pub(super) fn new(
        connection_string: Option<&str>,
        account_url: Option<&str>,
        account_name: Option<&str>,
    ) -> Result<Self, InvalidOption> {
        let (option, name, mut endpoint) = match (connection_string, account_url, account_name) {
            (Some(text), _, _) => {
                let parts = ConnectionString::parse(text)?;
                ("connection_string", parts.account(), parts.blob_endpoint()?)
            }
            (None, Some(url), name) => ("account_url", name, check_http_url("account_url", url)?),
            (None, None, Some(name)) => {
                ("account_name", Some(name), of_azure("account_name", name, "core.windows.net")?)
            }
            (None, None, None) => {
                return Err(InvalidOption::missing("account_name", "nothing says which account it is", &[])
                    .hint("give one of account_name, account_url, connection_string"));
            }
        };
        endpoint.set_query(None);
        endpoint.set_fragment(None);
        let name = name.map(str::to_owned).or_else(|| account_of(&endpoint)).ok_or_else(|| {
            InvalidOption::value(option, "the name of the account is not in it").hint("set account_name too")
        })?;
        if !is_account_elsewhere(&name) {
            let option = if account_name.is_some() { "account_name" } else { option };
            return Err(InvalidOption::value(option, "the name of the account has characters that it cannot have")
                .hint("write the name of the account alone, such as myaccount"));
        }
        Ok(Self { name, endpoint, option })
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
    /// A part that is not NAME=VALUE; it may be a piece of a key, and is not shown.
    pub(super) fn parse(text: &'a str) -> Result<Self, InvalidOption> {
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

    fn blob_endpoint(&self) -> Result<Url, InvalidOption> {
        let url = |text: &str| check_http_url("connection_string", text);
        match (self.part("blobendpoint"), self.account()) {
            (Some(endpoint), _) => url(endpoint),
            (None, Some(account)) if self.is_emulator() => {
                let host = self.part("developmentstorageproxyuri").unwrap_or("http://127.0.0.1");
                url(&format!("{}:10000/{account}", host.trim_end_matches('/')))
            }
            (None, Some(account)) => {
                let suffix = self.part("endpointsuffix").unwrap_or("core.windows.net");
                let mut endpoint = of_azure("connection_string", account, suffix)?;
                match self.part("defaultendpointsprotocol") {
                    None | Some("https") => Ok(endpoint),
                    Some("http") if endpoint.set_scheme("http").is_ok() => Ok(endpoint),
                    Some(_) => Err(broken("has a DefaultEndpointsProtocol that is neither https nor http")),
                }
            }
            (None, None) => Err(broken("names neither AccountName nor BlobEndpoint")),
        }
    }
}

fn broken(problem: &str) -> InvalidOption {
    InvalidOption::value("connection_string", format!("it {problem}"))
        .hint("copy it from the account's `Access keys` in the portal, between quotes")
}

/// The blob endpoint of an account of Azure's.
fn of_azure(option: &str, account: &str, suffix: &str) -> Result<Url, InvalidOption> {
    if !is_account(account) {
        return Err(InvalidOption::value(
            option,
            "the name of an account has at most 24 lowercase letters and digits (a-z, 0-9)",
        )
        .hint("write the name of the account alone, such as myaccount"));
    }
    if !is_host_suffix(suffix) {
        return Err(broken("has an EndpointSuffix that is not the end of a host name"));
    }
    check_http_url(option, &format!("https://{account}.blob.{suffix}"))
}

/// The account in a URL: the first word of the path, as emulators have it, or else of the host.
fn account_of(url: &Url) -> Option<String> {
    let of_path = url.path_segments().and_then(|mut segments| segments.next()).filter(|name| !name.is_empty());
    let host = url.domain().filter(|host| host.contains('.') && !host.ends_with(".localhost"));
    let name = of_path.or_else(|| host?.split('.').next());
    // The endpoint of the account's second region.
    let name = name.map(|name| name.strip_suffix("-secondary").unwrap_or(name));
    name.filter(|name| !name.is_empty()).map(str::to_owned)
}
