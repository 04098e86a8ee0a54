//! HTTP transport with stall timeouts: no request waits on a connection that has stopped making progress.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use http::request::Parts;
use http_body::{Body, Frame, SizeHint};
use object_store::client::{HttpError, HttpErrorKind, HttpResponse, HttpResponseBody};
use rustls::RootCertStore;
use tokio::time::{Instant, Sleep};
use url::Url;

use super::proxy::Proxy;
use super::retry::{Attempt, RetryLimit};
use super::settings::ConnectionSettings;
use super::trace;
use crate::error::ErrorKind;
use crate::pace::longest_answer;
use crate::store::objects::service_error::{ServiceError, root_cause};

/// Size of the chunks in which a request body is sent, in bytes. Each chunk taken counts as progress.
const CHUNK: usize = 64 << 10;

/// The longest response body that is buffered, in bytes. The longest list has 5,000 names of 1,024 characters each.
const LONGEST_BUFFERED: usize = 32 << 20;

/// How much of an error response is read, in bytes, and of a response with a body that does not matter. The words of an error
/// are at its start.
const LONGEST_MESSAGE: usize = 64 << 10;

/// An HTTP client for connections with TLS and one for those without. Each is created with its first request, because one
/// with TLS reads the system's certificates, which takes longer than a request.
#[derive(Debug)]
pub(in crate::store::objects) struct HttpTransport {
    secure: OnceLock<Result<reqwest::Client, ServiceError>>,
    plain: OnceLock<Result<reqwest::Client, ServiceError>>,
    settings: ConnectionSettings,
}

/// Why a request has no response.
#[derive(Debug)]
pub(in crate::store::objects) struct TransportError {
    pub(in crate::store::objects) error: ServiceError,
    pub(in crate::store::objects) limit: RetryLimit,
}

/// How much of a response an attempt must receive to succeed. Of an error response the start is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::objects) enum ReadMode {
    /// The headers; a body that breaks off does not matter.
    Headers,
    /// The whole body, which is small: a list, a description.
    Buffered,
    /// The headers; the caller reads the body as a stream and resumes it where it breaks off. For documents, which may be
    /// of any length.
    Streamed,
}

impl From<TransportError> for Attempt {
    fn from(TransportError { error, limit }: TransportError) -> Self {
        match limit {
            RetryLimit::Never => Self::Fail(error),
            limit => Self::RetryLater(error, None, limit),
        }
    }
}

impl HttpTransport {
    /// A client that connects as `settings` say.
    pub(in crate::store::objects) fn new(settings: ConnectionSettings) -> Self {
        Self { secure: OnceLock::new(), plain: OnceLock::new(), settings }
    }

    /// The same client without its connections, for another runtime.
    pub(super) fn detached(&self) -> Self {
        Self::new(self.settings.clone())
    }

    /// Tells the user where a value comes from, if that is wanted: [`Notices::source`](crate::store::contract::Notices::source).
    pub(in crate::store::objects) fn tell_source(&self, value: &str, place: &str) {
        if let Some(notices) = &self.settings.trace {
            notices.source(value, place);
        }
    }

    /// Which issuers of certificates are trusted, for `doctor`.
    pub(super) fn describe_issuers(&self) -> Result<String, String> {
        self.settings.describe_issuers()
    }

    /// The client for requests to `url` through `proxy`.
    fn client(&self, url: &Url, proxy: Option<&Proxy>) -> Result<&reqwest::Client, ServiceError> {
        let has_tls = [Some(url), proxy.and_then(Proxy::url)].into_iter().flatten().any(|url| url.scheme() == "https");
        let client = if has_tls {
            self.secure.get_or_init(|| self.settings.issuers().and_then(|issuers| self.settings.client(issuers)))
        } else {
            self.plain.get_or_init(|| self.settings.client(RootCertStore::empty()))
        };
        client.as_ref().map_err(Clone::clone)
    }

    /// Sends one request and receives as much of the response as `mode` says. Fails when nothing is sent or received for
    /// `stall_timeout`.
    pub(in crate::store::objects) async fn send(
        &self,
        head: Parts,
        body: &[Bytes],
        stall_timeout: Duration,
        mode: ReadMode,
    ) -> Result<HttpResponse, TransportError> {
        let Some(notices) = &self.settings.trace else { return self.exchange(head, body, stall_timeout, mode).await };
        let (method, url, began) = (head.method.clone(), Url::parse(&head.uri.to_string()), Instant::now());
        let response = self.exchange(head, body, stall_timeout, mode).await;
        let outcome = match &response {
            Ok(response) => response.status().as_u16().to_string(),
            Err(failure) => failure.error.to_string(),
        };
        if let Ok(url) = url {
            trace::tell(notices, &method, &url, &outcome, began.elapsed());
        }
        response
    }

