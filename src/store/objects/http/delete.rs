//! Deletes of objects, for clouds without a request that deletes many.

use std::future::Future;

use futures_util::stream::{BoxStream, StreamExt as _};
use object_store::client::HttpResponse;
use object_store::path::Path;
use object_store::{Error as Failure, Result};

/// Number of concurrent deletes.
const DELETED_AT_ONCE: usize = 10;

/// Deletes each object with a request of its own. Returns the paths in their order.
pub(in crate::store::objects) fn delete_each<F>(
    paths: BoxStream<'static, Result<Path>>,
    delete: impl Fn(Path) -> F + Send + 'static,
) -> BoxStream<'static, Result<Path>>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let deleted = paths.map(move |path| {
        let started = path.map(|path| (delete(path.clone()), path));
        async move {
            let (deleting, path) = started?;
            deleting.await?;
            Ok(path)
        }
    });
    deleted.buffered(DELETED_AT_ONCE).boxed()
}

/// The result of a conditional delete.
pub(in crate::store::objects) fn check_deleted(response: &HttpResponse, path: &Path) -> Result<()> {
    let (path, source) = (path.to_string(), "it has been changed or removed meanwhile".into());
    match response.status().as_u16() {
        404 => Err(Failure::NotFound { path, source }),
        409 | 412 => Err(Failure::Precondition { path, source }),
        _ => Ok(()),
    }
}
