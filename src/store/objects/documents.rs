//! The documents: one object per run, replaced only by compare-and-swap.
//!
//! This module does not know the catalog or Python's index.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::SignedDuration;
use object_store::path::Path;
use object_store::{Error as Failure, GetOptions, GetResult, UpdateVersion};

use super::access::{age, optional, pause};
use super::backend::{Backend, CONCURRENT_REQUESTS, Reference};
use super::bulk::in_bulk;
use super::layout::DocumentNames;
use super::stream;
use super::translate::Access;
use super::upload::{Uploaded, recorded_digest, token};
use crate::error::Result;
use crate::result::{DocumentDigest, Entry, RunId};

/// Age from which the writer of a document has finished or died. Clocks differ by less: S3 refuses requests signed 15
/// minutes off.
pub(super) const SETTLED_AGE: SignedDuration = SignedDuration::from_mins(20);

/// Maximum age of an unreadable file for which it is read again. Python writes documents in place, so a young file may
/// have been half written.
pub(super) const BEING_WRITTEN: SignedDuration = SignedDuration::from_secs(2);

/// Number of attempts to read such a file.
const ATTEMPTS: u32 = 8;

/// The answer of a run's document: its facts, `None` if it does not exist, or the reason why it cannot be read.
pub(super) type AskedDocument = (RunId, Result<Option<Entry>>);

/// The documents of one namespace.
#[derive(Clone, Debug)]
pub(super) struct Documents {
    backend: Arc<Backend>,
}

/// A document that was read.
#[derive(Debug)]
pub(super) struct StoredDocument {
    /// Its key.
    pub(super) path: Path,
    /// Its version.
    pub(super) version: UpdateVersion,
    /// Whether its writer may be still about to write the catalog entry.
    pub(super) is_young: bool,
    /// Token of the write that made it, for backends with write tokens.
    token: Option<String>,
    /// The digest that was recorded in its metadata.
    digest: Option<DocumentDigest>,
    /// The facts in the document, or the reason why it cannot be read.
    pub(super) facts: Result<Entry>,
}

impl StoredDocument {
    /// Returns the document as an upload of this process, if a write with one of `tokens` made it.
    pub(super) fn written_by(&self, tokens: &[String]) -> Option<Uploaded> {
        self.token.as_ref().filter(|token| tokens.contains(token)).map(|_| self.written())
    }

    /// Returns whether Python may have written the document. Other writers leave a token, on backends that have them.
    pub(super) fn may_be_of_python(&self) -> bool {
        self.token.is_none()
    }

    /// Returns a text that no other document of the run has: its key, its version, and the token of its write.
    pub(super) fn identity(&self) -> String {
        let Self { path, version, token, .. } = self;
        let parts = [&version.e_tag, &version.version, token].map(|part| part.as_deref().unwrap_or_default());
        format!("{path} {}", parts.join(" "))
    }

    /// Returns the document as its writer sees it after the upload.
    pub(super) fn written(&self) -> Uploaded {
        Uploaded { e_tag: self.version.e_tag.clone(), token: self.token.clone(), digest: self.digest }
    }
}

impl Documents {
    pub(super) fn new(backend: Arc<Backend>) -> Self {
        Self { backend }
    }

