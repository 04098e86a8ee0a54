//! The proxies that the environment names, and the addresses that are never asked through one.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::ErrorKind;
use crate::store::objects::endpoint::is_loopback;
use crate::store::objects::service_error::ServiceError;

/// The schemes of proxies that the HTTP client can use.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// The variables that name a metadata service or another service of this machine.
const LOCAL_SERVICES: [&str; 6] = [
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "GCE_METADATA_HOST",
    "GCE_METADATA_ROOT",
    "IDENTITY_ENDPOINT",
];

/// The proxies of the environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    exempt: Vec<Exemption>,
    /// Hosts of metadata services that the environment names.
    local: Vec<String>,
}

/// A proxy and the variable that names it.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    variable: &'static str,
    /// `None` if its form is not understood.
    url: Option<Url>,
}

/// A part of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exemption {
    All,
    /// A domain and those below it, in lowercase and without a dot in front.
    Domain(String, Option<u16>),
    /// The addresses that agree with this one in so many bits.
    Network(IpAddr, u32),
}

impl Proxies {
    /// The proxies that `variable` names: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case.
    pub(super) fn new(variable: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &'static str| variable(name).filter(|value| !value.trim().is_empty()).map(|it| (name, it));
        let proxy = |names: [&'static str; 2]| {
            let (variable, text) = names.into_iter().find_map(filled)?;
            Some(Proxy { variable, url: proxy_url(text.trim()) })
        };
        let all = proxy(["ALL_PROXY", "all_proxy"]);
        // Behind a web server `HTTP_PROXY` is a header of the request.
        let is_cgi = filled("REQUEST_METHOD").is_some();
        let http = proxy(["HTTP_PROXY", "http_proxy"]).filter(|_| !is_cgi).or_else(|| all.clone());
        let https = proxy(["HTTPS_PROXY", "https_proxy"]).or(all);
        let exempt = ["NO_PROXY", "no_proxy"].into_iter().find_map(filled).map(|(_, text)| text).unwrap_or_default();
        let exempt = exempt.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty()).map(Exemption::new);
        let local = LOCAL_SERVICES.into_iter().filter_map(filled).filter_map(|(_, text)| host_of(&text));
        Self { http, https, exempt: exempt.collect(), local: local.collect() }
    }

    /// The proxies with the variables that name them.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let named = |name, proxy: &Option<Proxy>| proxy.as_ref().map(|proxy| (name, proxy.variable));
        [named("proxy for http", &self.http), named("proxy for https", &self.https)].into_iter().flatten()
    }

    /// The proxy for `url`. None for this machine and its metadata services: they answer with tokens, and are often asked
    /// without encryption.
    pub(super) fn route(&self, url: &Url) -> Option<&Proxy> {
        let proxy = if url.scheme() == "https" { self.https.as_ref() } else { self.http.as_ref() }?;
        let is_local = is_loopback(url) || is_metadata_service(url);
        let is_named = url.host_str().is_some_and(|host| self.local.iter().any(|local| local == host));
        let is_exempt = self.exempt.iter().any(|exemption| exemption.holds(url));
        (!is_local && !is_named && !is_exempt).then_some(proxy)
    }
}

impl Proxy {
    /// Its URL.
    pub(super) fn url(&self) -> Option<&Url> {
        self.url.as_ref()
    }

    /// The error for a proxy of a form that is not understood.
    pub(super) fn unknown(&self, url: &Url) -> ServiceError {
        let message = format!("{} does not name a proxy in a form that is understood", self.variable);
        ServiceError::new(ErrorKind::Usage, message).hint(format!(
            "write it as http://HOST:PORT, https://HOST:PORT or socks5h://HOST:PORT, or add {} to NO_PROXY",
            url.host_str().unwrap_or_default()
        ))
    }

    /// `error` of a request to `url` through this proxy.
    pub(super) fn explain(&self, error: ServiceError, url: &Url) -> ServiceError {
        let shown = self.url.as_ref().map(|url| {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
        });
        let message =
            format!("{} (through the proxy {} of {})", error.message, shown.unwrap_or_default(), self.variable);
        let host = url.host_str().unwrap_or_default();
        ServiceError { message, ..error }.hint(format!("check {}, or add {host} to NO_PROXY", self.variable))
    }
}

/// Parses a URL that may lack its scheme.
fn lenient_url(text: &str) -> Option<Url> {
    if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("http://{text}")) }.ok()
}

fn proxy_url(text: &str) -> Option<Url> {
    let url = lenient_url(text)?;
    // The HTTP client reads it as a `Uri`, which allows less.
    let is_uri = url.as_str().parse::<http::Uri>().is_ok();
    (SCHEMES.contains(&url.scheme()) && url.has_host() && is_uri).then_some(url)
}

fn host_of(text: &str) -> Option<String> {
    lenient_url(text)?.host_str().map(str::to_owned)
}

/// Whether the host of `url` is a metadata service of a cloud: link-local, or known by name.
fn is_metadata_service(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            matches!(name, "metadata" | "metadata.google.internal" | "instance-data" | "localhost")
        }
        Some(Host::Ipv4(address)) => address.is_link_local() || address.is_unspecified(),
        // `fd00:ec2::/32` is Amazon's.
        Some(Host::Ipv6(address)) => {
            address.is_unicast_link_local()
                || address.is_unspecified()
                || address.segments().starts_with(&[0xfd00, 0xec2])
        }
        None => false,
    }
}

