//! One store over `object_store`, for object stores and the local disk.
//!
//! The layout of names, the catalog and Python's index are here; `filesystem`, `memory`, `s3`, `gcs` and `azure` say
//! only how to open one, what it can do, and how to change a tier.
#![cfg_attr(
    not(all(feature = "azure", feature = "filesystem", feature = "gcs", feature = "memory", feature = "s3")),
    allow(dead_code, reason = "each backend needs a part of it; that all is needed shows with all of them")
)]

#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod answer;
pub mod azure;
mod backend;
mod catalog;
mod collect;
mod delete;
#[cfg(feature = "filesystem")]
mod disk;
mod documents;
pub mod filesystem;
pub mod gcs;
mod known;
mod layout;
mod list;
pub mod memory;
mod options;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod plug;
mod python_index;
mod reindex;
pub mod s3;
mod save;
mod scan;
mod sighting;
mod stream;
#[cfg(all(test, feature = "filesystem", feature = "memory"))]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
mod translate;
mod upload;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod web;

use async_trait::async_trait;

use self::backend::{Backend, Tiers};
pub use self::options::PythonIndex;
use self::translate::{Access, translate};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Document, RunId};
use crate::store::contract::{
    ByteStream, Capabilities, EntryStream, Notices, PoolActions, PoolStatus, Query, ReindexOptions, ReindexReport,
    ResultStore, SaveMode, Surroundings, Tier, TierChange, not_found,
};

/// One namespace of an object store or of a directory.
#[derive(Debug)]
pub struct ObjectResultStore {
    backend: Backend,
    notices: Notices,
    /// Whether it has been said that Python's index is of no use.
    warned: std::sync::atomic::AtomicBool,
}

impl ObjectResultStore {
    fn new(backend: Backend, surroundings: Surroundings) -> Self {
        Self { backend, notices: surroundings.notices, warned: false.into() }
    }

    /// The error for something that failed with this store. `doing` goes on after "cannot".
    fn failed(&self, doing: &str, access: Access, error: object_store::Error) -> Error {
        translate(error, access, format!("cannot {doing} in {}", self.backend.location))
    }

    /// As [`failed`](Self::failed), for something that was done to one result.
    fn failed_with(&self, doing: &str, run_id: &RunId, access: Access, error: object_store::Error) -> Error {
        self.failed(&format!("{doing} result `{run_id}`"), access, error).with_run_id(run_id.as_str())
    }

    fn not_found(&self, run_id: &RunId) -> Error {
        not_found(run_id, &self.backend.location)
    }

    fn tiers(&self, run_id: &RunId) -> Result<&dyn Tiers> {
        self.backend.tiers.as_deref().ok_or_else(|| {
            self.unsupported("tiers", "tiers exist in S3, Google Cloud Storage and Azure: use such a profile")
                .with_run_id(run_id.as_str())
        })
    }

    fn unsupported(&self, message: &str, hint: &str) -> Error {
        Error::new(ErrorKind::Unsupported, format!("{} has no {message}", self.backend.name)).with_hint(hint)
    }
}

#[async_trait]
impl ResultStore for ObjectResultStore {
    fn location(&self) -> String {
        self.backend.location.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            tiers: self.backend.tiers.as_ref().map_or(&[], |tiers| tiers.names()),
            catalog: true,
            pool: false,
            layout: self.backend.layout,
            saves_at_once: 8,
        }
    }

    async fn save(&self, document: &Document, mode: SaveMode) -> Result<()> {
        self.save_document(document, mode).await
    }

    async fn get(&self, run_id: &RunId) -> Result<ByteStream> {
        let names = self.backend.places.document(run_id).map_err(|_| self.not_found(run_id))?;
        let found = self.find(&names).await;
        let found = found.map_err(|error| self.failed_with("read", run_id, Access::Read, error))?;
        let (_, result) = found.ok_or_else(|| self.not_found(run_id))?;
        Ok(stream::document(result, run_id.as_str()))
    }

    fn list<'a>(&'a self, query: &'a Query) -> EntryStream<'a> {
        self.entries(query)
    }

    async fn count(&self, query: &Query) -> Result<u64> {
        self.count_entries(query).await
    }

    async fn delete(&self, run_id: &RunId, _filter: Option<&Query>) -> Result<bool> {
        self.delete_document(run_id).await
    }

    async fn tier(&self, run_id: &RunId) -> Result<Tier> {
        let tiers = self.tiers(run_id)?;
        let names = self.backend.places.document(run_id).map_err(|_| self.not_found(run_id))?;
        for path in names.all() {
            if let Some(tier) = tiers.tier(path).await.map_err(|error| error.with_run_id(run_id.as_str()))? {
                return Ok(tier);
            }
        }
        Err(self.not_found(run_id))
    }

    async fn set_tier(&self, run_id: &RunId, tier: &Tier, _filter: Option<&Query>) -> Result<Option<TierChange>> {
        let tiers = self.tiers(run_id)?;
        let names = self.backend.places.document(run_id).map_err(|_| self.not_found(run_id))?;
        for path in names.all() {
            let present = self.head(path).await;
            if present.map_err(|error| self.failed_with("look for", run_id, Access::Read, error))?.is_some() {
                return tiers.set_tier(path, tier).await.map(Some);
            }
        }
        Err(self.not_found(run_id))
    }

    async fn reindex(&self, options: ReindexOptions) -> Result<ReindexReport> {
        self.rebuild(options).await
    }

    async fn pool_status(&self, _: PoolActions) -> Result<PoolStatus> {
        Err(self.unsupported("connection pool", "pools exist with the backend `database`: use such a profile"))
    }
}
