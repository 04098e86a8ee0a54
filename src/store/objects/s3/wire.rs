//! Every request to S3 passes here: it is signed, sent where the bucket is, and sent again while that is of use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use object_store::aws::AwsAuthorizer;
use object_store::client::{HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpService};
use sha2::{Digest as _, Sha256};

use super::credentials::Credentials;
use super::failure::Answer;
use super::place::Place;
use crate::error::ErrorKind;
use crate::store::objects::answer::{judge_list, leave_out_unreadable};
use crate::store::objects::known::Known;
use crate::store::objects::web::{Reading, Silence, Verdict, Web, Worth, breaks_off, patience, persist, pieces};

/// The header of a copy, which names what is copied.
const COPY_SOURCE: &str = "x-amz-copy-source";

/// The connection to one bucket.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) web: Arc<Web>,
    pub(super) credentials: Arc<Credentials>,
    pub(super) place: Arc<Place>,
    /// What goes along with everything that makes an object: its encryption.
    pub(super) encryption: HeaderMap,
    pub(super) retry_timeout: Duration,
    /// What uploads must find when they are completed, by upload id.
    pub(super) conditions: Mutex<HashMap<String, (HeaderName, HeaderValue)>>,
}

impl Wire {
    /// The same connection with an HTTP client of its own, for another runtime.
    pub(super) fn anew(&self) -> Self {
        Self {
            web: Arc::new(self.web.anew()),
            credentials: Arc::clone(&self.credentials),
            place: Arc::clone(&self.place),
            encryption: self.encryption.clone(),
            retry_timeout: Duration::from_secs(2),
            conditions: Mutex::default(),
        }
    }

    /// Sends a request until it is answered, or `retry_timeout` is over. An answer is a success, or one of those that
    /// mean something to whoever asked: not modified, not found, conflict, precondition failed.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Known> {
        let (head, body) = request.into_parts();
        let body = pieces(body).await;
        let mut digest = Sha256::new();
        body.iter().for_each(|piece| digest.update(piece));
        let digest = digest.finalize();
        let length: usize = body.iter().map(Bytes::len).sum();

        persist(self.retry_timeout, || async {
            match self.attempt(&head, &body, &digest, length).await {
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
        digest: &[u8],
        length: usize,
    ) -> Result<Result<HttpResponse, Silence>, Known> {
        let region = self.place.region(&self.credentials).await?;
        let credential = self.credentials.get(&region).await?;
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = self.place.here(&head.uri, &region)?;
        *request.headers_mut() = head.headers.clone();
        self.complete(&mut request);
        request.headers_mut().remove(CONTENT_LENGTH);
        let authorizer = AwsAuthorizer::new(&credential, "s3", &region);
        authorizer
            .try_authorize(&mut request, Some(digest))
            .map_err(|error| Known::new(ErrorKind::Other, error.to_string()))?;
        let (head, _) = request.into_parts();
        let mut headers = head.headers;
        if length > 0 || matches!(head.method, Method::PUT | Method::POST) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let (url, reading) = (head.uri.to_string(), reading(&head.method, &head.uri, &headers));
        Ok(self.web.send(head.method, &url, headers, body, patience(self.retry_timeout), reading).await)
    }

    /// Adds what `object_store` leaves to us.
    fn complete(&self, request: &mut HttpRequest) {
        let query = request.uri().query().unwrap_or_default();
        let makes_object = match *request.method() {
            Method::PUT => !query.contains("partNumber="),
            Method::POST => query.split('&').any(|pair| matches!(pair, "uploads" | "uploads=")),
            _ => false,
        };
        let upload = (*request.method() == Method::POST).then(|| parameter(query, "uploadId")).flatten();
        if makes_object && !request.headers().contains_key("x-amz-server-side-encryption") {
            request.headers_mut().extend(self.encryption.clone());
        }
        let conditions = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, value)) = upload.and_then(|upload| conditions.get(&upload)) {
            request.headers_mut().insert(name.clone(), value.clone());
        }
    }

