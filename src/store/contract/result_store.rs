//! The trait that every backend implements.

use std::collections::HashMap;
use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;

use super::capabilities::Capabilities;
use super::doctor::{DoctorOptions, FindingStream};
use super::pool_status::{PoolActions, PoolStatus};
use super::query::Query;
use super::reindex::{ReindexOptions, ReindexReport};
use super::result_version::ResultVersion;
use super::tier::{Placement, Tier, TierChange};
use super::verify::{VerifiedResult, VerifyOptions, VerifyStream};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Document, DocumentDigest, Entry, RunId, TimeZone};

/// The decompressed bytes of a document, as they arrive.
pub type ByteStream = BoxStream<'static, Result<Bytes>>;

/// Entries in the order of the query, as they are found. An entry that cannot be read is an error item; the stream goes
/// on after it.
pub type EntryStream<'a> = BoxStream<'a, Result<Entry>>;

/// One namespace of validation results.
///
/// Any number of processes may use the same namespace at once: no save is lost, and no reader sees half a document.
/// Every error names the operation and the result, and its kind decides the exit code.
#[async_trait]
pub trait ResultStore: fmt::Debug + Send + Sync {
    /// Address of the store for messages, without secrets.
    fn location(&self) -> String;

    /// The namespace. Empty for none.
    fn namespace(&self) -> &str;

    /// The zone of times without an offset: that of the profile.
    fn time_zone(&self) -> &TimeZone;

    /// Features and limits of the backend, known without asking a server.
    fn capabilities(&self) -> Capabilities;

    /// Saves `document`. After this returns, the whole document is stored durably, can be read and is listed.
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::error::ErrorKind::AlreadyExists) if the run id is taken and `mode` is
    /// [`SaveMode::IfAbsent`], or if it belongs to another namespace of a table that Python created. Nothing has
    /// changed then.
    async fn save(&self, document: &Document, mode: SaveMode) -> Result<()>;

    /// Returns the document of `run_id`, byte for byte as it was saved.
    ///
    /// # Errors
    /// [`NotFound`](crate::error::ErrorKind::NotFound) if there is none. A document that breaks off or does not
    /// decompress, or has another digest than was recorded when it was saved, yields
    /// [`Read`](crate::error::ErrorKind::Read) as the last item of the stream.
    async fn get(&self, run_id: &RunId) -> Result<ByteStream>;

    /// Returns the digests of the documents of these results, as far as the store tells many at once for less than it costs to
    /// [`get`](Self::get) each: from where they were recorded, or from files. A result without one is left out.
    async fn digests_of(&self, run_ids: &[RunId]) -> Result<HashMap<RunId, DocumentDigest>>;

    /// Returns the results that match `query`, in its order. Results that compare equal come by run id, ascending.
    fn list<'a>(&'a self, query: &'a Query) -> EntryStream<'a>;

    /// Returns the number of results that match `query`, ignoring its limit and offset.
    async fn count(&self, query: &Query) -> Result<u64>;

    /// Returns up to `limit` other namespaces of the same bucket, directory or table that hold results, for suggestions: a few
    /// requests, however many results there are. In object stores and on disk, names of more than three segments
    /// (`a/b/c/d`) are not found.
    async fn other_namespaces(&self, limit: usize) -> Result<Vec<String>>;

    /// Deletes the result of `run_id`. With a `filter`, deletes it only if the stored document passes the filter at
    /// that moment, whatever a list said before. Returns whether a result was deleted.
    async fn delete(&self, run_id: &RunId, filter: Option<&Query>) -> Result<bool>;

    /// Returns the stored version of a listed result, for [`delete_version`](Self::delete_version); `None` if it is gone, or
    /// its document has other facts than `entry` by now. The facts in a document that cannot be read, because it is
    /// archived, count as the listed ones.
    async fn version(&self, entry: &Entry) -> Result<Option<ResultVersion>>;

    /// Deletes the result of `run_id` if it is still this version: it was neither replaced nor deleted since. Returns
    /// whether it was deleted.
    async fn delete_version(&self, run_id: &RunId, version: &ResultVersion) -> Result<bool>;

    /// Returns the tier of the result of `run_id`, and its stored size.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::ErrorKind::Unsupported) for a backend without tiers;
    /// [`NotFound`](crate::error::ErrorKind::NotFound) if there is no such result.
    async fn placement(&self, run_id: &RunId) -> Result<Placement>;

    /// Moves the result of `run_id` to another tier. With a `filter`, moves it only if the stored document passes the
    /// filter at that moment. Returns `None` if the document does not pass or is gone.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::ErrorKind::Unsupported) for a backend without tiers or without this one;
    /// [`NotFound`](crate::error::ErrorKind::NotFound) without a filter, if there is no such result.
    async fn set_tier(&self, run_id: &RunId, tier: &Tier, filter: Option<&Query>) -> Result<Option<TierChange>>;

    /// Verifies the results that match `query`: each listed document exists, can be read, is a stored result with the
    /// listed facts, and has the digest that was recorded when it was saved. Without filters, looks for documents that
    /// are not listed, too. A result that is replaced or deleted meanwhile is left out.
    fn verify<'a>(&'a self, query: &'a Query, options: VerifyOptions) -> VerifyStream<'a>;

    /// Verifies the result of `run_id` as [`verify`](Self::verify) does, without a list of the others. It is read if it is
    /// in `options.sample`, whose next place it takes.
    ///
    /// # Errors
    /// [`NotFound`](crate::error::ErrorKind::NotFound) if there is no such result,
    /// [`Read`](crate::error::ErrorKind::Read) for a fault.
    async fn verify_one(&self, run_id: &RunId, options: VerifyOptions) -> Result<VerifiedResult>;

    /// Checks credentials, permissions and the promises of the server, one after the other. Leaves nothing behind, if
    /// the stream is not dropped before its next item.
    fn diagnose(&self, options: DoctorOptions) -> FindingStream<'_>;

    /// Returns the least permissions for this store, in the form that its service takes.
    fn policy(&self, options: DoctorOptions) -> String;

    /// Rebuilds the catalog from the stored documents.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::ErrorKind::Unsupported) for a backend without a catalog.
    async fn reindex(&self, options: ReindexOptions) -> Result<ReindexReport>;

    /// Carries out `actions`, then reports on the connection pool and on the health of its database.
    ///
    /// # Errors
    /// [`Unsupported`](crate::error::ErrorKind::Unsupported) for a backend without a pool. A database that does not
    /// answer causes no error; the report says so.
    async fn pool_status(&self, actions: PoolActions) -> Result<PoolStatus>;
}

