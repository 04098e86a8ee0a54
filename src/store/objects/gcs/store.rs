//! The objects of a bucket. They are read by `object_store`, from the XML API, which alone sends the metadata along with the
//! content; everything else is the JSON API.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{HeaderMap, Method};
use object_store::gcp::GoogleCloudStorage;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};

use super::client::GcsClient;
use super::place::request;
use super::resumable::GcsUpload;
use super::upload::{failed, upload};
use crate::store::objects::backend::Removal;
use crate::store::objects::foreign_names::ForeignNames;
use crate::store::objects::http::delete::{check_deleted, delete_each};
use crate::store::objects::http::listing::{ListedNames, list, list_directory};
use crate::store::objects::stream::UploadCondition;

/// The bucket.
#[derive(Clone, Debug)]
pub(super) struct GcsBucket {
    pub(super) gcs: GoogleCloudStorage,
    pub(super) client: Arc<GcsClient>,
    pub(super) foreign: Arc<ForeignNames>,
}

impl fmt::Display for GcsBucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gcs.fmt(formatter)
    }
}

#[async_trait]
impl ObjectStore for GcsBucket {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        upload(&self.client, to, payload, &options).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        mut options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let condition = options.extensions.remove::<UploadCondition>().map(|UploadCondition(mode)| mode);
        Ok(Box::new(GcsUpload::begin(&self.client, to, condition, &options.attributes).await?))
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        self.gcs.get_opts(from, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let client = Arc::clone(&self.client);
        delete_each(paths, move |path| {
            let client = Arc::clone(&client);
            async move { delete(&client, &path, &[]).await }
        })
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
        self.gcs.copy_opts(from, to, options).await
    }
}

#[async_trait]
impl Removal for GcsBucket {
    /// By the generation, which is the ETag here.
    async fn remove_if(&self, path: &Path, e_tag: &str) -> Result<()> {
        delete(&self.client, path, &[("ifGenerationMatch", e_tag)]).await
    }
}

/// Deletes an object under a condition (<https://cloud.google.com/storage/docs/request-preconditions>).
async fn delete(client: &GcsClient, path: &Path, condition: &[(&str, &str)]) -> Result<()> {
    let address = client.protocol.place.object(path);
    let asked = request(Method::DELETE, &address, condition, HeaderMap::new(), Bytes::new()).map_err(failed)?;
    let response = client.send(asked).await.map_err(failed)?;
    check_deleted(&response, path)
}
