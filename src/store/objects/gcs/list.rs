//! Lists by the JSON API, a page at a time, each object with its generation.
//! <https://cloud.google.com/storage/docs/json_api/v1/objects/list>

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, Method};
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta, Result};

use super::client::GcsClient;
use super::page::{FIELDS, Page};
use super::place::request;
use super::upload::failed;
use crate::error::ErrorKind;
use crate::store::objects::service_error::ServiceError;

/// The names to list.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// The prefix of every name; empty for all names.
    prefix: String,
    /// Leave out names up to and with this one.
    after: Option<String>,
    /// Show directories instead of the names below them.
    by_directory: bool,
}

impl Names {
    /// All names below the directory `prefix`.
    pub(super) fn below(prefix: Option<&Path>) -> Self {
        let prefix = prefix.map(Path::as_ref).filter(|prefix| !prefix.is_empty());
        Self { prefix: prefix.map(|prefix| format!("{prefix}/")).unwrap_or_default(), ..Self::default() }
    }

    /// Those after `offset`, in the order of their bytes.
    pub(super) fn after(self, offset: &Path) -> Self {
        Self { after: Some(offset.to_string()), ..self }
    }

    /// Those in the directory itself, and the directories in it.
    pub(super) fn by_directory(self) -> Self {
        Self { by_directory: true, ..self }
    }
}

/// The objects with these names, in the order of their bytes; pages are fetched as they are needed.
pub(super) fn list(client: &Arc<GcsClient>, names: Names) -> BoxStream<'static, Result<ObjectMeta>> {
    let objects = |page: ListResult| stream::iter(page.objects.into_iter().map(Ok));
    pages(client, names).map_ok(objects).try_flatten().boxed()
}

/// The pages of a list, each fetched when it is asked for.
pub(super) fn pages(client: &Arc<GcsClient>, names: Names) -> BoxStream<'static, Result<ListResult>> {
    let start = (Arc::clone(client), names, Some(String::new()));
    stream::try_unfold(start, |(client, names, token)| async move {
        let Some(token) = token else { return Ok(None) };
        let mut page = fetch(&client, &names, &token).await?;
        let next = page.next_page_token.take().filter(|token| !token.is_empty());
        let listed = page.into_result(names.after.as_deref())?;
        Ok(Some((listed, (client, names, next))))
    })
    .boxed()
}

async fn fetch(client: &GcsClient, names: &Names, token: &str) -> Result<Page> {
    let mut query = vec![("fields", FIELDS)];
    query.extend((!names.prefix.is_empty()).then_some(("prefix", names.prefix.as_str())));
    query.extend(names.by_directory.then_some(("delimiter", "/")));
    query.extend(names.after.as_deref().map(|after| ("startOffset", after)));
    query.extend((!token.is_empty()).then_some(("pageToken", token)));
    let asked = request(Method::GET, &client.protocol.place.objects(), &query, HeaderMap::new(), Bytes::new())
        .map_err(failed)?;
    let response = client.send(asked).await.map_err(failed)?;
    if response.status().as_u16() == 404 {
        return Err(failed(client.protocol.missing_bucket()));
    }
    let body = response.into_body().bytes().await;
    let body = body.map_err(|error| failed(ServiceError::new(ErrorKind::Connection, error.to_string())))?;
    Page::parse(&body).map_err(failed)
}
