//! HTTP with patience: nothing waits for a server that has stopped to move.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method};
use http_body::{Body, Frame, SizeHint};
use object_store::client::{HttpError, HttpErrorKind, HttpRequestBody, HttpResponse, HttpResponseBody};
use tokio::time::{Instant, Sleep};
use url::{Host, Url};

use crate::error::ErrorKind;
use crate::store::objects::known::Known;

/// What a request hands over at a time, so that a slow connection is seen to move.
const CHUNK: usize = 64 << 10;

/// The first pause before a request is sent again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How often an address that nobody answers at is tried.
const FEW: u32 = 3;

/// How often a request is sent again because something has been learned.
const TURNS: u32 = 4;

/// The longest answer that is held in memory. The longest list has 5,000 names of 1,024 characters each.
const LONGEST: usize = 64 << 20;

/// An HTTP client that is made when it is first needed: it reads the certificates of the system.
#[derive(Debug)]
pub(super) struct Web {
    client: OnceLock<Result<reqwest::Client, Known>>,
    connect_timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Silence {
    pub(super) known: Known,
    /// How often it is worth another try.
    pub(super) worth: Worth,
}

/// How much of an answer the caller needs. What it needs and does not get is a failed attempt, which can be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The head alone says how it went; the body too where it is an error.
    Head,
    /// All of it, which is small: a list, an error, a description.
    Whole,
    /// The body of a success as it arrives, because a document may be of any length. Who reads it goes on where it
    /// breaks off.
    Stream,
}

/// How often something is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Nothing,
    AFewTries,
    Patience,
}

/// What an attempt asks for.
pub(super) enum Verdict {
    Take(HttpResponse),
    /// Sent again at once, because something has been learned.
    AtOnce(Known),
    /// Sent again after a while, if there is time.
    Later(Known, Option<Duration>, Worth),
    Fail(Known),
}

impl Verdict {
    /// Sent again after a while that we choose.
    pub(super) fn later(known: Known) -> Self {
        Self::Later(known, None, Worth::Patience)
    }
}

impl From<Silence> for Verdict {
    fn from(Silence { known, worth }: Silence) -> Self {
        match worth {
            Worth::Nothing => Self::Fail(known),
            worth => Self::Later(known, None, worth),
        }
    }
}

/// How long one attempt may wait for something to move, of the time that all may take.
pub(super) fn patience(retry_timeout: Duration) -> Duration {
    (retry_timeout / 3).max(Duration::from_millis(100))
}

/// Makes attempts until one is taken, or `retry_timeout` is over.
pub(super) async fn persist<F>(retry_timeout: Duration, mut attempt: impl FnMut() -> F) -> Result<HttpResponse, Known>
where
    F: Future<Output = Verdict>,
{
    let (mut failed, mut turns, mut began) = (0, 0, Instant::now());
    loop {
        let started = Instant::now();
        let (known, asked, worth) = match attempt().await {
            Verdict::Take(response) => return Ok(response),
            Verdict::Fail(known) => return Err(known),
            Verdict::AtOnce(known) if turns >= TURNS => return Err(known),
            Verdict::AtOnce(_) => {
                turns += 1;
                continue;
            }
            Verdict::Later(known, asked, worth) => (known, asked, worth),
        };
        // Time in which a large body was on its way was not lost in waiting.
        let spent = started.elapsed();
        began += spent.saturating_sub(patience(retry_timeout)).min(spent);
        let pause = asked.unwrap_or_else(|| backoff(failed));
        failed += 1;
        let given_up = worth == Worth::AFewTries && failed >= FEW;
        if given_up || began.elapsed() + pause >= retry_timeout {
            return Err(known);
        }
        tokio::time::sleep(pause).await;
    }
}

/// A random pause, the longer the more attempts have failed.
fn backoff(failed: u32) -> Duration {
    let longest = PAUSES.0.saturating_mul(1 << failed.min(10)).min(PAUSES.1);
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), failed);
    let share = u32::try_from(random % 1000).unwrap_or_default();
    longest / 2 + longest / 2000 * share
}

impl Web {
    pub(super) fn new(connect_timeout: Duration) -> Self {
        Self { client: OnceLock::new(), connect_timeout }
    }

