//! `object_store`'s S3, with what it leaves out: conditions on large uploads, and archived objects that can be replaced.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderValue, Method};
use object_store::aws::AmazonS3;
use object_store::client::{HttpRequest, HttpRequestBody};
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error as Failure, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    UploadPart,
};

use super::wire::Wire;
use crate::error::ErrorKind;
use crate::store::objects::backend::Removal;
use crate::store::objects::known::Known;
use crate::store::objects::stream::Condition;

/// The bucket.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) s3: AmazonS3,
    pub(super) wire: Arc<Wire>,
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.s3.fmt(formatter)
    }
}

#[async_trait]
impl ObjectStore for Bucket {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.s3.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        mut options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let condition = options.extensions.remove::<Condition>().map(|Condition(mode)| mode);
        let id = self.s3.create_multipart_opts(to, options).await?;
        let parts = Arc::default();
        Ok(Box::new(Upload { bucket: self.clone(), to: to.clone(), id, condition, parts, next: 0, open: true }))
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        let head = options.head;
        match self.s3.get_opts(from, options).await {
            Err(error) if !head && is_archived(&error) => {
                // It is there, with a version, and can be replaced and removed; only its content is not at hand.
                let meta = self.s3.head(from).await?;
                Ok(GetResult {
                    range: 0..meta.size,
                    meta,
                    payload: GetResultPayload::Stream(stream::once(async { Err(error) }).boxed()),
                    attributes: object_store::Attributes::new(),
                    extensions: object_store::Extensions::new(),
                })
            }
            result => result,
        }
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.s3.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.s3.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.s3.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.s3.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.s3.copy_opts(from, to, options).await
    }
}

#[async_trait]
impl Removal for Bucket {
    /// By a condition that S3 takes: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html>.
    async fn remove_if(&self, path: &Path, e_tag: &str) -> Result<()> {
        let failure = |source| Failure::Generic { store: "S3", source };
        let mut request = self.wire.place.request(Method::DELETE, path, "")?;
        let e_tag = HeaderValue::from_str(e_tag).map_err(|error| failure(error.into()))?;
        request.headers_mut().insert(IF_MATCH, e_tag);
        let answer = self.wire.send(request).await.map_err(|known| failure(known.into()))?;
        let (path, source) = (path.to_string(), "it has been changed or removed meanwhile".into());
        match answer.status().as_u16() {
            404 => Err(Failure::NotFound { path, source }),
            409 | 412 => Err(Failure::Precondition { path, source }),
            _ => Ok(()),
        }
    }
}

fn is_archived(error: &Failure) -> bool {
    Known::under(error).is_some_and(|known| known.kind == Some(ErrorKind::Read))
}

/// A document on its way in parts.
#[derive(Debug)]
struct Upload {
    bucket: Bucket,
    to: Path,
    id: String,
    condition: Option<PutMode>,
    parts: Arc<Mutex<Vec<(usize, PartId)>>>,
    next: usize,
    /// Whether there are parts that someone must complete or remove.
    open: bool,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (s3, to, id, parts) = (self.bucket.s3.clone(), self.to.clone(), self.id.clone(), Arc::clone(&self.parts));
        let index = self.next;
        self.next += 1;
        Box::pin(async move {
            let part = s3.put_part(&to, &id, index, data).await?;
            parts.lock().unwrap_or_else(PoisonError::into_inner).push((index, part));
            Ok(())
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let mut parts = std::mem::take(&mut *self.parts.lock().unwrap_or_else(PoisonError::into_inner));
        parts.sort_by_key(|(index, _)| *index);
        let header = match &self.condition {
            Some(PutMode::Create) => Some((IF_NONE_MATCH, HeaderValue::from_static("*"))),
            Some(PutMode::Update(version)) => {
                let e_tag = version.e_tag.as_deref().and_then(|e_tag| HeaderValue::from_str(e_tag).ok());
                e_tag.map(|e_tag| (IF_MATCH, e_tag))
            }
            Some(PutMode::Overwrite) | None => None,
        };
        let conditions = &self.bucket.wire.conditions;
        if let Some(header) = header {
            conditions.lock().unwrap_or_else(PoisonError::into_inner).insert(self.id.clone(), header);
        }
        let parts = parts.into_iter().map(|(_, part)| part).collect();
        let completed = self.bucket.s3.complete_multipart(&self.to, &self.id, parts).await;
        conditions.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        let result = match completed {
            Err(error @ (Failure::Precondition { .. } | Failure::AlreadyExists { .. } | Failure::NotFound { .. })) => {
                self.after_refusal(error).await
            }
            result => result,
        };
        self.open = result.is_err();
        result
    }

    async fn abort(&mut self) -> Result<()> {
        self.open = false;
        self.bucket.s3.abort_multipart(&self.to, &self.id).await
    }
}

impl Upload {
    /// A request that was sent again can be refused because the first has landed: then the upload is gone, for nobody
    /// else can have completed it.
    async fn after_refusal(&self, error: Failure) -> Result<PutResult> {
        let wire = &self.bucket.wire;
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("uploadId", &self.id).finish();
        let listed = wire.send(wire.place.request(Method::GET, &self.to, &query)?).await;
        if listed.is_ok_and(|answer| answer.status().as_u16() == 404)
            && let Ok(meta) = self.bucket.s3.head(&self.to).await
        {
            let extensions = object_store::Extensions::new();
            return Ok(PutResult { e_tag: meta.e_tag, version: meta.version, extensions });
        }
        Err(match (error, &self.condition) {
            (Failure::Precondition { path, source }, Some(PutMode::Create)) => Failure::AlreadyExists { path, source },
            (Failure::AlreadyExists { path, source }, Some(PutMode::Update(_))) => {
                Failure::Precondition { path, source }
            }
            (error, _) => error,
        })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        // The user has interrupted the work, and with it the runtime: parts that nobody sees would cost money.
        let wire = Arc::new(self.bucket.wire.anew());
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("uploadId", &self.id).finish();
        let Ok(request) = wire.place.request(Method::DELETE, &self.to, &query) else { return };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                let abort = async { tokio::time::timeout(Duration::from_secs(3), wire.send(request)).await };
                drop(runtime.block_on(abort));
            }
        });
        drop(thread.join());
    }
}

impl super::place::Place {
    /// A request about one object, to be signed and sent by the wire.
    pub(super) fn request(&self, method: Method, path: &Path, query: &str) -> Result<HttpRequest> {
        let path = percent_encoding::utf8_percent_encode(path.as_ref(), UNRESERVED);
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!("{}/{path}{mark}{query}", self.url).parse::<http::Uri>();
        let uri = uri.map_err(|error| Failure::Generic { store: "S3", source: error.into() })?;
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        Ok(request)
    }
}

/// What S3's signature encodes in a key: all but letters, digits, `-._~` and the slash.
pub(super) const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