    async fn exchange(
        &self,
        head: Parts,
        body: &[Bytes],
        stall_timeout: Duration,
        mode: ReadMode,
    ) -> Result<HttpResponse, TransportError> {
        let never = |error| TransportError { error, limit: RetryLimit::Never };
        let url = Url::parse(&head.uri.to_string());
        let url = url.map_err(|error| never(ServiceError::new(ErrorKind::Usage, format!("invalid URL: {error}"))))?;
        let proxy = self.settings.proxies.route(&url);
        if let Some(proxy) = proxy.filter(|proxy| proxy.url().is_none()) {
            return Err(never(proxy.unknown(&url)));
        }
        let client = self.client(&url, proxy).map_err(never)?;
        let failed = |error: &reqwest::Error| {
            let failure = transport_error(error, &self.settings.address);
            TransportError {
                error: proxy.into_iter().fold(failure.error, |it, proxy| proxy.explain(it, &url)),
                ..failure
            }
        };
        let began = Instant::now();
        let progress = Arc::new(AtomicU64::new(0));
        let request = client.request(head.method, url.clone()).headers(head.headers);
        let response = request.body(request_body(body, began, &progress)).send();
        tokio::pin!(response);
        let response = loop {
            let seen = progress.load(Ordering::Relaxed);
            tokio::select! {
                response = &mut response => break response.map_err(|error| failed(&error))?,
                () = tokio::time::sleep_until(began + Duration::from_millis(seen) + stall_timeout) => {
                    if progress.load(Ordering::Relaxed) == seen {
                        return Err(stalled(stall_timeout));
                    }
                }
            }
        };
        let (parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
        if let Some(proxy) = proxy.filter(|_| parts.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED) {
            let error = ServiceError::new(ErrorKind::Connection, "the proxy asks for a user and a password");
            return Err(never(proxy.explain(error, &url)));
        }
        let body = StallTimeoutBody::new(body, stall_timeout);
        let is_success = parts.status.is_success();
        let body = match mode {
            ReadMode::Streamed if is_success => HttpResponseBody::new(body),
            ReadMode::Buffered if is_success => whole(body).await?.into(),
            ReadMode::Headers if is_success => start_of(body).await.unwrap_or_default().into(),
            _ => start_of(body).await?.into(),
        };
        Ok(HttpResponse::from_parts(parts, body))
    }
}

/// Reads a body to its end.
async fn whole(body: StallTimeoutBody) -> Result<Bytes, TransportError> {
    let read = read_up_to(body, LONGEST_BUFFERED + 1).await?;
    if read.len() > LONGEST_BUFFERED {
        let message = format!("the server's response is longer than {} MiB", LONGEST_BUFFERED >> 20);
        let error =
            ServiceError::new(ErrorKind::Connection, message).hint("look for a proxy that answers in its place");
        return Err(TransportError { error, limit: RetryLimit::Never });
    }
    Ok(read)
}

/// Reads the start of a body. The connection of a longer one is closed.
async fn start_of(body: StallTimeoutBody) -> Result<Bytes, TransportError> {
    read_up_to(body, LONGEST_MESSAGE).await
}

/// Reads at most `most` bytes. Allocates for bytes that have arrived, and not for those that are announced.
async fn read_up_to(mut body: StallTimeoutBody, most: usize) -> Result<Bytes, TransportError> {
    let mut read = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| {
            let text = ServiceError::under(&error).map_or_else(|| error.to_string(), ToString::to_string);
            interrupted(&text)
        })?;
        if let Ok(mut data) = frame.into_data() {
            data.truncate(most - read.len());
            read.extend_from_slice(&data);
        }
        if read.len() == most {
            break;
        }
    }
    Ok(read.into())
}

/// The error for a response that ended before it was complete.
pub(in crate::store::objects) fn interrupted(reason: &str) -> TransportError {
    let error = ServiceError::new(ErrorKind::Connection, format!("the server's response was cut off: {reason}"));
    TransportError { error: error.hint("check the network, and try again"), limit: RetryLimit::Budget }
}