    /// Another client with connections of its own.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.connect_timeout)
    }

    fn client(&self) -> Result<&reqwest::Client, Known> {
        let client = self.client.get_or_init(|| {
            // Ours, unless the process has one already.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let client = reqwest::Client::builder()
                .connect_timeout(self.connect_timeout)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("truthound-store/", env!("CARGO_PKG_VERSION")))
                .http1_only()
                .tcp_nodelay(true)
                .build();
            client.map_err(|error| Known::new(ErrorKind::Other, format!("no HTTP client: {}", innermost(&error))))
        });
        client.as_ref().map_err(Clone::clone)
    }

    /// Sends a request, and waits for as much of the answer as `reading` says, as long as something moves every
    /// `patience`.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: &[Bytes],
        patience: Duration,
        reading: Reading,
    ) -> Result<HttpResponse, Silence> {
        let client = self.client().map_err(|known| Silence { known, worth: Worth::Nothing })?;
        let began = Instant::now();
        let moved = Arc::new(AtomicU64::new(0));
        let request = client.request(method, url).headers(headers).body(outgoing(body, began, &moved));
        let answer = request.send();
        tokio::pin!(answer);
        let response = loop {
            let seen = moved.load(Ordering::Relaxed);
            tokio::select! {
                answer = &mut answer => break answer.map_err(|error| silence(&error))?,
                () = tokio::time::sleep_until(began + Duration::from_millis(seen) + patience) => {
                    if moved.load(Ordering::Relaxed) == seen {
                        return Err(timed_out(patience));
                    }
                }
            }
        };
        let (parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
        let body = Patient { body, patience, timer: Box::pin(tokio::time::sleep(patience)) };
        let is_success = parts.status.is_success();
        let body = match reading {
            Reading::Stream if is_success => HttpResponseBody::new(body),
            Reading::Head if is_success => whole(body).await.unwrap_or_default().into(),
            _ => whole(body).await?.into(),
        };
        Ok(HttpResponse::from_parts(parts, body))
    }
}

/// All of a body; a silence if it breaks off.
async fn whole(mut body: Patient) -> Result<Bytes, Silence> {
    let mut read = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| {
            let text = Known::under(&error).map_or_else(|| error.to_string(), ToString::to_string);
            breaks_off(&text)
        })?;
        if let Ok(data) = frame.into_data() {
            read.extend_from_slice(&data);
        }
        if read.len() > LONGEST {
            let known = Known::new(ErrorKind::Connection, "the server's answer has no end");
            return Err(Silence { known, worth: Worth::Nothing });
        }
    }
    Ok(read.into())
}

/// The failure of an answer that ends too early.
pub(super) fn breaks_off(why: &str) -> Silence {
    let known = Known::new(ErrorKind::Connection, format!("the server's answer breaks off: {why}"));
    Silence { known: known.hint("check the network, and try again"), worth: Worth::Patience }
}

fn outgoing(body: &[Bytes], began: Instant, moved: &Arc<AtomicU64>) -> reqwest::Body {
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
    let moved = Arc::clone(moved);
    reqwest::Body::wrap_stream(stream::iter(chunks.into_iter().map(move |chunk| {
        moved.store(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok::<_, std::convert::Infallible>(chunk)
    })))
}

/// The pieces of a request's body, which are shared and not copied.
pub(super) async fn pieces(mut body: HttpRequestBody) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    while let Some(Ok(frame)) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        pieces.extend(frame.into_data());
    }
    pieces
}

fn timed_out(patience: Duration) -> Silence {
    let message = format!("the server is silent for {} seconds", patience.as_secs().max(1));
    let known = Known::new(ErrorKind::Connection, message).hint("try again later, or raise `retry_timeout`");
    Silence { known, worth: Worth::Patience }
}

fn silence(error: &reqwest::Error) -> Silence {
    let text = innermost(error);
    let mut known = Known::new(ErrorKind::Connection, text.clone());
    let mut worth = Worth::Patience;
    if error.is_builder() {
        worth = Worth::Nothing;
    } else if text.contains("certificate") {
        worth = Worth::Nothing;
        known = known.hint("let this system trust the server's certificate, or correct `endpoint_url`");
    } else if error.is_connect() && !error.is_timeout() {
        worth = Worth::AFewTries;
        known = known.hint("check the network, and `endpoint_url` if there is one");
    } else {
        known = known.hint("check the network, and try again");
    }
    Silence { known, worth }
}

/// The reason under all reasons, which is the one that says something.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// A body that fails when nothing of it arrives any more.
struct Patient {
    body: reqwest::Body,
    patience: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Body for Patient {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let next = Instant::now() + self.patience;
            self.timer.as_mut().reset(next);
            // What was being read decides what it means that it cannot be read to its end.
            let broken =
                |error| HttpError::new(HttpErrorKind::Interrupted, Known { kind: None, ..silence(&error).known });
            return Poll::Ready(frame.map(|frame| frame.map_err(broken)));
        }
        match self.timer.as_mut().poll(context) {
            Poll::Ready(()) => {
                Poll::Ready(Some(Err(HttpError::new(HttpErrorKind::Timeout, timed_out(self.patience).known))))
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

/// Whether an address is one of this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Whether tokens may be sent to an address: nobody on the way can read them.
pub(super) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_in_clear_within_this_machine_only() {
        for (url, safe) in [
            ("https://example.com", true),
            ("http://127.0.0.1:1", true),
            ("http://localhost:1", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1", false),
            ("http://example.com", false),
            ("ftp://localhost", false),
        ] {
            assert_eq!(is_safe(&Url::parse(url).unwrap()), safe, "{url}");
        }
    }
}
