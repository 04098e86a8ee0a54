//! The documents: one object per run, replaced only by compare-and-swap.
//!
//! Nothing here knows of the catalog or of Python's index.

use std::sync::Arc;

use futures_util::StreamExt as _;
use jiff::SignedDuration;
use object_store::path::Path;
use object_store::{Error as Failure, GetOptions, GetResult, UpdateVersion};

use super::access::{age, optional, pause};
use super::backend::{AT_ONCE, Backend, Reference};
use super::layout::DocumentNames;
use super::stream;
use super::translate::Access;
use super::upload::{Uploaded, token};
use crate::error::Result;
use crate::result::{Entry, RunId};

/// Age from which a document's writer is known to have finished, or to have died. Clocks differ by less: S3 refuses
/// requests that are signed 15 minutes off.
const SETTLED_AGE: SignedDuration = SignedDuration::from_mins(20);

/// How long ago a file that cannot be read may have been written to be read once more: Python writes documents in place, and
/// half of one may have been read.
const BEING_WRITTEN: SignedDuration = SignedDuration::from_secs(2);

/// How often such a file is read.
const ATTEMPTS: u32 = 8;

/// A run whose document was asked: what it says, `None` if there is none, or why it cannot be read.
pub(super) type AskedDocument = (RunId, Result<Option<Entry>>);

/// The documents of one namespace.
#[derive(Debug)]
pub(super) struct Documents {
    backend: Arc<Backend>,
}

/// A document as it was read.
#[derive(Debug)]
pub(super) struct StoredDocument {
    /// Its name.
    pub(super) path: Path,
    /// Which of the documents that have had this name it is.
    pub(super) version: UpdateVersion,
    /// Whether its writer may still be about to write its catalog entry.
    pub(super) is_young: bool,
    /// The token of the write that made it, where writes have one.
    token: Option<String>,
    /// What it says of itself, or why it cannot be read.
    pub(super) facts: Result<Entry>,
}

impl StoredDocument {
    /// The document as what the write with one of these tokens made, if one of them did.
    pub(super) fn written_by(&self, tokens: &[String]) -> Option<Uploaded> {
        self.token.as_ref().filter(|token| tokens.contains(token)).map(|_| self.written())
    }

    /// The document as what its writer made.
    pub(super) fn written(&self) -> Uploaded {
        Uploaded { e_tag: self.version.e_tag.clone(), token: self.token.clone() }
    }
}

impl Documents {
    pub(super) fn new(backend: Arc<Backend>) -> Self {
        Self { backend }
    }

    /// Whether a document of `run_id` exists.
    pub(super) async fn exists(&self, run_id: &RunId) -> object_store::Result<bool> {
        let Ok(names) = self.backend.keys.document(run_id) else { return Ok(false) };
        for path in names.all() {
            if self.backend.head(path).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The document, under whichever of its names it lies, its content still to be read.
    pub(super) async fn find(&self, names: &DocumentNames) -> object_store::Result<Option<(Path, GetResult)>> {
        for path in names.all() {
            if let Some(found) = self.backend.get(path).await? {
                return Ok(Some((path.clone(), found)));
            }
        }
        Ok(None)
    }

    /// The document at `path`, read for what it says of itself.
    pub(super) async fn read(&self, path: &Path, run_id: &RunId) -> object_store::Result<Option<StoredDocument>> {
        let Some(found) = self.backend.get(path).await? else { return Ok(None) };
        Ok(Some(stored(path.clone(), found, run_id).await))
    }

    /// The document of `run_id` that `get` returns, read for what it says of itself.
    pub(super) async fn current(&self, run_id: &RunId) -> object_store::Result<Option<StoredDocument>> {
        let Ok(names) = self.backend.keys.document(run_id) else { return Ok(None) };
        for attempt in 1.. {
            let Some((path, found)) = self.find(&names).await? else { break };
            let may_be_half = self.backend.reference == Reference::File && age(&found.meta) < BEING_WRITTEN;
            let stored = stored(path, found, run_id).await;
            if stored.facts.is_ok() || !may_be_half || attempt == ATTEMPTS {
                return Ok(Some(stored));
            }
            pause(attempt).await;
        }
        Ok(None)
    }

    /// What the document of `run_id` says of itself; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, with the run id.
    pub(super) async fn facts(&self, run_id: &RunId) -> Result<Option<Entry>> {
        let current = self.current(run_id).await;
        let current = current.map_err(|error| self.backend.failed_with("read", run_id, Access::Read, error))?;
        current.map(|stored| stored.facts).transpose()
    }

    /// What the documents of these runs say.
    pub(super) async fn ask(&self, runs: Vec<RunId>) -> Vec<AskedDocument> {
        let asked = runs.into_iter().map(|run_id| async move { (self.facts(&run_id).await, run_id) });
        futures_util::stream::iter(asked)
            .buffer_unordered(AT_ONCE)
            .map(|(facts, run_id)| (run_id, facts))
            .collect()
            .await
    }

    /// Whether the document at `path` is the one that `written` tells of.
    pub(super) async fn is(&self, path: &Path, written: &Uploaded) -> object_store::Result<bool> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        let Some(present) = optional(self.backend.store.get_opts(path, options).await)? else { return Ok(false) };
        Ok(written.is(&present))
    }

    /// Removes the document at `path` if it still has this ETag, or is gone. Returns whether that was so.
    pub(super) async fn remove_version(&self, path: &Path, e_tag: Option<&str>) -> object_store::Result<bool> {
        if let (Some(removal), Some(e_tag)) = (&self.backend.removal, e_tag) {
            return match removal.remove_if(path, e_tag).await {
                Ok(()) | Err(Failure::NotFound { .. }) => Ok(true),
                Err(Failure::Precondition { .. }) => Ok(false),
                Err(error) => Err(error),
            };
        }
        let present = self.backend.head(path).await?;
        if present.is_some_and(|meta| meta.e_tag.as_deref() != e_tag) {
            return Ok(false);
        }
        self.backend.remove(vec![path.clone()]).await?;
        Ok(true)
    }
}

async fn stored(path: Path, found: GetResult, run_id: &RunId) -> StoredDocument {
    let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
    let is_young = age(&found.meta) <= SETTLED_AGE;
    let token = token(&found.attributes).map(str::to_owned);
    StoredDocument { path, version, is_young, token, facts: described(found, run_id).await }
}

/// What a document says of itself, under the run id that its name says.
async fn described(result: GetResult, run_id: &RunId) -> Result<Entry> {
    let described = stream::describe(result).await;
    let entry = described.map_err(|error| error.with_run_id(run_id.as_str()))?;
    // It is found by its name, whatever stands in it.
    Ok(Entry { run_id: run_id.clone(), ..entry })
}
