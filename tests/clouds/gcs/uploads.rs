//! Uploads through the JSON API: parsing the request and building the response.

use serde_json::json;

use crate::server::{Answer, Request, text};

/// Returns a query parameter of a request.
pub(crate) fn query_value(request: &Request, wanted: &str) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    let mut query = url::form_urlencoded::parse(query.as_bytes());
    query.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// Returns the attributes and the content of a multipart request.
pub(crate) fn parts(request: &Request) -> [Vec<u8>; 2] {
    let find = |within: &[u8], text: &[u8]| within.windows(text.len()).position(|window| window == text).unwrap();
    let boundary = request.header("content-type").strip_prefix("multipart/related; boundary=").unwrap();
    let border = format!("\r\n--{boundary}");
    let mut rest = &request.body[..];
    [(); 2].map(|()| {
        rest = &rest[find(rest, b"\r\n\r\n") + 4..];
        let end = find(rest, border.as_bytes());
        let part = rest[..end].to_vec();
        rest = &rest[end + border.len()..];
        part
    })
}

/// The response to an upload.
pub(crate) fn stored_as(generation: u64) -> Answer {
    text(json!({"generation": generation.to_string()}).to_string())
}
