//! Which responses of the JSON API prove that Google Cloud Storage has done what a request asks for.

use http::header::LOCATION;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use object_store::client::HttpResponse;
use serde_json::Value;

use crate::store::objects::http::client::{CloudClient, CloudProtocol, Exchange};
use crate::store::objects::http::receipt::has_header_of;
use crate::store::objects::http::request::has_pair;
use crate::store::objects::http::retry::Attempt;
use crate::store::objects::http::transport::interrupted;

/// Checks a response that describes something. One that ends too early is asked for again: a connection without a length can
/// end in the middle without an error.
pub(super) async fn check_json<P: CloudProtocol>(head: &Parts, is_list: bool, response: HttpResponse) -> Attempt {
    let query = head.uri.query().unwrap_or_default();
    let begins_upload = head.method == Method::POST && has_pair(query, "uploadType=resumable");
    if begins_upload && response.headers().contains_key(LOCATION) {
        return Attempt::Done(response);
    }
    let (parts, body) = response.into_parts();
    let body = match body.bytes().await {
        Ok(body) => body,
        Err(error) => return interrupted(&error.to_string()).into(),
    };
    let is_proof = |json: &Value| match () {
        () if begins_upload => false,
        () if is_list => json.get("kind").and_then(Value::as_str) == Some("storage#objects"),
        () if head.uri.path().contains("/rewriteTo/") => {
            json.get("done").is_some_and(Value::is_boolean) || json.get("rewriteToken").is_some()
        }
        () if head.uri.path().contains("/o/") || head.method != Method::GET => json.get("generation").is_some(),
        // The description of the bucket.
        () => json.is_object(),
    };
    // An empty answer comes from the service only with a header of its own.
    let is_empty = body.is_empty() && !has_header_of(&parts.headers, P::OWN_HEADERS);
    match serde_json::from_slice::<Value>(&body) {
        Ok(json) if is_proof(&json) => Attempt::Done(HttpResponse::from_parts(parts, body.into())),
        Err(error) if error.is_eof() && !begins_upload && !is_empty => interrupted("the answer is not complete").into(),
        _ => Attempt::Fail(CloudClient::<P>::not_from(head, &parts.headers)),
    }
}

/// A delete is done if the server says so in Google's own way, or if the object is gone.
pub(super) async fn check_delete<P: CloudProtocol>(
    client: &CloudClient<P>,
    exchange: &Exchange<'_, P>,
    response: HttpResponse,
) -> Attempt {
    if response.status() == StatusCode::NO_CONTENT || has_header_of(response.headers(), P::OWN_HEADERS) {
        return Attempt::Done(response);
    }
    let mut head = exchange.head.clone();
    head.method = Method::GET;
    head.headers = HeaderMap::new();
    match client.send_once(&head, &[], exchange.credential).await {
        Ok(present) if present.status() == StatusCode::NOT_FOUND => Attempt::Done(response),
        Ok(_) => Attempt::Fail(CloudClient::<P>::not_from(exchange.head, response.headers())),
        Err(failed) => failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn judged(method: &str, uri: &str, is_list: bool, text: &str) -> &'static str {
        let head = http::Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0;
        let mut response = HttpResponse::new(text.to_owned().into());
        response.headers_mut().insert("x-goog-hash", http::HeaderValue::from_static("x"));
        match check_json::<crate::store::objects::gcs::client::GcsProtocol>(&head, is_list, response).await {
            Attempt::Done(_) => "whole",
            Attempt::RetryLater(..) | Attempt::RetryNow(_) => "again",
            Attempt::Fail(_) => "another",
        }
    }

    #[tokio::test]
    async fn a_page_that_ends_early_is_told_from_a_whole_one_and_from_another_document() {
        let list = r#"{"kind": "storage#objects", "items": [{"name": "x"}]}"#;
        for end in 0..list.len() {
            assert_eq!(judged("GET", "http://h/o", true, &list[..end]).await, "again", "{}", &list[..end]);
        }
        assert_eq!(judged("GET", "http://h/o", true, list).await, "whole");
        for other in ["<html>", "{}", r#"{"kind": "storage#object"}"#, "[]"] {
            assert_eq!(judged("GET", "http://h/o", true, other).await, "another", "{other}");
        }
    }

    #[tokio::test]
    async fn each_answer_must_describe_what_was_asked_for() {
        let upload = "http://h/upload/storage/v1/b/b/o?uploadType=multipart&name=x";
        let resumable = "http://h/upload/storage/v1/b/b/o?uploadType=resumable&name=x";
        let rewrite = "http://h/storage/v1/b/b/o/x/rewriteTo/b/b/o/x";
        for (method, uri, right) in [
            ("POST", upload, r#"{"generation": "1"}"#),
            ("GET", "http://h/storage/v1/b/b/o/x", r#"{"generation": "1"}"#),
            ("POST", rewrite, r#"{"done": true}"#),
            ("POST", rewrite, r#"{"done": false, "rewriteToken": "t"}"#),
        ] {
            assert_eq!(judged(method, uri, false, right).await, "whole", "{uri}");
            for wrong in ["{}", "<html>", "[]", "null"] {
                assert_eq!(judged(method, uri, false, wrong).await, "another", "{uri} {wrong}");
            }
        }
        assert_eq!(judged("POST", resumable, false, "{}").await, "another", "without an address");
    }
}
