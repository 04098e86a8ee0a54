//! Requests that the clouds build beside those of `object_store`.

use std::pin::Pin;

use bytes::Bytes;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use http_body::Body as _;
use object_store::PutMode;
use object_store::client::{HttpRequest, HttpRequestBody};
use object_store::path::Path;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use crate::error::ErrorKind;
use crate::store::objects::service_error::ServiceError;

/// The characters of an object name that are percent-encoded in a URL path: all but letters, digits, `-._~` and the slash.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The name of an object as a URL path, with its slashes.
pub(in crate::store::objects) fn encoded_path(path: &Path) -> PercentEncode<'_> {
    utf8_percent_encode(path.as_ref(), RESERVED)
}

/// A request about one object below `base`. `query` is encoded already and may be empty.
pub(in crate::store::objects) fn object_request(
    method: Method,
    base: &str,
    path: &Path,
    query: &str,
) -> Result<HttpRequest, ServiceError> {
    let mark = if query.is_empty() { "" } else { "?" };
    let mut request = HttpRequest::new(HttpRequestBody::empty());
    *request.method_mut() = method;
    *request.uri_mut() = parse_uri(&format!("{base}/{}{mark}{query}", encoded_path(path)))?;
    Ok(request)
}

/// A request for a list below `base`, with these parameters.
#[cfg(any(feature = "azure", feature = "s3"))]
pub(in crate::store::objects) fn list_request(base: &str, query: &[(&str, &str)]) -> Result<HttpRequest, ServiceError> {
    /// The characters that are encoded in a parameter: signatures cover this form.
    const ENCODED: &AsciiSet = &RESERVED.add(b'/');
    let pairs: Vec<String> =
        query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED))).collect();
    let mut request = HttpRequest::new(HttpRequestBody::empty());
    *request.uri_mut() = parse_uri(&format!("{base}?{}", pairs.join("&")))?;
    Ok(request)
}

/// The head of a request that is not about an object: to a token server or a metadata server.
pub(in crate::store::objects) fn request_head(
    method: Method,
    url: &str,
    headers: HeaderMap,
) -> Result<Parts, ServiceError> {
    let (mut head, ()) = http::Request::new(()).into_parts();
    head.method = method;
    head.uri = parse_uri(url)?;
    head.headers = headers;
    Ok(head)
}

/// Parses the URL of a request.
pub(in crate::store::objects) fn parse_uri(text: &str) -> Result<Uri, ServiceError> {
    text.parse::<Uri>().map_err(|error| ServiceError::new(ErrorKind::Usage, format!("invalid URL: {error}")))
}

/// The pieces of a request body, shared and not copied.
pub(in crate::store::objects) async fn body_pieces(mut body: HttpRequestBody) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    while let Some(Ok(frame)) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        pieces.extend(frame.into_data());
    }
    pieces
}

/// The header that makes a write conditional on ETags.
pub(in crate::store::objects) fn precondition(mode: &PutMode) -> Option<(HeaderName, HeaderValue)> {
    match mode {
        PutMode::Create => Some((IF_NONE_MATCH, HeaderValue::from_static("*"))),
        PutMode::Update(version) => {
            let e_tag = version.e_tag.as_deref().and_then(|e_tag| HeaderValue::from_str(e_tag).ok());
            e_tag.map(|e_tag| (IF_MATCH, e_tag))
        }
        PutMode::Overwrite => None,
    }
}

/// Whether a query has this pair.
pub(in crate::store::objects) fn has_pair(query: &str, pair: &str) -> bool {
    query.split('&').any(|it| it == pair)
}