fn request_body(body: &[Bytes], began: Instant, progress: &Arc<AtomicU64>) -> reqwest::Body {
    let mut chunks = Vec::new();
    for piece in body {
        let mut rest = piece.clone();
        while !rest.is_empty() {
            chunks.push(rest.split_to(rest.len().min(CHUNK)));
        }
    }
    if chunks.len() < 2 {
        return chunks.pop().unwrap_or_default().into();
    }
    let progress = Arc::clone(progress);
    reqwest::Body::wrap_stream(stream::iter(chunks.into_iter().map(move |chunk| {
        progress.store(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok::<_, std::convert::Infallible>(chunk)
    })))
}

fn stalled(stall_timeout: Duration) -> TransportError {
    out_of_time(format!("no response from the server for {} seconds", stall_timeout.as_secs().max(1)))
}

fn too_slow() -> TransportError {
    out_of_time("the server answers too slowly: it sends less than 1 KiB per second".to_owned())
}

fn out_of_time(message: String) -> TransportError {
    let error = ServiceError::new(ErrorKind::Connection, message).hint("try again later, or raise `retry_timeout`");
    TransportError { error, limit: RetryLimit::Budget }
}

/// `address` says where the server's address comes from.
fn transport_error(error: &reqwest::Error, address: &str) -> TransportError {
    let text = root_cause(error);
    if let Some(error) = wrong_protocol(&text, address) {
        return TransportError { error, limit: RetryLimit::Few };
    }
    let (limit, hint) = if error.is_builder() {
        (RetryLimit::Never, None)
    } else if text.contains("certificate") {
        let hint =
            "let this system trust the server's certificate, name a file with its issuer in SSL_CERT_FILE, or correct";
        (RetryLimit::Never, Some(format!("{hint} {address}")))
    } else if error.is_connect() && !error.is_timeout() {
        (RetryLimit::Few, Some(format!("check the network, and {address}")))
    } else {
        (RetryLimit::Budget, Some("check the network, and try again".to_owned()))
    };
    let error = ServiceError::new(ErrorKind::Connection, text);
    TransportError { error: hint.into_iter().fold(error, ServiceError::hint), limit }
}

/// The error for a server that does not speak the protocol of the URL's scheme, recognized by the words of rustls and hyper.
fn wrong_protocol(text: &str, address: &str) -> Option<ServiceError> {
    let (message, scheme, tls) = if text.contains("InvalidContentType") {
        ("the server answers without TLS", "http", "no TLS")
    } else if text.contains("tls handshake eof") {
        ("the server ends the connection instead of answering with TLS", "http", "no TLS")
    } else if text.contains("invalid HTTP version parsed") {
        ("the server's answer is not HTTP", "https", "TLS")
    } else {
        return None;
    };
    let hint = format!("write {scheme}:// if the server at this port has {tls}; check {address}");
    Some(ServiceError::new(ErrorKind::Connection, message).hint(hint))
}

/// A response body that fails when nothing arrives for `stall_timeout`, or too little for the time that it was waited for.
struct StallTimeoutBody {
    body: reqwest::Body,
    stall_timeout: Duration,
    timer: Pin<Box<Sleep>>,
    received: u64,
    /// How long the body was waited for, and since when it is waited for now. Time that the reader takes does not count.
    waited: Duration,
    waiting_since: Option<Instant>,
}

impl StallTimeoutBody {
    fn new(body: reqwest::Body, stall_timeout: Duration) -> Self {
        let timer = Box::pin(tokio::time::sleep(stall_timeout));
        Self { body, stall_timeout, timer, received: 0, waited: Duration::ZERO, waiting_since: None }
    }

    /// Notes that bytes have come.
    fn receive(&mut self, bytes: usize) {
        self.received += bytes as u64;
        self.waited += self.waiting_since.take().map_or(Duration::ZERO, |since| since.elapsed());
    }

    /// Returns how much longer the body may be waited for in all.
    fn patience(&self) -> Duration {
        longest_answer(self.stall_timeout, self.received).saturating_sub(self.waited)
    }
}

impl Body for StallTimeoutBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
            self.receive(bytes);
            // The reader of the body decides the kind: the same interruption fails a read, a list or a check.
            let broken = |error| {
                let error = ServiceError { kind: None, ..transport_error(&error, "").error };
                HttpError::new(HttpErrorKind::Interrupted, error)
            };
            return Poll::Ready(frame.map(|frame| frame.map_err(broken)));
        }
        if self.waiting_since.is_none() {
            let now = Instant::now();
            self.waiting_since = Some(now);
            let wait = self.stall_timeout.min(self.patience());
            self.timer.as_mut().reset(now + wait);
        }
        match self.timer.as_mut().poll(context) {
            Poll::Ready(()) => {
                let error = match self.patience() < self.stall_timeout {
                    true => too_slow().error,
                    false => stalled(self.stall_timeout).error,
                };
                Poll::Ready(Some(Err(HttpError::new(HttpErrorKind::Timeout, error))))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
