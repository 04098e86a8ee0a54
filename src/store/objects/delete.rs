//! Deleting: an intent, the document, its entries, and then what Python's index says of it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::ObjectResultStore;
use super::access::pause;
use super::catalog::OwnIntent;
use super::documents::StoredDocument;
use super::layout::DocumentNames;
use super::reconcile::no_entry_follows;
use super::translate::{Access, is_full};
use crate::error::{Error, ErrorKind, Result};
use crate::result::RunId;
use crate::store::contract::Query;

/// How often a document that others keep replacing is tried.
const ATTEMPTS: u32 = 64;

/// A delete under way.
#[derive(Default)]
struct Deletion {
    /// The intents announced for it.
    intents: Vec<OwnIntent>,
    /// The documents it has removed, or tried to.
    documents: Vec<StoredDocument>,
    /// Where the entries of the run may be.
    times: BTreeSet<Timestamp>,
}

impl ObjectResultStore {
    pub(super) async fn delete_document(&self, run_id: &RunId, filter: Option<&Query>) -> Result<bool> {
        // A run id that no name can hold may still stand in Python's index.
        let Ok(names) = self.backend.keys.document(run_id) else {
            self.python.remove(run_id).await;
            return Ok(false);
        };
        let failed = |error| self.backend.failed_with("delete", run_id, Access::Write, error);
        let mut deletion = Deletion::default();
        for attempt in 0..ATTEMPTS {
            match self.delete_what_is_there(run_id, &names, filter, &mut deletion).await? {
                // The document that took its place is deleted in its turn.
                DeleteOutcome::Replaced => pause(attempt).await,
                outcome => {
                    // A request whose answer was lost is sent again, and then the version that it removed is not there.
                    let was_there = !deletion.documents.is_empty();
                    self.end(run_id, deletion).await.map_err(failed)?;
                    if outcome != DeleteOutcome::Kept {
                        self.python.remove(run_id).await;
                    }
                    return Ok(outcome == DeleteOutcome::Deleted || outcome == DeleteOutcome::Absent && was_there);
                }
            }
        }
        Err(Error::new(ErrorKind::Write, format!("cannot delete result `{run_id}`: others keep replacing it"))
            .with_run_id(run_id.as_str())
            .with_hint("try again when fewer write the same run id"))
    }

    /// Deletes the documents that lie under these names now.
    async fn delete_what_is_there(
        &self,
        run_id: &RunId,
        names: &DocumentNames,
        filter: Option<&Query>,
        deletion: &mut Deletion,
    ) -> Result<DeleteOutcome> {
        let failed = |error| self.backend.failed_with("delete", run_id, Access::Write, error);
        let mut documents = Vec::new();
        for path in names.all() {
            documents.extend(self.documents.read(path, run_id).await.map_err(failed)?);
        }
        let times = self.times_of(run_id, &documents).await.map_err(failed)?;
        if let (Some(filter), Some(current)) = (filter, documents.first())
            && !self.passes(run_id, current, filter).await?
        {
            return Ok(DeleteOutcome::Kept);
        }
        if !documents.is_empty() || !times.is_empty() {
            match self.catalog.announce(&[(run_id.clone(), times.clone())]).await {
                Ok(intent) => deletion.intents.push(intent),
                // Deleting is how a full disk is helped.
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
        // Entries are written after documents: those that were found may belong to a document that appeared since.
        if is_absent && !deletion.times.is_empty() && self.documents.exists(run_id).await.map_err(failed)? {
            return Ok(DeleteOutcome::Replaced);
        }
        Ok(if is_absent { DeleteOutcome::Absent } else { DeleteOutcome::Deleted })
    }

    /// Removes the entries, and then the intents. Where an entry may still follow, these stay active.
    async fn end(&self, run_id: &RunId, deletion: Deletion) -> object_store::Result<()> {
        let Deletion { intents, documents, times } = deletion;
        if intents.is_empty() && times.is_empty() {
            return Ok(());
        }
        let found = self.reconcile(run_id, &times, None).await?;
        if documents.iter().all(|document| no_entry_follows(document, &found)) {
            for intent in intents {
                self.catalog.withdraw(intent).await?;
            }
            self.tidy_intents().await;
        }
        Ok(())
    }

    /// The times at which the run may have entries: those of its documents, and of writers that died. Without a
    /// readable document the names of the whole catalog are read: Python may have deleted it, which knows of no
    /// catalog.
    async fn times_of(
        &self,
        run_id: &RunId,
        documents: &[StoredDocument],
    ) -> object_store::Result<BTreeSet<Timestamp>> {
        let mut times = BTreeSet::new();
        self.add_times(run_id, documents, &mut times).await?;
        if documents.is_empty() {
            let found = self.catalog.of_run_anywhere(run_id).await?;
            times.extend(found.iter().map(|found| found.entry.run_time.instant()));
        }
        let others = self.catalog.intents_of(run_id).await?;
        times.extend(others.iter().flat_map(|other| other.times_of(run_id)));
        Ok(times)
    }

    /// Whether the stored document passes `filter`. Of one that cannot be read, because it is archived, say, the
    /// entries decide.
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
                .with_hint("name its run id instead of filters"));
        }
        Ok(found.iter().all(|found| filter.matches(&found.entry)))
    }
}

/// What became of the documents that were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DeleteOutcome {
    /// There was none.
    Absent,
    /// They are gone.
    Deleted,
    /// They do not pass the filter.
    Kept,
    /// Others have taken their place meanwhile.
    Replaced,
}
