//! Implements the contract with the operations in this directory.

use async_trait::async_trait;

use super::delete::DeleteCondition;
use super::digests::{DigestCheck, checked};
use super::memory::MemoryOptions;
use super::translate::Access;
use super::{ObjectResultStore, stream};
use crate::error::Result;
use crate::result::{Document, Entry, RunId, TimeZone};
use crate::store::contract::{
    ByteStream, Capabilities, DoctorOptions, EntryStream, FindingStream, PoolActions, PoolStatus, Query,
    ReindexOptions, ReindexReport, ResultStore, ResultVersion, SaveMode, Tier, TierChange, VerifiedResult,
    VerifyOptions, VerifyStream,
};
use crate::store::options::StoreOptions as _;

#[async_trait]
impl ResultStore for ObjectResultStore {
    fn location(&self) -> String {
        self.backend.location.clone()
    }

    fn namespace(&self) -> &str {
        self.backend.keys.namespace()
    }

    fn time_zone(&self) -> &TimeZone {
        &self.backend.time_zone
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            tiers: self.backend.tiers.as_ref().map_or(&[], |tiers| tiers.names()),
            catalog: true,
            lasting: self.backend.name != MemoryOptions::NAME,
            pool: false,
            layout: self.backend.layout,
            redaction: self.backend.redaction,
            saves_at_once: self.backend.writes_at_once(),
            longest_document: self.backend.limit,
        }
    }

    async fn save(&self, document: &Document, mode: SaveMode) -> Result<()> {
        self.save_document(document, mode).await
    }

    async fn get(&self, run_id: &RunId) -> Result<ByteStream> {
        let names = self.backend.keys.document(run_id).map_err(|_| self.not_found(run_id))?;
        let found = self.documents.find(&names).await;
        let found = found.map_err(|error| self.backend.failed_with("read", run_id, Access::Read, error))?;
        let (_, result) = found.ok_or_else(|| self.not_found(run_id))?;
        let check = DigestCheck::new(run_id, &result, &self.backend, self.python.notices.clone());
        Ok(checked(stream::document(result, run_id.as_str(), self.backend.limit), check))
    }

    fn list<'a>(&'a self, query: &'a Query) -> EntryStream<'a> {
        self.entries(query)
    }

    async fn count(&self, query: &Query) -> Result<u64> {
        self.count_entries(query).await
    }

    async fn other_namespaces(&self, limit: usize) -> Result<Vec<String>> {
        self.namespaces_beside(limit).await
    }

    async fn delete(&self, run_id: &RunId, filter: Option<&Query>) -> Result<bool> {
        self.delete_document(run_id, filter.map_or(DeleteCondition::None, DeleteCondition::Passes)).await
    }

    async fn version(&self, entry: &Entry) -> Result<Option<ResultVersion>> {
        self.version_of(entry).await
    }

    async fn delete_version(&self, run_id: &RunId, version: &ResultVersion) -> Result<bool> {
        self.delete_document(run_id, DeleteCondition::IsVersion(version)).await
    }

    async fn tier(&self, run_id: &RunId) -> Result<Tier> {
        let tiers = self.tiers(run_id)?;
        let names = self.backend.keys.document(run_id).map_err(|_| self.not_found(run_id))?;
        for path in names.all() {
            if let Some(tier) = tiers.tier(path).await.map_err(|error| error.with_run_id(run_id.as_str()))? {
                return Ok(tier);
            }
        }
        Err(self.not_found(run_id))
    }

    async fn set_tier(&self, run_id: &RunId, tier: &Tier, filter: Option<&Query>) -> Result<Option<TierChange>> {
        let tiers = self.tiers(run_id)?;
        let failed = |error| self.backend.failed_with("look for", run_id, Access::Read, error);
        let names = self.backend.keys.document(run_id).map_err(|_| self.not_found(run_id))?;
        for path in names.all() {
            let passes = match filter {
                None => self.backend.head(path).await.map_err(failed)?.map(|_| true),
                Some(filter) => match self.documents.read(path, run_id).await.map_err(failed)? {
                    Some(document) => Some(self.passes(run_id, &document, filter).await?),
                    None => None,
                },
            };
            match passes {
                Some(true) => {
                    let moved = tiers.set_tier(path, tier).await;
                    return moved.map(Some).map_err(|error| error.with_run_id(run_id.as_str()));
                }
                Some(false) => return Ok(None),
                None => {}
            }
        }
        if filter.is_some() {
            return Ok(None);
        }
        // A response to HEAD has no body, so it cannot tell a missing bucket from a missing object. A response to GET can.
        self.documents.read(&names.own, run_id).await.map_err(failed)?;
        Err(self.not_found(run_id))
    }

    fn verify<'a>(&'a self, query: &'a Query, options: VerifyOptions) -> VerifyStream<'a> {
        self.verify_results(query, options)
    }

    async fn verify_one(&self, run_id: &RunId, mut options: VerifyOptions) -> Result<VerifiedResult> {
        let is_in_sample = options.sample.takes_next();
        self.verify_result(run_id, is_in_sample, options).await
    }

    fn diagnose(&self, options: DoctorOptions) -> FindingStream<'_> {
        self.findings(options)
    }

    fn policy(&self, options: DoctorOptions) -> String {
        let inspection = self.backend.inspection.as_ref();
        inspection.map_or_else(|| "nothing".to_owned(), |inspection| inspection.policy(options.read_only))
    }

    async fn reindex(&self, options: ReindexOptions) -> Result<ReindexReport> {
        self.rebuild(options).await
    }

    async fn pool_status(&self, _: PoolActions) -> Result<PoolStatus> {
        Err(self.unsupported("connection pool", "use a profile with the backend `database`"))
    }
}
