//! Verifying: each listed row, its document and the digest that was recorded with it.

use std::collections::HashMap;

use futures_util::StreamExt as _;

use super::failure::{SqlFailure, SqlOperation};
use super::scope::{entry, recorded_digest};
use super::store::SqlResultStore;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{DocumentDigest, Entry, RunId, RunInstant, TimeZone, examine};
use crate::store::contract::{
    Query, ResultStore as _, VerifiedContent, VerifiedResult, VerifyOptions, VerifyStream, contradiction, damaged,
    other_digest,
};

/// Maximum difference between the run time in a document and in a column of Python's, which may hold whole seconds
/// only, in microseconds.
const ROUNDED: u64 = 1_000_000;

/// Run ids in one statement. SQL Server takes 2,100 values at most.
const RUN_IDS_AT_ONCE: usize = 256;

impl SqlResultStore {
    /// Verifies the rows that match `query`. A row that changes meanwhile is verified as it is then.
    pub(super) fn verify_rows<'a>(&'a self, query: &'a Query, options: VerifyOptions) -> VerifyStream<'a> {
        let mut sample = options.sample;
        let verified = self.list(query).map(move |listed| {
            let is_in_sample = sample.takes_next();
            async move { self.verify_listed(&listed?.run_id, is_in_sample, options).await }
        });
        verified.buffered(options.jobs).filter_map(|verified| std::future::ready(verified.transpose())).boxed()
    }

    /// Verifies one row; `None` if it is gone.
    pub(super) async fn verify_listed(
        &self,
        run_id: &RunId,
        is_in_sample: bool,
        options: VerifyOptions,
    ) -> Result<Option<VerifiedResult>> {
        if !is_in_sample {
            let found = self.look_for(run_id).await?;
            if !options.wants_digests || found.as_ref().is_none_or(|found| found.has_recorded_digest) {
                return Ok(found);
            }
        }
        self.verify_row(run_id).await
    }

    async fn look_for(&self, run_id: &RunId) -> Result<Option<VerifiedResult>> {
        let scope = &self.table.scope;
        let rows = self.table.database.read_with_digests(|digests| scope.recorded_digest(run_id, digests)).await;
        let rows = rows.map_err(|failure| self.not_verified(run_id, failure))?;
        Ok(rows.first().map(|row| {
            let digest = recorded_digest(row.get(1));
            let content = VerifiedContent::NotRead;
            VerifiedResult { run_id: run_id.clone(), digest, has_recorded_digest: digest.is_some(), content, bytes: 0 }
        }))
    }

    /// Returns the recorded digests of these documents, a few hundred in each statement.
    pub(super) async fn recorded_digests(&self, run_ids: &[RunId]) -> Result<HashMap<RunId, DocumentDigest>> {
        let (database, mut found) = (&self.table.database, HashMap::new());
        for some in run_ids.chunks(RUN_IDS_AT_ONCE) {
            if !database.digests.are_used() {
                break;
            }
            let rows = match database.read(&self.table.scope.recorded_digests(some)).await {
                Ok(rows) => rows,
                Err(failure) if database.digests.are_missing(&failure) || self.table.is_empty_store(&failure) => break,
                Err(failure) => {
                    let message = format!("cannot read digests from {}", self.location());
                    return Err(self.table.error(failure, SqlOperation::Read, &message));
                }
            };
            found.extend(rows.iter().filter_map(|row| {
                let run_id = RunId::new(row.first()?.as_str()?).ok()?;
                Some((run_id, recorded_digest(row.get(1))?))
            }));
        }
        Ok(found)
    }

    /// Compares a row's document with its columns and its digest; `None` if the row is gone.
    async fn verify_row(&self, run_id: &RunId) -> Result<Option<VerifiedResult>> {
        let scope = &self.table.scope;
        let rows = self.table.database.read_with_digests(|digests| scope.get_whole(run_id, digests)).await;
        let rows = rows.map_err(|failure| self.not_verified(run_id, failure))?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let (columns, rest) = row.split_at_checked(5).unwrap_or_default();
        let listed = entry(columns, &scope.zone)?;
        let document = scope.document(rest);
        let (bytes, recorded) = document.map_err(|reason| damaged(run_id, &self.location()).with_source(reason))?;
        let limit = scope.limit;
        let examined = tokio::task::spawn_blocking(move || examine(bytes.as_ref(), limit)).await.map_err(|error| {
            Error::new(ErrorKind::Other, "the task that reads the document ended early").with_source(error)
        })?;
        let facts = examined.facts.map_err(|error| damaged(run_id, &self.location()).with_source(reason(&error)))?;
        if let Some(reason) = contradiction(&listed, &with_time_of(&listed, facts, &scope.zone)) {
            return Err(damaged(run_id, &self.location()).with_source(reason));
        }
        match (recorded, examined.digest) {
            (Some(recorded), Some(computed)) if recorded != computed => Err(other_digest(run_id, computed, recorded)),
            _ => Ok(Some(VerifiedResult {
                run_id: run_id.clone(),
                digest: examined.digest,
                has_recorded_digest: recorded.is_some(),
                content: VerifiedContent::Read,
                bytes: examined.bytes,
            })),
        }
    }

    fn not_verified(&self, run_id: &RunId, failure: SqlFailure) -> Error {
        let message = format!("cannot verify result `{run_id}` in {}", self.location());
        self.table.error(failure, SqlOperation::Read, &message).with_run_id(run_id.as_str())
    }
}

/// Returns why a document cannot be read.
fn reason(error: &Error) -> String {
    let causes = error.causes();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

/// Returns `facts` with the time of the row, if the row can stand for the time in the document: columns have no
/// offset, and Python's are rounded.
fn with_time_of(row: &Entry, facts: Entry, zone: &TimeZone) -> Entry {
    let column = RunInstant::at_or_before(facts.run_time.clock_in(zone));
    let apart = row.run_time.as_utc().as_microsecond().abs_diff(column.as_microsecond());
    if apart <= ROUNDED { Entry { run_time: row.run_time, ..facts } } else { facts }
}
