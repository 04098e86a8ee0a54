//! Which responses prove that S3 has done what a request asks for.
//!
//! Amazon sends `x-amz-request-id` with every response; some servers that speak S3's protocol do not. Then the ETag, which is
//! the MD5 of the content, the root element of the body, or a second look proves it.

use std::pin::Pin;

use bytes::Bytes;
use http::header::ETAG;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use http_body::Body as _;
use md5::{Digest as _, Md5};
use object_store::client::HttpResponse;

use crate::store::objects::http::client::{CloudClient, CloudProtocol, Exchange};
use crate::store::objects::http::error_response::ErrorResponse;
use crate::store::objects::http::receipt::{check_xml, has_header_of, is_web_page, lacks_e_tag};
use crate::store::objects::http::response::{XmlState, xml_state};
use crate::store::objects::http::retry::{Attempt, RetryLimit};
use crate::store::objects::http::transport::interrupted;

/// The header of a copy, which names the object that is copied.
const COPY_SOURCE: &str = "x-amz-copy-source";

/// The operation that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum S3Operation {
    List,
    /// Reads an object, or its headers.
    Read,
    Put,
    Part,
    Copy,
    BeginUpload,
    CompleteUpload,
    Delete,
    /// Looks at an upload, or aborts it.
    Other,
}

impl S3Operation {
    /// Tells the operation by method, query and headers.
    pub(super) fn of(head: &Parts) -> Self {
        let query = head.uri.query().unwrap_or_default();
        let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
        match head.method {
            Method::GET if has("list-type") => Self::List,
            // An object is read without a query, or by its version.
            Method::GET | Method::HEAD
                if query.split('&').all(|pair| pair.is_empty() || pair.starts_with("versionId=")) =>
            {
                Self::Read
            }
            Method::PUT if has("partNumber") => Self::Part,
            Method::PUT if head.headers.contains_key(COPY_SOURCE) => Self::Copy,
            Method::PUT => Self::Put,
            Method::POST if has("uploadId") => Self::CompleteUpload,
            Method::POST if has("uploads") => Self::BeginUpload,
            Method::DELETE if !has("uploadId") => Self::Delete,
            _ => Self::Other,
        }
    }

    /// The root element of the response.
    fn root(self) -> Option<&'static str> {
        match self {
            Self::List => Some("ListBucketResult"),
            Self::Copy => Some("CopyObjectResult"),
            Self::BeginUpload => Some("InitiateMultipartUploadResult"),
            Self::CompleteUpload => Some("CompleteMultipartUploadResult"),
            _ => None,
        }
    }
}

/// Checks a successful response. Some requests are answered with 200 before they are done; the body says how they ended.
pub(super) async fn check<P: CloudProtocol>(
    client: &CloudClient<P>,
    exchange: &Exchange<'_, P>,
    response: HttpResponse,
) -> Attempt {
    let operation = S3Operation::of(exchange.head);
    if operation == S3Operation::Read {
        return check_read(exchange, response);
    }
    let (parts, body) = response.into_parts();
    let body = match body.bytes().await {
        Ok(body) => body,
        Err(error) => return interrupted(&error.to_string()).into(),
    };
    if xml_state(&String::from_utf8_lossy(&body), "Error") == XmlState::Complete {
        return late_error(client, exchange, parts.headers, body);
    }
    let is_page = is_web_page(&parts.headers, &body);
    let response = HttpResponse::from_parts(parts, body.into());
    let foreign = |headers: &HeaderMap| CloudClient::<P>::not_from(exchange.head, headers);
    match operation {
        _ if let Some(root) = operation.root() => check_xml(response, root, P::OWN_HEADERS, foreign).await,
        _ if is_page && !is_own::<P>(response.headers()) => Attempt::Fail(foreign(response.headers())),
        S3Operation::Put => check_put(client, exchange, response).await,
        S3Operation::Part if !response.headers().contains_key(ETAG) => Attempt::Fail(lacks_e_tag(&exchange.head.uri)),
        S3Operation::Delete => check_delete(client, exchange, response).await,
        _ => Attempt::Done(response),
    }
}

