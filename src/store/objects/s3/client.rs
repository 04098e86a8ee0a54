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
use super::receipt::{self, S3Operation};
use crate::error::ErrorKind;
use crate::store::objects::http::client::{CloudClient, CloudProtocol, ErrorClass, Exchange, Recovery};
use crate::store::objects::http::error_response::ErrorResponse;
use crate::store::objects::http::request::has_pair;
use crate::store::objects::http::response::remove_unreadable_metadata;
use crate::store::objects::http::retry::Attempt;
use crate::store::objects::http::transport::ReadMode;
use crate::store::objects::service_error::ServiceError;

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

    const SERVICE: &'static str = "S3";

    // Google Cloud Storage speaks S3's protocol, too.
    const OWN_HEADERS: &'static [&'static str] = &["x-amz-", "x-amzn-", "x-goog-"];

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
        match S3Operation::of(head) {
            S3Operation::Read if head.method == Method::GET => ReadMode::Streamed,
            S3Operation::Read | S3Operation::Put | S3Operation::Part | S3Operation::Delete => ReadMode::Headers,
            // A copy or a completion can fail after the headers are sent.
            _ => ReadMode::Buffered,
        }
    }

    async fn check(client: &S3Client, exchange: &Exchange<'_, Self>, mut response: HttpResponse) -> Attempt {
        remove_unreadable_metadata(response.headers_mut(), "x-amz-meta-");
        receipt::check(client, exchange, response).await
    }

    fn parse_error(&self, status: StatusCode, headers: HeaderMap, body: Bytes) -> ErrorResponse {
        ErrorResponse::from_xml(status, headers, body)
    }

    fn explain(&self, head: &Parts, _: &RegionalCredential, error: &ErrorResponse) -> ServiceError {
        let key = head.uri.to_string();
        let key = key.strip_prefix(&self.place.url).and_then(|rest| rest.split('?').next()).unwrap_or_default();
        let key = percent_encoding::percent_decode_str(key.trim_start_matches('/')).decode_utf8_lossy();
        explain(error, &self.place.bucket, &key)
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
