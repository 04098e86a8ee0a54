//! Adopting: entering results that Python wrote in the catalog.
//!
//! Python writes a document and then its index, without a lock, so its index may lack results that have documents. Each
//! version of the index in which catalog and documents were compared is marked. When the index has another version, a
//! list compares the names of all documents with those of all entries. It reads and enters a document if its entry is
//! missing, is contradicted by the index, is older than the document or belongs to another version of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::ObjectResultStore;
use super::backend::CONCURRENT_REQUESTS;
use super::bulk::in_bulk;
use super::catalog::{CatalogEntry, IndexMark, revision_of_version};
use super::documents::{AskedDocument, StoredDocument};
use super::inventory::{DatedEntry, ListedDocument, times_of};
use super::python_index::IndexState;
use super::reconcile::{PendingEntry, version_text};
use super::save::ENTRY_DEADLINE;
use crate::error::Result;
use crate::result::{Entry, RunId};

impl ObjectResultStore {
    /// Brings the catalog up to date with the documents. Returns the facts that the catalog lacked, whether or not they
    /// could be entered, so that a reader without write access gets a complete list too.
    pub(super) async fn adopt(&self, seen: &IndexState, marks: &[IndexMark]) -> Result<Vec<AskedDocument>> {
        let failed = |error| self.backend.cannot_list(error);
        let (rows, state) = match seen.mark == IndexMark::absent() {
            true => (HashMap::new(), seen.clone()),
            false => self.python.rows().await.map_err(failed)?,
        };
        let mut entries = self.entries_by_run().await.map_err(failed)?;
        let (mut documents, _) = self.documents_by_run().await.map_err(failed)?;
        self.ask_versions(&mut documents, &entries).await.map_err(failed)?;
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
        // Python always writes its index after a document.
        let may_be_of_python = state.mark != IndexMark::absent();
        let read = self.read_pending(to_read, &rows, may_be_of_python, &mut outcome).await.map_err(failed)?;
        self.adopt_documents(read, &mut outcome).await.map_err(failed)?;
        if outcome.is_complete && !is_empty {
            // A reader without write access cannot set a mark, so it compares each time.
            drop(self.catalog.set_mark(&state.mark, marks).await);
        }
        Ok(outcome.asked)
    }

    /// Asks for the versions of documents that were listed without one and that an entry may belong to. Servers of the S3
    /// API need not list ETags, and some do not. To ask costs less than to read a document and enter it once more.
    async fn ask_versions(
        &self,
        documents: &mut HashMap<RunId, ListedDocument>,
        entries: &HashMap<RunId, Vec<DatedEntry>>,
    ) -> object_store::Result<()> {
        let lacks_version = |(run_id, document): &(&RunId, &ListedDocument)| {
            document.version.is_empty() && entries.contains_key(*run_id)
        };
        let unknown = documents.iter().filter(lacks_version);
        let unknown: Vec<_> = unknown.map(|(run_id, document)| (run_id.clone(), document.path.clone())).collect();
        let backend = Arc::clone(&self.backend);
        let mut asked = in_bulk(&self.backend, unknown, move |(run_id, path)| {
            let backend = Arc::clone(&backend);
            async move { backend.head(&path).await.map(|present| (run_id, present)) }
        });
        while let Some(answer) = asked.try_next().await? {
            let (run_id, present) = answer?;
            let version = present.and_then(|present| present.e_tag);
            if let (Some(document), Some(version)) = (documents.get_mut(&run_id), version) {
                document.version = version;
            }
        }
        Ok(())
    }

    /// Removes the entries of documents that are gone.
    async fn adopt_absent(
        &self,
        entries: HashMap<RunId, Vec<DatedEntry>>,
        outcome: &mut AdoptOutcome,
    ) -> object_store::Result<()> {
        let found = |known: Vec<DatedEntry>| known.into_iter().map(|dated| dated.found).collect();
        let entries = entries.into_iter().map(|(run_id, known)| (run_id, found(known)));
        let absent = self.without_documents(entries).await?;
        outcome.asked.extend(absent.iter().map(|(run_id, _)| (run_id.clone(), Ok(None))));
        self.remove_outdated(absent, outcome).await;
        Ok(())
    }

