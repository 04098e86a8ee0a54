//! `object_store`'s Azure, with what it leaves out: conditions on large uploads, deletions one by one, and archived blobs
//! that can be told from missing ones.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use futures_util::{TryStreamExt as _, future};
use http::header::IF_MATCH;
use http::{HeaderValue, Method};
use object_store::azure::MicrosoftAzure;
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error as Failure, Extensions, GetOptions, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, Result, UploadPart,
};

use super::wire::Wire;
use crate::error::ErrorKind;
use crate::store::objects::backend::Removal;
use crate::store::objects::known::Known;
use crate::store::objects::stream::Condition;

/// How many blobs are deleted at a time.
const DELETIONS: usize = 10;

/// The container.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) azure: MicrosoftAzure,
    pub(super) wire: Arc<Wire>,
}

impl fmt::Display for Container {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.azure.fmt(formatter)
    }
}

#[async_trait]
impl ObjectStore for Container {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.azure.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(&self, to: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let creates = matches!(options.extensions.get(), Some(Condition(PutMode::Create)));
        // The condition travels with the options to the request that needs it.
        let upload = self.azure.put_multipart_opts(to, options).await?;
        Ok(Box::new(Upload { upload, creates }))
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        let head = options.head;
        match self.azure.get_opts(from, options).await {
            Err(error) if !head && is_archived(&error) => {
                // It is there, with a version, and can be removed; only its content is not at hand.
                let meta = self.azure.head(from).await?;
                Ok(GetResult {
                    range: 0..meta.size,
                    meta,
                    payload: GetResultPayload::Stream(stream::once(async { Err(error) }).boxed()),
                    attributes: Attributes::new(),
                    extensions: Extensions::new(),
                })
            }
            result => result,
        }
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let wire = Arc::clone(&self.wire);
        let deletions = paths.map(move |path| {
            let wire = Arc::clone(&wire);
            async move {
                let path = path?;
                delete(&wire, &path, None).await?;
                Ok(path)
            }
        });
        deletions.buffered(DELETIONS).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.azure.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        // A server that does not know `startFrom` (Azurite) lists from the beginning.
        let from = offset.clone();
        let listed = self.azure.list_with_offset(prefix, offset);
        listed.try_filter(move |found| future::ready(found.location > from)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.azure.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.azure.copy_opts(from, to, options).await
    }
}

/// Removes a blob, if it has this tag where one is given. `object_store` deletes many in one request, whose parts would
/// have to be signed each for itself.
async fn delete(wire: &Wire, path: &Path, e_tag: Option<&str>) -> Result<()> {
    let failed = |known: Known| Failure::Generic { store: "MicrosoftAzure", source: known.into() };
    let mut request = wire.request(Method::DELETE, path, "").map_err(failed)?;
    if let Some(e_tag) = e_tag {
        let value = HeaderValue::from_str(e_tag);
        let value = value.map_err(|error| Failure::Generic { store: "MicrosoftAzure", source: error.into() })?;
        request.headers_mut().insert(IF_MATCH, value);
    }
    let answer = wire.send(request).await.map_err(failed)?;
    let (status, path) = (answer.status(), path.to_string());
    let source = format!("the server answers {status}").into();
    match status.as_u16() {
        412 => Err(Failure::Precondition { path, source }),
        _ if status.is_success() => Ok(()),
        _ => Err(Failure::NotFound { path, source }),
    }
}

#[async_trait]
impl Removal for Container {
    async fn remove_if(&self, path: &Path, e_tag: &str) -> Result<()> {
        delete(&self.wire, path, Some(e_tag)).await
    }
}

fn is_archived(error: &Failure) -> bool {
    Known::under(error).is_some_and(|known| known.kind == Some(ErrorKind::Read))
}

/// A document on its way in parts. What is not committed is seen by nobody, and Azure removes it after a week.
#[derive(Debug)]
struct Upload {
    upload: Box<dyn MultipartUpload>,
    /// Whether nothing may be there yet.
    creates: bool,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.upload.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        match self.upload.complete().await {
            Err(Failure::Precondition { path, source }) if self.creates => Err(Failure::AlreadyExists { path, source }),
            Err(Failure::AlreadyExists { path, source }) if !self.creates => {
                Err(Failure::Precondition { path, source })
            }
            result => result,
        }
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}
