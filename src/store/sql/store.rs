//! The result store over a table.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;

use super::driver::WriteStep;
use super::failure::{FailureClass, SqlFailure, SqlOperation, StepOutcome};
use super::group_commit::{GroupCommitter, LARGEST_GROUP, WriteRequest};
use super::list::ResultList;
use super::list_statements::ListStatements;
use super::plan;
use super::result_table::ResultTable;
use super::row_version::{value_of, version_of};
use super::scope::entry;
use super::statement::{SqlText, SqlValue};
use super::status::HealthChecker;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Document, DocumentDigest, DocumentLimit, Entry, Layout, Redaction, RunId, TimeZone};
use crate::store::contract::{
    ByteStream, Capabilities, DoctorOptions, EntryStream, FindingStream, HeldElsewhere, OrderBy, Placement,
    PoolActions, PoolConfig, PoolStatus, Query, ReindexOptions, ReindexReport, ResultStore, ResultVersion, SaveMode,
    StorageTiers, Tier, TierChange, VerifiedResult, VerifyOptions, VerifyStream, already_exists, not_found,
    other_digest,
};

/// Attempts of a save that finds neither a row to replace nor room for a new one.
const SAVE_ATTEMPTS: usize = 5;

/// Bytes per chunk of a document that is read.
const CHUNK: usize = 256 * 1024;

/// Results in a table of a SQL database.
///
/// A document is one text in one row, and drivers pass it as a whole. Unlike on disk and in object stores, a document
/// is therefore once or twice in memory while it is saved or read.
#[derive(Debug)]
pub struct SqlResultStore {
    pub(super) table: ResultTable,
    writer: GroupCommitter,
    config: PoolConfig,
    redaction: Redaction,
    health: HealthChecker,
}

impl SqlResultStore {
    pub(super) fn new(table: ResultTable, config: PoolConfig, redaction: Redaction, health_timeout: Duration) -> Self {
        let writer = GroupCommitter::new(Arc::clone(&table.database));
        Self { table, writer, config, redaction, health: HealthChecker::new(health_timeout) }
    }

    fn not_saved(&self, run_id: &RunId) -> String {
        format!("cannot save result `{run_id}` in {}", self.location())
    }

    fn held_elsewhere(&self, run_id: &RunId) -> Error {
        Error::new(ErrorKind::AlreadyExists, self.not_saved(run_id))
            .with_source(HeldElsewhere { same_run_ids: self.table.scope.grammar.python_key() })
            .with_hint("save it under another run id with `--run-id`, or use a `table_prefix` of your own")
    }

    /// Runs the step that removes the row of a result. `is_conditional`: whether the row may stay. Returns whether it was
    /// removed.
    async fn remove(&self, run_id: &RunId, step: WriteStep, is_conditional: bool) -> Result<bool> {
        let change = WriteRequest { size: 0, creates: false, prepare: Box::new(move || Ok(step)) };
        let failure = match self.writer.make(change).await? {
            Ok(StepOutcome::Changed(rows)) => return Ok(rows > 0),
            Ok(StepOutcome::AlreadyRemoved(rows)) if !is_conditional => return Ok(rows > 0),
            // Either the first attempt removed it, or a document that does not meet the condition has replaced it since.
            Ok(StepOutcome::AlreadyRemoved(rows)) => {
                match self.table.database.read(&self.table.scope.exists(run_id)).await {
                    Ok(found) => return Ok(rows > 0 && found.is_empty()),
                    Err(failure) => failure,
                }
            }
            Err(failure) if self.table.is_empty_store(&failure) => return Ok(false),
            Ok(StepOutcome::Refused(failure)) | Err(failure) => failure,
        };
        let message = format!("cannot delete result `{run_id}` from {}", self.location());
        Err(self.table.error(failure, SqlOperation::Write, &message).with_run_id(run_id.as_str()))
    }

    /// Returns the write request that saves a document, with its digest if the table takes `digests`.
    fn saving(&self, document: &Document, mode: SaveMode, digests: bool) -> WriteRequest {
        let Document { entry, body } = document.clone();
        let scope = self.table.scope.clone();
        let message = self.not_saved(&entry.run_id);
        WriteRequest {
            size: body.len(),
            creates: true,
            prepare: Box::new(move || {
                let bytes = body
                    .to_bytes()
                    .map_err(|error| Error::new(ErrorKind::Other, message.as_str()).with_source(error))?;
                let digest = digests
                    .then(|| body.known_digest().map_or_else(|| DocumentDigest::of(bytes.as_ref()), Ok))
                    .transpose()
                    .map_err(|error| Error::new(ErrorKind::Other, message.as_str()).with_source(error))?;
                let text = SqlText::from_utf8(bytes)
                    .map_err(|_| Error::usage(message.as_str()).with_source("the document is not UTF-8"))?;
                scope
                    .save(&entry, &text, digest, mode, Timestamp::now().into())
                    .map_err(|objection| Error::usage(message).with_source(objection))
            }),
        }
    }
}

