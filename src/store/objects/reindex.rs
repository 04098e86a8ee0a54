//! Rebuilds the catalog from the documents.

use std::collections::{BTreeSet, HashMap};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::UpdateVersion;
use object_store::path::Path;

use super::ObjectResultStore;
use super::backend::CONCURRENT_REQUESTS;
use super::bulk::in_bulk;
use super::catalog::{CatalogEntry, Intent};
use super::documents::StoredDocument;
use super::inventory::times_of;
use super::reconcile::{DOCUMENTS_PER_INTENT, PendingEntry};
use super::service_error::ServiceError;
use super::translate::Access;
use super::verify::reason;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Entry, RunId, UtcReading};
use crate::store::contract::{ReindexOptions, ReindexReport, UnreadableDocument};

/// Repairs to make.
#[derive(Default)]
struct Repairs {
    pending: Vec<PendingEntry>,
    /// Entries that contradict their document.
    stale: Vec<CatalogEntry>,
    /// Further entries that agree with their document. They change no list.
    duplicates: Vec<CatalogEntry>,
    /// Entries without a document.
    orphans: Vec<(RunId, Vec<CatalogEntry>)>,
    /// All results, for Python's index.
    results: Vec<(Entry, Path)>,
    /// Whether a document can neither be read nor is listed. Lists then keep looking for it and reporting it.
    leaves_some: bool,
}

impl ObjectResultStore {
    pub(super) async fn rebuild(&self, options: ReindexOptions) -> Result<ReindexReport> {
        let failed = |error| self.backend.failed("rebuild the catalog", Access::Write, error);
        let state = self.python.state().await.map_err(failed)?;
        let mends_index = options.python_index || self.python.is_kept().await.map_err(failed)?;
        let (mut report, mut work) = self.compare(mends_index).await?;
        self.warn_of_foreign_names();
        if mends_index {
            report.python_index = true;
        }
        if options.dry_run {
            return Ok(report);
        }
        self.mend(&mut work).await.map_err(failed)?;
        if let Some(sweep) = &self.backend.sweep {
            sweep.sweep().await.map_err(failed)?;
        }
        if mends_index {
            work.results.sort_by(|(left, _), (right, _)| {
                (left.run_time.instant(), &left.run_id).cmp(&(right.run_time.instant(), &right.run_id))
            });
            let compared = (!work.leaves_some).then_some(&state);
            self.python.rewrite(&work.results, compared, options.python_index).await?;
        }
        if !work.leaves_some {
            let marks = self.catalog.marks().await.map_err(failed)?;
            self.catalog.set_mark(&state.mark, &marks).await.map_err(failed)?;
        }
        let intents = self.catalog.intents().await.map_err(failed)?;
        self.tidy(&intents).await.map_err(failed)?;
        Ok(report)
    }

    /// Compares all entries with all documents.
    async fn compare(&self, wants_results: bool) -> Result<(ReindexReport, Repairs)> {
        let failed = |error| self.backend.failed("rebuild the catalog", Access::Write, error);
        let (mut report, mut work) = (ReindexReport::default(), Repairs::default());
        let mut entries = self.names_by_run().await.map_err(|error| self.backend.cannot_list(error))?;
        let (documents, hidden) = self.documents_by_run().await.map_err(|error| self.backend.cannot_list(error))?;
        report.unreadable = hidden;
        let (mut finished, mut bytes, total) = (0, 0, documents.len() as u64);
        let reader = self.documents.clone();
        let mut read = in_bulk(&self.backend, documents.into_iter().collect(), move |(run_id, document)| {
            let reader = reader.clone();
            async move { (reader.read(&document.path, &run_id).await, run_id, document.size) }
        });
        while let Some((found, run_id, size)) = read.try_next().await.map_err(failed)? {
            finished += 1;
            bytes += size;
            self.python.notices.progress("read", finished, total, bytes);
            let mut known = entries.remove(&run_id).unwrap_or_default();
            let read = found.map_err(|error| self.backend.failed_with("read", &run_id, Access::Read, error))?;
            let Some(StoredDocument { path, version, facts, .. }) = read else { continue };
            report.documents += 1;
            let facts = match facts {
                Ok(facts) => facts,
                Err(error) if is_archived(&error) && is_listed_as(&known, &version) => {
                    report.correct += 1;
                    work.results.extend(known.pop().map(|found| (found.entry, path)));
                    continue;
                }
                Err(error) => {
                    let hint = error.hint().map(str::to_owned);
                    report.unreadable.push(UnreadableDocument { name: path.to_string(), reason: reason(&error), hint });
                    work.leaves_some |= known.is_empty();
                    // An archived document is still a result.
                    work.results.extend(known.pop().map(|found| (found.entry, path)));
                    continue;
                }
            };
            if wants_results {
                work.results.push((facts.clone(), path.clone()));
            }
            known.sort_by(|left, right| left.path.cmp(&right.path));
            match known.iter().position(|found| found.entry == facts) {
                Some(right) => {
                    report.correct += 1;
                    known.remove(right);
                    let (duplicates, stale) = known.into_iter().partition(|found| found.entry == facts);
                    work.duplicates.extend::<Vec<_>>(duplicates);
                    work.stale.extend::<Vec<_>>(stale);
                }
                None => {
                    report.missing.push(run_id.as_str().to_owned());
                    report.stale.extend(known.iter().map(|found| found.path.to_string()));
                    work.pending.push(PendingEntry { path, version, facts, known, may_be_of_python: true });
                }
            }
        }
        drop(read);
        work.orphans = self.without_documents(entries).await.map_err(failed)?;
        let orphans = work.orphans.iter().flat_map(|(_, found)| found);
        report.stale.extend(work.stale.iter().chain(orphans).map(|found| found.path.to_string()));
        report.missing.sort_unstable();
        report.stale.sort_unstable();
        report.unreadable.sort_by(|left, right| left.name.cmp(&right.name));
        Ok((report, work))
    }