impl Exemption {
    fn new(part: &str) -> Self {
        if part == "*" {
            return Self::All;
        }
        let (address, bits) = part.split_once('/').map_or((part, None), |(address, bits)| (address, bits.parse().ok()));
        if let Ok(address) = address.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Self::Network(address, bits.unwrap_or(u32::MAX));
        }
        let (domain, port) = match part.rsplit_once(':') {
            Some((domain, port)) if port.parse::<u16>().is_ok() => (domain, port.parse().ok()),
            _ => (part, None),
        };
        let domain = domain.trim_start_matches('*').trim_start_matches('.').trim_end_matches('.');
        Self::Domain(domain.to_ascii_lowercase(), port)
    }

    fn holds(&self, url: &Url) -> bool {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        match (self, address) {
            (Self::All, _) => true,
            (Self::Network(IpAddr::V4(network), bits), Some(IpAddr::V4(address))) => {
                let shift = 32 - (*bits).min(32);
                (network.to_bits() ^ address.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (Self::Network(IpAddr::V6(network), bits), Some(IpAddr::V6(address))) => {
                let shift = 128 - (*bits).min(128);
                (network.to_bits() ^ address.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (Self::Network(..), _) => false,
            (Self::Domain(domain, port), _) => {
                let host = url.host_str().unwrap_or_default().trim_end_matches('.');
                let is_port = port.is_none_or(|port| url.port_or_known_default() == Some(port));
                let is_below =
                    host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                is_port && is_below
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &'static [(&str, &str)]) -> Proxies {
        Proxies::new(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    fn variable(proxies: &Proxies, url: &str) -> Option<&'static str> {
        proxies.route(&Url::parse(url).unwrap()).map(|proxy| proxy.variable)
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let both = proxies(&[("HTTPS_PROXY", "http://a:1"), ("http_proxy", "b:2"), ("ALL_PROXY", "http://c:3")]);
        assert_eq!(variable(&both, "https://x.example"), Some("HTTPS_PROXY"));
        assert_eq!(variable(&both, "http://x.example"), Some("http_proxy"));
        let all = proxies(&[("ALL_PROXY", "socks5h://c:3"), ("HTTP_PROXY", " "), ("REQUEST_METHOD", "GET")]);
        assert_eq!(variable(&all, "https://x.example"), Some("ALL_PROXY"));
        assert_eq!(variable(&proxies(&[]), "https://x.example"), None);
    }

    #[test]
    fn this_machine_and_its_metadata_services_are_asked_directly() {
        let all = proxies(&[("ALL_PROXY", "http://c:3"), ("GCE_METADATA_HOST", "md.test:80")]);
        for url in [
            "http://127.0.0.1:1/x",
            "https://localhost",
            "http://azurite.localhost:1",
            "http://[::1]:1",
            "http://169.254.169.254/latest",
            "http://169.254.170.2/v2",
            "http://[fd00:ec2::254]/latest",
            "http://metadata.google.internal/computeMetadata",
            "http://md.test/computeMetadata",
        ] {
            assert_eq!(variable(&all, url), None, "{url}");
        }
        for url in ["http://10.0.0.1", "https://s3.amazonaws.com", "http://azurite:10000"] {
            assert_eq!(variable(&all, url), Some("ALL_PROXY"), "{url}");
        }
    }

    #[test]
    fn exemptions_are_domains_addresses_and_networks() {
        let some = proxies(&[
            ("HTTPS_PROXY", "http://a:1"),
            ("NO_PROXY", "Example.com, .intern,*.wild.test 10.0.0.0/8,192.0.2.7,[2001:db8::]/32,ported.test:8443"),
        ]);
        for url in [
            "https://example.com",
            "https://a.example.com",
            "https://x.intern",
            "https://y.wild.test",
            "https://10.9.8.7",
            "https://192.0.2.7",
            "https://[2001:db8::1]",
            "https://ported.test:8443",
        ] {
            assert_eq!(variable(&some, url), None, "{url}");
        }
        for url in ["https://notexample.com", "https://192.0.2.8", "https://11.0.0.1", "https://ported.test"] {
            assert_eq!(variable(&some, url), Some("HTTPS_PROXY"), "{url}");
        }
        assert_eq!(variable(&proxies(&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "*")]), "https://x"), None);
    }

    #[test]
    fn a_form_that_is_not_understood_is_named_and_no_password_is() {
        for text in ["ftp://p:1", "http://", "http://[::x", "socks9://h"] {
            assert!(proxy_url(text).is_none(), "{text}");
        }
        let url = Url::parse("https://s3.amazonaws.com").unwrap();
        let proxy = Proxy { variable: "HTTPS_PROXY", url: proxy_url("u:hunter2@proxy.test:3128") };
        let error = proxy.explain(ServiceError::new(None, "refused"), &url);
        assert_eq!(error.message, "refused (through the proxy http://proxy.test:3128 of HTTPS_PROXY)");
        assert_eq!(error.hint.unwrap(), "check HTTPS_PROXY, or add s3.amazonaws.com to NO_PROXY");
    }
}
