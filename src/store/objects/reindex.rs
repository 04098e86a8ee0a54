//! Making the catalog say what the documents say.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::ObjectMeta;
use object_store::path::Path;

use super::ObjectResultStore;
use super::backend::Listing;
use super::documents::described;
use super::options::PythonIndex;
use super::scan::{AT_ONCE, Span};
use super::translate::Access;
use crate::error::{Error, Result};
use crate::result::{Entry, RunId};
use crate::store::contract::{ReindexOptions, ReindexReport, Unreadable};

impl ObjectResultStore {
    pub(super) async fn rebuild(&self, options: ReindexOptions) -> Result<ReindexReport> {
        let mut report = ReindexReport::default();
        let failed = |error| self.failed("rebuild the catalog", Access::Write, error);
        let mends_index = options.python_index || self.keeps_python_index().await.map_err(failed)?;
        // Before the documents: an entry is written after its document, so one without a document has lost it.
        let mut entries = self.entries_by_run().await?;
        let mut results = Vec::new();
        let mut stale = Vec::new();
        let documents = self.document_names(&mut report).await?;
        let read =
            documents.into_iter().map(|(run_id, path)| async move { (self.read(&run_id, &path).await, run_id, path) });
        let mut read = stream::iter(read).buffer_unordered(AT_ONCE);
        while let Some((found, run_id, path)) = read.next().await {
            let mut known = entries.remove(&run_id).unwrap_or_default();
            let (facts, e_tag) = match found? {
                None => continue,
                Some(Err(error)) => {
                    report.documents += 1;
                    let hint = error.hint().map(str::to_owned);
                    report.unreadable.push(Unreadable { name: path.to_string(), reason: reason(&error), hint });
                    // What is archived is still a result.
                    if mends_index && let Some((_, entry)) = known.pop() {
                        results.push((entry, path));
                    }
                    continue;
                }
                Some(Ok(found)) => found,
            };
            report.documents += 1;
            known.sort_by(|left, right| left.0.cmp(&right.0));
            match known.iter().position(|(_, entry)| *entry == facts) {
                Some(right) => {
                    report.correct += 1;
                    known.remove(right);
                }
                None => {
                    report.missing.push(run_id.as_str().to_owned());
                    if !options.dry_run {
                        self.restore_entry(&facts, &path, e_tag.as_deref()).await.map_err(failed)?;
                    }
                }
            }
            stale.extend(known.into_iter().map(|(path, _)| path));
            if mends_index {
                results.push((facts, path));
            }
        }
        drop(read);
        for (run_id, entries) in entries {
            // A listing of a directory that is being written can miss a file.
            let gone = match self.backend.places.document(&run_id) {
                Ok(names) => self.find(&names).await.map_err(failed)?.is_none(),
                Err(_) => true,
            };
            if gone {
                stale.extend(entries.into_iter().map(|(path, _)| path));
            }
        }
        stale.sort_unstable();
        report.stale = stale.iter().map(Path::to_string).collect();
        report.missing.sort_unstable();
        report.unreadable.sort_by(|left, right| left.name.cmp(&right.name));
        report.python_index = mends_index;
        if !options.dry_run {
            self.remove(stale).await.map_err(failed)?;
            if let Some(sweep) = &self.backend.sweep {
                sweep.sweep().await.map_err(failed)?;
            }
            if mends_index {
                results.sort_by(|(left, _), (right, _)| {
                    (left.run_time.instant(), &left.run_id).cmp(&(right.run_time.instant(), &right.run_id))
                });
                self.rewrite_python_index(&results, options.python_index).await?;
            }
        }
        Ok(report)
    }

    /// Whether there is an index that is kept up to date.
    async fn keeps_python_index(&self) -> object_store::Result<bool> {
        Ok(self.backend.python_index != PythonIndex::Never && self.head(&self.backend.places.index()).await?.is_some())
    }

    async fn entries_by_run(&self) -> Result<HashMap<RunId, Vec<(Path, Entry)>>> {
        let mut entries: HashMap<RunId, Vec<(Path, Entry)>> = HashMap::new();
        let mut batches = self.scan(Span::default(), true);
        while let Some(batch) = batches.try_next().await.map_err(|error| self.cannot_list(error))? {
            for (path, found) in self.read_entries(batch).await {
                let Ok(entry) = found else { continue };
                entries.entry(entry.run_id.clone()).or_default().push((path, entry));
            }
        }
        Ok(entries)
    }

    /// Where the document of each run lies.
    async fn document_names(&self, report: &mut ReindexReport) -> Result<HashMap<RunId, Path>> {
        let directory = self.backend.places.documents();
        let mut found: HashMap<RunId, Path> = HashMap::new();
        let mut take = |meta: ObjectMeta| {
            let path = meta.location;
            let Some(run_id) = self.backend.places.run_id(&path) else { return };
            let names = self.backend.places.document(&run_id);
            let reason = match (&names, found.get(&run_id)) {
                (Ok(names), _) if !names.all().any(|name| *name == path) => {
                    "this name is none that a result of any run id would have".to_owned()
                }
                (Err(error), _) => error.to_string(),
                (Ok(names), Some(other)) => {
                    let hidden = if names.own == path { other.clone() } else { path };
                    found.insert(run_id.clone(), names.own.clone());
                    let reason = format!("the document of the same run in `{}` hides it", names.own);
                    report.unreadable.push(Unreadable { name: hidden.to_string(), reason, hint: None });
                    return;
                }
                (Ok(_), None) => {
                    found.insert(run_id, path);
                    return;
                }
            };
            report.unreadable.push(Unreadable { name: path.to_string(), reason, hint: None });
        };
        match self.backend.listing {
            Listing::Flat => {
                let mut listed = self.backend.store.list(Some(&directory));
                while let Some(meta) = listed.try_next().await.map_err(|error| self.cannot_list(error))? {
                    take(meta);
                }
            }
            Listing::Directories => {
                let listed = self.backend.store.list_with_delimiter(Some(&directory)).await;
                listed.map_err(|error| self.cannot_list(error))?.objects.into_iter().for_each(take);
            }
        }
        Ok(found)
    }

    /// What a document says, and its version; nothing if it has gone meanwhile.
    async fn read(&self, run_id: &RunId, path: &Path) -> Result<Option<Result<(Entry, Option<String>)>>> {
        let failed = |error| self.failed_with("read", run_id, Access::Read, error);
        let Some(found) = self.get_object(path).await.map_err(failed)? else { return Ok(None) };
        let e_tag = found.meta.e_tag.clone();
        Ok(Some(described(found, run_id).await.map(|entry| (entry, e_tag))))
    }

    /// Writes the entry of a document, unless that has been replaced since it was read.
    async fn restore_entry(&self, facts: &Entry, document: &Path, e_tag: Option<&str>) -> object_store::Result<()> {
        let own = self.put_entry(facts).await?;
        let present = self.head(document).await?;
        if present.is_none_or(|meta| meta.e_tag.as_deref() != e_tag) {
            self.remove(vec![own]).await?;
        }
        Ok(())
    }
}

/// Why a document cannot be read; that it cannot is said by whoever shows the report.
fn reason(error: &Error) -> String {
    let causes = error.causes();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}