/// Whether this is the URL of a SQLite database in memory.
fn is_in_memory(url: &str) -> bool {
    matches!(url, "sqlite://" | "sqlite:///") || url.starts_with("sqlite:///:memory:") || url.contains("mode=memory")
}

#[async_trait]
impl ResultStore for SqlResultStore {
    fn location(&self) -> String {
        self.table.location()
    }

    fn namespace(&self) -> &str {
        &self.table.scope.namespace
    }

    fn time_zone(&self) -> &TimeZone {
        &self.table.scope.zone
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            tiers: StorageTiers::default(),
            catalog: false,
            lasting: !is_in_memory(&self.table.url),
            pool: true,
            layout: Layout::Compact,
            redaction: self.redaction,
            // Pending saves take no memory and share the next transaction.
            saves_at_once: LARGEST_GROUP,
            longest_document: self.table.scope.limit,
        }
    }

    async fn save(&self, document: &Document, mode: SaveMode) -> Result<()> {
        let Document { entry, body } = document;
        let run_id = entry.run_id.clone();
        let with_run_id = |error: Error| error.with_run_id(run_id.as_str());
        if body.len() > self.table.database.driver.document_limit() {
            let failure = SqlFailure::new(FailureClass::TooLarge, format!("the document has {} bytes", body.len()));
            return Err(with_run_id(self.table.error(failure, SqlOperation::Write, &self.not_saved(&run_id))));
        }
        for attempt in 1..=SAVE_ATTEMPTS {
            let digests = self.table.database.digests.are_used();
            match self.writer.make(self.saving(document, mode, digests)).await.map_err(with_run_id)? {
                Ok(StepOutcome::Changed(0) | StepOutcome::AlreadyRemoved(_)) => {}
                Ok(StepOutcome::Changed(_)) => return Ok(()),
                Ok(StepOutcome::Refused(failure)) if failure.class == FailureClass::Duplicate => {}
                // Another save of the same transaction may have named the columns.
                Err(failure) if self.table.database.digests.are_missing(&failure) && attempt < SAVE_ATTEMPTS => {
                    continue;
                }
                Ok(StepOutcome::Refused(failure)) | Err(failure) => {
                    return Err(with_run_id(self.table.error(failure, SqlOperation::Write, &self.not_saved(&run_id))));
                }
            }
            match self.table.database.read(&self.table.scope.exists(&run_id)).await {
                Ok(rows) if !rows.is_empty() && mode == SaveMode::IfAbsent => {
                    return Err(already_exists(&run_id, &self.location()));
                }
                // Another namespace holds the run id, or another client removes and adds the row between our
                // statements.
                Ok(_) => {}
                Err(failure) => {
                    return Err(with_run_id(self.table.error(failure, SqlOperation::Write, &self.not_saved(&run_id))));
                }
            }
        }
        Err(with_run_id(self.held_elsewhere(&run_id)))
    }

    async fn get(&self, run_id: &RunId) -> Result<ByteStream> {
        let with_run_id = |error: Error| error.with_run_id(run_id.as_str());
        let not_read = format!("cannot read result `{run_id}` from {}", self.location());
        let reading = self.table.database.read_with_digests(|digests| self.table.scope.get(run_id, digests));
        let rows = match reading.await {
            Ok(rows) => rows,
            Err(failure) if self.table.is_empty_store(&failure) => Vec::new(),
            Err(failure) => return Err(with_run_id(self.table.error(failure, SqlOperation::Read, &not_read))),
        };
        let Some(row) = rows.into_iter().next() else { return Err(not_found(run_id, &self.location())) };
        match self.table.scope.document(&row) {
            Ok((bytes, recorded)) => Ok(chunks(bytes, run_id.clone(), recorded)),
            Err(reason) => {
                let hint = DocumentLimit::hint(&reason).unwrap_or("save it again");
                Err(with_run_id(Error::new(ErrorKind::Read, not_read).with_source(reason).with_hint(hint)))
            }
        }
    }

    async fn digests_of(&self, run_ids: &[RunId]) -> Result<HashMap<RunId, DocumentDigest>> {
        self.recorded_digests(run_ids).await
    }

    fn list<'a>(&'a self, query: &'a Query) -> EntryStream<'a> {
        stream::unfold(ResultList::new(&self.table, query), ResultList::next).boxed()
    }

    async fn count(&self, query: &Query) -> Result<u64> {
        // A count has no order.
        let query = Query { order_by: OrderBy::RunTime, ..query.clone() };
        let counted = self.table.database.guarded(|| async {
            let mut reader = self.table.database.reader().await?;
            let (origin, arms) = plan::choose(&self.table.scope, &query, &mut reader).await?;
            let pages = ListStatements { scope: &self.table.scope, query: &query, origin, arms: &arms };
            reader.read(pages.count()).await
        });
        match counted.await {
            Ok(rows) => match rows.first().and_then(|row| row.first()) {
                Some(SqlValue::Integer(count)) => Ok(u64::try_from(*count).unwrap_or_default()),
                _ => Err(Error::new(ErrorKind::Read, format!("{} gave no count", self.location()))),
            },
            Err(failure) if self.table.is_empty_store(&failure) => Ok(0),
            Err(failure) => Err(self.table.error(
                failure,
                SqlOperation::Read,
                &format!("cannot count the results in {}", self.location()),
            )),
        }
    }

    async fn other_namespaces(&self, limit: usize) -> Result<Vec<String>> {
        self.namespaces_beside(limit).await
    }

    async fn delete(&self, run_id: &RunId, filter: Option<&Query>) -> Result<bool> {
        self.remove(run_id, self.table.scope.delete(run_id, filter), filter.is_some()).await
    }

    async fn version(&self, listed: &Entry) -> Result<Option<ResultVersion>> {
        let run_id = &listed.run_id;
        let unreadable = || format!("cannot read the version of result `{run_id}` from {}", self.location());
        let rows = match self.table.database.read(&self.table.scope.version(run_id)).await {
            Ok(rows) => rows,
            Err(failure) if self.table.is_empty_store(&failure) => return Ok(None),
            Err(failure) => {
                let error = self.table.error(failure, SqlOperation::Read, &unreadable());
                return Err(error.with_run_id(run_id.as_str()));
            }
        };
        let Some((version, facts)) = rows.first().and_then(|row| row.split_last()) else { return Ok(None) };
        if entry(facts, &self.table.scope.zone)? != *listed {
            return Ok(None);
        }
        let version = version_of(version).ok_or_else(|| {
            Error::new(ErrorKind::Read, unreadable())
                .with_run_id(run_id.as_str())
                .with_source("its `updated_at` is not a time")
        });
        version.map(Some)
    }

    async fn delete_version(&self, run_id: &RunId, version: &ResultVersion) -> Result<bool> {
        let Some(value) = value_of(version) else { return Ok(false) };
        self.remove(run_id, self.table.scope.delete_version(run_id, value), true).await
    }

    async fn placement(&self, run_id: &RunId) -> Result<Placement> {
        Err(without_tiers(&format!("cannot tell the tier of result `{run_id}`"), run_id))
    }

    async fn set_tier(&self, run_id: &RunId, tier: &Tier, _: Option<&Query>) -> Result<Option<TierChange>> {
        Err(without_tiers(&format!("cannot move result `{run_id}` to tier `{}`", tier.0), run_id))
    }

    fn verify<'a>(&'a self, query: &'a Query, options: VerifyOptions) -> VerifyStream<'a> {
        self.verify_rows(query, options)
    }

    async fn verify_one(&self, run_id: &RunId, mut options: VerifyOptions) -> Result<VerifiedResult> {
        let is_in_sample = options.sample.takes_next();
        let verified = self.verify_listed(run_id, is_in_sample, options).await?;
        verified.ok_or_else(|| not_found(run_id, &self.location()))
    }

    fn diagnose(&self, options: DoctorOptions) -> FindingStream<'_> {
        self.findings(options)
    }

    fn policy(&self, options: DoctorOptions) -> String {
        self.table.scope.grammar.policy(&self.table.scope.table, options.read_only)
    }

    async fn reindex(&self, _options: ReindexOptions) -> Result<ReindexReport> {
        Err(Error::new(ErrorKind::Unsupported, "there is nothing to reindex: a database keeps its own indexes")
            .with_hint("use a profile whose backend is filesystem, s3, gcs or azure"))
    }

    async fn pool_status(&self, actions: PoolActions) -> Result<PoolStatus> {
        Ok(self.health.report(&self.table.database, actions, self.config.clone()).await)
    }
}

fn without_tiers(message: &str, run_id: &RunId) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{message}: databases have no tiers"))
        .with_hint("use a profile whose backend is s3, gcs or azure")
        .with_run_id(run_id.as_str())
}

/// Splits a document into chunks without copying it. An error follows if its digest is not the recorded one.
fn chunks(bytes: Bytes, run_id: RunId, recorded: Option<DocumentDigest>) -> ByteStream {
    let mut rest = bytes.clone();
    let chunks = std::iter::from_fn(move || {
        let size = rest.len().min(CHUNK);
        (size > 0).then(|| Ok(rest.split_to(size)))
    });
    let mut compared = recorded.map(|recorded| (recorded, bytes));
    let verdict = std::iter::from_fn(move || {
        let (recorded, bytes) = compared.take()?;
        let computed = DocumentDigest::of(bytes.as_ref()).ok()?;
        (computed != recorded).then(|| Err(other_digest(&run_id, computed, recorded)))
    });
    stream::iter(chunks.chain(verdict)).boxed()
}
