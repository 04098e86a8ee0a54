//! `object_store`'s Google Cloud Storage, with conditions on large uploads.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{HeaderMap, Method};
use object_store::gcp::GoogleCloudStorage;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error as Failure, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::place::request;
use super::upload::Upload;
use super::wire::Wire;
use crate::store::objects::backend::Removal;
use crate::store::objects::known::Known;
use crate::store::objects::stream::Condition;

/// The bucket.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) gcs: GoogleCloudStorage,
    pub(super) wire: Arc<Wire>,
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gcs.fmt(formatter)
    }
}

#[async_trait]
impl ObjectStore for Bucket {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.gcs.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        mut options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let condition = options.extensions.remove::<Condition>().map(|Condition(mode)| mode);
        Ok(Box::new(Upload::begin(&self.wire, to, condition, &options.attributes).await?))
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        self.gcs.get_opts(from, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.gcs.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.gcs.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.gcs.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.gcs.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.gcs.copy_opts(from, to, options).await
    }
}

#[async_trait]
impl Removal for Bucket {
    /// By the generation, which is the ETag here: <https://cloud.google.com/storage/docs/request-preconditions>.
    async fn remove_if(&self, path: &Path, e_tag: &str) -> Result<()> {
        let failure = |known: Known| Failure::Generic { store: "GCS", source: known.into() };
        let condition = [("ifGenerationMatch", e_tag)];
        let address = self.wire.place.object(path);
        let asked = request(Method::DELETE, &address, &condition, HeaderMap::new(), Bytes::new()).map_err(failure)?;
        let answer = self.wire.send(asked).await.map_err(failure)?;
        let (path, source) = (path.to_string(), "it has been changed or removed meanwhile".into());
        match answer.status().as_u16() {
            404 => Err(Failure::NotFound { path, source }),
            409 | 412 => Err(Failure::Precondition { path, source }),
            _ => Ok(()),
        }
    }
}
