//! What Google Cloud Storage means by an error, and what to do about it.
//! Codes: <https://cloud.google.com/storage/docs/xml-api/reference-status> and
//! <https://cloud.google.com/storage/docs/json_api/v1/status-codes>.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use object_store::client::HttpResponse;
use serde_json::Value;

use crate::error::ErrorKind;
use crate::store::objects::answer::{element, response, retry_after, said};
use crate::store::objects::known::Known;

/// An error as the server sent it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    /// `Code` of the XML API, `reason` of the JSON API; empty where there is neither.
    code: String,
    message: String,
    body: Bytes,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let text = String::from_utf8_lossy(&body);
        let (code, message) = match serde_json::from_str::<Value>(&text) {
            Ok(json) => of_json(&json),
            Err(_) => {
                let message = [element(&text, "Message"), element(&text, "Details")];
                let message = message.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>();
                (element(&text, "Code").unwrap_or_default(), message.join(" "))
            }
        };
        Self { status, headers, code, message, body }
    }

    /// The answer as it came.
    pub(super) fn into_response(self) -> HttpResponse {
        response(self.status, self.headers, self.body)
    }

    /// How long the server would rather not be asked again.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    /// Whether the same request may succeed a moment later
    /// (<https://cloud.google.com/storage/docs/retry-strategy#retryable>).
    pub(super) fn is_transient(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
    }

    /// Whether it is plain text, which neither of Google's interfaces sends.
    pub(super) fn is_plain_text(&self) -> bool {
        let content_type = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.is_some_and(|text| text.starts_with("text/plain"))
    }

    /// Whether the bucket is the thing that is missing. The JSON API has no code for that, only words.
    pub(super) fn is_about_the_bucket(&self) -> bool {
        self.code == "NoSuchBucket" || self.message.contains("bucket does not exist")
    }

    /// Whether whoever asks must name a project that pays
    /// (<https://cloud.google.com/storage/docs/requester-pays>).
    pub(super) fn wants_a_payer(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST
            && (self.code == "UserProjectMissing" || self.message.contains("requester pays bucket"))
    }

    /// What went wrong with a request to `bucket`, in words.
    pub(super) fn explain(&self, bucket: &str) -> Known {
        let status = self.status.as_u16();
        let (kind, hint) = match self.code.as_str() {
            _ if self.is_about_the_bucket() => return missing_bucket(bucket, &self.text()),
            _ if self.wants_a_payer() => {
                (ErrorKind::Denied, "name the project that pays with `project` in the profile".to_owned())
            }
            "InvalidBucketName" => (ErrorKind::Connection, "correct `bucket` in the profile".to_owned()),
            "InvalidStorageClass" => {
                (ErrorKind::Unsupported, "use a storage class that this server and bucket have".to_owned())
            }
            "NotImplemented" => (ErrorKind::Unsupported, "this server has only a part of Google's API".to_owned()),
            "RetentionPolicyNotMet" | "ObjectUnderActiveHold" | "retentionPolicyNotMet" | "objectUnderActiveHold" => (
                ErrorKind::Denied,
                "the bucket keeps this object from being replaced or removed until later".to_owned(),
            ),
            _ if self.is_transient() => (ErrorKind::Connection, "try again later".to_owned()),
            _ if status == 401 => (
                ErrorKind::Denied,
                "check the credentials, and this machine's clock; docs/gcs.md lists where they come from".to_owned(),
            ),
            _ if status == 403 => (
                ErrorKind::Denied,
                "grant the permissions of docs/gcs.md; without `storage.objects.list` Google says this of what is not \
                 there, too"
                    .to_owned(),
            ),
            _ => return Known::new(None, self.text()),
        };
        Known::new(kind, self.text()).hint(hint)
    }

    fn text(&self) -> String {
        said(self.status, &self.code, &self.message)
    }
}

/// The failure of a request to a bucket that does not exist. `message` is in the server's words.
pub(super) fn missing_bucket(bucket: &str, message: &str) -> Known {
    let hint = format!("create the bucket `{bucket}`, or correct `bucket` in the profile");
    Known::new(ErrorKind::Connection, message).hint(hint)
}

/// The reason and the words of an error of the JSON API, or of OAuth.
fn of_json(json: &Value) -> (String, String) {
    let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(printable).unwrap_or_default();
    let code = match json.get("error") {
        Some(Value::String(code)) => printable(code),
        _ => text("/error/errors/0/reason"),
    };
    let message = match text("/error/message") {
        message if message.is_empty() => text("/error_description"),
        message => message,
    };
    (code, message)
}

fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.to_owned().into())
    }

    fn xml(status: u16, code: &str) -> Answer {
        answer(status, &format!("<Error><Code>{code}</Code><Message>So &amp; so.</Message></Error>"))
    }

    #[test]
    fn not_there_and_not_allowed_are_told_apart_and_each_has_a_next_step() {
        for (status, code, kind) in [
            (404, "NoSuchBucket", ErrorKind::Connection),
            (403, "AccessDenied", ErrorKind::Denied),
            (403, "", ErrorKind::Denied),
            (401, "AuthenticationRequired", ErrorKind::Denied),
            (400, "UserProjectMissing", ErrorKind::Denied),
            (503, "ServiceUnavailable", ErrorKind::Connection),
            (429, "SlowDown", ErrorKind::Connection),
            (403, "RetentionPolicyNotMet", ErrorKind::Denied),
        ] {
            let known = xml(status, code).explain("b");
            assert_eq!(known.kind, Some(kind), "{code}");
            assert!(known.hint.is_some(), "{code}");
        }
        assert_eq!(xml(400, "EntityTooLarge").explain("b").kind, None);
        assert_eq!(xml(404, "NoSuchBucket").explain("b").message, "the server answers NoSuchBucket: So & so");
    }

    #[test]
    fn both_interfaces_and_the_token_server_are_understood() {
        let json = r#"{"error":{"code":404,"message":"The specified bucket does not exist.","errors":[{"reason":"notFound"}]}}"#;
        assert_eq!(answer(404, json).explain("b").kind, Some(ErrorKind::Connection));
        let oauth = r#"{"error":"invalid_grant","error_description":"Bad Request"}"#;
        assert_eq!(answer(400, oauth).explain("b").message, "the server answers invalid_grant: Bad Request");
        assert_eq!(answer(418, "<html>").explain("b").message, "the server answers 418 I'm a teapot");
    }
}
