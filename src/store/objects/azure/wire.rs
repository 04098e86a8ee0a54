//! Every request to Azure passes here: it is signed, sent, and sent again while that is of use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use object_store::PutMode;
use object_store::azure::{AzureAuthorizer, AzureCredential};
use object_store::client::{HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpService};
use object_store::path::Path;

use super::credentials::Credentials;
use super::failure::Answer;
use super::place::Place;
use crate::error::ErrorKind;
use crate::store::objects::answer::{element, judge_list, leave_out_unreadable, response};
use crate::store::objects::known::Known;
use crate::store::objects::stream::Condition;
use crate::store::objects::web::{Reading, Silence, Verdict, Web, Worth, patience, persist, pieces};

/// What is encoded in a name: all but letters, digits, `-._~` and the slash.
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The first version of the protocol that lets a list begin at a name; others would begin at the beginning.
/// <https://learn.microsoft.com/rest/api/storageservices/list-blobs#uri-parameters>
const KNOWS_START_FROM: &str = "2026-02-06";

/// How many names a list holds at first; Azure would send 5,000.
const FIRST_PAGE: usize = 1000;

/// The connection to one container.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) web: Arc<Web>,
    pub(super) credentials: Credentials,
    pub(super) place: Place,
    pub(super) retry_timeout: Duration,
    /// Whether the server has said that it does not know the version that lists beginning at a name need.
    pub(super) is_older: AtomicBool,
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
        let (mut head, body) = request.into_parts();
        complete(&mut head);
        let body = pieces(body).await;
        persist(self.retry_timeout, || async {
            let credential = match self.credentials.get().await {
                Ok(credential) => credential,
                Err(known) => return Verdict::Fail(known),
            };
            match self.attempt(&credential, &head, &body).await {
                Ok(Ok(response)) => self.judge(&credential, &head, &body, response).await,
                Ok(Err(silence)) => silence.into(),
                Err(known) => Verdict::Fail(known),
            }
        })
        .await
    }

    async fn attempt(
        &self,
        credential: &AzureCredential,
        head: &http::request::Parts,
        body: &[Bytes],
    ) -> Result<Result<HttpResponse, Silence>, Known> {
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = head.uri.clone();
        *request.headers_mut() = head.headers.clone();
        let headers = request.headers_mut();
        headers.remove(CONTENT_LENGTH);
        if begins_at_a_name(head) && !self.is_older.load(Ordering::Relaxed) {
            headers.insert(HeaderName::from_static("x-ms-version"), HeaderValue::from_static(KNOWS_START_FROM));
        }
        let length: usize = body.iter().map(Bytes::len).sum();
        if length > 0 || matches!(head.method, Method::PUT | Method::POST) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let authorizer = AzureAuthorizer::new(credential, &self.place.account);
        authorizer.try_authorize(&mut request).map_err(|error| Known::new(ErrorKind::Other, error.to_string()))?;
        let (head, _) = request.into_parts();
        let address = head.uri.to_string();
        let reading = reading(&head);
        Ok(self.web.send(head.method, &address, head.headers, body, patience(self.retry_timeout), reading).await)
    }

    async fn judge(
        &self,
        credential: &Arc<AzureCredential>,
        head: &http::request::Parts,
        body: &[Bytes],
        mut answered: HttpResponse,
    ) -> Verdict {
        let status = answered.status();
        if status.is_success() {
            leave_out_unreadable(answered.headers_mut(), "x-ms-meta-");
            return match is_list(head) {
                true => judge_list(answered, "EnumerationResults").await,
                false => Verdict::Take(answered),
            };
        }
        let (parts, content) = answered.into_parts();
        let answer = match content.bytes().await {
            Ok(content) => Answer::new(parts.status, parts.headers, content),
            Err(error) => return Verdict::later(Known::new(ErrorKind::Connection, error.to_string())),
        };
        let known = answer.explain(&head.method, &self.place, credential);
        if answer.is_expired() && self.credentials.renew(credential).await {
            return Verdict::AtOnce(known);
        }
        // Without that version it lists from the beginning, and what comes before is left out here.
        if begins_at_a_name(head) && answer.code == "InvalidHeaderValue" && !self.is_older.swap(true, Ordering::Relaxed)
        {
            return Verdict::AtOnce(known);
        }
        let is_refused = answer.code == "InvalidBlockList" || matches!(status.as_u16(), 409 | 412);
        if is_commit(head) && is_refused {
            // The same request may have landed before, and its answer may have been lost.
            if let Some(headers) = self.committed(credential, head, body).await {
                return Verdict::Take(response(StatusCode::CREATED, headers, Bytes::new()));
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
            return Verdict::Later(known, answer.retry_after(), Worth::Patience);
        }
        Verdict::Fail(known)
    }

    /// The headers of the blob, if it consists of the very blocks that this request wanted to commit.
    async fn committed(
        &self,
        credential: &AzureCredential,
        head: &http::request::Parts,
        body: &[Bytes],
    ) -> Option<HeaderMap> {
        let mut asked = head.clone();
        asked.method = Method::GET;
        asked.uri = format!("{}&blocklisttype=committed", head.uri).parse().ok()?;
        // Neither what the blob was to carry nor the condition is meant for this.
        asked.headers.clear();
        let (parts, found) = self.attempt(credential, &asked, &[]).await.ok()?.ok()?.into_parts();
        let found = found.bytes().await.ok().filter(|_| parts.status.is_success())?;
        let (found, wanted) = (String::from_utf8_lossy(&found).into_owned(), body.concat());
        let wanted = String::from_utf8_lossy(&wanted).into_owned();
        // Every block has a name of its own; who has the first has them all.
        let first = element(&wanted, "Uncommitted")?;
        found.contains(&format!("<Name>{first}</Name>")).then_some(parts.headers)
    }
}

/// Adds what `object_store` leaves to us.
fn complete(head: &mut http::request::Parts) {
    if is_commit(head)
        && let Some(Condition(mode)) = head.extensions.get::<Condition>()
    {
        head.headers.extend(condition(mode));
    }
    let query = head.uri.query().unwrap_or_default();
    if !is_list(head) {
        return;
    }
    // Whoever begins a list may want no more than its beginning; whoever goes on wants much.
    if !query.contains("marker=")
        && let Ok(uri) = format!("{}&maxresults={FIRST_PAGE}", head.uri).parse()
    {
        head.uri = uri;
    }
}

/// Whether a request is for a list.
fn is_list(head: &http::request::Parts) -> bool {
    head.uri.query().is_some_and(|query| has(query, "comp=list"))
}

/// Whether a request is for a list that begins at a name.
fn begins_at_a_name(head: &http::request::Parts) -> bool {
    is_list(head) && head.uri.query().is_some_and(|query| query.contains("startFrom="))
}

/// How much of the answer to a request is needed. Only what is no blob itself has a component.
fn reading(head: &http::request::Parts) -> Reading {
    match head.method {
        Method::GET if !head.uri.query().unwrap_or_default().contains("comp=") => Reading::Stream,
        Method::GET => Reading::Whole,
        _ => Reading::Head,
    }
}

/// Whether a query has this pair.
fn has(query: &str, pair: &str) -> bool {
    query.split('&').any(|it| it == pair)
}

/// Whether a request makes a blob of the blocks that were sent before.
fn is_commit(head: &http::request::Parts) -> bool {
    head.method == Method::PUT && head.uri.query().is_some_and(|query| has(query, "comp=blocklist"))
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
