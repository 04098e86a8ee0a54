//! Every request to Azure passes here: it is signed, sent, and sent again while that is of use.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use object_store::PutMode;
use object_store::azure::AzureAuthorizer;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpService,
};
use object_store::path::Path;
use tokio::time::Instant;

use super::credentials::Credentials;
use super::failure::Answer;
use super::place::Place;
use crate::error::ErrorKind;
use crate::store::objects::known::Known;
use crate::store::objects::stream::Condition;
use crate::store::objects::web::{FEW, Silence, Web, Worth, backoff, element, pieces};

/// What is encoded in a name: all but letters, digits, `-._~` and the slash.
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The connection to one container.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) web: Arc<Web>,
    pub(super) credentials: Credentials,
    pub(super) place: Place,
    pub(super) retry_timeout: Duration,
}

/// What an answer asks for.
enum Verdict {
    Take(HttpResponse),
    /// Sent again at once, with a new token.
    AtOnce(Known),
    /// Sent again after a while, if there is time.
    Later(Known, Option<Duration>),
    Fail(Known),
}

impl Wire {
    /// A request about one blob, to be signed and sent.
    pub(super) fn request(&self, method: Method, path: &Path, query: &str) -> Result<HttpRequest, Known> {
        let path = percent_encoding::utf8_percent_encode(path.as_ref(), UNRESERVED);
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!("{}/{}/{path}{mark}{query}", self.place.endpoint, self.place.container).parse::<Uri>();
        let uri = uri.map_err(|error| Known::new(ErrorKind::Usage, format!("no address: {error}")))?;
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        Ok(request)
    }