    async fn judge(&self, head: &http::request::Parts, response: HttpResponse) -> Verdict {
        let status = response.status();
        if status.is_success() {
            return self.judge_success(head, response).await;
        }
        let answer = match self.read(head, response).await {
            Ok(answer) => answer,
            Err(known) => return Verdict::later(known),
        };
        let known = answer.0.explain(&self.place.bucket);
        let answer = answer.0.clone().with_body(answer.1);
        if status == StatusCode::NOT_MODIFIED {
            return Verdict::Take(answer.into_response());
        }
        if let Some(region) = answer.other_region() {
            // A server that repeats itself has nothing new to say.
            return match self.place.move_to(region) {
                true => Verdict::AtOnce(known),
                false => Verdict::Fail(known),
            };
        }
        if status.is_redirection() {
            let location = answer.headers.get("location").and_then(|value| value.to_str().ok());
            return match location.is_some_and(|location| self.place.follow(location)) {
                true => Verdict::AtOnce(known),
                false => Verdict::Fail(known),
            };
        }
        if answer.is_expired() && self.credentials.renew().await {
            return Verdict::AtOnce(known);
        }
        if answer.is_transient() {
            return Verdict::Later(known, answer.retry_after(), Worth::Patience);
        }
        let is_plain = matches!(status.as_u16(), 404 | 409 | 412) && answer.code != "NoSuchBucket";
        if is_plain { Verdict::Take(answer.into_response()) } else { Verdict::Fail(known) }
    }

    /// Some requests answer 200 before they are done, and say in the body how it ended.
    async fn judge_success(&self, head: &http::request::Parts, mut response: HttpResponse) -> Verdict {
        // What others have put there must not keep the object from being read.
        leave_out_unreadable(response.headers_mut(), "x-amz-meta-");
        if is_list(&head.method, &head.uri) {
            return judge_list(response, "ListBucketResult").await;
        }
        let completes =
            head.method == Method::POST && head.uri.query().is_some_and(|query| query.contains("uploadId="));
        if !completes && !head.headers.contains_key(COPY_SOURCE) {
            return Verdict::Take(response);
        }
        let (parts, body) = response.into_parts();
        let body = match body.bytes().await {
            Ok(body) => body,
            Err(error) => return breaks_off(&error.to_string()).into(),
        };
        let text = String::from_utf8_lossy(&body);
        if !text.contains("<Error>") {
            return Verdict::Take(HttpResponse::from_parts(parts, body.into()));
        }
        let mut answer = Answer::new(StatusCode::INTERNAL_SERVER_ERROR, parts.headers, &text);
        if matches!(answer.code.as_str(), "PreconditionFailed" | "ConditionalRequestConflict") {
            answer.status = StatusCode::PRECONDITION_FAILED;
            return Verdict::Take(answer.into_response());
        }
        Verdict::later(answer.explain(&self.place.bucket))
    }

    /// The answer with its body. What `HEAD` leaves unsaid is asked for with `GET`.
    async fn read(&self, head: &http::request::Parts, response: HttpResponse) -> Result<(Answer, Bytes), Known> {
        let (parts, body) = response.into_parts();
        let body = body.bytes().await.map_err(|error| Known::new(ErrorKind::Connection, error.to_string()))?;
        let is_vague = head.method == Method::HEAD && matches!(parts.status.as_u16(), 400 | 401 | 403);
        let mut answer = Answer::new(parts.status, parts.headers, &String::from_utf8_lossy(&body));
        if is_vague && answer.other_region().is_none() {
            let mut asked = head.clone();
            asked.method = Method::GET;
            asked.headers.insert(RANGE, HeaderValue::from_static("bytes=0-0"));
            if let Ok(Ok(said)) = self.attempt(&asked, &[], &Sha256::digest([]), 0).await
                && said.status() == answer.status
            {
                let (parts, body) = said.into_parts();
                let body = body.bytes().await.unwrap_or_default();
                answer = Answer::new(parts.status, parts.headers, &String::from_utf8_lossy(&body));
            }
        }
        Ok((answer, body))
    }
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        // `Unknown` is what `object_store` does not try again by itself.
        self.send(request).await.map_err(|known| HttpError::new(HttpErrorKind::Unknown, known))
    }
}

/// How much of the answer to a request is needed. Documents are fetched without a query, or by their version.
fn reading(method: &Method, uri: &Uri, headers: &HeaderMap) -> Reading {
    let query = uri.query().unwrap_or_default();
    match *method {
        Method::GET if query.split('&').all(|pair| pair.is_empty() || pair.starts_with("versionId=")) => {
            Reading::Stream
        }
        Method::GET | Method::POST => Reading::Whole,
        // A copy can fail after its head.
        Method::PUT if headers.contains_key(COPY_SOURCE) => Reading::Whole,
        _ => Reading::Head,
    }
}

fn is_list(method: &Method, uri: &Uri) -> bool {
    method == Method::GET && uri.query().is_some_and(|query| query.contains("list-type="))
}

fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
