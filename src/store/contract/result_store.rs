//! The trait that every backend implements.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

use super::capabilities::Capabilities;
use super::pool_status::{PoolActions, PoolStatus};
use super::query::Query;
use super::reindex::{ReindexOptions, ReindexReport};
use super::tier::{Tier, TierChange};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Document, Entry, RunId};

/// The decompressed bytes of a document, as they arrive.
pub type ByteStream = BoxStream<'static, Result<Bytes>>;

/// Entries in the order of the query, as they are found. An entry that cannot be read is an error of its own; the
/// entries after it still follow.
pub type EntryStream<'a> = BoxStream<'a, Result<Entry>>;

/// A place that keeps validation results, one namespace of it.
///
/// Any number of processes may use the same place at once: none of them loses what another saved, and none sees half
/// a document. Every failure names what was tried on which result, and has the kind that decides the exit code.
#[async_trait]
pub trait ResultStore: fmt::Debug + Send + Sync {
    /// Where the results lie, for messages: an address without any secret.
    fn location(&self) -> String;

    /// What this backend can do, known without asking a server.
    fn capabilities(&self) -> Capabilities;

    /// Keeps `document`. When this returns, the whole document is stored durably, can be read and is listed.
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::error::ErrorKind::AlreadyExists) with [`SaveMode::IfAbsent`], or where the run id
    /// belongs to another namespace of a table that Python made; then nothing has changed.
    async fn save(&self, document: &Document, mode: SaveMode) -> Result<()>;

    /// The document of `run_id`, byte for byte as it was saved.
    ///
    /// # Errors
    /// [`NotFound`](crate::error::ErrorKind::NotFound) if there is none. What breaks off or does not decompress is
    /// [`Read`](crate::error::ErrorKind::Read), and comes as the last item of the stream.
    async fn get(&self, run_id: &RunId) -> Result<ByteStream>;

    /// The results that match `query`, in its order; those of equal order by run id, ascending.
    fn list<'a>(&'a self, query: &'a Query) -> EntryStream<'a>;

    /// How many results match `query`, its limit and offset aside.
    async fn count(&self, query: &Query) -> Result<u64>;

    /// Removes the result of `run_id`. With a `filter`, only if the stored document passes it at that moment, whatever
    /// a list said before. Returns whether a result was removed.
    async fn delete(&self, run_id: &RunId, filter: Option<&Query>) -> Result<bool>;

    /// The tier in which the result of `run_id` lies, by the cloud's own name.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::ErrorKind::Unsupported) where there are no tiers.
    async fn tier(&self, run_id: &RunId) -> Result<Tier>;

    /// Moves the result of `run_id` to another tier. With a `filter`, only if the stored document passes it at that
    /// moment; `None` says that it does not, or is gone.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::ErrorKind::Unsupported) where there are no tiers, or not this one;
    /// [`NotFound`](crate::error::ErrorKind::NotFound) without a filter, if there is no such result.
    async fn set_tier(&self, run_id: &RunId, tier: &Tier, filter: Option<&Query>) -> Result<Option<TierChange>>;

    /// Makes the catalog say what the stored documents say.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::ErrorKind::Unsupported) where there is no catalog.
    async fn reindex(&self, options: ReindexOptions) -> Result<ReindexReport>;

    /// Does what `actions` ask, then reports on the connection pool and the health of the database behind it.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::ErrorKind::Unsupported) where there is no pool. A database that does not answer
    /// is no error: the report says so.
    async fn pool_status(&self, actions: PoolActions) -> Result<PoolStatus>;
}

/// The failure for a result that is not in the store at `location`.
pub fn not_found(run_id: &RunId, location: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("result `{run_id}` not found in {location}"))
        .with_run_id(run_id.as_str())
        .with_hint("`truthound-store list` shows what is there")
}

/// The failure for a result that must not be replaced in the store at `location`.
pub fn already_exists(run_id: &RunId, location: &str) -> Error {
    Error::new(ErrorKind::AlreadyExists, format!("result `{run_id}` exists already in {location}"))
        .with_run_id(run_id.as_str())
        .with_hint("leave out `--if-absent` to replace it, or save this one under another `--run-id`")
}

/// What `save` does when the run id is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveMode {
    /// Replaces the result.
    Overwrite,
    /// Refuses, and leaves the result as it is.
    IfAbsent,
}
