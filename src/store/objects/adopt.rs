//! Adopting: results that Python wrote are entered in the catalog.
//!
//! Python writes a document and then its index, without any lock, so that an index may lack results whose documents
//! are there. Whenever the index is not in a state in which catalog and documents were compared before, a list
//! compares them: the names of all documents with those of all entries. It reads the documents whose entries are
//! missing, are contradicted by the index, are older than the document or belong to another version of it, and enters
//! them.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::Error as Failure;

use super::ObjectResultStore;
use super::backend::AT_ONCE;
use super::catalog::{CatalogEntry, IndexMark};
use super::documents::{AskedDocument, StoredDocument};
use super::inventory::{DatedEntry, ListedDocument, times_of};
use super::python_index::IndexState;
use super::reconcile::PendingEntry;
use super::save::ENTRY_DEADLINE;
use crate::error::Result;
use crate::result::{Entry, RunId};

impl ObjectResultStore {
    /// Brings the catalog up to date with the documents. Returns what the documents say that the catalog did not, whether
    /// or not it could be entered: a list by one who may only read is as complete.
    pub(super) async fn adopt(&self, seen: &IndexState, marks: &[IndexMark]) -> Result<Vec<AskedDocument>> {
        let failed = |error| self.backend.cannot_list(error);
        let (rows, state) = match seen.mark == IndexMark::absent() {
            true => (HashMap::new(), seen.clone()),
            false => self.python.rows().await.map_err(failed)?,
        };
        let mut entries = self.entries_by_run().await.map_err(failed)?;
        let (documents, _) = self.documents_by_run().await.map_err(failed)?;
        let is_empty = entries.is_empty() && documents.is_empty() && state.mark == IndexMark::absent();
        let mut to_read = Vec::new();
        for (run_id, document) in documents {
            let known = entries.remove(&run_id).unwrap_or_default();
            if !is_listed(&known, rows.get(&run_id), &document) {
                to_read.push((run_id, known));
            }
        }
        let mut outcome = AdoptOutcome { asked: Vec::new(), is_complete: true };
        self.adopt_absent(entries, &mut outcome).await.map_err(failed)?;
        let read = self.read_unlisted(to_read, &rows, &mut outcome).await.map_err(failed)?;
        self.adopt_documents(read, &mut outcome).await.map_err(failed)?;
        if outcome.is_complete && !is_empty {
            // One who may only read compares each time.
            drop(self.catalog.set_mark(&state.mark, marks).await);
        }
        Ok(outcome.asked)
    }

    /// Removes the entries of documents that have gone.
    async fn adopt_absent(
        &self,
        entries: HashMap<RunId, Vec<DatedEntry>>,
        outcome: &mut AdoptOutcome,
    ) -> object_store::Result<()> {
        let removed = self.without_documents(entries).await?.into_iter().map(|(run_id, known)| async move {
            let is_removed = self.remove_contradicted(&run_id, &times_of(&known)).await.is_ok();
            (run_id, is_removed)
        });
        let mut removed = stream::iter(removed).buffer_unordered(AT_ONCE);
        while let Some((run_id, is_removed)) = removed.next().await {
            outcome.is_complete &= is_removed;
            outcome.asked.push((run_id, Ok(None)));
        }
        Ok(())
    }

    /// What the documents say that seem not to be listed. Those that cannot be read are believed what Python's index
    /// says of them.
    async fn read_unlisted(
        &self,
        to_read: Vec<(RunId, Vec<DatedEntry>)>,
        rows: &HashMap<RunId, Entry>,
        outcome: &mut AdoptOutcome,
    ) -> object_store::Result<Vec<PendingEntry>> {
        let read = to_read.into_iter().map(|(run_id, known)| async move {
            let current = self.documents.current(&run_id).await?;
            Ok::<_, Failure>((run_id, known, current))
        });
        let mut read = stream::iter(read).buffer_unordered(AT_ONCE);
        let mut unlisted = Vec::new();
        while let Some((run_id, known, current)) = read.try_next().await? {
            let Some(StoredDocument { path, version, facts, .. }) = current else { continue };
            let known: Vec<CatalogEntry> = known.into_iter().map(|dated| dated.found).collect();
            match (facts, rows.get(&run_id)) {
                (Ok(facts), _) => unlisted.push(PendingEntry { path, version, facts, known }),
                (Err(_), Some(row)) => unlisted.push(PendingEntry { path, version, facts: row.clone(), known }),
                (Err(error), None) => {
                    outcome.is_complete = false;
                    // What the catalog says of it stands.
                    if known.is_empty() {
                        outcome.asked.push((run_id, Err(error)));
                    }
                }
            }
        }
        Ok(unlisted)
    }

    async fn adopt_documents(
        &self,
        mut read: Vec<PendingEntry>,
        outcome: &mut AdoptOutcome,
    ) -> object_store::Result<()> {
        if read.is_empty() {
            return Ok(());
        }
        // Documents that were saved while the names were listed have got their entries meanwhile. This list began before.
        let entries = self.entries_by_run().await?;
        let is_new =
            |known: &[CatalogEntry], dated: &DatedEntry| known.iter().all(|found| found.path != dated.found.path);
        let has_entry = |unlisted: &mut PendingEntry| {
            let now = entries.get(&unlisted.facts.run_id).map(Vec::as_slice).unwrap_or_default();
            now.iter().any(|dated| dated.found.entry == unlisted.facts && is_new(&unlisted.known, dated))
        };
        let entered_by_others = read.extract_if(.., has_entry).map(|unlisted| unlisted.facts);
        outcome.asked.extend(entered_by_others.map(|facts| (facts.run_id.clone(), Ok(Some(facts)))));
        let facts: Vec<Entry> = read.iter().map(|unlisted| unlisted.facts.clone()).collect();
        let entered = match self.enter(read).await {
            Ok(entered) => entered,
            Err(_) => {
                outcome.is_complete = false;
                facts.into_iter().map(|facts| (facts.run_id.clone(), Some(facts))).collect()
            }
        };
        outcome.asked.extend(entered.into_iter().map(|(run_id, facts)| (run_id, Ok(facts))));
        Ok(())
    }
}

/// What came of adopting.
struct AdoptOutcome {
    asked: Vec<AskedDocument>,
    /// Whether the catalog holds all documents now.
    is_complete: bool,
}

/// Whether the entries of a run are those of its document, as far as its version, its age and Python's index tell.
fn is_listed(known: &[DatedEntry], row: Option<&Entry>, document: &ListedDocument) -> bool {
    let [first, rest @ ..] = known else { return false };
    let entry = &first.found.entry;
    rest.iter().all(|other| other.found.entry == *entry)
        && row.is_none_or(|row| row == entry)
        && known.iter().any(|dated| is_entry_of(dated, document))
}

/// Whether an entry is the document's. One of another version may come after a document of Python that replaced its own.
/// If it is much later, it was found right since, and the document only moved to another tier.
fn is_entry_of(dated: &DatedEntry, document: &ListedDocument) -> bool {
    let later = dated.written - document.written;
    match dated.found.is_of_version(&document.version) {
        Some(false) => u64::try_from(later).is_ok_and(|later| Duration::from_millis(later) > ENTRY_DEADLINE),
        Some(true) | None => later >= 0,
    }
}
