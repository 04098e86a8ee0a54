//! One store over `object_store`, for object stores and the local disk.
//!
//! The layout of keys, the catalog and Python's index are here. `filesystem`, `memory`, `s3`, `gcs` and `azure` only
//! open a backend, state its capabilities and change tiers.
#![cfg_attr(
    not(all(feature = "azure", feature = "filesystem", feature = "gcs", feature = "memory", feature = "s3")),
    allow(dead_code, reason = "each backend needs a part of it; that all is needed shows with all of them")
)]

mod access;
mod adopt;
pub mod azure;
mod backend;
mod bulk;
mod catalog;
mod compression;
mod delete;
mod digests;
#[cfg(feature = "filesystem")]
mod disk;
mod disk_problem;
mod doctor;
mod documents;
mod endpoint;
pub mod filesystem;
mod foreign_names;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
pub mod gcs;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod http;
mod inventory;
mod json_end;
mod layout;
mod list;
pub mod memory;
mod namespaces;
mod options;
mod python_index;
mod reconcile;
mod reindex;
mod result_store;
pub mod s3;
mod save;
mod service_error;
mod stream;
#[cfg(all(test, feature = "filesystem", feature = "memory"))]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
mod tier_names;
mod translate;
mod upload;
mod verify;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use tokio::time::Instant;

use self::backend::{Backend, Tiers};
use self::catalog::{Catalog, LINGER};
use self::documents::Documents;
pub use self::options::PythonIndex;
use self::python_index::PythonIndexFile;
use crate::error::{Error, ErrorKind, Result};
use crate::result::RunId;
use crate::store::contract::{StoreContext, not_found};

/// One namespace of an object store or of a directory: its documents, their catalog and Python's index. Each of the
/// three knows only its own objects; this type puts their steps in order.
#[derive(Debug)]
pub struct ObjectResultStore {
    backend: Arc<Backend>,
    documents: Documents,
    catalog: Catalog,
    python: PythonIndexFile,
    is_tidy: TidyTimer,
    /// Whether it has been tried whether the server heeds conditions.
    is_probed: AtomicBool,
}

/// Time at which this process last cleaned up intents.
#[derive(Debug, Default)]
struct TidyTimer(Mutex<Option<Instant>>);

impl TidyTimer {
    /// Returns whether a cleanup is due, and if so counts it as done.
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
    fn new(backend: Backend, context: StoreContext) -> Self {
        let backend = Arc::new(backend);
        Self {
            documents: Documents::new(Arc::clone(&backend)),
            catalog: Catalog::new(Arc::clone(&backend)),
            python: PythonIndexFile::new(Arc::clone(&backend), context.notices),
            is_tidy: TidyTimer::default(),
            is_probed: AtomicBool::new(false),
            backend,
        }
    }

    /// Warns of the objects that lists have skipped, once.
    fn warn_of_foreign_names(&self) {
        if let Some(warning) = self.backend.foreign.warning() {
            self.warn(&warning);
        }
    }

    fn warn(&self, message: &str) {
        self.python.notices.warn(&format!("{message} ({})", self.backend.location));
    }

    fn not_found(&self, run_id: &RunId) -> Error {
        not_found(run_id, &self.backend.location)
    }

    fn tiers(&self, run_id: &RunId) -> Result<&dyn Tiers> {
        self.backend.tiers.as_deref().ok_or_else(|| {
            self.unsupported("tiers", "use a profile for S3, Google Cloud Storage or Azure")
                .with_run_id(run_id.as_str())
        })
    }

    fn unsupported(&self, message: &str, hint: &str) -> Error {
        Error::new(ErrorKind::Unsupported, format!("{} has no {message}", self.backend.name)).with_hint(hint)
    }
}
