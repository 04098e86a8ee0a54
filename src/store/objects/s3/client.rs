//! S3's protocol: signatures, regions, redirects, and errors in successful responses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse};
use sha2::{Digest as _, Sha256};

use super::credential_provider::S3CredentialProvider;
use super::error_response::{classify, explain, other_region};
use super::place::S3Place;
use crate::error::ErrorKind;
use crate::store::objects::http::client::{CloudClient, CloudProtocol, ErrorClass, Exchange, Recovery};
use crate::store::objects::http::error_response::ErrorResponse;
use crate::store::objects::http::request::has_pair;
use crate::store::objects::http::response::{check_xml_list, remove_unreadable_metadata};
use crate::store::objects::http::retry::{Attempt, RetryLimit};
use crate::store::objects::http::transport::{ReadMode, interrupted};
use crate::store::objects::service_error::ServiceError;

/// The header of a copy, which names the object that is copied.
const COPY_SOURCE: &str = "x-amz-copy-source";

/// The client of one bucket.
pub(super) type S3Client = CloudClient<S3Protocol>;

/// How requests to one bucket are signed and their responses read.
#[derive(Debug)]
pub(super) struct S3Protocol {
    pub(super) credentials: S3CredentialProvider,
    pub(super) place: S3Place,
    /// The headers that have a new object encrypted.
    pub(super) encryption: HeaderMap,
    /// The precondition for completing each upload, by upload id. `object_store` has no way to give one.
    pub(super) preconditions: Mutex<HashMap<String, (HeaderName, HeaderValue)>>,
}

/// A credential and the region that it signs for.
#[derive(Debug)]
pub(super) struct RegionalCredential {
    region: String,
    credential: Arc<AwsCredential>,
}

/// The SHA-256 of a request body, which is part of the signature.
#[derive(Clone, Debug)]
struct PayloadDigest(Vec<u8>);

#[async_trait]
impl CloudProtocol for S3Protocol {
    type Credential = RegionalCredential;

    fn prepare(&self, head: &mut Parts, body: &[Bytes]) {
        let mut digest = Sha256::new();
        body.iter().for_each(|piece| digest.update(piece));
        head.extensions.insert(PayloadDigest(digest.finalize().to_vec()));
        let query = head.uri.query().unwrap_or_default();
        let creates_object = match head.method {
            Method::PUT => !query.contains("partNumber="),
            Method::POST => has_pair(query, "uploads") || has_pair(query, "uploads="),
            _ => false,
        };
        let upload = (head.method == Method::POST).then(|| parameter(query, "uploadId")).flatten();
        if creates_object && !head.headers.contains_key("x-amz-server-side-encryption") {
            head.headers.extend(self.encryption.clone());
        }
        let preconditions = self.preconditions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, value)) = upload.and_then(|upload| preconditions.get(&upload)) {
            head.headers.insert(name.clone(), value.clone());
        }
    }

    async fn credential(&self) -> Result<RegionalCredential, ServiceError> {
        let region = self.place.region(&self.credentials).await?;
        let credential = self.credentials.get(&region).await?;
        Ok(RegionalCredential { region, credential })
    }

    async fn refresh(&self, _: &RegionalCredential) -> bool {
        self.credentials.refresh().await
    }

    fn sign(&self, mut head: Parts, credential: &RegionalCredential) -> Result<Parts, ServiceError> {
        let digest = head.extensions.remove::<PayloadDigest>();
        head.uri = self.place.here(&head.uri, &credential.region)?;
        let mut request = HttpRequest::from_parts(head, HttpRequestBody::empty());
        AwsAuthorizer::new(&credential.credential, "s3", &credential.region)
            .try_authorize(&mut request, digest.as_ref().map(|PayloadDigest(digest)| &digest[..]))
            .map_err(|error| ServiceError::new(ErrorKind::Other, error.to_string()))?;
        Ok(request.into_parts().0)
    }

    fn read_mode(&self, head: &Parts) -> ReadMode {
        let query = head.uri.query().unwrap_or_default();
        match head.method {
            // A document is read without a query, or by its version.
            Method::GET if query.split('&').all(|pair| pair.is_empty() || pair.starts_with("versionId=")) => {
                ReadMode::Streamed
            }
            Method::GET | Method::POST => ReadMode::Buffered,
            // A copy can fail after the headers are sent.
            Method::PUT if head.headers.contains_key(COPY_SOURCE) => ReadMode::Buffered,
            _ => ReadMode::Headers,
        }
    }

    /// Some requests are answered with 200 before they are done; the body says how they ended.
    async fn check(&self, head: &Parts, mut response: HttpResponse) -> Attempt {
        remove_unreadable_metadata(response.headers_mut(), "x-amz-meta-");
        let query = head.uri.query().unwrap_or_default();
        if head.method == Method::GET && query.contains("list-type=") {
            return check_xml_list(response, "ListBucketResult").await;
        }
        let completes_upload = head.method == Method::POST && query.contains("uploadId=");
        if !completes_upload && !head.headers.contains_key(COPY_SOURCE) {
            return Attempt::Done(response);
        }
        let (parts, body) = response.into_parts();
        let body = match body.bytes().await {
            Ok(body) => body,
            Err(error) => return interrupted(&error.to_string()).into(),
        };
        if !String::from_utf8_lossy(&body).contains("<Error>") {
            return Attempt::Done(HttpResponse::from_parts(parts, body.into()));
        }
        let mut error = ErrorResponse::from_xml(StatusCode::INTERNAL_SERVER_ERROR, parts.headers, body);
        if matches!(error.code.as_str(), "PreconditionFailed" | "ConditionalRequestConflict") {
            error.status = StatusCode::PRECONDITION_FAILED;
            return Attempt::Done(error.into_response());
        }
        Attempt::RetryLater(explain(&error, &self.place.bucket), None, RetryLimit::Budget)
    }

    fn parse_error(&self, status: StatusCode, headers: HeaderMap, body: Bytes) -> ErrorResponse {
        ErrorResponse::from_xml(status, headers, body)
    }

    fn explain(&self, _: &Parts, _: &RegionalCredential, error: &ErrorResponse) -> ServiceError {
        explain(error, &self.place.bucket)
    }

    fn classify(&self, _: &Parts, error: &ErrorResponse) -> ErrorClass {
        classify(error)
    }

    async fn recover(client: &S3Client, _: &Exchange<'_, Self>, error: &ErrorResponse) -> Recovery {
        let place = &client.protocol.place;
        let is_news = if let Some(region) = other_region(error) {
            place.move_to(&region)
        } else if error.status.is_redirection() && error.status != StatusCode::NOT_MODIFIED {
            error.header("location").is_some_and(|location| place.follow(location))
        } else {
            return Recovery::Unchanged;
        };
        // A server that repeats itself would be followed in circles.
        if is_news { Recovery::Retry } else { Recovery::Fail }
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
