//! Reconciles the entries of a run with its document.
//!
//! One rule makes it safe to remove entries while others work: an entry that was listed before the document was read,
//! and contradicts it, belongs to a document that has been replaced or deleted. A later document with the same facts
//! gets an entry of its own, under another name.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{Error as Failure, UpdateVersion};

use super::ObjectResultStore;
use super::backend::CONCURRENT_REQUESTS;
use super::catalog::{CatalogEntry, Intent, RunTimes, outdated};
use super::documents::StoredDocument;
use super::upload::Uploaded;
use crate::error::Result;
use crate::result::{Entry, RunId, RunInstant};

/// Number of attempts to reconcile entries with a document that others keep replacing.
const ATTEMPTS: u32 = 64;

/// Maximum number of documents entered under one intent.
const DOCUMENTS_PER_INTENT: usize = 500;

/// A document that was found without its entry.
#[derive(Debug)]
pub(super) struct PendingEntry {
    /// Its key.
    pub(super) path: Path,
    /// The version that was read.
    pub(super) version: UpdateVersion,
    /// The facts in it.
    pub(super) facts: Entry,
    /// Entries of the run that were listed before the document was read.
    pub(super) known: Vec<CatalogEntry>,
    /// Whether Python may have written it after its entries, so that their digests may be those of another document.
    pub(super) may_be_of_python: bool,
}

/// A document of this process, and its entry.
#[derive(Debug)]
pub(super) struct OwnDocument<'a> {
    pub(super) document: &'a Path,
    pub(super) written: &'a Uploaded,
    pub(super) entry: CatalogEntry,
}

impl ObjectResultStore {
    /// Removes the entries of this run at these times that do not belong to its document. `own` is a document of this
    /// process with the entry written after it, if there is one. Returns the entries that were found, except `own`.
    ///
    /// The caller holds an intent that names the run and the times.
    pub(super) async fn reconcile(
        &self,
        run_id: &RunId,
        times: &BTreeSet<RunInstant>,
        own: Option<OwnDocument<'_>>,
    ) -> object_store::Result<Vec<CatalogEntry>> {
        let mut found = self.catalog.at(run_id, times).await?;
        if let Some(own) = &own {
            found.retain(|found| found.path != own.entry.path);
            if self.documents.is(own.document, own.written).await? {
                // Only the writer of the document knows which of several equal entries stays: its own.
                self.catalog.remove(found.iter().map(|found| found.path.clone()).collect()).await?;
                return Ok(found);
            }
        }
        let candidates = found.iter().cloned().chain(own.map(|own| own.entry));
        let outdated = |facts: Option<&Entry>| {
            candidates.filter(|found| facts != Some(&found.entry)).map(|found| found.path).collect()
        };
        match self.documents.current(run_id).await? {
            None => self.catalog.remove(outdated(None)).await?,
            Some(StoredDocument { facts: Ok(facts), .. }) => self.catalog.remove(outdated(Some(&facts))).await?,
            // The facts in an unreadable document are unknown, so each entry may be the right one.
            Some(StoredDocument { facts: Err(_), .. }) => {}
        }
        Ok(found)
    }

    /// Removes the entries of this run at these times that do not belong to its document, under an intent of its own.
    pub(super) async fn remove_contradicted(
        &self,
        run_id: &RunId,
        times: &BTreeSet<RunInstant>,
    ) -> object_store::Result<()> {
        let intent = self.catalog.announce(&[(run_id.clone(), times.clone())]).await?;
        self.reconcile(run_id, times, None).await?;
        self.catalog.withdraw(intent).await
    }

    /// Adds the run times at which these documents have entries.
    pub(super) async fn add_times(
        &self,
        run_id: &RunId,
        documents: &[StoredDocument],
        times: &mut BTreeSet<RunInstant>,
    ) -> object_store::Result<()> {
        for document in documents {
            match &document.facts {
                Ok(facts) => {
                    times.insert(facts.run_time.instant());
                }
                Err(_) => {
                    let found = self.catalog.of_run_anywhere(run_id).await?;
                    times.extend(found.iter().map(|found| found.entry.run_time.instant()));
                }
            }
        }
        Ok(())
    }

    /// Enters documents that were found without entries, many of them under one intent. Returns the current facts of
    /// each run's document, or `None` for a document that is gone.
    pub(super) async fn enter(
        &self,
        mut pending: Vec<PendingEntry>,
    ) -> object_store::Result<Vec<(RunId, Option<Entry>)>> {
        let mut entered = Vec::with_capacity(pending.len());
        while !pending.is_empty() {
            let together = pending.split_off(pending.len().saturating_sub(DOCUMENTS_PER_INTENT));
            entered.extend(self.enter_batch(together).await?);
        }
        Ok(entered)
    }

