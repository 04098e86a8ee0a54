//! Responses with the content of an object, as `object_store` expects them. HTTP allows more: a server may leave out the
//! length, and may answer a request for a part with the whole.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, LAST_MODIFIED, RANGE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use http_body::{Body, Frame};
use jiff::Timestamp;
use object_store::client::{HttpError, HttpResponse, HttpResponseBody};

use crate::store::objects::stream::UNKNOWN_LENGTH;

/// Gives a successful response to a read the headers that `object_store` requires, and cuts the requested part out of a
/// response with the whole object.
pub(super) fn as_asked(head: &Parts, mut response: HttpResponse) -> HttpResponse {
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return response;
    }
    correct_time(&mut response);
    let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let length = length.unwrap_or_else(|| {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(UNKNOWN_LENGTH));
        UNKNOWN_LENGTH
    });
    match requested(head) {
        Some(range) if response.status() == StatusCode::OK && range.start < length => {
            let range = range.start..range.end.min(length);
            let (mut parts, whole) = response.into_parts();
            parts.status = StatusCode::PARTIAL_CONTENT;
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
            if let Ok(value) = HeaderValue::try_from(format!("bytes {}-{}/{length}", range.start, range.end - 1)) {
                parts.headers.insert(CONTENT_RANGE, value);
            }
            let part = PartOfBody { whole, skip: range.start, left: range.end - range.start };
            HttpResponse::from_parts(parts, HttpResponseBody::new(part))
        }
        _ => response,
    }
}

/// The requested range of bytes.
fn requested(head: &Parts) -> Option<Range<u64>> {
    let header = head.headers.get(RANGE).or_else(|| head.headers.get("x-ms-range"))?;
    let (start, last) = header.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let end = if last.is_empty() { u64::MAX } else { last.parse::<u64>().ok()?.checked_add(1)? };
    Some(start.parse().ok()?..end)
}

/// Writes a time in ISO format as HTTP does, and removes what is not a time.
fn correct_time(response: &mut HttpResponse) {
    let Some(value) = response.headers().get(LAST_MODIFIED) else { return };
    let text = value.to_str().unwrap_or_default();
    if jiff::fmt::rfc2822::parse(text).is_ok() {
        return;
    }
    let time = text.parse::<Timestamp>().ok();
    let http = time.map(|time| time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string());
    match http.and_then(|text| HeaderValue::try_from(text).ok()) {
        Some(value) => drop(response.headers_mut().insert(LAST_MODIFIED, value)),
        None => drop(response.headers_mut().remove(LAST_MODIFIED)),
    }
}

/// A part of a body.
struct PartOfBody {
    whole: HttpResponseBody,
    skip: u64,
    left: u64,
}

impl Body for PartOfBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        while self.left > 0 {
            let data = match Pin::new(&mut self.whole).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => frame.into_data(),
                other => return other,
            };
            let Ok(mut data) = data else { continue };
            let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(data.len());
            drop(data.split_to(skipped));
            self.skip -= skipped as u64;
            data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= data.len() as u64;
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(range: &str, headers: &[(&str, &str)], body: &'static [u8]) -> (u16, String, String) {
        let head = http::Request::get("http://h/k").header(RANGE, range).body(()).unwrap().into_parts().0;
        let mut response = HttpResponse::new(Bytes::from_static(body).into());
        for (name, value) in headers {
            let name = http::HeaderName::try_from(*name).unwrap();
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        let (parts, body) = as_asked(&head, response).into_parts();
        let header = |name: http::HeaderName| parts.headers.get(name).map_or("", |value| value.to_str().unwrap());
        let told = format!("{} {}", header(CONTENT_RANGE), header(CONTENT_LENGTH));
        (parts.status.as_u16(), told, String::from_utf8(body.bytes().await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_part_is_cut_out_of_the_whole() {
        let length = [("content-length", "10")];
        for (range, told, part) in [
            ("bytes=0-3", "bytes 0-3/10 4", "0123"),
            ("bytes=4-99", "bytes 4-9/10 6", "456789"),
            ("bytes=9-", "bytes 9-9/10 1", "9"),
        ] {
            let expected = (206, told.to_owned(), part.to_owned());
            assert_eq!(answered(range, &length, b"0123456789").await, expected, "{range}");
        }
        let beyond = answered("bytes=10-", &length, b"0123456789").await;
        assert_eq!(beyond, (200, " 10".to_owned(), "0123456789".to_owned()));
    }

    #[tokio::test]
    async fn a_body_without_a_length_is_marked_so() {
        let (status, told, _) = answered("", &[], b"{}").await;
        assert_eq!((status, told), (200, format!(" {UNKNOWN_LENGTH}")));
    }

    #[test]
    fn a_time_that_is_not_in_the_format_of_http_is_corrected_or_left_out() {
        for (text, expected) in [
            ("Sun, 01 Mar 2026 10:00:00 GMT", Some("Sun, 01 Mar 2026 10:00:00 GMT")),
            ("2026-03-01T10:00:00.000Z", Some("Sun, 01 Mar 2026 10:00:00 +0000")),
            ("yesterday", None),
        ] {
            let mut response = HttpResponse::new(Bytes::new().into());
            response.headers_mut().insert(LAST_MODIFIED, text.parse().unwrap());
            correct_time(&mut response);
            assert_eq!(response.headers().get(LAST_MODIFIED).map(|value| value.to_str().unwrap()), expected);
        }
    }
}
