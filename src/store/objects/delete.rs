//! Deleting: announce an intent, delete the document, remove its entries, then update Python's index.

use std::collections::BTreeSet;

use super::ObjectResultStore;
use super::access::pause;
use super::catalog::OwnIntent;
use super::documents::StoredDocument;
use super::layout::DocumentNames;
use super::reconcile::{Reconciled, no_entry_follows};
use super::translate::{Access, is_full};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Entry, RunId, UtcReading};
use crate::store::contract::{Query, ResultVersion};

/// Number of attempts to delete a document that others keep replacing.
const ATTEMPTS: u32 = 64;

/// Condition for a delete, which the stored document must meet at that moment.
#[derive(Clone, Copy)]
pub(super) enum DeleteCondition<'a> {
    /// None.
    None,
    /// It passes the filter.
    Passes(&'a Query),
    /// It is this version.
    IsVersion(&'a ResultVersion),
}

/// A delete in progress.
#[derive(Default)]
struct DeleteProgress {
    /// Intents announced for it.
    intents: Vec<OwnIntent>,
    /// Documents that it has deleted, or tried to delete.
    documents: Vec<StoredDocument>,
    /// Run times at which the run may have entries.
    times: BTreeSet<UtcReading>,
}

impl ObjectResultStore {
    pub(super) async fn delete_document(&self, run_id: &RunId, condition: DeleteCondition<'_>) -> Result<bool> {
        // A run id that fits into no name may still be in Python's index.
        let Ok(names) = self.backend.keys.document(run_id) else {
            self.python.remove(run_id).await;
            return Ok(false);
        };
        let failed = |error| self.backend.failed_with("delete", run_id, Access::Write, error);
        let mut deletion = DeleteProgress::default();
        for attempt in 0..ATTEMPTS {
            match self.delete_what_is_there(run_id, &names, condition, &mut deletion).await? {
                // Delete the document that has replaced it, too.
                DeleteOutcome::Replaced => pause(attempt).await,
                outcome => {
                    // A request is sent again when its answer is lost. The version that the first attempt deleted is
                    // then gone.
                    let was_there = !deletion.documents.is_empty();
                    self.end(run_id, deletion).await.map_err(failed)?;
                    if outcome != DeleteOutcome::Kept {
                        self.python.remove(run_id).await;
                    }
                    return Ok(outcome == DeleteOutcome::Deleted || outcome == DeleteOutcome::Absent && was_there);
                }
            }
        }
        Err(Error::new(ErrorKind::Write, format!("cannot delete result `{run_id}`: other writers keep replacing it"))
            .with_run_id(run_id.as_str())
            .with_hint("try again when fewer processes write this run id"))
    }

    /// Returns the version of a listed result, or `None` if it is gone or has other facts.
    pub(super) async fn version_of(&self, entry: &Entry) -> Result<Option<ResultVersion>> {
        let run_id = &entry.run_id;
        let Ok(names) = self.backend.keys.document(run_id) else { return Ok(None) };
        let documents = self.documents.read_all(&names, run_id).await;
        let documents = documents.map_err(|error| self.backend.failed_with("read", run_id, Access::Read, error))?;
        let Some(current) = documents.first() else { return Ok(None) };
        let has_other_facts = current.facts.as_ref().is_ok_and(|facts| facts != entry);
        Ok((!has_other_facts).then(|| version_of(&documents)))
    }

    /// Deletes the documents that exist under these names now.
    async fn delete_what_is_there(
        &self,
        run_id: &RunId,
        names: &DocumentNames,
        condition: DeleteCondition<'_>,
        deletion: &mut DeleteProgress,
    ) -> Result<DeleteOutcome> {
        let failed = |error| self.backend.failed_with("delete", run_id, Access::Write, error);
        let documents = self.documents.read_all(names, run_id).await.map_err(failed)?;
        let times = self.times_of(run_id, &documents).await.map_err(failed)?;
        if let Some(current) = documents.first()
            && !match condition {
                DeleteCondition::None => true,
                DeleteCondition::Passes(filter) => self.passes(run_id, current, filter).await?,
                DeleteCondition::IsVersion(version) => *version == version_of(&documents),
            }
        {
            return Ok(DeleteOutcome::Kept);
        }
        if !documents.is_empty() || !times.is_empty() {
            match self.catalog.announce(&[(run_id.clone(), times.clone())]).await {
                Ok(intent) => deletion.intents.push(intent),
                // Deleting is the way to free a full disk, so do without an intent.
                Err(error) if is_full(&error) => {}
                Err(error) => return Err(failed(error)),
            }
            deletion.times.extend(times);
        }
        let is_absent = documents.is_empty();
        for document in documents {
            let removed = self.documents.remove_version(&document.path, document.version.e_tag.as_deref()).await;
            deletion.documents.push(document);
            if !removed.map_err(failed)? {
                return Ok(DeleteOutcome::Replaced);
            }
        }
        // Entries are written after documents, so the entries just listed may belong to a document that appeared since.
        if is_absent && !deletion.times.is_empty() && self.documents.exists(run_id).await.map_err(failed)? {
            return Ok(DeleteOutcome::Replaced);
        }
        Ok(if is_absent { DeleteOutcome::Absent } else { DeleteOutcome::Deleted })
    }

    /// Removes the entries, then the intents. If an entry may still follow, the intents stay active.
    async fn end(&self, run_id: &RunId, deletion: DeleteProgress) -> object_store::Result<()> {
        let DeleteProgress { intents, documents, times } = deletion;
        if intents.is_empty() && times.is_empty() {
            return Ok(());
        }
        let Reconciled { found, has_moved } = self.reconcile(run_id, &times, None).await?;
        if documents.iter().all(|document| no_entry_follows(document, &found)) {
            for intent in intents {
                self.conclude(intent, has_moved).await?;
            }
            self.tidy_intents().await;
        }
        Ok(())
    }

    /// Returns the run times at which the run may have entries: those of its documents, and of writers that died.
    /// Without a readable document, reads the names of the whole catalog, because Python may have deleted the document
    /// and does not know the catalog.
    async fn times_of(
        &self,
        run_id: &RunId,
        documents: &[StoredDocument],
    ) -> object_store::Result<BTreeSet<UtcReading>> {
        let mut times = BTreeSet::new();
        self.add_times(run_id, documents, &mut times).await?;
        if documents.is_empty() {
            let found = self.catalog.of_run_anywhere(run_id).await?;
            times.extend(found.iter().map(|found| found.entry.run_time.as_utc()));
        }
        let others = self.catalog.intents_of(run_id).await?;
        times.extend(others.iter().flat_map(|other| other.times_of(run_id)));
        Ok(times)
    }

    /// Returns whether the stored document passes `filter`. If the document cannot be read, for example because it is
    /// archived, its entries decide.
    pub(super) async fn passes(&self, run_id: &RunId, document: &StoredDocument, filter: &Query) -> Result<bool> {
        let error = match &document.facts {
            Ok(facts) => return Ok(filter.matches(facts)),
            Err(error) => error,
        };
        let failed = |error| self.backend.failed_with("read", run_id, Access::Read, error);
        let found = self.catalog.of_run_anywhere(run_id).await.map_err(failed)?;
        let intents = self.catalog.intents_of(run_id).await.map_err(failed)?;
        if found.is_empty() || intents.iter().any(|intent| !intent.is_settled) {
            let message = format!("cannot tell whether result `{run_id}` still matches");
            return Err(Error::new(error.kind(), message)
                .with_run_id(run_id.as_str())
                .with_source(error.to_string())
                .with_hint("use its run id instead of filters"));
        }
        Ok(found.iter().all(|found| filter.matches(&found.entry)))
    }
}

/// The version of a result with these documents: one, unless programs with different settings have written it.
fn version_of(documents: &[StoredDocument]) -> ResultVersion {
    ResultVersion::new(documents.iter().map(StoredDocument::identity).collect::<Vec<_>>().join("\n"))
}

/// Outcome of an attempt to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DeleteOutcome {
    /// There was no document.
    Absent,
    /// The documents are deleted.
    Deleted,
    /// The document does not pass the filter.
    Kept,
    /// Others have replaced the document meanwhile.
    Replaced,
}
