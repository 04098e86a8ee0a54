//! Requests that all parts of the store share, and their errors.

use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use object_store::path::Path;
use object_store::{Error as Failure, GetOptions, GetResult, GetResultPayload, ObjectMeta, ObjectStoreExt as _};

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
    let is_file = !matches!(found.payload, GetResultPayload::Stream(_));
    let mut pieces = found.into_stream();
    let mut read = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        // `object_store` goes on without end with empty pieces of a file that became shorter than it was at first.
        if piece.is_empty() && is_file {
            let source = "the file became shorter while it was being read".into();
            return Err(Failure::Generic { store: "objects", source });
        }
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

#[cfg(all(test, feature = "filesystem"))]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[tokio::test]
    async fn a_file_that_becomes_shorter_while_it_is_read_is_an_error_and_not_endless() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"{}").unwrap();
        let payload = GetResultPayload::File(file.reopen().unwrap(), file.path().to_owned());
        let meta = ObjectMeta {
            location: Path::from("_index.json"),
            last_modified: std::time::SystemTime::UNIX_EPOCH.into(),
            size: 306,
            e_tag: None,
            version: None,
        };
        let found =
            GetResult { payload, meta, range: 0..306, attributes: Default::default(), extensions: Default::default() };
        let reading = tokio::time::timeout(Duration::from_secs(60), read_whole(found, 1_000));
        let error = reading.await.expect("it ends").unwrap_err();
        assert!(error.to_string().contains("became shorter"), "{error}");
    }
}
