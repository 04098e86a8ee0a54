//! The start of a list: catalog, documents of runs with active intents, and results that Python wrote.

use futures_util::future::join;
use tokio::time::Instant;

use super::intent_watch::IntentWatch;
use crate::error::Result;
use crate::result::RunId;
use crate::store::contract::Query;
use crate::store::objects::ObjectResultStore;
use crate::store::objects::catalog::{EntryBatches, IndexMark, TimeRange};
use crate::store::objects::documents::AskedDocument;

/// A list that has started.
pub(super) struct StartedList<'a> {
    /// Answers of documents. They count instead of the entries of their runs.
    pub(super) asked: Vec<AskedDocument>,
    /// The entries.
    pub(super) batches: EntryBatches<'a>,
    /// Finds other runs with entries that move.
    pub(super) watch: IntentWatch,
}

impl ObjectResultStore {
    /// Opens the catalog, asks the documents of runs that are being overwritten or deleted, and adopts results that the
    /// catalog lacks. `eager` reads several batches at once.
    pub(super) async fn begin(&self, query: &Query, eager: bool) -> Result<StartedList<'_>> {
        self.begin_with(query, eager, false).await
    }

    /// As [`begin`](Self::begin). With `trusts_catalog`, adopts results only if Python has written an index.
    pub(super) async fn begin_with(&self, query: &Query, eager: bool, trusts_catalog: bool) -> Result<StartedList<'_>> {
        let at = Instant::now();
        let range = TimeRange::of(query, &self.backend.time_zone);
        let (opened, index) = join(self.catalog.open(range, eager), self.python.state()).await;
        let mut opened = opened.map_err(|error| self.backend.cannot_list(error))?;
        let index = index.map_err(|error| self.backend.cannot_list(error))?;
        let is_trusted = trusts_catalog && index.mark == IndexMark::absent();
        let mut asked = match is_trusted || index.is_covered_by(&opened.marks) {
            true => Vec::new(),
            false => self.adopt(&index, &opened.marks).await?,
        };
        // The comparison may have found entries correct that others wrote after the catalog was opened.
        if !index.is_covered_since(&opened.marks) {
            opened = self.catalog.open(range, eager).await.map_err(|error| self.backend.cannot_list(error))?;
        }
        let watch = IntentWatch::new(&opened.intents, at, opened.is_one_moment);
        let active = opened.intents.iter().filter(|intent| !intent.is_settled);
        let mut runs: Vec<RunId> = active.flat_map(|intent| &intent.runs).map(|(run_id, _)| run_id.clone()).collect();
        runs.sort_unstable();
        runs.dedup();
        asked.extend(self.documents.ask(runs).await);
        // The list does not depend on it, and a reader may lack the permission.
        drop(self.tidy(&opened.intents).await);
        Ok(StartedList { asked, batches: opened.batches, watch })
    }
}
