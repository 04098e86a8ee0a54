//! Every request to Google Cloud Storage passes here: it carries a token, and is sent again while that is of use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, IF_MATCH, RANGE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use object_store::client::{HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService};

use super::credentials::Credentials;
use super::failure::{Answer, missing_bucket};
use super::page::judge_page;
use super::place::Place;
use crate::error::ErrorKind;
use crate::store::objects::answer::leave_out_unreadable;
use crate::store::objects::known::Known;
use crate::store::objects::web::{Reading, Silence, Verdict, Web, Worth, patience, persist, pieces};

/// The connection to one bucket.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) web: Arc<Web>,
    pub(super) credentials: Credentials,
    pub(super) place: Place,
    /// The project that pays where the bucket's does not.
    pub(super) project: Option<HeaderValue>,
    /// Whether the bucket has asked for it. Whoever names a project must have a right to use it, so it is named only then.
    pub(super) project_is_asked_for: AtomicBool,
    /// Whether the server has only the JSON API at its address. `fake-gcs-server` has the XML API at the host that its option
    /// `-public-host` names, and nowhere else.
    pub(super) is_json_only: AtomicBool,
    pub(super) retry_timeout: Duration,
}

impl Wire {
    /// Sends a request until it is answered, or `retry_timeout` is over. An answer is a success, or one of those that
    /// mean something to whoever asked: go on, not modified, not found, conflict, precondition failed.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Known> {
        let (head, body) = request.into_parts();
        let body = pieces(body).await;
        persist(self.retry_timeout, || async {
            match self.attempt(&head, &body).await {
                Ok(Ok(response)) => self.judge(&head, response).await,
                Ok(Err(silence)) => silence.into(),
                Err(known) => Verdict::Fail(known),
            }
        })
        .await
    }

    async fn attempt(
        &self,
        head: &http::request::Parts,
        body: &[Bytes],
    ) -> Result<Result<HttpResponse, Silence>, Known> {
        let mut headers = head.headers.clone();
        match self.credentials.get().await? {
            Some(token) => headers.insert(AUTHORIZATION, token),
            None => headers.remove(AUTHORIZATION),
        };
        if self.project_is_asked_for.load(Ordering::Relaxed)
            && let Some(project) = &self.project
        {
            headers.insert(HeaderName::from_static("x-goog-user-project"), project.clone());
        }
        // `readable` makes the generation the ETag.
        let generation = headers.get(IF_MATCH).filter(|_| self.is_object(head)).cloned();
        if let Some(generation) = generation {
            headers.remove(IF_MATCH);
            headers.insert(HeaderName::from_static("x-goog-if-generation-match"), generation);
        }
        // What Python has stored with an encoding would arrive decoded, without its length.
        // https://cloud.google.com/storage/docs/transcoding
        if self.is_object(head) && head.method == Method::GET {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let length: usize = body.iter().map(Bytes::len).sum();
        headers.remove(CONTENT_LENGTH);
        if length > 0 || matches!(head.method, Method::PUT | Method::POST) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let mut address = head.uri.to_string();
        if self.is_object(head) && self.is_json_only.load(Ordering::Relaxed) {
            address = self.place.media(&address);
        }
        let reading = self.reading(head);
        Ok(self.web.send(head.method.clone(), &address, headers, body, patience(self.retry_timeout), reading).await)
    }

    /// Whether a request is about the content of an object, as the XML API addresses it.
    fn is_object(&self, head: &http::request::Parts) -> bool {
        let address = head.uri.to_string();
        let path = address.strip_prefix(&self.place.base).unwrap_or_default();
        !["/storage/v1/", "/upload/storage/v1/"].iter().any(|start| path.starts_with(start))
    }

    fn is_list(&self, head: &http::request::Parts) -> bool {
        let address = head.uri.to_string();
        head.method == Method::GET && address.split('?').next() == Some(self.place.objects().as_str())
    }

    /// The failure of a request that the server refuses because there is no such bucket.
    pub(super) fn missing_bucket(&self) -> Known {
        missing_bucket(&self.place.bucket, "the bucket does not exist")
    }

    /// How much of the answer to a request is needed. The JSON API says in the body what it has stored.
    fn reading(&self, head: &http::request::Parts) -> Reading {
        match head.method {
            Method::GET if self.is_object(head) => Reading::Stream,
            Method::DELETE | Method::HEAD => Reading::Head,
            _ => Reading::Whole,
        }
    }

    async fn judge(&self, head: &http::request::Parts, response: HttpResponse) -> Verdict {
        let status = response.status();
        if status.is_success() {
            return match self.is_list(head) {
                true => judge_page(response).await,
                false => Verdict::Take(readable(response)),
            };
        }
        // To an upload this says how much of it has arrived.
        if status == StatusCode::PERMANENT_REDIRECT && !self.is_object(head) {
            return Verdict::Take(response);
        }
        let answer = match self.read(head, response).await {
            Ok(answer) => answer,
            Err(known) => return Verdict::later(known),
        };
        let known = answer.explain(&self.place.bucket);
        if status == StatusCode::NOT_MODIFIED {
            return Verdict::Take(answer.into_response());
        }
        if answer.wants_a_payer() && self.project.is_some() {
            self.project_is_asked_for.store(true, Ordering::Relaxed);
            return Verdict::AtOnce(known);
        }
        // The XML API's errors are XML.
        if status == StatusCode::NOT_FOUND
            && self.is_object(head)
            && answer.is_plain_text()
            && !self.is_json_only.swap(true, Ordering::Relaxed)
        {
            return Verdict::AtOnce(known);
        }
        if status == StatusCode::UNAUTHORIZED && self.credentials.renew().await {
            return Verdict::AtOnce(known);
        }
        if answer.is_transient() {
            return Verdict::Later(known, answer.retry_after(), Worth::Patience);
        }
        let is_plain = matches!(status.as_u16(), 404 | 409 | 412) && !answer.is_about_the_bucket();
        if is_plain { Verdict::Take(answer.into_response()) } else { Verdict::Fail(known) }
    }

    /// The answer with its body. What `HEAD` leaves unsaid is asked for with `GET`.
    async fn read(&self, head: &http::request::Parts, response: HttpResponse) -> Result<Answer, Known> {
        let answer = whole(response).await?;
        if head.method == Method::HEAD && matches!(answer.status.as_u16(), 400 | 401 | 403) {
            let mut asked = head.clone();
            asked.method = Method::GET;
            asked.headers.insert(RANGE, HeaderValue::from_static("bytes=0-0"));
            if let Ok(Ok(said)) = self.attempt(&asked, &[]).await
                && said.status() == answer.status
            {
                return whole(said).await;
            }
        }
        Ok(answer)
    }
}