    /// Removes those of these entries that contradict the document of their run.
    async fn remove_outdated(&self, outdated: Vec<(RunId, Vec<CatalogEntry>)>, outcome: &mut AdoptOutcome) {
        let removed = outdated
            .into_iter()
            .map(|(run_id, known)| async move { self.remove_contradicted(&run_id, &times_of(&known)).await.is_ok() });
        let mut removed = stream::iter(removed).buffer_unordered(CONCURRENT_REQUESTS);
        while let Some(is_removed) = removed.next().await {
            outcome.is_complete &= is_removed;
        }
    }

    /// Reads the documents that seem not to be listed. For a document that cannot be read, the facts in Python's index
    /// are used.
    async fn read_pending(
        &self,
        to_read: Vec<(RunId, Vec<DatedEntry>)>,
        rows: &HashMap<RunId, Entry>,
        may_be_of_python: bool,
        outcome: &mut AdoptOutcome,
    ) -> object_store::Result<Vec<PendingEntry>> {
        let documents = self.documents.clone();
        let mut read = in_bulk(&self.backend, to_read, move |(run_id, known)| {
            let documents = documents.clone();
            async move { (documents.current(&run_id).await, run_id, known) }
        });
        let mut pending = Vec::new();
        while let Some((current, run_id, known)) = read.try_next().await? {
            let Some(StoredDocument { path, version, facts, .. }) = current? else { continue };
            let known: Vec<CatalogEntry> = known.into_iter().map(|dated| dated.found).collect();
            let facts = match (facts, rows.get(&run_id)) {
                (Err(_), Some(row)) => Ok(row.clone()),
                (facts, _) => facts,
            };
            match facts {
                Ok(facts) => {
                    // The entry that it gets tells the same.
                    let facts = Entry { revision: revision_of_version(version_text(&version)), ..facts };
                    pending.push(PendingEntry { path, version, facts, known, may_be_of_python });
                }
                Err(error) => {
                    outcome.is_complete = false;
                    // Otherwise the facts in the catalog are used.
                    if known.is_empty() {
                        outcome.asked.push((run_id, Err(error)));
                    }
                }
            }
        }
        Ok(pending)
    }

    async fn adopt_documents(
        &self,
        mut read: Vec<PendingEntry>,
        outcome: &mut AdoptOutcome,
    ) -> object_store::Result<()> {
        if read.is_empty() {
            return Ok(());
        }
        // Documents saved while the names were being listed have got their entries meanwhile. This listing started
        // before that.
        let entries = self.entries_by_run().await?;
        let is_new =
            |known: &[CatalogEntry], dated: &DatedEntry| known.iter().all(|found| found.path != dated.found.path);
        let has_entry = |pending: &mut PendingEntry| {
            let now = entries.get(&pending.facts.run_id).map(Vec::as_slice).unwrap_or_default();
            now.iter().any(|dated| dated.found.entry == pending.facts && is_new(&pending.known, dated))
        };
        // Their writers do not know the entries of documents that Python replaced before them.
        let mut outdated = Vec::new();
        for PendingEntry { facts, mut known, .. } in read.extract_if(.., has_entry) {
            known.retain(|found| found.entry != facts);
            if !known.is_empty() {
                outdated.push((facts.run_id.clone(), known));
            }
            outcome.asked.push((facts.run_id.clone(), Ok(Some(facts))));
        }
        self.remove_outdated(outdated, outcome).await;
        let facts: Vec<Entry> = read.iter().map(|pending| pending.facts.clone()).collect();
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

/// Outcome of adopting.
struct AdoptOutcome {
    asked: Vec<AskedDocument>,
    /// Whether the catalog now has all documents.
    is_complete: bool,
}

/// Returns whether the entries of a run belong to its document, judged by version, age and Python's index.
fn is_listed(known: &[DatedEntry], row: Option<&Entry>, document: &ListedDocument) -> bool {
    let [first, rest @ ..] = known else { return false };
    let entry = &first.found.entry;
    rest.iter().all(|other| other.found.entry == *entry)
        && row.is_none_or(|row| row == entry)
        && known.iter().any(|dated| is_entry_of(dated, document))
}

/// Returns whether an entry belongs to the document. An entry of another version may be younger than a document of
/// Python that replaced its own. If the entry is much younger, a comparison found it correct since, and only the tier
/// of the document changed.
fn is_entry_of(dated: &DatedEntry, document: &ListedDocument) -> bool {
    let later = dated.written - document.written;
    match dated.found.is_of_version(&document.version) {
        Some(false) => u64::try_from(later).is_ok_and(|later| Duration::from_millis(later) > ENTRY_DEADLINE),
        Some(true) | None => later >= 0,
    }
}
