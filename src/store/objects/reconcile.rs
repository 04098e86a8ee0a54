//! Reconciles the entries of a run with its document.
//!
//! One rule makes it safe to remove entries while others work: an entry that was listed before the document was read,
//! and contradicts it, belongs to a document that has been replaced or deleted. A later document with the same facts
//! gets an entry of its own, under another name.

use std::collections::{BTreeSet, HashSet};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{Error as Failure, UpdateVersion};

use super::ObjectResultStore;
use super::catalog::{CatalogEntry, IndexMark, Intent, OwnIntent, RunTimes, outdated};
use super::documents::StoredDocument;
use super::inventory::times_of;
use super::upload::Uploaded;
use crate::error::Result;
use crate::result::{Entry, RunId, UtcReading};

/// Number of attempts to reconcile entries with a document that others keep replacing.
const ATTEMPTS: u32 = 64;

/// Maximum number of documents entered under one intent.
pub(super) const DOCUMENTS_PER_INTENT: usize = 500;

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

/// Outcome of reconciling the entries of a run.
#[derive(Debug)]
pub(super) struct Reconciled {
    /// The entries that were found at the times, except the own.
    pub(super) found: Vec<CatalogEntry>,
    /// Whether the run has got another entry instead of others.
    pub(super) has_moved: bool,
}

/// Outcome of entering a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EnteredDocument {
    /// No entry of the run was removed.
    New,
    /// The entry replaces others of the run.
    Moved,
    /// The document has been replaced or deleted since it was read.
    Replaced,
}

impl ObjectResultStore {
    /// Removes the entries of this run at these times that do not belong to its document, and enters a document of
    /// Python that has none. `own` is a document of this process with the entry written after it, if there is one.
    ///
    /// The caller holds an intent that names the run and the times.
    pub(super) async fn reconcile(
        &self,
        run_id: &RunId,
        times: &BTreeSet<UtcReading>,
        own: Option<OwnDocument<'_>>,
    ) -> object_store::Result<Reconciled> {
        let mut times = times.clone();
        if let Some(own) = &own
            && !self.backend.writes.have_tokens()
        {
            // Others may have entered the document, because they cannot tell that it is not of Python.
            times.insert(own.entry.entry.run_time.as_utc());
        }
        let mut found = self.catalog.at(run_id, &times).await?;
        if let Some(own) = &own {
            found.retain(|found| found.path != own.entry.path);
            if self.documents.is(own.document, own.written).await? {
                // Only the writer of the document knows which of several equal entries stays: its own.
                self.catalog.remove(found.iter().map(|found| found.path.clone()).collect()).await?;
                return Ok(Reconciled { found, has_moved: true });
            }
        }
        let known: Vec<CatalogEntry> = found.iter().cloned().chain(own.map(|own| own.entry)).collect();
        let has_moved = match self.documents.current(run_id).await? {
            None => {
                self.catalog.remove(known.into_iter().map(|found| found.path).collect()).await?;
                false
            }
            Some(current) => self.reconcile_with(run_id, current, known).await?,
        };
        Ok(Reconciled { found, has_moved })
    }

    /// Removes the `known` entries that contradict the current document of a run. A document of Python is entered first:
    /// Python has no entries, and may not have written its index yet, so the outdated entries may be the only ones of
    /// the run. Returns whether it was entered.
    async fn reconcile_with(
        &self,
        run_id: &RunId,
        current: StoredDocument,
        known: Vec<CatalogEntry>,
    ) -> object_store::Result<bool> {
        let may_be_of_python = current.may_be_of_python();
        // The facts in an unreadable document are unknown, so each entry may be the right one.
        let Ok(facts) = current.facts else { return Ok(false) };
        let version = version_text(&current.version);
        if may_be_of_python && !known.iter().any(|found| found.belongs_to(&facts, version)) {
            let mut times = times_of(&known);
            times.insert(facts.run_time.as_utc());
            drop(self.restore(run_id, &times).await?);
            return Ok(true);
        }
        let outdated = known.into_iter().filter(|found| found.entry != facts);
        self.catalog.remove(outdated.map(|found| found.path).collect()).await?;
        Ok(false)
    }