async fn whole(response: HttpResponse) -> Result<Answer, Known> {
    let (parts, body) = response.into_parts();
    let body = body.bytes().await.map_err(|error| Known::new(ErrorKind::Connection, error.to_string()))?;
    Ok(Answer::new(parts.status, parts.headers, body))
}

/// A success with all that `object_store` wants to see, and nothing that it cannot read.
fn readable(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    leave_out_unreadable(headers, "x-goog-meta-");
    if let Some(generation) = headers.get("x-goog-generation").cloned() {
        // The ETag of the XML API is a hash of the content, that of the JSON API is not: a generation is both's.
        headers.insert(ETAG, generation);
        // Where the server decodes all the same, it does not say how much that will be.
        // https://github.com/apache/arrow-rs-object-store/issues/774
        let stored = headers.get("x-goog-stored-content-length").cloned();
        if let Some(length) = stored.filter(|_| !headers.contains_key(CONTENT_LENGTH)) {
            headers.insert(CONTENT_LENGTH, length);
        }
        // How it is packed is seen from its first bytes.
        headers.remove(CONTENT_ENCODING);
    }
    response
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // `Unknown` is what `object_store` does not try again by itself.
        self.send(request).await.map_err(|known| HttpError::new(HttpErrorKind::Unknown, known))
    }
}
