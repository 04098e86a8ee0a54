//! What every backend promises.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::result::{Document, Entry, Layout, RunId, Status, Tags};

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

/// What a store needs from around it.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The profile's name, for messages and for the breaker's state.
    pub profile: String,
    /// The user's state directory, where the circuit breaker's state is kept; without one it is not kept.
    pub state_directory: Option<PathBuf>,
    /// Where warnings and echoed statements go.
    pub notices: Notices,
}

/// A way to say something to the user that is not a result: a warning, an echoed statement.
#[derive(Clone)]
pub struct Notices(Arc<dyn Fn(Notice<'_>) + Send + Sync>);

/// One thing said through [`Notices`].
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// Something is not as it should be; the work goes on.
    Warning(&'a str),
    /// A statement sent to a database, without its values (`echo = true`).
    Statement(&'a str),
}

impl Notices {
    /// Sends every notice to `listener`.
    pub fn new(listener: impl Fn(Notice<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Says that something is not as it should be.
    pub fn warn(&self, message: &str) {
        (self.0)(Notice::Warning(message));
    }

    /// Shows a statement, without its values.
    pub fn statement(&self, text: &str) {
        (self.0)(Notice::Statement(text));
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Notices")
    }
}

/// What a backend can do.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// The tiers a result can be moved to; none where there are no tiers.
    pub tiers: &'static [&'static str],
    /// Whether there is a catalog that can be rebuilt.
    pub catalog: bool,
    /// Whether there is a connection pool to report on.
    pub pool: bool,
    /// How documents that we write ourselves are laid out here.
    pub layout: Layout,
    /// How many saves at once are worth it: more are no faster, or take too much memory.
    pub saves_at_once: u16,
}

/// What `save` does when the run id is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveMode {
    /// Replaces the result.
    Overwrite,
    /// Refuses, and leaves the result as it is.
    IfAbsent,
}

/// Which results are wanted, and in what order.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only this data asset.
    pub data_asset: Option<String>,
    /// Only these statuses; all of them when empty.
    pub statuses: Vec<Status>,
    /// Only runs at or after this instant.
    pub since: Option<Timestamp>,
    /// Only runs at or before this instant.
    pub until: Option<Timestamp>,
    /// Only results that carry every one of these tags.
    pub tags: Tags,
    /// At most so many.
    pub limit: Option<u64>,
    /// Leaves out so many of the first.
    pub offset: u64,
    /// What to order by.
    pub order_by: OrderBy,
    /// Smallest first; the default is the newest, or the last by name, first.
    pub ascending: bool,
}

impl Query {
    /// Whether `entry` passes every filter.
    pub fn matches(&self, entry: &Entry) -> bool {
        let instant = entry.run_time.instant();
        self.data_asset.as_ref().is_none_or(|asset| *asset == entry.data_asset)
            && (self.statuses.is_empty() || self.statuses.contains(&entry.status))
            && self.since.is_none_or(|since| instant >= since)
            && self.until.is_none_or(|until| instant <= until)
            && self.tags.iter().all(|(key, value)| entry.tags.get(key) == Some(value))
    }

    /// How `left` and `right` follow each other in the order that is asked for.
    pub fn compare(&self, left: &Entry, right: &Entry) -> std::cmp::Ordering {
        let newest_first = right.run_time.instant().cmp(&left.run_time.instant());
        let order = match self.order_by {
            OrderBy::RunTime => left.run_time.instant().cmp(&right.run_time.instant()),
            OrderBy::DataAsset => left.data_asset.cmp(&right.data_asset),
            OrderBy::Status => left.status.name().cmp(right.status.name()),
        };
        let order = if self.ascending { order } else { order.reverse() };
        order.then(newest_first).then_with(|| left.run_id.cmp(&right.run_id))
    }
}

/// What a list is ordered by; ties are broken by run time, newest first, then by run id, ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// When the run happened.
    #[default]
    RunTime,
    /// The data asset's name, by code point.
    DataAsset,
    /// The status's name.
    Status,
}

/// The name of a tier: `Hot`, `Cool`, `Cold`, `Archive`, or what the cloud itself calls it, in any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tier(pub String);

