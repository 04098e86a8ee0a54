//! One store over `object_store`, for object stores and the local disk.
//!
//! The layout of names, the catalog and Python's index are here; `filesystem`, `memory`, `s3`, `gcs` and `azure` say
//! only how to open one, what it can do, and how to change a tier.
#![cfg_attr(
    not(all(feature = "azure", feature = "filesystem", feature = "gcs", feature = "memory", feature = "s3")),
    allow(dead_code, reason = "each backend needs a part of it; that all is needed shows with all of them")
)]

mod access;
mod adopt;
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
mod inventory;
mod known;
mod layout;
mod list;
pub mod memory;
mod merge;
mod options;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod plug;
mod python_index;
mod reindex;
pub mod s3;
mod save;
mod settle;
mod stream;
#[cfg(all(test, feature = "filesystem", feature = "memory"))]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
mod translate;
mod upload;
mod watch;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod web;

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use tokio::time::Instant;

use self::backend::{Backend, Tiers};
use self::catalog::{Catalog, LINGER};
use self::documents::Documents;
pub use self::options::PythonIndex;
use self::python_index::PythonIndex as Index;
use self::translate::Access;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Document, RunId};
use crate::store::contract::{
    ByteStream, Capabilities, EntryStream, PoolActions, PoolStatus, Query, ReindexOptions, ReindexReport, ResultStore,
    SaveMode, Surroundings, Tier, TierChange, not_found,
};

/// One namespace of an object store or of a directory: documents, the catalog of them, and Python's index, each of
/// which knows only its own. What is done to them, and in what order, is decided here.
#[derive(Debug)]
pub struct ObjectResultStore {
    backend: Arc<Backend>,
    documents: Documents,
    catalog: Catalog,
    python: Index,
    is_tidy: Tidy,
}

/// When this process last tidied the intents.
#[derive(Debug, Default)]
struct Tidy(Mutex<Option<Instant>>);

impl Tidy {
    /// Whether it is time to tidy, which is then taken for done.
    fn claim(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() > LINGER);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

impl ObjectResultStore {
    fn new(backend: Backend, surroundings: Surroundings) -> Self {
        let backend = Arc::new(backend);
        Self {
            documents: Documents::new(Arc::clone(&backend)),
            catalog: Catalog::new(Arc::clone(&backend)),
            python: Index::new(Arc::clone(&backend), surroundings.notices),
            is_tidy: Tidy::default(),
            backend,
        }
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
        let found = self.documents.find(&names).await;
        let found = found.map_err(|error| self.backend.failed_with("read", run_id, Access::Read, error))?;
        let (_, result) = found.ok_or_else(|| self.not_found(run_id))?;
        Ok(stream::document(result, run_id.as_str()))
    }

    fn list<'a>(&'a self, query: &'a Query) -> EntryStream<'a> {
        self.entries(query)
    }

    async fn count(&self, query: &Query) -> Result<u64> {
        self.count_entries(query).await
    }

    async fn delete(&self, run_id: &RunId, filter: Option<&Query>) -> Result<bool> {
        self.delete_document(run_id, filter).await
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

    async fn set_tier(&self, run_id: &RunId, tier: &Tier, filter: Option<&Query>) -> Result<Option<TierChange>> {
        let tiers = self.tiers(run_id)?;
        let failed = |error| self.backend.failed_with("look for", run_id, Access::Read, error);
        let names = self.backend.places.document(run_id).map_err(|_| self.not_found(run_id))?;
        for path in names.all() {
            let passes = match filter {
                None => self.backend.head(path).await.map_err(failed)?.map(|_| true),
                Some(filter) => match self.documents.read(path, run_id).await.map_err(failed)? {
                    Some(document) => Some(self.passes(run_id, &document, filter).await?),
                    None => None,
                },
            };
            match passes {
                Some(true) => return tiers.set_tier(path, tier).await.map(Some),
                Some(false) => return Ok(None),
                None => {}
            }
        }
        if filter.is_some() { Ok(None) } else { Err(self.not_found(run_id)) }
    }

    async fn reindex(&self, options: ReindexOptions) -> Result<ReindexReport> {
        self.rebuild(options).await
    }

    async fn pool_status(&self, _: PoolActions) -> Result<PoolStatus> {
        Err(self.unsupported("connection pool", "pools exist with the backend `database`: use such a profile"))
    }
}
