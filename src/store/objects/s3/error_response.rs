//! The meaning of S3's error codes.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use crate::error::ErrorKind;
use crate::store::objects::http::client::ErrorClass;
use crate::store::objects::http::error_response::ErrorResponse;
use crate::store::objects::http::response::xml_element;
use crate::store::objects::service_error::ServiceError;

/// The code for reading an archived object.
const ARCHIVED: &str = "InvalidObjectState";

/// The region of the bucket, if the server says that it is not the one that the request was signed for.
pub(super) fn other_region(error: &ErrorResponse) -> Option<String> {
    if !matches!(error.status.as_u16(), 301 | 307 | 400) {
        return None;
    }
    error.header("x-amz-bucket-region").map(str::to_owned).or_else(|| xml_element(&error.body(), "Region"))
}

/// How an error of S3 is handled.
pub(super) fn classify(error: &ErrorResponse) -> ErrorClass {
    match (error.status.as_u16(), error.code.as_str()) {
        (_, "ExpiredToken" | "TokenRefreshRequired" | "InvalidToken" | "RequestExpired") => {
            ErrorClass::CredentialRefused
        }
        _ if is_transient(error) => ErrorClass::Transient,
        (_, "NoSuchBucket") => ErrorClass::Permanent,
        (304 | 404 | 409 | 412, _) => ErrorClass::Expected,
        _ => ErrorClass::Permanent,
    }
}

fn is_transient(error: &ErrorResponse) -> bool {
    // Some servers that speak S3's protocol answer 509 when their bandwidth is used up.
    error.has_transient_status()
        || error.status.as_u16() == 509
        || matches!(error.code.as_str(), "InternalError" | "SlowDown" | "RequestTimeout" | "ServiceUnavailable")
}

/// The error of the store for an error response to a request about the object `key` in `bucket`.
pub(super) fn explain(error: &ErrorResponse, bucket: &str, key: &str) -> ServiceError {
    let status = error.status.as_u16();
    let (kind, hint) = match error.code.as_str() {
        "NoSuchBucket" => {
            (Some(ErrorKind::Connection), format!("create the bucket `{bucket}`, or correct `bucket` in the profile"))
        }
        "InvalidBucketName" => (Some(ErrorKind::Connection), "correct `bucket` in the profile".to_owned()),
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "AuthFailure" | "UnrecognizedClientException" => (
            Some(ErrorKind::Denied),
            "check the access key and the secret key, and which of AWS's places they come from".to_owned(),
        ),
        "ExpiredToken" | "TokenRefreshRequired" | "InvalidToken" | "RequestExpired" => {
            (Some(ErrorKind::Denied), "get new credentials (with SSO: `aws sso login`), and try again".to_owned())
        }
        "RequestTimeTooSkewed" => {
            (Some(ErrorKind::Denied), error.clock_hint(1).unwrap_or_else(|| "set this machine's clock".to_owned()))
        }
        ARCHIVED => (
            Some(ErrorKind::Read),
            format!("restore it first: `{}`; docs/s3.md says how", restore_command(bucket, key)),
        ),
        "InvalidStorageClass" => (Some(ErrorKind::Unsupported), "use a storage class that this server has".to_owned()),
        "NotImplemented" | "XNotImplemented" => {
            (Some(ErrorKind::Unsupported), "this server speaks only a part of S3's protocol".to_owned())
        }
        code if code.starts_with("KMS.") => {
            (Some(ErrorKind::Denied), "check `kms_key_id`, and the permissions for the key".to_owned())
        }
        _ if status == 301 || other_region(error).is_some() => {
            (Some(ErrorKind::Connection), "set `region` to the bucket's own".to_owned())
        }
        _ if is_transient(error) => (Some(ErrorKind::Connection), "try again later".to_owned()),
        _ if matches!(status, 401 | 403) => (
            Some(ErrorKind::Denied),
            "grant the permissions of docs/s3.md; without `s3:ListBucket`, S3 answers the same for objects that do not exist"
                .to_owned(),
        ),
        _ => return ServiceError::new(None, error.text()),
    };
    ServiceError::new(kind, error.text()).hint(hint)
}

/// The command that restores an archived object.
pub(super) fn restore_command(bucket: &str, key: &str) -> String {
    let key = key.replace('\'', r"'\''");
    format!("aws s3api restore-object --bucket {bucket} --key '{key}' --restore-request Days=7")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn response(status: u16, code: &str) -> ErrorResponse {
        let body = format!("<Error><Code>{code}</Code><Message>So &amp; so.</Message></Error>");
        ErrorResponse::from_xml(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.into())
    }

    #[test]
    fn not_there_and_not_allowed_are_told_apart_and_each_has_a_next_step() {
        for (status, code, kind) in [
            (404, "NoSuchBucket", ErrorKind::Connection),
            (403, "AccessDenied", ErrorKind::Denied),
            (403, "", ErrorKind::Denied),
            (403, ARCHIVED, ErrorKind::Read),
            (400, "ExpiredToken", ErrorKind::Denied),
            (403, "RequestTimeTooSkewed", ErrorKind::Denied),
            (503, "SlowDown", ErrorKind::Connection),
            (501, "NotImplemented", ErrorKind::Unsupported),
            (400, "KMS.DisabledException", ErrorKind::Denied),
        ] {
            let error = explain(&response(status, code), "b", "k");
            assert_eq!(error.kind, Some(kind), "{code}");
            assert!(error.hint.is_some(), "{code}");
        }
        assert_eq!(explain(&response(400, "EntityTooLarge"), "b", "k").kind, None);
        assert_eq!(
            explain(&response(404, "NoSuchBucket"), "b", "k").message,
            "the server answers NoSuchBucket: So & so"
        );
    }

    #[test]
    fn a_clock_that_is_wrong_is_said_to_be_so_by_how_much() {
        let mut skewed = response(403, "RequestTimeTooSkewed");
        skewed.headers.insert("date", "Mon, 01 Jan 2001 00:00:00 GMT".parse().unwrap());
        assert!(explain(&skewed, "b", "k").hint.unwrap().ends_with("minutes fast"));
    }
}
