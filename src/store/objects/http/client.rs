//! The client of one bucket or container: every request is signed, sent, and repeated within the retry budget.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, RANGE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use object_store::client::{HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService};

use super::error_response::ErrorResponse;
use super::object_body::as_asked;
use super::receipt::{has_header_of, not_from, redirected};
use super::request::body_pieces;
use super::request_secrets::RequestSecrets;
use super::retry::{Attempt, RetryBudget, RetryLimit};
use super::transport::{HttpTransport, ReadMode, interrupted};
use crate::store::contract::Finding;
use crate::store::objects::service_error::ServiceError;

/// The differences between clouds in how a request is made and its response is read.
#[async_trait]
pub(in crate::store::objects) trait CloudProtocol:
    fmt::Debug + Send + Sync + Sized + 'static
{
    /// The credential of one attempt, with all that signing needs to know.
    type Credential: Send + Sync;

    /// The name of the service.
    const SERVICE: &'static str;

    /// The start of the names of response headers that only this service sends.
    const OWN_HEADERS: &'static [&'static str];

    /// Completes a request before its first attempt: headers and parameters that `object_store` leaves out.
    fn prepare(&self, head: &mut Parts, body: &[Bytes]);

    /// The credential for the next attempt, cached until it expires.
    async fn credential(&self) -> Result<Self::Credential, ServiceError>;

    /// Discards a credential that the server has refused. Returns whether another one may be accepted.
    async fn refresh(&self, refused: &Self::Credential) -> bool;

    /// Signs a request, and corrects its URL where the bucket has turned out to be elsewhere.
    fn sign(&self, head: Parts, credential: &Self::Credential) -> Result<Parts, ServiceError>;

    /// How much of the response to this request is read.
    fn read_mode(&self, head: &Parts) -> ReadMode;

    /// Checks that a successful response is the service's own and complete, and makes it readable for `object_store`. It is
    /// done only if it proves what the request asked for.
    async fn check(client: &CloudClient<Self>, exchange: &Exchange<'_, Self>, response: HttpResponse) -> Attempt;

    /// Reads code and message of an error response.
    fn parse_error(&self, status: StatusCode, headers: HeaderMap, body: Bytes) -> ErrorResponse;

    /// The error of the store for an error response: its kind, and the next step.
    fn explain(&self, head: &Parts, credential: &Self::Credential, error: &ErrorResponse) -> ServiceError;

    /// How an error response is handled, unless [`recover`](Self::recover) handles it.
    fn classify(&self, head: &Parts, error: &ErrorResponse) -> ErrorClass;

    /// Learns from an error response: another region, a redirect, a request that had succeeded before.
    async fn recover(client: &CloudClient<Self>, exchange: &Exchange<'_, Self>, error: &ErrorResponse) -> Recovery;
}

/// How an error response is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::objects) enum ErrorClass {
    /// The credential may have expired: repeat with a fresh one, if there is any.
    CredentialRefused,
    /// Repeat later.
    Transient,
    /// The caller handles it: not modified, not found, conflict, precondition failed.
    Expected,
    /// Repeating cannot help.
    Permanent,
}

/// The result of learning from an error response.
#[derive(Debug)]
pub(in crate::store::objects) enum Recovery {
    /// Nothing was learned.
    Unchanged,
    /// Repeat the request at once.
    Retry,
    /// Repeating cannot help, whatever the class of the error.
    Fail,
    /// The caller gets this response instead.
    Respond(HttpResponse),
}

/// A request and the credential of its present attempt.
#[derive(Debug)]
pub(in crate::store::objects) struct Exchange<'a, P: CloudProtocol> {
    pub(in crate::store::objects) head: &'a Parts,
    pub(in crate::store::objects) body: &'a [Bytes],
    pub(in crate::store::objects) credential: &'a P::Credential,
}

/// The client of one bucket or container.
#[derive(Debug)]
pub(in crate::store::objects) struct CloudClient<P> {
    pub(in crate::store::objects) protocol: Arc<P>,
    transport: Arc<HttpTransport>,
    budget: RetryBudget,
}

impl<P: CloudProtocol> CloudClient<P> {
    /// Creates a client that repeats requests for `retry_timeout`.
    pub(in crate::store::objects) fn new(protocol: P, transport: Arc<HttpTransport>, retry_timeout: Duration) -> Self {
        Self { protocol: Arc::new(protocol), transport, budget: RetryBudget(retry_timeout) }
    }

    /// A transport that connects as this client does, with connections of its own.
    #[cfg(feature = "s3")]
    pub(in crate::store::objects) fn new_transport(&self) -> HttpTransport {
        self.transport.detached()
    }

    /// The check of `doctor` for the issuers of certificates, if the connections to `address` are encrypted.
    pub(in crate::store::objects) fn issuers(&self, address: &str) -> Option<Finding> {
        address.starts_with("https:").then(|| Finding::issuers(self.transport.describe_issuers()))
    }

    /// The same client with connections of its own, for another runtime, and another retry timeout.
    pub(in crate::store::objects) fn detached(&self, retry_timeout: Duration) -> Self {
        Self {
            protocol: Arc::clone(&self.protocol),
            transport: Arc::new(self.transport.detached()),
            budget: RetryBudget(retry_timeout),
        }
    }

