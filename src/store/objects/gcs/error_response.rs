//! The meaning of Google Cloud Storage's error codes: <https://cloud.google.com/storage/docs/xml-api/reference-status> and
//! <https://cloud.google.com/storage/docs/json_api/v1/status-codes>.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::error::ErrorKind;
use crate::store::objects::http::client::ErrorClass;
use crate::store::objects::http::error_response::ErrorResponse;
use crate::store::objects::http::response::{server_text, xml_element};
use crate::store::objects::service_error::ServiceError;

/// Reads an error response of the XML API, of the JSON API (its code is the `reason`) or of OAuth.
pub(super) fn parse(status: StatusCode, headers: HeaderMap, body: Bytes) -> ErrorResponse {
    let mut error = ErrorResponse::from_xml(status, headers, body);
    let json = serde_json::from_str::<Value>(&error.body());
    let details = xml_element(&error.body(), "Details").filter(|details| !details.is_empty());
    if let Ok(json) = json {
        (error.code, error.message) = from_json(&json);
    } else if let Some(details) = details {
        let separator = if error.message.is_empty() { "" } else { " " };
        error.message = format!("{}{separator}{details}", error.message);
    }
    error
}

/// How an error of Google Cloud Storage is handled
/// (<https://cloud.google.com/storage/docs/retry-strategy#retryable>).
pub(super) fn classify(error: &ErrorResponse) -> ErrorClass {
    match error.status.as_u16() {
        401 => ErrorClass::CredentialRefused,
        304 => ErrorClass::Expected,
        404 | 409 | 412 if !concerns_bucket(error) => ErrorClass::Expected,
        _ if error.has_transient_status() => ErrorClass::Transient,
        _ => ErrorClass::Permanent,
    }
}

/// Whether the body is plain text, which neither of Google's APIs sends.
pub(super) fn is_plain_text(error: &ErrorResponse) -> bool {
    error.header("content-type").is_some_and(|text| text.starts_with("text/plain"))
}

/// Whether the bucket does not exist. The JSON API says so in the message only.
fn concerns_bucket(error: &ErrorResponse) -> bool {
    error.code == "NoSuchBucket" || error.message.contains("bucket does not exist")
}

/// Whether the request must name a project that pays
/// (<https://cloud.google.com/storage/docs/requester-pays>).
pub(super) fn wants_payer(error: &ErrorResponse) -> bool {
    error.status == StatusCode::BAD_REQUEST
        && (error.code == "UserProjectMissing" || error.message.contains("requester pays bucket"))
}

/// The error of the store for an error response to a request to `bucket`.
pub(super) fn explain(error: &ErrorResponse, bucket: &str) -> ServiceError {
    let status = error.status.as_u16();
    let (kind, hint) = match error.code.as_str() {
        _ if concerns_bucket(error) => return missing_bucket(bucket, &error.text()),
        _ if wants_payer(error) => {
            (ErrorKind::Denied, "name the project that pays with `project` in the profile".to_owned())
        }
        "InvalidBucketName" => (ErrorKind::Connection, "correct `bucket` in the profile".to_owned()),
        "InvalidStorageClass" => {
            (ErrorKind::Unsupported, "use a storage class that this server and bucket have".to_owned())
        }
        "NotImplemented" => (ErrorKind::Unsupported, "this server has only a part of Google's API".to_owned()),
        "RetentionPolicyNotMet" | "ObjectUnderActiveHold" | "retentionPolicyNotMet" | "objectUnderActiveHold" => {
            (ErrorKind::Denied, "the bucket keeps this object from being replaced or removed until later".to_owned())
        }
        _ if error.has_transient_status() => (ErrorKind::Connection, "try again later".to_owned()),
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
        _ => return ServiceError::new(None, error.text()),
    };
    ServiceError::new(kind, error.text()).hint(hint)
}

/// The error for a request to a bucket that does not exist. `message` is in the server's words.
pub(super) fn missing_bucket(bucket: &str, message: &str) -> ServiceError {
    let hint = format!("create the bucket `{bucket}`, or correct `bucket` in the profile");
    ServiceError::new(ErrorKind::Connection, message).hint(hint)
}

/// Code and message of an error of the JSON API or of OAuth.
fn from_json(json: &Value) -> (String, String) {
    let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(server_text).unwrap_or_default();
    let code = match json.get("error") {
        Some(Value::String(code)) => server_text(code),
        _ => text("/error/errors/0/reason"),
    };
    let message = match text("/error/message") {
        message if message.is_empty() => text("/error_description"),
        message => message,
    };
    (code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> ErrorResponse {
        parse(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.to_owned().into())
    }

    fn xml(status: u16, code: &str) -> ErrorResponse {
        response(status, &format!("<Error><Code>{code}</Code><Message>So &amp; so.</Message></Error>"))
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
            let error = explain(&xml(status, code), "b");
            assert_eq!(error.kind, Some(kind), "{code}");
            assert!(error.hint.is_some(), "{code}");
        }
        assert_eq!(explain(&xml(400, "EntityTooLarge"), "b").kind, None);
        assert_eq!(explain(&xml(404, "NoSuchBucket"), "b").message, "the server answers NoSuchBucket: So & so");
    }

    #[test]
    fn both_interfaces_and_the_token_server_are_understood() {
        let json = r#"{"error":{"code":404,"message":"The specified bucket does not exist.","errors":[{"reason":"notFound"}]}}"#;
        assert_eq!(explain(&response(404, json), "b").kind, Some(ErrorKind::Connection));
        let oauth = r#"{"error":"invalid_grant","error_description":"Bad Request"}"#;
        assert_eq!(explain(&response(400, oauth), "b").message, "the server answers invalid_grant: Bad Request");
        assert_eq!(explain(&response(418, "<html>"), "b").message, "the server answers 418 I'm a teapot");
    }
}