    /// Removes the entries of this run at these times that do not belong to its document, under an intent of its own.
    pub(super) async fn remove_contradicted(
        &self,
        run_id: &RunId,
        times: &BTreeSet<UtcReading>,
    ) -> object_store::Result<()> {
        let intent = self.catalog.announce(&[(run_id.clone(), times.clone())]).await?;
        let reconciled = self.reconcile(run_id, times, None).await?;
        self.conclude(intent, reconciled.has_moved).await
    }

    /// Ends an intent of this process, once the entries are in order. If a result `has_moved`, lists in progress must
    /// still find the intent.
    pub(super) async fn conclude(&self, intent: OwnIntent, has_moved: bool) -> object_store::Result<()> {
        match has_moved {
            true => self.catalog.settle(intent).await,
            false => self.catalog.withdraw(intent).await,
        }
    }

    /// Adds the run times at which these documents have entries, and those at which a document that Python has replaced
    /// may have left some.
    pub(super) async fn add_times(
        &self,
        run_id: &RunId,
        documents: &[StoredDocument],
        times: &mut BTreeSet<UtcReading>,
    ) -> object_store::Result<()> {
        for document in documents {
            if let Ok(facts) = &document.facts {
                times.insert(facts.run_time.as_utc());
                if !self.may_lack_entry(document, facts).await? {
                    continue;
                }
            }
            let found = self.catalog.of_run_anywhere(run_id).await?;
            times.extend(found.iter().map(|found| found.entry.run_time.as_utc()));
        }
        Ok(())
    }

    /// Returns whether Python may have written the document and died before its index, so that the document was never
    /// entered. Then the entries of the run are those of the documents before, at any time.
    async fn may_lack_entry(&self, document: &StoredDocument, facts: &Entry) -> object_store::Result<bool> {
        if !document.may_be_of_python() {
            return Ok(false);
        }
        let times = BTreeSet::from([facts.run_time.as_utc()]);
        if self.catalog.at(&facts.run_id, &times).await?.iter().any(|found| found.entry == *facts) {
            return Ok(false);
        }
        // Without tokens it may also be a document of ours, just before its entry is written. Python has an index from
        // its first save on.
        Ok(self.backend.writes.have_tokens() || self.python.state().await?.mark != IndexMark::absent())
    }

    /// Enters documents that were found without entries, many of them under one intent. Returns the current facts of
    /// each run's document, or `None` for a document that is gone.
    pub(super) async fn enter(
        &self,
        mut pending: Vec<PendingEntry>,
    ) -> object_store::Result<Vec<(RunId, Option<Entry>)>> {
        // Entries written together then lie together: on disk, in few directories.
        pending.sort_by_key(|pending| pending.facts.run_time.as_utc());
        let batches = std::iter::from_fn(|| {
            let batch = pending.split_off(pending.len().saturating_sub(DOCUMENTS_PER_INTENT));
            (!batch.is_empty()).then_some(batch)
        });
        let entering = stream::iter(batches).map(|batch| self.enter_batch(batch));
        let entered: Vec<_> = entering.buffer_unordered(self.backend.batches_at_once()).collect().await;
        // A failure does not interrupt the other batches, which would leave their intents.
        entered.into_iter().try_fold(Vec::new(), |mut all, batch| {
            all.extend(batch?);
            Ok(all)
        })
    }

    async fn enter_batch(&self, pending: Vec<PendingEntry>) -> object_store::Result<Vec<(RunId, Option<Entry>)>> {
        let times = |pending: &PendingEntry| {
            let entries = pending.known.iter().map(|found| &found.entry).chain([&pending.facts]);
            entries.map(|entry| entry.run_time.as_utc()).collect()
        };
        let runs: Vec<RunTimes> =
            pending.iter().map(|pending| (pending.facts.run_id.clone(), times(pending))).collect();
        let mut intent = self.catalog.announce(&runs).await?;
        let entering = pending.into_iter().zip(runs).map(|(pending, (run_id, times))| async move {
            let outcome = self.enter_one(&pending).await?;
            let facts = match outcome {
                EnteredDocument::New | EnteredDocument::Moved => Some(pending.facts),
                EnteredDocument::Replaced => self.restore(&run_id, &times).await?.ok().flatten(),
            };
            Ok::<_, Failure>((run_id, facts, outcome))
        });
        let mut entering = stream::iter(entering).buffer_unordered(self.backend.writes_at_once().into());
        let (mut entered, mut moved) = (Vec::new(), HashSet::new());
        while let Some((run_id, facts, outcome)) = entering.try_next().await? {
            if outcome != EnteredDocument::New {
                moved.insert(run_id.clone());
            }
            entered.push((run_id, facts));
        }
        intent.retain(&moved);
        self.conclude(intent, !moved.is_empty()).await?;
        Ok(entered)
    }

