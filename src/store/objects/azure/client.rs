//! Azure's protocol: signatures, lists that begin at a name, and the commit of an upload.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::header::ETAG;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use object_store::azure::{AzureAuthorizer, AzureCredential};
use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse};
use object_store::path::Path;

use super::credential_provider::AzureCredentialChain;
use super::error_response::{classify, explain, parse};
use super::place::AzurePlace;
use crate::error::ErrorKind;
use crate::store::objects::http::client::{CloudClient, CloudProtocol, ErrorClass, Exchange, Recovery};
use crate::store::objects::http::error_response::ErrorResponse;
use crate::store::objects::http::receipt::{check_xml, has_header_of, lacks_e_tag};
use crate::store::objects::http::request::{has_pair, object_request, precondition};
use crate::store::objects::http::response::{remove_unreadable_metadata, xml_element};
use crate::store::objects::http::retry::Attempt;
use crate::store::objects::http::transport::ReadMode;
use crate::store::objects::service_error::ServiceError;
use crate::store::objects::stream::UploadCondition;

/// The first version of the protocol that lets a list begin at a name. Older ones begin at the first name.
/// <https://learn.microsoft.com/rest/api/storageservices/list-blobs#uri-parameters>
const START_FROM_VERSION: &str = "2026-02-06";

/// Number of names in the first page of a list. Azure would send 5,000, but most lists need only the first few.
const FIRST_PAGE: usize = 1000;

/// The client of one container.
pub(super) type AzureClient = CloudClient<AzureProtocol>;

/// How requests to one container are signed and their responses read.
#[derive(Debug)]
pub(super) struct AzureProtocol {
    pub(super) credentials: AzureCredentialChain,
    pub(super) place: AzurePlace,
    /// Whether the server has refused [`START_FROM_VERSION`].
    pub(super) lacks_start_from: AtomicBool,
}

impl AzureProtocol {
    /// A request about one blob.
    pub(super) fn request(&self, method: Method, path: &Path, query: &str) -> Result<HttpRequest, ServiceError> {
        object_request(method, &format!("{}/{}", self.place.endpoint, self.place.container), path, query)
    }
}

#[async_trait]
impl CloudProtocol for AzureProtocol {
    type Credential = Arc<AzureCredential>;

    const SERVICE: &'static str = "Azure Blob Storage";

