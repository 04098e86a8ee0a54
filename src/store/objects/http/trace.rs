//! Requests as they are shown to the user, without secrets.

use std::time::Duration;

use http::Method;
use url::Url;

use crate::secret::MASK;
use crate::store::contract::{Notices, RequestNotice};

/// Query parameters with values that are shown. All others may be signatures, tokens or keys.
const SHOWN: [&str; 22] = [
    "alt",
    "comp",
    "continuation",
    "delete",
    "delimiter",
    "fields",
    "ifGenerationMatch",
    "include",
    "list-type",
    "max-keys",
    "maxResults",
    "maxresults",
    "name",
    "partNumber",
    "prefix",
    "restype",
    "start-after",
    "startFrom",
    "startOffset",
    "tagging",
    "uploadType",
    "uploads",
];

/// Tells `notices` of a request and its outcome: a status, or why there is none.
pub(super) fn tell(notices: &Notices, method: &Method, url: &Url, outcome: &str, elapsed: Duration) {
    notices.request(RequestNotice { method: method.as_str(), url: &shown_url(url), outcome, elapsed });
}

/// The URL without user, password, and values that may be secrets.
fn shown_url(url: &Url) -> String {
    let mut shown = url.clone();
    // A URL that can have neither shows neither.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_fragment(None);
    if url.query().is_some() {
        let pairs = url.query_pairs().map(|(name, value)| {
            let is_shown = value.is_empty() || SHOWN.contains(&name.as_ref());
            (name, if is_shown { value } else { MASK.into() })
        });
        let pairs: Vec<_> = pairs.collect();
        shown.query_pairs_mut().clear().extend_pairs(pairs);
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_a_secret() {
        for (url, shown) in [
            (
                "https://b.s3.amazonaws.com/?list-type=2&prefix=a%2Fb",
                "https://b.s3.amazonaws.com/?list-type=2&prefix=a%2Fb",
            ),
            ("https://me:word@host/c/key?sv=2024&sig=abc%3D", "https://host/c/key?sv=******&sig=******"),
            ("https://host/c?restype=container&comp=list", "https://host/c?restype=container&comp=list"),
        ] {
            assert_eq!(shown_url(&Url::parse(url).unwrap()).replace("%2A", "*"), shown);
        }
    }
}