/// Whether only S3 sends such headers.
fn is_own<P: CloudProtocol>(headers: &HeaderMap) -> bool {
    has_header_of(headers, P::OWN_HEADERS)
}

/// Without a header of S3, the ETag shows that an object has come: it has the form of an MD5.
fn check_read<P: CloudProtocol>(exchange: &Exchange<'_, P>, response: HttpResponse) -> Attempt {
    let headers = response.headers();
    let has_content = matches!(response.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    let is_object = headers.get(ETAG).is_some_and(|e_tag| has_form_of_md5(e_tag.as_bytes()));
    if has_content && (is_own::<P>(headers) || is_object && !is_web_page(headers, b"")) {
        return Attempt::Done(response);
    }
    Attempt::Fail(CloudClient::<P>::not_from(exchange.head, headers))
}

/// A write is done if the server proves that it has the content.
async fn check_put<P: CloudProtocol>(
    client: &CloudClient<P>,
    exchange: &Exchange<'_, P>,
    mut response: HttpResponse,
) -> Attempt {
    let e_tag = response.headers().get(ETAG).cloned();
    let is_proven = match &e_tag {
        Some(e_tag) => is_own::<P>(response.headers()) || is_md5(e_tag.as_bytes(), exchange.body),
        None => false,
    };
    if is_proven {
        return Attempt::Done(response);
    }
    let Some(stored) = stored_as_sent(client, exchange).await else {
        return Attempt::Fail(CloudClient::<P>::not_from(exchange.head, response.headers()));
    };
    match e_tag.or_else(|| stored.get(ETAG).cloned()) {
        Some(e_tag) => {
            response.headers_mut().insert(ETAG, e_tag);
            Attempt::Done(response)
        }
        None => Attempt::Fail(lacks_e_tag(&exchange.head.uri)),
    }
}

/// Whether an ETag is the MD5 of this content.
fn is_md5(e_tag: &[u8], content: &[Bytes]) -> bool {
    let mut digest = Md5::new();
    content.iter().for_each(|piece| digest.update(piece));
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    bare(e_tag) == hex.as_bytes()
}

/// Whether an ETag is 32 hexadecimal digits, with the number of parts behind it if there are several.
fn has_form_of_md5(e_tag: &[u8]) -> bool {
    let e_tag = bare(e_tag);
    let (digits, parts) = e_tag.split_at_checked(32).unwrap_or_default();
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits.len() == 32
        && digits.iter().all(u8::is_ascii_hexdigit)
        && (parts.is_empty() || parts.strip_prefix(b"-").is_some_and(is_number))
}

/// An ETag without quotes and without the mark of a weak one.
fn bare(e_tag: &[u8]) -> &[u8] {
    let e_tag = e_tag.strip_prefix(b"W/").unwrap_or(e_tag);
    e_tag.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(e_tag)
}

/// The headers of the object that a request has written, if it has exactly the content that was sent.
async fn stored_as_sent<P: CloudProtocol>(client: &CloudClient<P>, exchange: &Exchange<'_, P>) -> Option<HeaderMap> {
    let mut head = exchange.head.clone();
    head.method = Method::GET;
    // The condition and the description belong to the write.
    head.headers.clear();
    let (parts, mut body) = client.send_once(&head, &[], exchange.credential).await.ok()?.into_parts();
    let mut expected = exchange.body.iter().flat_map(|piece| piece.iter());
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let data = frame.ok()?.into_data().unwrap_or_default();
        if !data.iter().all(|byte| expected.next() == Some(byte)) {
            return None;
        }
    }
    (parts.status == StatusCode::OK && expected.next().is_none()).then_some(parts.headers)
}

