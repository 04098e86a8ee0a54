//! The blobs of a container: `object_store`'s Azure, plus preconditions on large uploads, single deletes, and archived blobs
//! that are told from missing ones.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use http::header::IF_MATCH;
use http::{HeaderValue, Method};
use jiff::fmt::rfc2822;
use object_store::azure::MicrosoftAzure;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error as Failure, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

use super::client::AzureClient;
use super::error_response::IMMUTABLE;
use crate::store::objects::backend::Removal;
use crate::store::objects::foreign_names::ForeignNames;
use crate::store::objects::http::delete::delete_each;
use crate::store::objects::http::listing::{ListedNames, list, list_directory};
use crate::store::objects::http::response::get_or_archived;
use crate::store::objects::service_error::ServiceError;
use crate::store::objects::stream::UploadCondition;

/// One container.
#[derive(Clone, Debug)]
pub(super) struct AzureContainer {
    pub(super) azure: MicrosoftAzure,
    pub(super) client: Arc<AzureClient>,
    pub(super) foreign: Arc<ForeignNames>,
}

impl fmt::Display for AzureContainer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.azure.fmt(formatter)
    }
}

#[async_trait]
impl ObjectStore for AzureContainer {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.azure.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(&self, to: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let creates = matches!(options.extensions.get(), Some(UploadCondition(PutMode::Create)));
        // `AzureProtocol` finds the condition in the extensions of the commit.
        let upload = self.azure.put_multipart_opts(to, options).await?;
        Ok(Box::new(AzureUpload { upload, creates }))
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        get_or_archived(&self.azure, from, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let client = Arc::clone(&self.client);
        delete_each(paths, move |path| {
            let client = Arc::clone(&client);
            async move { delete(&client, &path, None).await }
        })
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        list(&self.client, ListedNames::below(prefix), &self.foreign)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        // A server that does not know `startFrom` (Azurite) lists from the beginning.
        list(&self.client, ListedNames::below(prefix).after(offset), &self.foreign)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        list_directory(&self.client, ListedNames::below(prefix), &self.foreign).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.azure.copy_opts(from, to, options).await
    }
}

/// Deletes a blob, if it has this ETag where one is given. `object_store` would delete many blobs in one request, and each
/// part of that must be signed.
async fn delete(client: &AzureClient, path: &Path, e_tag: Option<&str>) -> Result<()> {
    let mut request = client.protocol.request(Method::DELETE, path, "").map_err(failed)?;
    if let Some(e_tag) = e_tag {
        request.headers_mut().insert(IF_MATCH, HeaderValue::from_str(e_tag).map_err(failed)?);
    }
    let response = match client.send(request).await {
        Ok(response) => response,
        Err(error) => return Err(failed(with_end_of_policy(error, client, path).await)),
    };
    let (status, path) = (response.status(), path.to_string());
    let source = format!("the server answers {status}").into();
    match status.as_u16() {
        412 => Err(Failure::Precondition { path, source }),
        _ if status.is_success() => Ok(()),
        _ => Err(Failure::NotFound { path, source }),
    }
}

/// Adds to the refusal of an immutability policy until when it holds, which only the properties of the blob tell.
/// <https://learn.microsoft.com/rest/api/storageservices/get-blob-properties#response-headers>
async fn with_end_of_policy(error: ServiceError, client: &AzureClient, path: &Path) -> ServiceError {
    if !error.message.contains(IMMUTABLE) {
        return error;
    }
    let Ok(request) = client.protocol.request(Method::HEAD, path, "") else { return error };
    let Ok(properties) = client.send(request).await else { return error };
    let header = |name: &str| properties.headers().get(name)?.to_str().ok();
    let until = header("x-ms-immutability-policy-until-date").and_then(|date| rfc2822::parse(date).ok());
    let reason = match (until, header("x-ms-legal-hold")) {
        (_, Some("true")) => "a legal hold keeps it".to_owned(),
        (Some(until), _) => format!("its policy keeps it until {}", until.timestamp()),
        (None, _) => return error,
    };
    ServiceError { message: format!("{}; {reason}", error.message), ..error }
}

#[async_trait]
impl Removal for AzureContainer {
    async fn remove_if(&self, path: &Path, e_tag: &str) -> Result<()> {
        delete(&self.client, path, Some(e_tag)).await
    }
}

fn failed(error: impl Into<crate::error::BoxError>) -> Failure {
    Failure::Generic { store: "MicrosoftAzure", source: error.into() }
}

/// An upload in blocks. Uncommitted blocks are invisible, and Azure deletes them after a week.
#[derive(Debug)]
struct AzureUpload {
    upload: Box<dyn MultipartUpload>,
    /// Whether the blob must not exist yet.
    creates: bool,
}

#[async_trait]
impl MultipartUpload for AzureUpload {
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
