//! The objects of a bucket: `object_store`'s S3, plus preconditions on large uploads and archived objects that can be
//! replaced.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use http::header::IF_MATCH;
use http::{HeaderValue, Method};
use object_store::aws::AmazonS3;
use object_store::client::HttpRequest;
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error as Failure, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

use super::client::S3Client;
use crate::store::objects::backend::Removal;
use crate::store::objects::foreign_names::ForeignNames;
use crate::store::objects::http::delete::check_deleted;
use crate::store::objects::http::listing::{ListedNames, list, list_directory};
use crate::store::objects::http::request::{object_request, precondition};
use crate::store::objects::http::response::get_or_archived;
use crate::store::objects::stream::UploadCondition;

/// One bucket.
#[derive(Clone, Debug)]
pub(super) struct S3Bucket {
    pub(super) s3: AmazonS3,
    pub(super) client: Arc<S3Client>,
    pub(super) foreign: Arc<ForeignNames>,
}

impl fmt::Display for S3Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.s3.fmt(formatter)
    }
}

#[async_trait]
impl ObjectStore for S3Bucket {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.s3.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        mut options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let condition = options.extensions.remove::<UploadCondition>().map(|UploadCondition(mode)| mode);
        let id = self.s3.create_multipart_opts(to, options).await?;
        let parts = Arc::default();
        Ok(Box::new(S3Upload { bucket: self.clone(), to: to.clone(), id, condition, parts, next: 0, open: true }))
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        get_or_archived(&self.s3, from, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.s3.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        list(&self.client, ListedNames::below(prefix), &self.foreign)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        list(&self.client, ListedNames::below(prefix).after(offset), &self.foreign)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        list_directory(&self.client, ListedNames::below(prefix), &self.foreign).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.s3.copy_opts(from, to, options).await
    }
}

#[async_trait]
impl Removal for S3Bucket {
    /// Uses a conditional delete: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html>.
    async fn remove_if(&self, path: &Path, e_tag: &str) -> Result<()> {
        let mut request = object_request(Method::DELETE, &self.client.protocol.place.url, path, "").map_err(failed)?;
        request.headers_mut().insert(IF_MATCH, HeaderValue::from_str(e_tag).map_err(failed)?);
        let response = self.client.send(request).await.map_err(failed)?;
        check_deleted(&response, path)
    }
}

fn failed(error: impl Into<crate::error::BoxError>) -> Failure {
    Failure::Generic { store: "S3", source: error.into() }
}

/// A multipart upload.
#[derive(Debug)]
struct S3Upload {
    bucket: S3Bucket,
    to: Path,
    id: String,
    condition: Option<PutMode>,
    parts: Arc<Mutex<Vec<(usize, PartId)>>>,
    next: usize,
    /// Whether the server holds parts that must be completed or deleted.
    open: bool,
}

#[async_trait]
impl MultipartUpload for S3Upload {
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
        let header = self.condition.as_ref().and_then(precondition);
        let conditions = &self.bucket.client.protocol.preconditions;
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

impl S3Upload {
    /// A request about this upload.
    fn request(&self, method: Method) -> Result<HttpRequest> {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("uploadId", &self.id).finish();
        object_request(method, &self.bucket.client.protocol.place.url, &self.to, &query).map_err(failed)
    }

    /// A repeated request is refused when the first one has succeeded. Then the upload no longer exists, and no other client
    /// can have completed it.
    async fn after_refusal(&self, error: Failure) -> Result<PutResult> {
        let listed = self.bucket.client.send(self.request(Method::GET)?).await;
        if listed.is_ok_and(|response| response.status().as_u16() == 404)
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

impl Drop for S3Upload {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        // The user has interrupted the command, and with it the runtime. The parts are invisible but would be billed.
        let client = self.bucket.client.detached(Duration::from_secs(2));
        let Ok(request) = self.request(Method::DELETE) else { return };
        let thread = std::thread::Builder::new().spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                let abort = async { tokio::time::timeout(Duration::from_secs(3), client.send(request)).await };
                drop(runtime.block_on(abort));
            }
        });
        // Without a thread, a rule of the bucket has to remove them.
        drop(thread.map(std::thread::JoinHandle::join));
    }
}
