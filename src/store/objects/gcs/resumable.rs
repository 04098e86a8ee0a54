//! Resumable uploads of large documents by the JSON API. They are invisible and not billed until they are complete, and
//! support a condition, which the multipart uploads of the XML API do not.
//! <https://cloud.google.com/storage/docs/performing-resumable-uploads>

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_RANGE, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Method};
use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse};
use object_store::path::Path;
use object_store::{Attributes, MultipartUpload, PutMode, PutPayload, PutResult, Result, UploadPart};
use tokio::sync::Mutex;

use super::client::GcsClient;
use super::place::request;
use super::upload::{accepted, expected_generation, failed, resource, written};
use crate::error::ErrorKind;
use crate::store::objects::service_error::ServiceError;

/// A resumable upload in parts.
#[derive(Debug)]
pub(super) struct GcsUpload {
    session: Arc<UploadSession>,
    next: usize,
}

/// The server's session of an incomplete upload.
#[derive(Debug)]
struct UploadSession {
    client: Arc<GcsClient>,
    path: Path,
    address: String,
    creates: bool,
    sent: Mutex<UploadProgress>,
}

/// The progress of an upload. The latest part is held back, because the last one must be marked as such.
#[derive(Debug, Default)]
struct UploadProgress {
    parts: usize,
    bytes: u64,
    held: PutPayload,
}

impl GcsUpload {
    /// Begins to write `path`, on the condition of `mode` when the upload is complete.
    pub(super) async fn begin(
        client: &Arc<GcsClient>,
        path: &Path,
        mode: Option<PutMode>,
        attributes: &Attributes,
    ) -> Result<Self> {
        let mode = mode.unwrap_or_default();
        let generation = expected_generation(&mode)?;
        let mut query = vec![("uploadType", "resumable"), ("name", path.as_ref())];
        query.extend(generation.as_deref().map(|generation| ("ifGenerationMatch", generation)));
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let body = resource(attributes).to_string();
        let asked =
            request(Method::POST, &client.protocol.place.uploads(), &query, headers, body.into()).map_err(failed)?;
        let creates = matches!(mode, PutMode::Create);
        let response = client.send(asked).await.map_err(failed)?;
        if response.status().as_u16() == 404 {
            return Err(failed(client.protocol.missing_bucket()));
        }
        let response = accepted(response, path, creates)?;
        let address = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|address| {
            // Only path and query: the session is at the same server, and no other server gets the token.
            Some(format!("{}{}", client.protocol.place.base, address.parse::<http::Uri>().ok()?.path_and_query()?))
        });
        let address =
            address.ok_or_else(|| failed(ServiceError::new(None, "the server does not say where to upload to")))?;
        let sent = Mutex::default();
        let session = UploadSession { client: Arc::clone(client), path: path.clone(), address, creates, sent };
        Ok(Self { session: Arc::new(session), next: 0 })
    }
}

#[async_trait]
impl MultipartUpload for GcsUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (session, index) = (Arc::clone(&self.session), self.next);
        self.next += 1;
        Box::pin(async move {
            let mut sent = session.sent.lock().await;
            if sent.parts != index {
                return Err(failed(ServiceError::new(None, "the parts of an upload must be sent in their order")));
            }
            sent.parts += 1;
            let held = std::mem::replace(&mut sent.held, data);
            sent.bytes += session.send(sent.bytes, held).await?;
            Ok(())
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let mut sent = self.session.sent.lock().await;
        let held = std::mem::take(&mut sent.held);
        self.session.finish(sent.bytes, held).await
    }

    async fn abort(&mut self) -> Result<()> {
        let asked = request(Method::DELETE, &self.session.address, &[], HeaderMap::new(), Bytes::new());
        // The server answers 499 when the upload is canceled.
        drop(self.session.client.send(asked.map_err(failed)?).await);
        Ok(())
    }
}

impl UploadSession {
    /// Sends a part that is not the last. Returns its length in bytes.
    async fn send(&self, from: u64, data: PutPayload) -> Result<u64> {
        let length = data.content_length() as u64;
        let mut arrived = 0;
        while arrived < length {
            let response = self.put(from + arrived, rest(&data, arrived), None).await?;
            let persisted = persisted(&response).unwrap_or_default();
            // The server keeps multiples of 256 KiB, and expects the rest again.
            match persisted.checked_sub(from) {
                Some(now) if now > arrived && now <= length => arrived = now,
                _ => {
                    return Err(failed(ServiceError::new(
                        ErrorKind::Connection,
                        "the server does not keep what it is sent",
                    )));
                }
            }
        }
        Ok(length)
    }

    /// Sends the last part. Returns the generation of the new object.
    async fn finish(&self, from: u64, data: PutPayload) -> Result<PutResult> {
        let total = from + data.content_length() as u64;
        let mut arrived = 0;
        loop {
            let response = self.put(from + arrived, rest(&data, arrived), Some(total)).await?;
            if response.status().is_success() {
                return written(response).await;
            }
            match persisted(&response).unwrap_or_default().checked_sub(from) {
                Some(now) if now > arrived && now < total - from => arrived = now,
                _ => {
                    return Err(failed(ServiceError::new(
                        ErrorKind::Connection,
                        "the server does not keep what it is sent",
                    )));
                }
            }
        }
    }

    async fn put(&self, from: u64, data: PutPayload, total: Option<u64>) -> Result<HttpResponse> {
        let total = total.map_or_else(|| "*".to_owned(), |total| total.to_string());
        let range = match data.content_length() as u64 {
            0 => format!("bytes */{total}"),
            length => format!("bytes {from}-{}/{total}", from + length - 1),
        };
        let range = HeaderValue::try_from(range).map_err(|_| failed(ServiceError::new(None, "no range")))?;
        let headers = HeaderMap::from_iter([(CONTENT_RANGE, range)]);
        let asked = request(Method::PUT, &self.address, &[], headers, Bytes::new()).map_err(failed)?;
        let (head, _) = asked.into_parts();
        let asked = HttpRequest::from_parts(head, HttpRequestBody::from(data));
        // The server ignores bytes that it has already.
        let response = self.client.send(asked).await.map_err(failed)?;
        if response.status().as_u16() == 404 {
            return Err(failed(ServiceError::new(None, "the server has forgotten the upload").hint("try again")));
        }
        accepted(response, &self.path, self.creates)
    }
}

/// How many bytes the server has.
fn persisted(response: &HttpResponse) -> Option<u64> {
    let range = response.headers().get("range")?.to_str().ok()?;
    range.strip_prefix("bytes=0-")?.parse::<u64>().ok()?.checked_add(1)
}

fn rest(data: &PutPayload, arrived: u64) -> PutPayload {
    let mut skip = usize::try_from(arrived).unwrap_or(usize::MAX);
    let mut pieces = Vec::new();
    for piece in data {
        let cut = skip.min(piece.len());
        skip -= cut;
        pieces.push(piece.slice(cut..));
    }
    pieces.into_iter().collect()
}