    /// Returns whether a document of `run_id` exists.
    pub(super) async fn exists(&self, run_id: &RunId) -> object_store::Result<bool> {
        let Ok(names) = self.backend.keys.document(run_id) else { return Ok(false) };
        for path in names.all() {
            if self.backend.head(path).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the document under the first of `names` that exists, with its content still to be read.
    pub(super) async fn find(&self, names: &DocumentNames) -> object_store::Result<Option<(Path, GetResult)>> {
        for path in names.all() {
            if let Some(found) = self.backend.get(path).await? {
                return Ok(Some((path.clone(), found)));
            }
        }
        Ok(None)
    }

    /// Reads the document at `path` for its facts.
    pub(super) async fn read(&self, path: &Path, run_id: &RunId) -> object_store::Result<Option<StoredDocument>> {
        let Some(found) = self.backend.get(path).await? else { return Ok(None) };
        Ok(Some(self.stored(path.clone(), found, run_id).await))
    }

    /// Reads the documents that exist under `names` for their facts.
    pub(super) async fn read_all(
        &self,
        names: &DocumentNames,
        run_id: &RunId,
    ) -> object_store::Result<Vec<StoredDocument>> {
        let mut documents = Vec::new();
        for path in names.all() {
            documents.extend(self.read(path, run_id).await?);
        }
        Ok(documents)
    }

    /// Reads the document that `get` returns for `run_id` for its facts.
    pub(super) async fn current(&self, run_id: &RunId) -> object_store::Result<Option<StoredDocument>> {
        let Ok(names) = self.backend.keys.document(run_id) else { return Ok(None) };
        for attempt in 1.. {
            let Some((path, found)) = self.find(&names).await? else { break };
            let may_be_half = self.backend.reference == Reference::File && age(&found.meta) < BEING_WRITTEN;
            let stored = self.stored(path, found, run_id).await;
            if stored.facts.is_ok() || !may_be_half || attempt == ATTEMPTS {
                return Ok(Some(stored));
            }
            pause(attempt).await;
        }
        Ok(None)
    }

    /// Returns the facts in the document of `run_id`, or `None` if there is none.
    ///
    /// # Errors
    /// If the document cannot be read. The error carries the run id.
    pub(super) async fn facts(&self, run_id: &RunId) -> Result<Option<Entry>> {
        let current = self.current(run_id).await;
        let current = current.map_err(|error| self.backend.failed_with("read", run_id, Access::Read, error))?;
        current.map(|stored| stored.facts).transpose()
    }

    /// Returns the facts in the documents of `runs`.
    pub(super) async fn ask(&self, runs: Vec<RunId>) -> Vec<AskedDocument> {
        let asked = runs.into_iter().map(|run_id| async move { (self.facts(&run_id).await, run_id) });
        futures_util::stream::iter(asked)
            .buffer_unordered(CONCURRENT_REQUESTS)
            .map(|(facts, run_id)| (run_id, facts))
            .collect()
            .await
    }

    /// Returns the digests of these documents, as they are read. One that cannot be read is left out.
    pub(super) async fn digests_of(&self, run_ids: &[RunId]) -> object_store::Result<HashMap<RunId, DocumentDigest>> {
        let documents = self.clone();
        let read = in_bulk(&self.backend, run_ids.to_vec(), move |run_id| {
            let documents = documents.clone();
            async move { Some((documents.digest(&run_id).await?, run_id)) }
        });
        read.try_filter_map(async |read| Ok(read.map(|(digest, run_id)| (run_id, digest)))).try_collect().await
    }

    async fn digest(&self, run_id: &RunId) -> Option<DocumentDigest> {
        let names = self.backend.keys.document(run_id).ok()?;
        let (_, found) = self.find(&names).await.ok()??;
        stream::examine(found, self.backend.limit).await.ok()?.digest
    }

    /// Returns whether the document at `path` is still the uploaded one.
    pub(super) async fn is(&self, path: &Path, written: &Uploaded) -> object_store::Result<bool> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        let Some(present) = optional(self.backend.store.get_opts(path, options).await)? else { return Ok(false) };
        Ok(written.is(&present))
    }

    /// Deletes the document at `path` if it still has this ETag. Returns whether that version is gone; a document that
    /// does not exist counts as gone.
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

    async fn stored(&self, path: Path, found: GetResult, run_id: &RunId) -> StoredDocument {
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        let is_young = age(&found.meta) <= SETTLED_AGE;
        let token = token(&found.attributes).map(str::to_owned);
        let digest = recorded_digest(&found.attributes);
        let facts = described(found, run_id, &self.backend).await;
        StoredDocument { path, version, is_young, token, digest, facts }
    }
}

/// Reads the facts in a document. The run id comes from its name.
async fn described(result: GetResult, run_id: &RunId, backend: &Backend) -> Result<Entry> {
    let described = stream::describe(result, backend.limit).await;
    let entry = described.map_err(|error| error.with_run_id(run_id.as_str()))?;
    // A document is found by its name, so the name decides, whatever run id the content has.
    Ok(Entry { run_id: run_id.clone(), ..entry.in_zone(&backend.time_zone) })
}