/// A delete is done if the server says so in S3's own way, or if the object is gone.
async fn check_delete<P: CloudProtocol>(
    client: &CloudClient<P>,
    exchange: &Exchange<'_, P>,
    response: HttpResponse,
) -> Attempt {
    if response.status() == StatusCode::NO_CONTENT || is_own::<P>(response.headers()) {
        return Attempt::Done(response);
    }
    let mut head = exchange.head.clone();
    head.method = Method::HEAD;
    head.headers.clear();
    match client.send_once(&head, &[], exchange.credential).await {
        Ok(present) if present.status() == StatusCode::NOT_FOUND => Attempt::Done(response),
        Ok(_) => Attempt::Fail(CloudClient::<P>::not_from(exchange.head, response.headers())),
        Err(failed) => failed,
    }
}

/// An error that the server has found after it began to answer 200.
fn late_error<P: CloudProtocol>(
    client: &CloudClient<P>,
    exchange: &Exchange<'_, P>,
    headers: HeaderMap,
    body: Bytes,
) -> Attempt {
    let mut error = ErrorResponse::from_xml(StatusCode::INTERNAL_SERVER_ERROR, headers, body);
    if matches!(error.code.as_str(), "PreconditionFailed" | "ConditionalRequestConflict") {
        error.status = StatusCode::PRECONDITION_FAILED;
        return Attempt::Done(error.into_response());
    }
    Attempt::RetryLater(client.protocol.explain(exchange.head, exchange.credential, &error), None, RetryLimit::Budget)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_known_by_its_method_and_query() {
        let of = |method: &str, uri: &str| {
            S3Operation::of(&http::Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0)
        };
        assert_eq!(of("GET", "http://h/b?list-type=2&prefix=uploads"), S3Operation::List);
        assert_eq!(of("GET", "http://h/b/k?versionId=1"), S3Operation::Read);
        assert_eq!(of("HEAD", "http://h/b/k"), S3Operation::Read);
        assert_eq!(of("GET", "http://h/b/k?uploadId=1"), S3Operation::Other);
        assert_eq!(of("PUT", "http://h/b/k"), S3Operation::Put);
        assert_eq!(of("PUT", "http://h/b/k?partNumber=1&uploadId=1"), S3Operation::Part);
        assert_eq!(of("POST", "http://h/b/k?uploads"), S3Operation::BeginUpload);
        assert_eq!(of("POST", "http://h/b/k?uploads="), S3Operation::BeginUpload);
        assert_eq!(of("POST", "http://h/b/k?uploadId=1"), S3Operation::CompleteUpload);
        assert_eq!(of("DELETE", "http://h/b/k?uploadId=1"), S3Operation::Other);
        assert_eq!(of("DELETE", "http://h/b/k"), S3Operation::Delete);
    }

    #[test]
    fn an_etag_proves_the_content_by_its_md5() {
        let content = [Bytes::from_static(b"hel"), Bytes::from_static(b"lo")];
        for (e_tag, expected) in [
            ("\"5d41402abc4b2a76b9719d911017c592\"", true),
            ("5d41402abc4b2a76b9719d911017c592", true),
            ("W/\"5d41402abc4b2a76b9719d911017c592\"", true),
            ("\"5d41402abc4b2a76b9719d911017c592-1\"", false),
            ("\"60d6-1\"", false),
        ] {
            assert_eq!(is_md5(e_tag.as_bytes(), &content), expected, "{e_tag}");
        }
        for (e_tag, expected) in [
            ("\"5d41402abc4b2a76b9719d911017c592\"", true),
            ("\"5d41402abc4b2a76b9719d911017c592-12\"", true),
            ("\"5d41402abc4b2a76b9719d911017c592-\"", false),
            ("\"5d41402abc4b2a76b9719d911017c5921\"", false),
            ("\"60d6-1\"", false),
            ("", false),
        ] {
            assert_eq!(has_form_of_md5(e_tag.as_bytes()), expected, "{e_tag}");
        }
    }
}