    /// Sends a request until it is answered, or `retry_timeout` is over. An answer is a success, or one of those that
    /// mean something to whoever asked: not modified, not found, exists, precondition failed.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Known> {
        let (head, body) = request.into_parts();
        let body = pieces(body).await;
        let length: usize = body.iter().map(Bytes::len).sum();
        let (mut attempt, mut renewed, mut began) = (0, false, Instant::now());
        loop {
            let started = Instant::now();
            let (verdict, worth) = match self.attempt(&head, &body, length).await? {
                Ok(response) => (self.judge(&head, &body, response).await, Worth::Patience),
                Err(Silence { known, worth: Worth::Nothing }) => return Err(known),
                Err(Silence { known, worth }) => (Verdict::Later(known, None), worth),
            };
            let (known, asked) = match verdict {
                Verdict::Take(response) => return Ok(response),
                Verdict::Fail(known) => return Err(known),
                Verdict::AtOnce(known) if renewed => return Err(known),
                Verdict::AtOnce(_) => {
                    renewed = true;
                    continue;
                }
                Verdict::Later(known, asked) => (known, asked),
            };
            // Time in which a large body was on its way was not lost in waiting.
            let spent = started.elapsed();
            began += spent.saturating_sub(self.patience()).min(spent);
            let pause = asked.unwrap_or_else(|| backoff(attempt));
            attempt += 1;
            let given_up = worth == Worth::AFewTries && attempt >= FEW;
            if given_up || began.elapsed() + pause >= self.retry_timeout {
                return Err(known);
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// How long one attempt may wait for something to move.
    fn patience(&self) -> Duration {
        (self.retry_timeout / 3).max(Duration::from_millis(100))
    }

    async fn attempt(
        &self,
        head: &http::request::Parts,
        body: &[Bytes],
        length: usize,
    ) -> Result<Result<HttpResponse, Silence>, Known> {
        let credential = self.credentials.get().await?;
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = head.uri.clone();
        *request.headers_mut() = head.headers.clone();
        let headers = request.headers_mut();
        headers.remove(CONTENT_LENGTH);
        if length > 0 || matches!(head.method, Method::PUT | Method::POST) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        if is_commit(head)
            && let Some(Condition(mode)) = head.extensions.get::<Condition>()
        {
            headers.extend(condition(mode));
        }
        let authorizer = AzureAuthorizer::new(&credential, &self.place.account);
        authorizer.try_authorize(&mut request).map_err(|error| Known::new(ErrorKind::Other, error.to_string()))?;
        let (head, _) = request.into_parts();
        Ok(self.web.send(head.method, &head.uri.to_string(), head.headers, body, self.patience()).await)
    }

    async fn judge(&self, head: &http::request::Parts, body: &[Bytes], mut response: HttpResponse) -> Verdict {
        let status = response.status();
        if status.is_success() {
            // What others have put there must not keep the blob from being read.
            let strange: Vec<HeaderName> = response
                .headers()
                .iter()
                .filter(|(name, value)| name.as_str().starts_with("x-ms-meta-") && value.to_str().is_err())
                .map(|(name, _)| name.clone())
                .collect();
            for name in strange {
                response.headers_mut().remove(name);
            }
            return Verdict::Take(response);
        }
        let (parts, content) = response.into_parts();
        let answer = match content.bytes().await {
            Ok(content) => Answer::new(parts.status, parts.headers, content),
            Err(error) => return Verdict::Later(Known::new(ErrorKind::Connection, error.to_string()), None),
        };
        let known = answer.explain(&head.method, &self.place.account, &self.place.container);
        if answer.is_expired() && self.credentials.renew().await {
            return Verdict::AtOnce(known);
        }
        let is_refused = answer.code == "InvalidBlockList" || matches!(status.as_u16(), 409 | 412);
        if is_commit(head) && is_refused {
            // The same request may have landed before, and its answer may have been lost.
            if let Some(headers) = self.committed(head, body).await {
                let mut response = HttpResponse::new(Bytes::new().into());
                *response.status_mut() = StatusCode::CREATED;
                *response.headers_mut() = headers;
                return Verdict::Take(response);
            }
            if answer.code == "InvalidBlockList" {
                // Somebody else has written the blob, and with that our blocks are gone.
                return Verdict::Take(answer.into_response(StatusCode::PRECONDITION_FAILED));
            }
        }
        if answer.is_plain() {
            return Verdict::Take(answer.into_response(status));
        }
        if answer.is_transient() {
            return Verdict::Later(known, answer.retry_after());
        }
        Verdict::Fail(known)
    }

    /// The headers of the blob, if it consists of the very blocks that this request wanted to commit.
    async fn committed(&self, head: &http::request::Parts, body: &[Bytes]) -> Option<HeaderMap> {
        let mut asked = head.clone();
        asked.method = Method::GET;
        asked.uri = format!("{}&blocklisttype=committed", head.uri).parse().ok()?;
        asked.extensions = http::Extensions::new();
        let sent =
            |name: &HeaderName| name == CONTENT_TYPE || name == CONTENT_LENGTH || name.as_str().starts_with("x-ms-");
        let names: Vec<_> =
            asked.headers.keys().filter(|name| sent(name) && *name != "x-ms-version").cloned().collect();
        for name in names {
            asked.headers.remove(name);
        }
        let (parts, found) = self.attempt(&asked, &[], 0).await.ok()?.ok()?.into_parts();
        let found = found.bytes().await.ok().filter(|_| parts.status.is_success())?;
        let (found, wanted) = (String::from_utf8_lossy(&found).into_owned(), body.concat());
        let wanted = String::from_utf8_lossy(&wanted).into_owned();
        // Every block has a name of its own; who has the first has them all.
        let first = element(&wanted, "Uncommitted")?;
        found.contains(&format!("<Name>{first}</Name>")).then_some(parts.headers)
    }
}

/// Whether a request makes a blob of the blocks that were sent before.
fn is_commit(head: &http::request::Parts) -> bool {
    head.method == Method::PUT
        && head.uri.query().is_some_and(|query| query.split('&').any(|it| it == "comp=blocklist"))
}

fn condition(mode: &PutMode) -> Option<(HeaderName, HeaderValue)> {
    match mode {
        PutMode::Create => Some((IF_NONE_MATCH, HeaderValue::from_static("*"))),
        PutMode::Update(version) => {
            let e_tag = version.e_tag.as_deref().and_then(|e_tag| HeaderValue::from_str(e_tag).ok());
            e_tag.map(|e_tag| (IF_MATCH, e_tag))
        }
        PutMode::Overwrite => None,
    }
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // `Unknown` is what `object_store` does not try again by itself.
        self.send(request).await.map_err(|known| HttpError::new(HttpErrorKind::Unknown, known))
    }
}

/// Hands the same wire to whoever asks for a client.
#[derive(Debug)]
pub(super) struct Plug(pub(super) Arc<Wire>);

#[async_trait]
impl HttpService for Plug {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.0.call(request).await
    }
}

impl HttpConnector for Plug {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Self(Arc::clone(&self.0))))
    }
}