    async fn mend(&self, work: &mut Repairs) -> object_store::Result<()> {
        self.enter_and_tell(std::mem::take(&mut work.pending)).await?;
        let mut runs: HashMap<RunId, Vec<CatalogEntry>> = std::mem::take(&mut work.orphans).into_iter().collect();
        for found in std::mem::take(&mut work.stale).into_iter().chain(std::mem::take(&mut work.duplicates)) {
            runs.entry(found.entry.run_id.clone()).or_default().push(found);
        }
        let removing = runs.into_iter().map(|(run_id, stale)| async move { self.remove_stale(&run_id, stale).await });
        stream::iter(removing).buffer_unordered(CONCURRENT_REQUESTS).try_collect().await
    }

    /// Enters the documents, and tells how far it is.
    async fn enter_and_tell(&self, mut pending: Vec<PendingEntry>) -> object_store::Result<()> {
        let total = pending.len();
        while !pending.is_empty() {
            let together = pending.split_off(pending.len().saturating_sub(DOCUMENTS_PER_INTENT));
            self.enter(together).await?;
            self.python.notices.progress("entered", (total - pending.len()) as u64, total as u64, 0);
        }
        Ok(())
    }

    /// Removes entries that were found to be stale, if they still are.
    async fn remove_stale(&self, run_id: &RunId, stale: Vec<CatalogEntry>) -> object_store::Result<()> {
        let times = times_of(&stale);
        self.remove_contradicted(run_id, &times).await?;
        self.remove_duplicates(run_id, &times).await
    }

    /// Keeps one of several entries that agree with the document. Usually that decision belongs to the writer of the
    /// document. Without an intent for this run there is no such writer, and no other process that is about to remove
    /// one of the entries.
    async fn remove_duplicates(&self, run_id: &RunId, times: &BTreeSet<UtcReading>) -> object_store::Result<()> {
        let before = self.catalog.intents_of(run_id).await?;
        if before.iter().any(|intent| !intent.is_settled) {
            return Ok(());
        }
        let found = self.catalog.at(run_id, times).await?;
        let Some(StoredDocument { facts: Ok(facts), .. }) = self.documents.current(run_id).await? else {
            return Ok(());
        };
        let mut same: Vec<Path> =
            found.into_iter().filter(|found| found.entry == facts).map(|found| found.path).collect();
        same.sort_unstable();
        let is_known = |intent: &Intent| before.iter().any(|known| known.path == intent.path);
        if same.len() < 2 || !self.catalog.intents_of(run_id).await?.iter().all(is_known) {
            return Ok(());
        }
        self.catalog.remove(same.split_off(1)).await
    }
}

/// Returns whether a document is archived. It is not damaged.
fn is_archived(error: &Error) -> bool {
    ServiceError::under(error).is_some_and(|error| error.kind == Some(ErrorKind::Read))
}

/// Returns whether the entries of an archived document are right: one belongs to this version of it, or none contradicts
/// another. Moving a document to an archive can change its version.
fn is_listed_as(known: &[CatalogEntry], version: &UpdateVersion) -> bool {
    let Some((first, rest)) = known.split_first() else { return false };
    let version = version.e_tag.as_deref().unwrap_or_default();
    let is_of_version = known.iter().any(|found| found.is_of_version(version) == Some(true));
    rest.iter().all(|other| other.entry == first.entry) && (is_of_version || rest.is_empty())
}
