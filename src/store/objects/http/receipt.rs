//! Proof that a response is the service's own. Proxies, sign-in pages and consoles answer 200 too.

use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode, Uri};
use object_store::client::HttpResponse;
use url::Url;

use super::response::{XmlState, xml_state};
use super::retry::Attempt;
use super::transport::interrupted;
use crate::error::ErrorKind;
use crate::store::objects::service_error::ServiceError;

/// The next step after an answer that another server sent.
const STRANGER: &str =
    "correct the server's address in the profile, or look for a proxy or sign-in page that answers in its place";

/// Whether a header's name starts with one of `prefixes`, which only this service uses.
pub(in crate::store::objects) fn has_header_of(headers: &HeaderMap, prefixes: &[&str]) -> bool {
    // CloudFront adds headers of Amazon to the pages of any server behind it.
    let names = headers.keys().map(http::HeaderName::as_str).filter(|name| !name.starts_with("x-amz-cf-"));
    names.into_iter().any(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
}

/// Whether a response is a web page, by its type or by the start of its body.
pub(in crate::store::objects) fn is_web_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase()).unwrap_or_default();
    let start = body.trim_ascii_start();
    let starts_with = |text: &[u8]| start.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    content_type.starts_with(b"application/xhtml")
        // Google's uploads say so of an empty body, and of plain text.
        || content_type.starts_with(b"text/html") && (start.is_empty() || start.starts_with(b"<"))
        || starts_with(b"<!doctype html")
        || starts_with(b"<html")
}

/// The error for a response that `service` did not send.
pub(in crate::store::objects) fn not_from(service: &str, uri: &Uri, headers: &HeaderMap) -> ServiceError {
    let what = if is_web_page(headers, b"") { "with a web page" } else { "with something else" };
    let message = format!("{} is not {service}: it answers {what}", origin(uri));
    ServiceError::new(ErrorKind::Connection, message).hint(STRANGER)
}

/// The error for a write that was stored by a server that does not name the new version.
pub(in crate::store::objects) fn lacks_e_tag(uri: &Uri) -> ServiceError {
    let message = format!("{} has stored it, and answers without an ETag", origin(uri));
    ServiceError::new(ErrorKind::Unsupported, message)
        .hint("use a server that sends ETags: without them, writers overwrite each other's results")
}

/// The error for a redirect that is not followed.
pub(in crate::store::objects) fn redirected(
    uri: &Uri,
    status: StatusCode,
    headers: &HeaderMap,
) -> Option<ServiceError> {
    let location = headers.get(LOCATION).filter(|_| status.is_redirection())?.to_str().ok()?;
    let goal = Url::parse(&uri.to_string()).ok()?.join(location).ok()?;
    // Path and parameters may hold a secret.
    let (from, goal) = (origin(uri), goal.origin().ascii_serialization());
    let message = match goal == from {
        true => format!("{from} redirects to another of its own addresses"),
        false => format!("{from} redirects to {goal}, which does not get the credentials"),
    };
    Some(ServiceError::new(ErrorKind::Connection, message).hint(STRANGER))
}

/// Scheme, host and port of a URL, for messages.
pub(in crate::store::objects) fn origin(uri: &Uri) -> String {
    Url::parse(&uri.to_string()).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// Checks that a response is a complete XML document with this root element. An incomplete one is fetched again: a connection
/// without a length can end early without an error. An empty one comes from the service only with a header of its own.
pub(in crate::store::objects) async fn check_xml(
    response: HttpResponse,
    root: &str,
    own_headers: &[&str],
    foreign: impl FnOnce(&HeaderMap) -> ServiceError,
) -> Attempt {
    let (parts, body) = response.into_parts();
    let body = match body.bytes().await {
        Ok(body) => body,
        Err(error) => return interrupted(&error.to_string()).into(),
    };
    match xml_state(&String::from_utf8_lossy(&body), root) {
        XmlState::Complete => Attempt::Done(HttpResponse::from_parts(parts, body.into())),
        XmlState::Incomplete if body.is_empty() && !has_header_of(&parts.headers, own_headers) => {
            Attempt::Fail(foreign(&parts.headers))
        }
        XmlState::Incomplete => interrupted("the document is not complete").into(),
        XmlState::Other => Attempt::Fail(foreign(&parts.headers)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_web_page_is_known_by_its_type_or_its_start() {
        let html = headers(&[("content-type", "text/html; charset=utf-8")]);
        for (headers, body, expected) in [
            (&html, "", true),
            (&html, "<title>", true),
            (&html, "No such object: b/o", false),
            (&HeaderMap::new(), " \n<!DOCTYPE HTML>", true),
            (&HeaderMap::new(), "<html lang=en>", true),
            (&HeaderMap::new(), "<Error>", false),
            (&HeaderMap::new(), "", false),
        ] {
            assert_eq!(is_web_page(headers, body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn a_content_delivery_network_is_not_the_service_behind_it() {
        assert!(has_header_of(&headers(&[("x-amz-request-id", "1")]), &["x-amz-"]));
        assert!(!has_header_of(&headers(&[("x-amz-cf-id", "1"), ("server", "x")]), &["x-amz-"]));
    }

    #[test]
    fn a_redirect_is_named_without_its_parameters() {
        let uri: Uri = "http://127.0.0.1:1/b/k?sig=s".parse().unwrap();
        let to = |location| redirected(&uri, StatusCode::FOUND, &headers(&[("location", location)]));
        let error = to("https://login.example/?token=t").unwrap();
        assert_eq!(
            error.message,
            "http://127.0.0.1:1 redirects to https://login.example, which does not get the credentials"
        );
        for own in ["http://127.0.0.1:1/other?token=t", "/other"] {
            assert_eq!(to(own).unwrap().message, "http://127.0.0.1:1 redirects to another of its own addresses");
        }
    }
}