    /// Sends a request until the server answers it or the retry budget is used up. A response is a success, or
    /// [expected](ErrorClass::Expected) by the caller.
    pub(in crate::store::objects) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ServiceError> {
        let (mut head, body) = request.into_parts();
        let body = body_pieces(body).await;
        self.protocol.prepare(&mut head, &body);
        self.budget.run(|| self.attempt(&head, &body)).await
    }

    async fn attempt(&self, head: &Parts, body: &[Bytes]) -> Attempt {
        let credential = match self.protocol.credential().await {
            Ok(credential) => credential,
            Err(error) => return Attempt::Fail(error),
        };
        let exchange = Exchange { head, body, credential: &credential };
        match self.send_once(head, body, &credential).await {
            Ok(response) if response.status().is_success() => match P::check(self, &exchange, response).await {
                Attempt::Done(response) => Attempt::Done(as_asked(head, response)),
                failed => failed,
            },
            Ok(response) => self.handle_error(&exchange, response).await,
            Err(attempt) => attempt,
        }
    }

    /// Signs and sends a request, once. The error is the end of the attempt.
    pub(in crate::store::objects) async fn send_once(
        &self,
        head: &Parts,
        body: &[Bytes],
        credential: &P::Credential,
    ) -> Result<HttpResponse, Attempt> {
        let mode = self.protocol.read_mode(head);
        let mut head = head.clone();
        head.headers.remove(CONTENT_LENGTH);
        let length: usize = body.iter().map(Bytes::len).sum();
        if length > 0 || matches!(head.method, Method::PUT | Method::POST) {
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let head = self.protocol.sign(head, credential).map_err(Attempt::Fail)?;
        let (secrets, is_read) = (RequestSecrets::of(&head), head.method == Method::GET);
        let response = self.transport.send(head, body, self.budget.stall_timeout(), mode).await?;
        if is_read && response.status().is_success() {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let body = body.bytes().await.map_err(|error| Attempt::from(interrupted(&error.to_string())))?;
        Ok(HttpResponse::from_parts(parts, secrets.mask(body).into()))
    }

    /// The error for a response that the service did not send.
    pub(in crate::store::objects) fn not_from(head: &Parts, headers: &HeaderMap) -> ServiceError {
        not_from(P::SERVICE, &head.uri, headers)
    }

    async fn handle_error(&self, exchange: &Exchange<'_, P>, response: HttpResponse) -> Attempt {
        let mut error = match self.read_error(response).await {
            Ok(error) => error,
            Err(attempt) => return attempt,
        };
        if error.is_web_page() && !has_header_of(&error.headers, P::OWN_HEADERS) {
            let foreign = Self::not_from(exchange.head, &error.headers);
            return match error.has_transient_status() {
                true => Attempt::RetryLater(foreign, error.retry_after(), RetryLimit::Budget),
                false => Attempt::Fail(foreign),
            };
        }
        let mut recovery = P::recover(self, exchange, &error).await;
        if matches!(recovery, Recovery::Unchanged)
            && let Some(detailed) = self.ask_for_detail(exchange, &error).await
        {
            error = detailed;
            recovery = P::recover(self, exchange, &error).await;
        }
        let mut explained = self.protocol.explain(exchange.head, exchange.credential, &error);
        if (explained.kind.is_none() || !has_header_of(&error.headers, P::OWN_HEADERS))
            && let Some(redirected) = redirected(&exchange.head.uri, error.status, &error.headers)
        {
            explained = redirected;
        }
        match recovery {
            Recovery::Retry => return Attempt::RetryNow(explained),
            Recovery::Fail => return Attempt::Fail(explained),
            Recovery::Respond(response) => return Attempt::Done(response),
            Recovery::Unchanged => {}
        }
        match self.protocol.classify(exchange.head, &error) {
            ErrorClass::CredentialRefused if self.protocol.refresh(exchange.credential).await => {
                Attempt::RetryNow(explained)
            }
            ErrorClass::CredentialRefused | ErrorClass::Permanent => Attempt::Fail(explained),
            ErrorClass::Transient => Attempt::RetryLater(explained, error.retry_after(), RetryLimit::Budget),
            ErrorClass::Expected => Attempt::Done(error.into_response()),
        }
    }

    /// The response to a `HEAD` request has no body, and may not name the error. The same request with `GET` has both.
    async fn ask_for_detail(&self, exchange: &Exchange<'_, P>, error: &ErrorResponse) -> Option<ErrorResponse> {
        let is_vague = error.code.is_empty() && matches!(error.status.as_u16(), 400 | 401 | 403);
        if exchange.head.method != Method::HEAD || !is_vague {
            return None;
        }
        let mut head = exchange.head.clone();
        head.method = Method::GET;
        head.headers.insert(RANGE, HeaderValue::from_static("bytes=0-0"));
        let response = self.send_once(&head, &[], exchange.credential).await.ok()?;
        let detailed = self.read_error(response).await.ok()?;
        (detailed.status == error.status).then_some(detailed)
    }

    async fn read_error(&self, response: HttpResponse) -> Result<ErrorResponse, Attempt> {
        let (parts, body) = response.into_parts();
        let body = body.bytes().await.map_err(|error| Attempt::from(interrupted(&error.to_string())))?;
        Ok(self.protocol.parse_error(parts.status, parts.headers, body))
    }
}

#[async_trait]
impl<P: CloudProtocol> HttpService for CloudClient<P> {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // `object_store` does not retry errors of the kind `Unknown`.
        self.send(request).await.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))
    }
}