    async fn enter_batch(&self, pending: Vec<PendingEntry>) -> object_store::Result<Vec<(RunId, Option<Entry>)>> {
        let times = |pending: &PendingEntry| {
            let entries = pending.known.iter().map(|found| &found.entry).chain([&pending.facts]);
            entries.map(|entry| entry.run_time.instant()).collect()
        };
        let runs: Vec<RunTimes> =
            pending.iter().map(|pending| (pending.facts.run_id.clone(), times(pending))).collect();
        let intent = self.catalog.announce(&runs).await?;
        let entering = pending.into_iter().zip(runs).map(|(pending, (run_id, times))| async move {
            let facts = match self.enter_one(&pending).await? {
                true => Some(pending.facts),
                // The document has been replaced or deleted since it was read.
                false => self.restore(&run_id, &times).await?.ok().flatten(),
            };
            Ok::<_, Failure>((run_id, facts))
        });
        let entered = stream::iter(entering).buffer_unordered(CONCURRENT_REQUESTS).try_collect().await?;
        self.catalog.withdraw(intent).await?;
        Ok(entered)
    }

    /// Enters one document. Returns whether the document is still the version that was read.
    async fn enter_one(&self, pending: &PendingEntry) -> object_store::Result<bool> {
        let PendingEntry { path, version, facts, known, may_be_of_python } = pending;
        let e_tag = version.e_tag.as_deref();
        let (right, outdated): (Vec<_>, Vec<_>) = known.iter().partition(|found| found.entry == *facts);
        match right.first() {
            // The entry is older than the document; otherwise the document would not be pending.
            Some(found) => self.catalog.touch(found, !may_be_of_python).await?,
            None => {
                let version = e_tag.or(version.version.as_deref()).unwrap_or_default();
                self.catalog.restore(facts, version).await?;
            }
        }
        if self.backend.head(path).await?.is_none_or(|present| present.e_tag.as_deref() != e_tag) {
            return Ok(false);
        }
        self.catalog.remove(outdated.into_iter().map(|found| found.path.clone()).collect()).await?;
        Ok(true)
    }

    /// Writes the missing entry of a run's document, and removes the entries at these times that the document
    /// contradicts. Returns the facts in the document, the reason why it cannot be read, or `None` if there is none.
    ///
    /// The caller holds an intent that names the run and the times.
    async fn restore(
        &self,
        run_id: &RunId,
        times: &BTreeSet<RunInstant>,
    ) -> object_store::Result<Result<Option<Entry>>> {
        let mut times = times.clone();
        for _ in 0..ATTEMPTS {
            let found = self.catalog.at(run_id, &times).await?;
            let Some(current) = self.documents.current(run_id).await? else {
                self.catalog.remove(found.into_iter().map(|found| found.path).collect()).await?;
                return Ok(Ok(None));
            };
            let facts = match current.facts {
                Ok(facts) => facts,
                Err(error) => return Ok(Err(error)),
            };
            if times.insert(facts.run_time.instant()) {
                continue;
            }
            let (right, outdated): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.entry == facts);
            self.catalog.remove(outdated.into_iter().map(|found| found.path).collect()).await?;
            if !right.is_empty() {
                return Ok(Ok(Some(facts)));
            }
            // Check again, because the document may be replaced before its entry exists.
            let version = current.version.e_tag.or(current.version.version).unwrap_or_default();
            self.catalog.restore(&facts, &version).await?;
        }
        let source = "other writers keep replacing the document".into();
        Err(Failure::Generic { store: self.backend.name, source })
    }

    /// Removes settled intents that have lingered, and finishes the work of writers that died.
    pub(super) async fn tidy(&self, intents: &[Intent]) -> object_store::Result<()> {
        let (settled, abandoned) = outdated(intents);
        self.catalog.remove(settled).await?;
        self.finish(abandoned).await
    }

    /// Calls [`tidy`](Self::tidy) for a writer, at most once per [`LINGER`](super::catalog::LINGER).
    pub(super) async fn tidy_intents(&self) {
        if self.is_tidy.claim()
            && let Ok(intents) = self.catalog.intents().await
        {
            drop(self.tidy(&intents).await);
        }
    }

    /// Finishes the work of writers that died, as far as their documents can be read.
    pub(super) async fn finish(&self, abandoned: Vec<Intent>) -> object_store::Result<()> {
        for intent in abandoned {
            let mut is_done = true;
            for (run_id, times) in &intent.runs {
                is_done &= self.restore(run_id, times).await?.is_ok();
            }
            if is_done {
                self.catalog.remove(vec![intent.path]).await?;
            }
        }
        Ok(())
    }
}

/// Returns whether no entry of a replaced or deleted document can appear any more: it was among those `found`, or its
/// writer has finished or died.
pub(super) fn no_entry_follows(document: &StoredDocument, found: &[CatalogEntry]) -> bool {
    let is_its_own = |found: &CatalogEntry| {
        found.is_of_writer() && document.facts.as_ref().map_or(true, |facts| *facts == found.entry)
    };
    !document.is_young || found.iter().any(is_its_own)
}
