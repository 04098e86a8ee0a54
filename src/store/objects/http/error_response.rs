//! An HTTP error response, as far as all clouds agree on it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use object_store::client::HttpResponse;

use super::receipt::is_web_page;
use super::response::xml_element;

/// An error response, with the code and the message that the cloud has found in it.
#[derive(Clone, Debug)]
pub(in crate::store::objects) struct ErrorResponse {
    pub(in crate::store::objects) status: StatusCode,
    pub(in crate::store::objects) headers: HeaderMap,
    /// The cloud's name for the error, such as `NoSuchBucket`; empty where the response has none.
    pub(in crate::store::objects) code: String,
    /// The server's explanation; may be empty.
    pub(in crate::store::objects) message: String,
    body: Bytes,
}

impl ErrorResponse {
    /// An error response with `Code` and `Message` of an XML body, which all clouds have in common.
    pub(in crate::store::objects) fn from_xml(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let text = String::from_utf8_lossy(&body);
        let element = |name| xml_element(&text, name).unwrap_or_default();
        let (code, message) = (element("Code"), element("Message"));
        Self { status, headers, code, message, body }
    }

    /// Whether it is a web page, which no storage service sends.
    pub(in crate::store::objects) fn is_web_page(&self) -> bool {
        is_web_page(&self.headers, &self.body)
    }

    /// The response as it came.
    pub(in crate::store::objects) fn into_response(self) -> HttpResponse {
        let mut response = HttpResponse::new(self.body.into());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    /// The body as text.
    pub(in crate::store::objects) fn body(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// A header as text; nothing where it is absent or not ASCII.
    pub(in crate::store::objects) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The error in the server's words.
    pub(in crate::store::objects) fn text(&self) -> String {
        let (status, number) = (self.status, self.status.as_u16());
        match (self.code.as_str(), self.message.trim_end_matches('.')) {
            ("", "") => format!("the server answers {status}"),
            (code, "") => format!("the server answers {code} ({number})"),
            ("", message) => format!("the server answers {number}: {message}"),
            (code, message) => format!("the server answers {code}: {message}"),
        }
    }

    /// The pause that the server asks for before the next attempt.
    pub(in crate::store::objects) fn retry_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.header("retry-after")?.trim().parse().ok()?))
    }

    /// Whether the status says that a later attempt may succeed.
    pub(in crate::store::objects) fn has_transient_status(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
    }

    /// A hint to set this machine's clock, if it differs from the server's by at least `minutes`.
    pub(in crate::store::objects) fn clock_hint(&self, minutes: i64) -> Option<String> {
        match self.minutes_fast()? {
            fast if fast >= minutes => Some(format!("set this machine's clock: it is {fast} minutes fast")),
            fast if fast <= -minutes => Some(format!("set this machine's clock: it is {} minutes slow", -fast)),
            _ => None,
        }
    }

    fn minutes_fast(&self) -> Option<i64> {
        let theirs = jiff::fmt::rfc2822::parse(self.header("date")?).ok()?.timestamp();
        Some(Timestamp::now().duration_since(theirs).as_secs() / 60)
    }
}