    const OWN_HEADERS: &'static [&'static str] = &["x-ms-"];

    fn prepare(&self, head: &mut Parts, _: &[Bytes]) {
        if is_commit(head)
            && let Some(UploadCondition(mode)) = head.extensions.get::<UploadCondition>()
        {
            head.headers.extend(precondition(mode));
        }
        let is_first_page = is_list(head) && !head.uri.query().is_some_and(|query| query.contains("marker="));
        if is_first_page && let Ok(uri) = format!("{}&maxresults={FIRST_PAGE}", head.uri).parse() {
            head.uri = uri;
        }
    }

    async fn credential(&self) -> Result<Arc<AzureCredential>, ServiceError> {
        self.credentials.get().await
    }

    async fn refresh(&self, refused: &Arc<AzureCredential>) -> bool {
        self.credentials.refresh(refused).await
    }

    fn sign(&self, mut head: Parts, credential: &Arc<AzureCredential>) -> Result<Parts, ServiceError> {
        if starts_from_name(&head) && !self.lacks_start_from.load(Ordering::Relaxed) {
            let version = HeaderValue::from_static(START_FROM_VERSION);
            head.headers.insert(HeaderName::from_static("x-ms-version"), version);
        }
        let mut request = HttpRequest::from_parts(head, HttpRequestBody::empty());
        AzureAuthorizer::new(credential, &self.place.account)
            .try_authorize(&mut request)
            .map_err(|error| ServiceError::new(ErrorKind::Other, error.to_string()))?;
        Ok(request.into_parts().0)
    }

    fn read_mode(&self, head: &Parts) -> ReadMode {
        match head.method {
            // A blob is read without `comp`; lists and the parts of blobs have one.
            Method::GET if !head.uri.query().unwrap_or_default().contains("comp=") => ReadMode::Streamed,
            Method::GET => ReadMode::Buffered,
            _ => ReadMode::Headers,
        }
    }

    /// Azure sends `x-ms-request-id` and `x-ms-version` with every response.
    async fn check(_: &AzureClient, exchange: &Exchange<'_, Self>, mut response: HttpResponse) -> Attempt {
        remove_unreadable_metadata(response.headers_mut(), "x-ms-meta-");
        let foreign = |headers: &HeaderMap| AzureClient::not_from(exchange.head, headers);
        if is_list(exchange.head) {
            return check_xml(response, "EnumerationResults", Self::OWN_HEADERS, foreign).await;
        }
        if !has_header_of(response.headers(), Self::OWN_HEADERS) {
            return Attempt::Fail(foreign(response.headers()));
        }
        if makes_version(exchange.head) && !response.headers().contains_key(ETAG) {
            return Attempt::Fail(lacks_e_tag(&exchange.head.uri));
        }
        Attempt::Done(response)
    }

    fn parse_error(&self, status: StatusCode, headers: HeaderMap, body: Bytes) -> ErrorResponse {
        parse(status, headers, body)
    }

    fn explain(&self, head: &Parts, credential: &Arc<AzureCredential>, error: &ErrorResponse) -> ServiceError {
        explain(error, &head.method, &self.place, credential)
    }

    fn classify(&self, _: &Parts, error: &ErrorResponse) -> ErrorClass {
        classify(error)
    }

    async fn recover(client: &AzureClient, exchange: &Exchange<'_, Self>, error: &ErrorResponse) -> Recovery {
        let head = exchange.head;
        // Without that version the list begins at the first name; `AzureContainer` skips the names before the offset.
        let refuses_version = starts_from_name(head) && error.code == "InvalidHeaderValue";
        if refuses_version && !client.protocol.lacks_start_from.swap(true, Ordering::Relaxed) {
            return Recovery::Retry;
        }
        let has_lost_blocks = error.code == "InvalidBlockList";
        if !is_commit(head) || !(has_lost_blocks || matches!(error.status.as_u16(), 409 | 412)) {
            return Recovery::Unchanged;
        }
        // An earlier attempt may have succeeded, and only its response been lost.
        if let Some(headers) = committed(client, exchange).await {
            let mut response = HttpResponse::new(Bytes::new().into());
            *response.status_mut() = StatusCode::CREATED;
            *response.headers_mut() = headers;
            return Recovery::Respond(response);
        }
        if has_lost_blocks {
            // Another client has written the blob, which discards all uncommitted blocks.
            let mut error = error.clone();
            error.status = StatusCode::PRECONDITION_FAILED;
            return Recovery::Respond(error.into_response());
        }
        Recovery::Unchanged
    }
}

/// The headers of the blob, if it consists of the blocks that this request commits.
async fn committed(client: &AzureClient, exchange: &Exchange<'_, AzureProtocol>) -> Option<HeaderMap> {
    let mut head = exchange.head.clone();
    head.method = Method::GET;
    head.uri = format!("{}&blocklisttype=committed", head.uri).parse().ok()?;
    // The metadata and the precondition belong to the commit.
    head.headers.clear();
    let (parts, found) = client.send_once(&head, &[], exchange.credential).await.ok()?.into_parts();
    let found = found.bytes().await.ok().filter(|_| parts.status.is_success())?;
    let (found, wanted) = (String::from_utf8_lossy(&found).into_owned(), exchange.body.concat());
    // Block names are unique to an upload: a blob that has the first block has them all.
    let first = xml_element(&String::from_utf8_lossy(&wanted), "Uncommitted")?;
    found.contains(&format!("<Name>{first}</Name>")).then_some(parts.headers)
}

fn is_list(head: &Parts) -> bool {
    head.uri.query().is_some_and(|query| has_pair(query, "comp=list"))
}

fn starts_from_name(head: &Parts) -> bool {
    is_list(head) && head.uri.query().is_some_and(|query| query.contains("startFrom="))
}

/// Whether a request writes a blob, which has another version then.
fn makes_version(head: &Parts) -> bool {
    head.method == Method::PUT && (is_commit(head) || !head.uri.query().is_some_and(|query| query.contains("comp=")))
}

/// Whether a request makes a blob of the blocks that were sent before.
fn is_commit(head: &Parts) -> bool {
    head.method == Method::PUT && head.uri.query().is_some_and(|query| has_pair(query, "comp=blocklist"))
}
