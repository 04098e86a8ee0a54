//! The start of a list.

use futures_util::future::join;
use tokio::time::Instant;

use super::intent_watch::IntentWatch;
use crate::error::Result;
use crate::result::RunId;
use crate::store::contract::Query;
use crate::store::objects::ObjectResultStore;
use crate::store::objects::catalog::{EntryBatches, TimeRange};
use crate::store::objects::documents::AskedDocument;

/// A list that has begun.
pub(super) struct StartedList<'a> {
    /// The runs about which only their documents are believed.
    pub(super) asked: Vec<AskedDocument>,
    /// The entries.
    pub(super) batches: EntryBatches<'a>,
    /// Which other runs' entries may move.
    pub(super) watch: IntentWatch,
}

impl ObjectResultStore {
    /// Opens the catalog, asks the documents of runs that are being overwritten or deleted, and brings in results that
    /// the catalog lacks. `eager` asks for more than one batch at once.
    pub(super) async fn begin(&self, query: &Query, eager: bool) -> Result<StartedList<'_>> {
        let at = Instant::now();
        let span = TimeRange::of(query);
        let (opened, index) = join(self.catalog.open(span, eager), self.python.state()).await;
        let mut opened = opened.map_err(|error| self.backend.cannot_list(error))?;
        let index = index.map_err(|error| self.backend.cannot_list(error))?;
        let mut asked = match index.is_covered_by(&opened.marks) {
            true => Vec::new(),
            false => self.adopt(&index, &opened.marks).await?,
        };
        // What others have entered since the catalog was opened may be what the comparison found right.
        if !index.is_covered_since(&opened.marks) {
            opened = self.catalog.open(span, eager).await.map_err(|error| self.backend.cannot_list(error))?;
        }
        let watch = IntentWatch::new(&opened.intents, at, opened.is_one_moment);
        let active = opened.intents.iter().filter(|intent| !intent.is_settled);
        let mut runs: Vec<RunId> = active.flat_map(|intent| &intent.runs).map(|(run_id, _)| run_id.clone()).collect();
        runs.sort_unstable();
        runs.dedup();
        asked.extend(self.documents.ask(runs).await);
        // Reading does not depend on it, and a reader may lack the right.
        drop(self.tidy(&opened.intents).await);
        Ok(StartedList { asked, batches: opened.batches, watch })
    }
}
