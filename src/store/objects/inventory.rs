//! All documents and all catalog entries of a store, by run.

use std::collections::{BTreeSet, HashMap};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::ObjectMeta;
use object_store::path::Path;

use super::ObjectResultStore;
use super::backend::{CONCURRENT_REQUESTS, Listing};
use super::catalog::{CatalogEntry, ReadEntry, TimeRange};
use crate::result::{RunId, UtcReading};
use crate::store::contract::UnreadableDocument;

/// A catalog entry with its time.
#[derive(Debug)]
pub(super) struct DatedEntry {
    pub(super) found: CatalogEntry,
    /// Time of the write in milliseconds since 1970, by the server's clock.
    pub(super) written: i64,
}

/// A listed document, not read.
#[derive(Debug)]
pub(super) struct ListedDocument {
    pub(super) path: Path,
    /// Time of the write in milliseconds since 1970, by the server's clock, which may have whole seconds only.
    pub(super) written: i64,
    /// Number of bytes, as stored.
    pub(super) size: u64,
    /// ETag of its version; empty if the backend lists none.
    pub(super) version: String,
}

impl ObjectResultStore {
    /// Lists all entries, by run. Call it before [`documents_by_run`](Self::documents_by_run): entries are written
    /// after documents, so an entry that then has no document has lost it.
    pub(super) async fn entries_by_run(&self) -> object_store::Result<HashMap<RunId, Vec<DatedEntry>>> {
        let mut by_run: HashMap<RunId, Vec<DatedEntry>> = HashMap::new();
        let listed = self.backend.store.list(Some(&self.backend.keys.catalog()));
        let decoded = listed.map_ok(|meta| async move {
            let written = meta.last_modified.timestamp_millis();
            Ok(self.catalog.decode(meta.location).await.map(|found| DatedEntry { found, written }))
        });
        let mut decoded = std::pin::pin!(decoded.try_buffer_unordered(CONCURRENT_REQUESTS));
        while let Some(dated) = decoded.try_next().await? {
            if let Some(dated) = dated {
                by_run.entry(dated.found.entry.run_id.clone()).or_default().push(dated);
            }
        }
        Ok(by_run)
    }

    /// Lists all entries, by run, without their times. Call it before [`documents_by_run`](Self::documents_by_run), too.
    pub(super) async fn names_by_run(&self) -> object_store::Result<HashMap<RunId, Vec<CatalogEntry>>> {
        let mut by_run: HashMap<RunId, Vec<CatalogEntry>> = HashMap::new();
        let mut batches = self.catalog.scan(TimeRange::default(), true);
        while let Some(batch) = batches.try_next().await? {
            for ReadEntry { path, entry } in self.catalog.read(batch).await {
                let Ok(entry) = entry else { continue };
                by_run.entry(entry.run_id.clone()).or_default().push(CatalogEntry { path, entry });
            }
        }
        Ok(by_run)
    }

    /// Returns those of these runs that have no document, with their entries.
    pub(super) async fn without_documents(
        &self,
        entries: impl IntoIterator<Item = (RunId, Vec<CatalogEntry>)>,
    ) -> object_store::Result<Vec<(RunId, Vec<CatalogEntry>)>> {
        let looked_for = entries.into_iter().map(|(run_id, known)| async move {
            // A listing of a directory that is being written can miss a file.
            let exists = self.documents.exists(&run_id).await?;
            Ok((!exists).then_some((run_id, known)))
        });
        let looked_for = stream::iter(looked_for).buffer_unordered(CONCURRENT_REQUESTS);
        looked_for.try_filter_map(|absent| std::future::ready(Ok(absent))).try_collect().await
    }

    /// Lists the documents, by run. Also returns files that look like documents but are hidden by another or have a
    /// wrong name.
    pub(super) async fn documents_by_run(
        &self,
    ) -> object_store::Result<(HashMap<RunId, ListedDocument>, Vec<UnreadableDocument>)> {
        let directory = self.backend.keys.documents();
        let (mut documents, mut unreadable) = (HashMap::new(), Vec::new());
        let mut take = |meta: ObjectMeta| unreadable.extend(self.take_document(meta, &mut documents));
        match self.backend.listing {
            Listing::Flat => {
                let mut listed = self.backend.store.list(Some(&directory));
                while let Some(meta) = listed.try_next().await? {
                    take(meta);
                }
            }
            Listing::Directories => {
                let listed = self.backend.store.list_with_delimiter(Some(&directory)).await?;
                listed.objects.into_iter().for_each(take);
            }
        }
        Ok((documents, unreadable))
    }

    fn take_document(
        &self,
        meta: ObjectMeta,
        documents: &mut HashMap<RunId, ListedDocument>,
    ) -> Option<UnreadableDocument> {
        let (written, size) = (meta.last_modified.timestamp_millis(), meta.size);
        let version = meta.e_tag.unwrap_or_default();
        let path = meta.location;
        let run_id = self.backend.keys.run_id(&path)?;
        let names = self.backend.keys.document(&run_id);
        let reason = match (&names, documents.get(&run_id)) {
            (Ok(names), _) if !names.all().any(|name| *name == path) => {
                "not the name of a document of any run id".to_owned()
            }
            (Err(error), _) => error.to_string(),
            (Ok(names), Some(other)) => {
                let hidden = if names.own == path { other.path.clone() } else { path };
                documents.insert(run_id, ListedDocument { path: names.own.clone(), written, size, version });
                let reason = format!("hidden by the document of the same run in `{}`", names.own);
                return Some(UnreadableDocument { name: hidden.to_string(), reason, hint: None });
            }
            (Ok(_), None) => {
                documents.insert(run_id, ListedDocument { path, written, size, version });
                return None;
            }
        };
        Some(UnreadableDocument { name: path.to_string(), reason, hint: None })
    }
}

/// Returns the run times of these entries.
pub(super) fn times_of(entries: &[CatalogEntry]) -> BTreeSet<UtcReading> {
    entries.iter().map(|found| found.entry.run_time.as_utc()).collect()
}