/// What became of a request to change a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TierChange {
    /// The result is in that tier.
    Done,
    /// The cloud has accepted the request and takes hours.
    Requested,
    /// The result was in that tier already.
    Unchanged,
}

/// What `reindex` is to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReindexOptions {
    /// Change nothing, say only what is wrong.
    pub dry_run: bool,
    /// Write Python's `_index.json` too.
    pub python_index: bool,
}

/// What `reindex` found and mended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReindexReport {
    /// Documents that were read.
    pub documents: u64,
    /// Entries that were right.
    pub correct: u64,
    /// Run ids whose entry was missing.
    pub missing: Vec<String>,
    /// Names of entries that no document stands behind, or that say what it does not.
    pub stale: Vec<String>,
    /// Documents that cannot be read, with the reason; they are left as they are.
    pub unreadable: Vec<Unreadable>,
    /// Whether Python's `_index.json` was written, or would be.
    pub python_index: bool,
}

/// A document that `reindex` cannot read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Its name in the store.
    pub name: String,
    /// Why it cannot be read.
    pub reason: String,
    /// The next thing to try, where the server's answer gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What to do to a pool before reporting on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolActions {
    /// Replace every connection.
    pub recycle: bool,
    /// Close the circuit breaker, and forget its failures.
    pub reset_breaker: bool,
}

/// The state of a database's connection pool, in the shape of truthound's `get_pool_status()`
/// (`truthound/stores/backends/connection_pool.py`).
#[derive(Clone, Debug, Serialize)]
pub struct PoolStatus {
    /// Whether the pool has been opened.
    pub initialized: bool,
    /// Whether the pool has been closed.
    pub disposed: bool,
    /// Whether the database answered the health check.
    pub healthy: bool,
    /// `CLOSED`, `OPEN` or `HALF_OPEN`.
    pub circuit_state: &'static str,
    /// `sqlite`, `postgresql`, `mysql` or `mssql`.
    pub dialect: &'static str,
    /// What is configured.
    pub config: PoolConfig,
    /// What has been counted.
    pub metrics: PoolMetrics,
    /// Why it is not healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The configured limits of a pool.
#[derive(Clone, Debug, Serialize)]
pub struct PoolConfig {
    /// The address, with every secret masked.
    pub connection_url: String,
    /// Connections that are kept.
    pub pool_size: u32,
    /// Connections beyond those, closed when returned.
    pub max_overflow: u32,
    /// Seconds to wait for a free connection.
    pub pool_timeout: f64,
    /// Seconds after which a connection is replaced; -1 for never.
    pub pool_recycle: i64,
}

/// What a pool has counted since it was opened; the breaker's figures are those of all processes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PoolMetrics {
    /// How many connections there are and were.
    pub connections: ConnectionMetrics,
    /// What was done with them.
    pub operations: OperationMetrics,
    /// How long it took, in milliseconds.
    pub timing: TimingMetrics,
    /// What the health checks said.
    pub health: HealthMetrics,
    /// What the circuit breaker did.
    pub circuit_breaker: CircuitBreakerMetrics,
}

/// How many connections there are and were.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct ConnectionMetrics {
    pub total_created: u64,
    pub total_closed: u64,
    pub current_size: u64,
    pub current_checked_out: u64,
    pub current_overflow: u64,
    pub peak: u64,
    pub idle: u64,
}

/// What was done with connections.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct OperationMetrics {
    pub checkouts: u64,
    pub checkins: u64,
    pub checkout_failures: u64,
    pub recycles: u64,
    pub invalidations: u64,
}

/// How long checkouts and connecting took, in milliseconds.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct TimingMetrics {
    pub avg_checkout_ms: f64,
    pub max_checkout_ms: f64,
    pub total_connection_time_ms: f64,
}

/// What the health checks said.
#[derive(Clone, Debug, Default, Serialize)]
pub struct HealthMetrics {
    /// How many were answered.
    pub checks_passed: u64,
    /// How many were not.
    pub checks_failed: u64,
    /// When the last one was made, RFC 3339.
    pub last_check: Option<Timestamp>,
}

/// What the circuit breaker did, in all processes that share its state.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct CircuitBreakerMetrics {
    pub opens: u64,
    pub closes: u64,
    pub requests_rejected: u64,
}
