//! The URL of a server in a profile: its checks, its display, and whether it may receive credentials.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::{InvalidOption, Result};
use crate::secret::mask_unparsed_url;

/// Whether the host of `url` is this machine.
pub(in crate::store::objects) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Whether credentials may be sent to `url`: over HTTPS, or over HTTP within this machine.
pub(in crate::store::objects) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// Checks the URL of a server, without user, password and parameters.
pub(in crate::store::objects) fn check_endpoint(option: &str, text: &str) -> Result<Url, InvalidOption> {
    let url = check_http_url(option, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(InvalidOption::value(option, "it must end with the path"));
    }
    Ok(url)
}

/// Checks the URL of a server, without user and password.
pub(in crate::store::objects) fn check_http_url(option: &str, text: &str) -> Result<Url, InvalidOption> {
    // The error of `url` does not quote the text.
    let url = Url::parse(text).map_err(|error| {
        InvalidOption::value(option, format!("it is not a URL ({error})"))
            .hint("write https://HOST or http://HOST:PORT")
    })?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(InvalidOption::value(option, "it must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidOption::value(option, "user and password do not belong into it")
            .hint("leave them out of the URL; credentials have options of their own"));
    }
    // A `Url` allows more in a host than the address of a request does.
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    if url.domain().is_some_and(|host| !host.chars().all(is_allowed)) {
        return Err(InvalidOption::value(option, "its host has characters that no host name can have")
            .hint("write https://HOST or http://HOST:PORT"));
    }
    Ok(url)
}

/// Refuses plain HTTP to another machine, unless `allow_http` allows it: documents and signatures would be readable on the
/// network.
pub(in crate::store::objects) fn check_encrypted(
    option: &str,
    url: &Url,
    allow_http: bool,
) -> Result<(), InvalidOption> {
    if !allow_http && !is_safe(url) {
        return Err(InvalidOption::value(option, "plain HTTP would show credentials and documents to the network")
            .hint("write https://, or set allow_http = true for an emulator in a network that you trust"));
    }
    Ok(())
}

/// The URL of a server without user, password and parameters, and without a slash at its end.
pub(super) fn shown_endpoint(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.has_host() => {
            let (origin, path) = (url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
            format!("{origin}{path}")
        }
        _ => mask_unparsed_url(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_sent_over_plain_http_within_this_machine_only() {
        for (url, safe) in [
            ("https://example.com", true),
            ("http://127.0.0.1:1", true),
            ("http://localhost:1", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1", false),
            ("http://example.com", false),
            ("ftp://localhost", false),
        ] {
            assert_eq!(is_safe(&Url::parse(url).unwrap()), safe, "{url}");
        }
    }
}