/// The error for a result that the store at `location` does not have.
pub fn not_found(run_id: &RunId, location: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("result `{run_id}` not found in {location}"))
        .with_run_id(run_id.as_str())
        .with_hint("`truthound-store list` shows the stored results")
}

/// The error for a result that the store at `location` has and must not replace.
pub fn already_exists(run_id: &RunId, location: &str) -> Error {
    Error::new(ErrorKind::AlreadyExists, format!("result `{run_id}` already exists in {location}"))
        .with_run_id(run_id.as_str())
        .with_hint("leave out `--if-absent` to replace it, or save this one under another `--run-id`")
}

/// The cause of an [`AlreadyExists`](ErrorKind::AlreadyExists) for a run id that another namespace holds: the store does
/// not have the result.
#[derive(Debug)]
pub struct HeldElsewhere {
    /// Which run ids are the same in its table: the end of a sentence.
    pub same_run_ids: &'static str,
}

impl HeldElsewhere {
    /// Whether it is the cause of an error.
    pub fn is_cause_of(error: &Error) -> bool {
        std::error::Error::source(error).is_some_and(|cause| cause.is::<Self>())
    }
}

impl fmt::Display for HeldElsewhere {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { same_run_ids } = self;
        write!(formatter, "another namespace holds that run id, and in this table, which Python made, {same_run_ids}")
    }
}

impl std::error::Error for HeldElsewhere {}

/// The error for a result whose document is not what was saved. The caller adds the reason.
pub fn damaged(run_id: &RunId, location: &str) -> Error {
    Error::new(ErrorKind::Read, format!("result `{run_id}` in {location} is damaged"))
        .with_run_id(run_id.as_str())
        .with_hint("save it again, or restore its document from a backup")
}

/// The error for a document with another digest than was `recorded` when it was saved.
pub fn other_digest(run_id: &RunId, computed: DocumentDigest, recorded: DocumentDigest) -> Error {
    Error::new(ErrorKind::Read, format!("result `{run_id}` is not the document that was saved"))
        .with_run_id(run_id.as_str())
        .with_source(format!("its SHA-256 is {computed}, and {recorded} was recorded when it was saved"))
        .with_hint("save it again, or restore its document from a backup")
}

/// Behavior of `save` when the run id is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveMode {
    /// Replace the result.
    Overwrite,
    /// Refuse, and leave the result as it is.
    IfAbsent,
}