    /// Enters one document, and removes the known entries that it contradicts.
    async fn enter_one(&self, pending: &PendingEntry) -> object_store::Result<EnteredDocument> {
        let PendingEntry { path, version, facts, known, may_be_of_python } = pending;
        let e_tag = version.e_tag.as_deref();
        // An entry of another document with these facts may be about to be removed.
        let is_right = |found: &&CatalogEntry| match may_be_of_python {
            true => found.belongs_to(facts, version_text(version)),
            false => found.entry == *facts,
        };
        let (right, outdated): (Vec<_>, Vec<_>) = known.iter().partition(is_right);
        match right.first() {
            // The entry is older than the document; otherwise the document would not be pending.
            Some(found) => self.catalog.touch(found, !may_be_of_python).await?,
            None => drop(self.catalog.restore(facts, version_text(version)).await?),
        }
        if self.backend.head(path).await?.is_none_or(|present| present.e_tag.as_deref() != e_tag) {
            return Ok(EnteredDocument::Replaced);
        }
        let outcome = if outdated.is_empty() { EnteredDocument::New } else { EnteredDocument::Moved };
        self.catalog.remove(outdated.into_iter().map(|found| found.path.clone()).collect()).await?;
        Ok(outcome)
    }

    /// Writes the missing entry of a run's document, and removes the entries at these times that the document
    /// contradicts. Returns the facts in the document, the reason why it cannot be read, or `None` if there is none.
    ///
    /// The caller holds an intent that names the run and the times.
    async fn restore(
        &self,
        run_id: &RunId,
        times: &BTreeSet<UtcReading>,
    ) -> object_store::Result<Result<Option<Entry>>> {
        let mut times = times.clone();
        let mut has_entered = false;
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
            if times.insert(facts.run_time.as_utc()) {
                continue;
            }
            let version = version_text(&current.version);
            let (right, outdated): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.entry == facts);
            self.catalog.remove(outdated.into_iter().map(|found| found.path).collect()).await?;
            if right.iter().any(|found| found.belongs_to(&facts, version)) {
                if has_entered && !self.backend.writes.have_tokens() {
                    self.leave_to_writer(right, version).await?;
                }
                return Ok(Ok(Some(facts)));
            }
            // Check again, because the document may be replaced before its entry exists.
            self.catalog.restore(&facts, version).await?;
            has_entered = true;
        }
        let source = "other writers keep replacing the document".into();
        Err(Failure::Generic { store: self.backend.name, source })
    }

    /// Removes the restored entries among those of a document, if its writer has entered it meanwhile. A writer that
    /// enters it later finds and removes them.
    async fn leave_to_writer(&self, entries: Vec<CatalogEntry>, version: &str) -> object_store::Result<()> {
        let (own, restored): (Vec<_>, Vec<_>) = entries.into_iter().partition(CatalogEntry::is_of_writer);
        if own.iter().any(|found| found.is_of_version(version) == Some(true)) {
            self.catalog.remove(restored.into_iter().map(|found| found.path).collect()).await?;
        }
        Ok(())
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

/// Returns the version as entries are named after it.
pub(super) fn version_text(version: &UpdateVersion) -> &str {
    version.e_tag.as_deref().or(version.version.as_deref()).unwrap_or_default()
}

/// Returns whether no entry of a replaced or deleted document can appear any more: it was among those `found`, or its
/// writer has finished or died.
pub(super) fn no_entry_follows(document: &StoredDocument, found: &[CatalogEntry]) -> bool {
    let is_its_own = |found: &CatalogEntry| {
        found.is_of_writer() && document.facts.as_ref().map_or(true, |facts| *facts == found.entry)
    };
    !document.is_young || found.iter().any(is_its_own)
}
