//! Google Cloud Storage's protocol: tokens, the project that pays, generations in place of ETags, and the two APIs.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, IF_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use object_store::client::HttpResponse;

use super::credential_provider::GcsCredentialProvider;
use super::error_response::{classify, explain, is_plain_text, missing_bucket, parse, wants_payer};
use super::place::GcsPlace;
use super::receipt::{check_delete, check_json};
use crate::store::objects::http::client::{CloudClient, CloudProtocol, ErrorClass, Exchange, Recovery};
use crate::store::objects::http::error_response::ErrorResponse;
use crate::store::objects::http::request::parse_uri;
use crate::store::objects::http::response::remove_unreadable_metadata;
use crate::store::objects::http::retry::Attempt;
use crate::store::objects::http::transport::ReadMode;
use crate::store::objects::service_error::ServiceError;

/// The header with the version of an object.
const GENERATION: &str = "x-goog-generation";

/// The client of one bucket.
pub(super) type GcsClient = CloudClient<GcsProtocol>;

/// How requests to one bucket are signed and their responses read.
#[derive(Debug)]
pub(super) struct GcsProtocol {
    pub(super) credentials: GcsCredentialProvider,
    pub(super) place: GcsPlace,
    /// The project that is billed where the bucket has the requester pay.
    pub(super) project: Option<HeaderValue>,
    /// Whether the bucket has asked for a project. Naming one needs a permission, so it is not named before.
    pub(super) needs_project: AtomicBool,
    /// Whether the server has only the JSON API at its address. `fake-gcs-server` has the XML API at the host that its option
    /// `-public-host` names, and nowhere else.
    pub(super) is_json_only: AtomicBool,
}

impl GcsProtocol {
    /// Whether a request is for the content of an object, by the XML API.
    fn is_object(&self, head: &Parts) -> bool {
        let url = head.uri.to_string();
        let path = url.strip_prefix(&self.place.base).unwrap_or_default();
        !["/storage/v1/", "/upload/storage/v1/"].iter().any(|start| path.starts_with(start))
    }

    fn is_list(&self, head: &Parts) -> bool {
        let url = head.uri.to_string();
        head.method == Method::GET && url.split('?').next() == Some(self.place.objects().as_str())
    }

    /// The error for a request about a bucket that does not exist.
    pub(super) fn missing_bucket(&self) -> ServiceError {
        missing_bucket(&self.place.bucket, "the bucket does not exist")
    }
}

#[async_trait]
impl CloudProtocol for GcsProtocol {
    /// The header `Authorization`; nothing for anonymous access.
    type Credential = Option<HeaderValue>;

    const SERVICE: &'static str = "Google Cloud Storage";

    const OWN_HEADERS: &'static [&'static str] = &["x-goog-", "x-guploader-"];

    fn prepare(&self, head: &mut Parts, _: &[Bytes]) {
        if !self.is_object(head) {
            return;
        }
        // Responses have the generation as their ETag (`make_readable`).
        if let Some(generation) = head.headers.remove(IF_MATCH) {
            head.headers.insert(HeaderName::from_static("x-goog-if-generation-match"), generation);
        }
        // Without it, an object that Python has stored with an encoding arrives decoded and without a length.
        // https://cloud.google.com/storage/docs/transcoding
        if head.method == Method::GET {
            head.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }

    async fn credential(&self) -> Result<Option<HeaderValue>, ServiceError> {
        self.credentials.get().await
    }

    async fn refresh(&self, _: &Option<HeaderValue>) -> bool {
        self.credentials.refresh().await
    }

    fn sign(&self, mut head: Parts, credential: &Option<HeaderValue>) -> Result<Parts, ServiceError> {
        match credential {
            Some(token) => head.headers.insert(AUTHORIZATION, token.clone()),
            None => head.headers.remove(AUTHORIZATION),
        };
        if self.needs_project.load(Ordering::Relaxed)
            && let Some(project) = &self.project
        {
            head.headers.insert(HeaderName::from_static("x-goog-user-project"), project.clone());
        }
        if self.is_object(&head) && self.is_json_only.load(Ordering::Relaxed) {
            head.uri = parse_uri(&self.place.media(&head.uri.to_string()))?;
        }
        Ok(head)
    }

    fn read_mode(&self, head: &Parts) -> ReadMode {
        match head.method {
            Method::GET if self.is_object(head) => ReadMode::Streamed,
            Method::DELETE | Method::HEAD => ReadMode::Headers,
            // The JSON API describes in the body what it has stored.
            _ => ReadMode::Buffered,
        }
    }

    async fn check(client: &GcsClient, exchange: &Exchange<'_, Self>, response: HttpResponse) -> Attempt {
        let response = make_readable(response);
        let head = exchange.head;
        match client.protocol.is_object(head) {
            true if response.headers().contains_key(GENERATION) => Attempt::Done(response),
            true => Attempt::Fail(GcsClient::not_from(head, response.headers())),
            false if head.method == Method::DELETE => check_delete(client, exchange, response).await,
            false => check_json::<Self>(head, client.protocol.is_list(head), response).await,
        }
    }

    fn parse_error(&self, status: StatusCode, headers: HeaderMap, body: Bytes) -> ErrorResponse {
        parse(status, headers, body)
    }

    fn explain(&self, _: &Parts, _: &Option<HeaderValue>, error: &ErrorResponse) -> ServiceError {
        explain(error, &self.place.bucket)
    }

    fn classify(&self, head: &Parts, error: &ErrorResponse) -> ErrorClass {
        match error.status {
            // The server reports how much of a resumable upload has arrived.
            StatusCode::PERMANENT_REDIRECT if !self.is_object(head) => ErrorClass::Expected,
            _ => classify(error),
        }
    }

    async fn recover(client: &GcsClient, exchange: &Exchange<'_, Self>, error: &ErrorResponse) -> Recovery {
        let protocol = &client.protocol;
        if wants_payer(error) && protocol.project.is_some() {
            protocol.needs_project.store(true, Ordering::Relaxed);
            return Recovery::Retry;
        }
        // The errors of the XML API are XML.
        let lacks_xml_api =
            error.status == StatusCode::NOT_FOUND && protocol.is_object(exchange.head) && is_plain_text(error);
        if lacks_xml_api && !protocol.is_json_only.swap(true, Ordering::Relaxed) {
            return Recovery::Retry;
        }
        Recovery::Unchanged
    }
}

/// Makes a successful response readable for `object_store`.
fn make_readable(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    remove_unreadable_metadata(headers, "x-goog-meta-");
    if let Some(generation) = headers.get(GENERATION).cloned() {
        // The XML API's ETag is a hash of the content and the JSON API's is not; both have the generation.
        headers.insert(ETAG, generation);
        // A server that decodes all the same leaves out the length.
        // https://github.com/apache/arrow-rs-object-store/issues/774
        let stored = headers.get("x-goog-stored-content-length").cloned();
        if let Some(length) = stored.filter(|_| !headers.contains_key(CONTENT_LENGTH)) {
            headers.insert(CONTENT_LENGTH, length);
        }
        // Readers recognize gzip by its first bytes.
        headers.remove(CONTENT_ENCODING);
    }
    response
}
