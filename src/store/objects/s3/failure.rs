//! What S3 means by an error, and what to do about it.
//! Codes: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use object_store::client::HttpResponse;

use crate::error::ErrorKind;
use crate::store::objects::answer::{about_the_clock, element, response, retry_after, said};
use crate::store::objects::known::Known;

/// The code by which archived objects are refused.
pub(super) const ARCHIVED: &str = "InvalidObjectState";

/// An error as the server sent it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// `Code` of the body; empty where there is none.
    pub(super) code: String,
    message: String,
    body: Bytes,
    /// The region that the server would rather see.
    region: Option<String>,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: &str) -> Self {
        let header = headers.get("x-amz-bucket-region").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let region = header.or_else(|| element(body, "Region"));
        let code = element(body, "Code").unwrap_or_default();
        Self {
            status,
            headers,
            code,
            message: element(body, "Message").unwrap_or_default(),
            body: Bytes::new(),
            region,
        }
    }

    /// The same with the very bytes of its body, for whoever reads them.
    pub(super) fn with_body(self, body: Bytes) -> Self {
        Self { body, ..self }
    }

    /// The answer as it came.
    pub(super) fn into_response(self) -> HttpResponse {
        response(self.status, self.headers, self.body)
    }

    /// How long the server would rather not be asked again.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    /// Where the bucket is, if the server says that it is elsewhere.
    pub(super) fn other_region(&self) -> Option<&str> {
        let elsewhere = matches!(self.status.as_u16(), 301 | 307 | 400);
        self.region.as_deref().filter(|_| elsewhere)
    }

    /// Whether the same request may succeed a moment later.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504 | 509)
            || matches!(self.code.as_str(), "InternalError" | "SlowDown" | "RequestTimeout" | "ServiceUnavailable")
    }

    /// Whether a new credential may help.
    pub(super) fn is_expired(&self) -> bool {
        matches!(self.code.as_str(), "ExpiredToken" | "TokenRefreshRequired" | "InvalidToken" | "RequestExpired")
    }

    /// What went wrong with a request to `bucket`, in words.
    pub(super) fn explain(&self, bucket: &str) -> Known {
        let status = self.status.as_u16();
        let (kind, hint) = match self.code.as_str() {
            "NoSuchBucket" => (
                Some(ErrorKind::Connection),
                format!("create the bucket `{bucket}`, or correct `bucket` in the profile"),
            ),
            "InvalidBucketName" => (Some(ErrorKind::Connection), "correct `bucket` in the profile".to_owned()),
            "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "AuthFailure" | "UnrecognizedClientException" => (
                Some(ErrorKind::Denied),
                "check the access key and the secret key, and which of AWS's places they come from".to_owned(),
            ),
            "ExpiredToken" | "TokenRefreshRequired" | "InvalidToken" | "RequestExpired" => {
                (Some(ErrorKind::Denied), "get new credentials (with SSO: `aws sso login`), and try again".to_owned())
            }
            "RequestTimeTooSkewed" => (
                Some(ErrorKind::Denied),
                about_the_clock(&self.headers, 1).unwrap_or_else(|| "set this machine's clock".to_owned()),
            ),
            ARCHIVED => (
                Some(ErrorKind::Read),
                "restore it first: `aws s3api restore-object --restore-request Days=7`; docs/s3.md says how".to_owned(),
            ),
            "InvalidStorageClass" => {
                (Some(ErrorKind::Unsupported), "use a storage class that this server has".to_owned())
            }
            "NotImplemented" | "XNotImplemented" => {
                (Some(ErrorKind::Unsupported), "this server speaks only a part of S3's protocol".to_owned())
            }
            code if code.starts_with("KMS.") => {
                (Some(ErrorKind::Denied), "check `kms_key_id`, and the permissions for the key".to_owned())
            }
            _ if status == 301 || self.other_region().is_some() => {
                (Some(ErrorKind::Connection), "set `region` to the bucket's own".to_owned())
            }
            _ if self.is_transient() => (Some(ErrorKind::Connection), "try again later".to_owned()),
            _ if matches!(status, 401 | 403) => (
                Some(ErrorKind::Denied),
                "grant the permissions of docs/s3.md; without `s3:ListBucket` S3 says this of what is not there, too"
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

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> Answer {
        let body = format!("<Error><Code>{code}</Code><Message>So &amp; so.</Message></Error>");
        Answer::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), &body)
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
            let known = answer(status, code).explain("b");
            assert_eq!(known.kind, Some(kind), "{code}");
            assert!(known.hint.is_some(), "{code}");
        }
        assert_eq!(answer(400, "EntityTooLarge").explain("b").kind, None);
        assert_eq!(answer(404, "NoSuchBucket").explain("b").message, "the server answers NoSuchBucket: So & so");
    }

    #[test]
    fn a_clock_that_is_wrong_is_said_to_be_so_by_how_much() {
        let mut skewed = answer(403, "RequestTimeTooSkewed");
        skewed.headers.insert("date", "Mon, 01 Jan 2001 00:00:00 GMT".parse().unwrap());
        assert!(skewed.explain("b").hint.unwrap().ends_with("minutes fast"));
    }
}
