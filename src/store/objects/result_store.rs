//! Implements the contract with the operations in this directory.

use std::collections::HashMap;

use async_trait::async_trait;
use object_store::path::Path;

use super::backend::Listing;
use super::delete::DeleteCondition;
use super::digests::{DigestCheck, checked};
use super::memory::MemoryOptions;
use super::translate::Access;
use super::{ObjectResultStore, stream};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Document, DocumentDigest, Entry, RunId, TimeZone};
use crate::store::contract::{
    ByteStream, Capabilities, DoctorOptions, EntryStream, FindingStream, Placement, PoolActions, PoolStatus, Query,
    ReindexOptions, ReindexReport, ResultStore, ResultVersion, SaveMode, StorageTiers, Tier, TierChange,
    VerifiedResult, VerifyOptions, VerifyStream,
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
            tiers: self.backend.tiers.as_ref().map_or_else(StorageTiers::default, |tiers| tiers.tiers()),
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

    async fn digests_of(&self, run_ids: &[RunId]) -> Result<HashMap<RunId, DocumentDigest>> {
        // An object has its digest in its metadata: one request for each, like the document itself.
        match self.backend.listing {
            Listing::Flat => Ok(HashMap::new()),
            Listing::Directories => {
                let digests = self.documents.digests_of(run_ids).await;
                digests.map_err(|error| self.backend.cannot_list(error))
            }
        }
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

    async fn placement(&self, run_id: &RunId) -> Result<Placement> {
        let tiers = self.tiers(run_id)?;
        let names = self.backend.keys.document(run_id).map_err(|_| self.not_found(run_id))?;
        for path in names.all() {
            let placement = tiers.placement(path).await.map_err(|error| error.with_run_id(run_id.as_str()))?;
            if let Some(placement) = placement {
                return Ok(placement);
            }
        }
        Err(self.without_document(run_id, &names.own).await)
    }

    async fn set_tier(&self, run_id: &RunId, tier: &Tier, filter: Option<&Query>) -> Result<Option<TierChange>> {
        let tiers = self.tiers(run_id)?;
        let names = self.backend.keys.document(run_id).map_err(|_| self.not_found(run_id))?;
        for path in names.all() {
            if let Some(filter) = filter {
                let read = self.documents.read(path, run_id).await;
                let read = read.map_err(|error| self.backend.failed_with("look for", run_id, Access::Read, error))?;
                let Some(document) = read else { continue };
                if !self.passes(run_id, &document, filter).await? {
                    return Ok(None);
                }
            }
            match tiers.set_tier(path, tier).await {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                moved => return moved.map(Some).map_err(|error| error.with_run_id(run_id.as_str())),
            }
        }
        match filter {
            Some(_) => Ok(None),
            None => Err(self.without_document(run_id, &names.own).await),
        }
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

impl ObjectResultStore {
    /// The error for a result without an object of either name. A response to HEAD has no body, so it cannot tell a missing
    /// bucket from a missing object. A response to GET can.
    async fn without_document(&self, run_id: &RunId, name: &Path) -> Error {
        match self.documents.read(name, run_id).await {
            Ok(_) => self.not_found(run_id),
            Err(error) => self.backend.failed_with("look for", run_id, Access::Read, error),
        }
    }
}
