//! Large documents, as resumable uploads of the JSON API: nothing of them is seen or billed before they are complete, and
//! they take a condition, which the multipart uploads of the XML API do not.
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

use super::place::request;
use super::upload::{accepted, expected_generation, failed, resource, written};
use super::wire::Wire;
use crate::error::ErrorKind;
use crate::store::objects::known::Known;

/// A document on its way in parts.
#[derive(Debug)]
pub(super) struct Upload {
    session: Arc<Session>,
    next: usize,
}

/// What the server keeps of an upload that is not complete.
#[derive(Debug)]
struct Session {
    wire: Arc<Wire>,
    path: Path,
    address: String,
    creates: bool,
    sent: Mutex<Sent>,
}

/// How far an upload is. The last part is held back, because it must say that it is the last.
#[derive(Debug, Default)]
struct Sent {
    parts: usize,
    bytes: u64,
    held: PutPayload,
}

impl Upload {
    /// Begins to write `path`, if what `mode` asks for is so when it is complete.
    pub(super) async fn begin(
        wire: &Arc<Wire>,
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
        let asked = request(Method::POST, &wire.place.uploads(), &query, headers, body.into()).map_err(failed)?;
        let creates = matches!(mode, PutMode::Create);
        let answer = wire.send(asked).await.map_err(failed)?;
        if answer.status().as_u16() == 404 {
            return Err(failed(wire.missing_bucket()));
        }
        let answer = accepted(answer, path, creates)?;
        let address = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|address| {
            // Only what names the session: it is where everything else is, and the token goes nowhere else.
            Some(format!("{}{}", wire.place.base, address.parse::<http::Uri>().ok()?.path_and_query()?))
        });
        let address = address.ok_or_else(|| failed(Known::new(None, "the server does not say where to upload to")))?;
        let sent = Mutex::default();
        let session = Session { wire: Arc::clone(wire), path: path.clone(), address, creates, sent };
        Ok(Self { session: Arc::new(session), next: 0 })
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (session, index) = (Arc::clone(&self.session), self.next);
        self.next += 1;
        Box::pin(async move {
            let mut sent = session.sent.lock().await;
            if sent.parts != index {
                return Err(failed(Known::new(None, "the parts of an upload must be sent in their order")));
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
        // The answer is 499, which means that it is done.
        drop(self.session.wire.send(asked.map_err(failed)?).await);
        Ok(())
    }
}

impl Session {
    /// Sends what is not the end. Returns how much that was.
    async fn send(&self, from: u64, data: PutPayload) -> Result<u64> {
        let length = data.content_length() as u64;
        let mut arrived = 0;
        while arrived < length {
            let answer = self.put(from + arrived, rest(&data, arrived), None).await?;
            let persisted = persisted(&answer).unwrap_or_default();
            // The server keeps multiples of 256 KiB, and asks for what it did not keep.
            match persisted.checked_sub(from) {
                Some(now) if now > arrived && now <= length => arrived = now,
                _ => return Err(failed(Known::new(ErrorKind::Connection, "the server does not keep what it is sent"))),
            }
        }
        Ok(length)
    }

    /// Sends the end. Returns the generation of what there is now.
    async fn finish(&self, from: u64, data: PutPayload) -> Result<PutResult> {
        let total = from + data.content_length() as u64;
        let mut arrived = 0;
        loop {
            let answer = self.put(from + arrived, rest(&data, arrived), Some(total)).await?;
            if answer.status().is_success() {
                return written(answer).await;
            }
            match persisted(&answer).unwrap_or_default().checked_sub(from) {
                Some(now) if now > arrived && now < total - from => arrived = now,
                _ => return Err(failed(Known::new(ErrorKind::Connection, "the server does not keep what it is sent"))),
            }
        }
    }

    async fn put(&self, from: u64, data: PutPayload, total: Option<u64>) -> Result<HttpResponse> {
        let total = total.map_or_else(|| "*".to_owned(), |total| total.to_string());
        let range = match data.content_length() as u64 {
            0 => format!("bytes */{total}"),
            length => format!("bytes {from}-{}/{total}", from + length - 1),
        };
        let range = HeaderValue::try_from(range).map_err(|_| failed(Known::new(None, "no range")))?;
        let headers = HeaderMap::from_iter([(CONTENT_RANGE, range)]);
        let asked = request(Method::PUT, &self.address, &[], headers, Bytes::new()).map_err(failed)?;
        let (head, _) = asked.into_parts();
        let asked = HttpRequest::from_parts(head, HttpRequestBody::from(data));
        // What has arrived already is ignored when it is sent again.
        let answer = self.wire.send(asked).await.map_err(failed)?;
        if answer.status().as_u16() == 404 {
            return Err(failed(Known::new(None, "the server has forgotten the upload").hint("try again")));
        }
        accepted(answer, &self.path, self.creates)
    }
}

/// How many bytes the server has.
fn persisted(answer: &HttpResponse) -> Option<u64> {
    let range = answer.headers().get("range")?.to_str().ok()?;
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
