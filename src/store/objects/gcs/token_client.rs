//! Requests to the servers that issue Google's tokens.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;
use url::Url;

use super::error_response::{explain, parse};
use crate::error::ErrorKind;
use crate::store::objects::endpoint::is_safe;
use crate::store::objects::http::request::request_head;
use crate::store::objects::http::retry::{Attempt, RetryBudget, RetryLimit};
use crate::store::objects::http::transport::{HttpTransport, ReadMode};
use crate::store::objects::service_error::ServiceError;

/// The permissions that a token is requested for.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Lifetime of a token without an expiry, in seconds.
pub(super) const DEFAULT_LIFETIME: u64 = 3600;

/// The hint where no credential is found or accepted.
pub(super) const NEXT_STEP: &str = "give `credentials_path` in the profile, set GOOGLE_APPLICATION_CREDENTIALS, or sign in with \
     `gcloud auth application-default login`; docs/gcs.md lists all ways";

/// An access token.
pub(super) struct GoogleToken {
    pub(super) text: String,
    pub(super) expiry: SystemTime,
}

/// A client of token servers.
#[derive(Debug)]
pub(super) struct TokenClient {
    pub(super) transport: Arc<HttpTransport>,
    retry_timeout: Duration,
}

impl TokenClient {
    /// Creates a client that repeats requests for `retry_timeout`.
    pub(super) fn new(transport: Arc<HttpTransport>, retry_timeout: Duration) -> Self {
        Self { transport, retry_timeout }
    }

    /// Posts a form with secrets. Returns the JSON response.
    pub(super) async fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Result<Value, ServiceError> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let content_type = (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        parse_json(&self.post_secret(url, HeaderMap::from_iter([content_type]), body).await?)
    }

    /// Posts JSON with a token. Returns the JSON response.
    pub(super) async fn post_json(&self, url: &str, token: &str, body: &Value) -> Result<Value, ServiceError> {
        let bearer = HeaderValue::try_from(format!("Bearer {token}"));
        let bearer = bearer.map_err(|_| ServiceError::new(None, "the token cannot be sent in a header"))?;
        let content_type = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type), (AUTHORIZATION, bearer)]);
        parse_json(&self.post_secret(url, headers, body.to_string()).await?)
    }

    async fn post_secret(&self, url: &str, headers: HeaderMap, body: String) -> Result<Bytes, ServiceError> {
        if !Url::parse(url).is_ok_and(|url| is_safe(&url)) {
            return Err(ServiceError::new(None, "refusing to send credentials to a non-https URL"));
        }
        self.send(Method::POST, url, headers, body, self.retry_timeout).await
    }

    /// Gets a URL. Returns the body of the response.
    pub(super) async fn get(&self, url: &str, headers: HeaderMap) -> Result<Bytes, ServiceError> {
        self.send(Method::GET, url, headers, String::new(), self.retry_timeout).await
    }

    /// As [`get`](Self::get), repeated for at most `retry_timeout`.
    pub(super) async fn get_within(
        &self,
        url: &str,
        headers: HeaderMap,
        retry_timeout: Duration,
    ) -> Result<Bytes, ServiceError> {
        self.send(Method::GET, url, headers, String::new(), retry_timeout.min(self.retry_timeout)).await
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: String,
        retry_timeout: Duration,
    ) -> Result<Bytes, ServiceError> {
        let head = request_head(method, url, headers)?;
        let body: Vec<Bytes> = (!body.is_empty()).then(|| body.into()).into_iter().collect();
        let budget = RetryBudget(retry_timeout);
        let response = budget.run(|| async {
            let sent = self.transport.send(head.clone(), &body, budget.stall_timeout(), ReadMode::Buffered).await;
            let response = match sent {
                Ok(response) if response.status().is_success() => return Attempt::Done(response),
                Ok(response) => response,
                Err(failure) => return failure.into(),
            };
            let (parts, body) = response.into_parts();
            let error = parse(parts.status, parts.headers, body.bytes().await.unwrap_or_default());
            let explained = explain(&error, "");
            match error.has_transient_status() {
                true => Attempt::RetryLater(explained, error.retry_after(), RetryLimit::Budget),
                false => Attempt::Fail(ServiceError { kind: Some(ErrorKind::Denied), ..explained }.hint(NEXT_STEP)),
            }
        });
        let body = response.await?.into_body().bytes().await;
        body.map_err(|error| ServiceError::new(ErrorKind::Connection, error.to_string()))
    }
}

/// Parses the response of a token server.
pub(super) fn parse_json(body: &[u8]) -> Result<Value, ServiceError> {
    serde_json::from_slice(body)
        .map_err(|_| ServiceError::new(ErrorKind::Denied, "the token server's response is not JSON"))
}

/// The token in an OAuth response.
pub(super) fn oauth_token(json: &Value) -> Result<GoogleToken, ServiceError> {
    let missing = || ServiceError::new(ErrorKind::Denied, "the token server's response has no token").hint(NEXT_STEP);
    let text = json.get("access_token").and_then(Value::as_str).ok_or_else(missing)?;
    let lifetime = json.get("expires_in").and_then(Value::as_u64).unwrap_or(DEFAULT_LIFETIME);
    let expiry = SystemTime::now().checked_add(Duration::from_secs(lifetime)).ok_or_else(missing)?;
    Ok(GoogleToken { text: text.to_owned(), expiry })
}

/// A required text field. Its content is never part of an error.
pub(super) fn required<'a>(json: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    let text = json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| ServiceError::new(None, format!("it has no `{name}`")))
}
