//! Requests that all parts of the store share, and their errors.

use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use object_store::path::Path;
use object_store::{Error as Failure, GetOptions, GetResult, ObjectMeta, ObjectStoreExt as _};

use super::backend::Backend;
use super::service_error::ServiceError;
use super::translate::{Access, translate};
use crate::error::Error;
use crate::random;
use crate::result::RunId;

/// `None` where the object is absent.
pub(super) fn optional<T>(result: object_store::Result<T>) -> object_store::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Failure::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits before the next attempt of clients in conflict, for a random time that grows with each attempt.
pub(super) async fn pause(attempt: u32) {
    let longest = Duration::from_millis(5 << attempt.min(7));
    tokio::time::sleep(random::pause_up_to(longest)).await;
}

/// The longest note of the catalog, in bytes: the facts of a result that do not fit into a name.
pub(super) const LONGEST_NOTE: usize = 64 << 20;

/// Reads an object that is not longer than `most` bytes. Allocates for bytes that have arrived, and not for those that are
/// announced.
pub(super) async fn read_whole(found: GetResult, most: usize) -> object_store::Result<Bytes> {
    let path = found.meta.location.clone();
    let mut pieces = found.into_stream();
    let mut read = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        if read.len() + piece.len() > most {
            let message = format!("the server's answer for `{path}` is longer than {most} bytes");
            return Err(Failure::Generic { store: "objects", source: ServiceError::new(None, message).into() });
        }
        read.extend_from_slice(&piece);
    }
    Ok(read.into())
}

/// How long ago an object was written, by this machine's clock.
pub(super) fn age(meta: &ObjectMeta) -> SignedDuration {
    let age = Timestamp::now().as_millisecond().saturating_sub(meta.last_modified.timestamp_millis());
    SignedDuration::from_millis(age)
}

impl Backend {
    /// The error for an operation on this store. `doing` follows "cannot".
    pub(super) fn failed(&self, doing: &str, access: Access, error: Failure) -> Error {
        translate(error, access, format!("cannot {doing} in {}", self.location))
    }

    /// As [`failed`](Self::failed), for an operation on one result.
    pub(super) fn failed_with(&self, doing: &str, run_id: &RunId, access: Access, error: Failure) -> Error {
        self.failed(&format!("{doing} result `{run_id}`"), access, error).with_run_id(run_id.as_str())
    }

    /// The error for a list that cannot be read.
    pub(super) fn cannot_list(&self, error: Failure) -> Error {
        self.failed("list the results", Access::List, error)
    }

    /// Size and version of the object at `path`.
    pub(super) async fn head(&self, path: &Path) -> object_store::Result<Option<ObjectMeta>> {
        optional(self.store.head(path).await)
    }

    /// The object at `path`; its content is read by the caller.
    pub(super) async fn get(&self, path: &Path) -> object_store::Result<Option<GetResult>> {
        optional(self.store.get_opts(path, GetOptions::default()).await)
    }

    /// Removes these objects, each by its exact name. An absent one is not a failure.
    pub(super) async fn remove(&self, paths: Vec<Path>) -> object_store::Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        let paths = futures_util::stream::iter(paths.into_iter().map(Ok));
        let mut removed = self.store.delete_stream(Box::pin(paths));
        loop {
            if let Some(None) = optional(removed.try_next().await)? {
                return Ok(());
            }
        }
    }
}
