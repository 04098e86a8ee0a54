//! Looking for documents, and at what they say.

use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{Error as Failure, GetOptions, GetResult, ObjectMeta, ObjectStoreExt as _};

use super::ObjectResultStore;
use super::layout::DocumentNames;
use super::stream;
use super::translate::Access;
use crate::error::Result;
use crate::result::{Entry, RunId};

/// What is absent is no failure.
pub(super) fn optional<T>(result: object_store::Result<T>) -> object_store::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Failure::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl ObjectResultStore {
    pub(super) async fn head(&self, path: &Path) -> object_store::Result<Option<ObjectMeta>> {
        optional(self.backend.store.head(path).await)
    }

    pub(super) async fn get_object(&self, path: &Path) -> object_store::Result<Option<GetResult>> {
        optional(self.backend.store.get_opts(path, GetOptions::default()).await)
    }

    /// Whether there is a document of `run_id`.
    pub(super) async fn is_there(&self, run_id: &RunId) -> object_store::Result<bool> {
        let Ok(names) = self.backend.places.document(run_id) else { return Ok(false) };
        for path in names.all() {
            if self.head(path).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The document, under whichever of its names it lies.
    pub(super) async fn find(&self, names: &DocumentNames) -> object_store::Result<Option<(Path, GetResult)>> {
        for path in names.all() {
            if let Some(found) = self.get_object(path).await? {
                return Ok(Some((path.clone(), found)));
            }
        }
        Ok(None)
    }

    /// What the document of `run_id` says of itself; nothing if there is none.
    pub(super) async fn facts(&self, run_id: &RunId) -> Result<Option<Entry>> {
        let Ok(names) = self.backend.places.document(run_id) else { return Ok(None) };
        let found = self.find(&names).await;
        match found.map_err(|error| self.failed_with("read", run_id, Access::Read, error))? {
            Some((_, result)) => Ok(Some(described(result, run_id).await?)),
            None => Ok(None),
        }
    }

    /// Removes these objects, one by one by their names. What is gone already is no failure.
    pub(super) async fn remove(&self, paths: Vec<Path>) -> object_store::Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        let paths = futures_util::stream::iter(paths.into_iter().map(Ok));
        let mut removed = self.backend.store.delete_stream(Box::pin(paths));
        loop {
            if let Some(None) = optional(removed.try_next().await)? {
                return Ok(());
            }
        }
    }
}

/// What a document says of itself, under the run id that its name says.
pub(super) async fn described(result: GetResult, run_id: &RunId) -> Result<Entry> {
    let described = stream::describe(result).await;
    let entry = described.map_err(|error| error.with_run_id(run_id.as_str()))?;
    // It is found by its name, whatever stands in it.
    Ok(Entry { run_id: run_id.clone(), ..entry })
}
