//! Listing: the catalog, in the order that is asked for, with the documents asked where the catalog proves nothing.
//!
//! Newest first comes straight from the names, one batch at a time ([`merge`](super::merge)). An order that needs all
//! entries before the first can be delivered is in [`collect`](super::collect).

use std::hash::{BuildHasher as _, RandomState};

use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::time::Instant;

use super::ObjectResultStore;
use super::catalog::{AT_ONCE, Batches, Intent, Span, outdated};
use super::watch::Watch;
use crate::error::Result;
use crate::result::{Entry, RunId};
use crate::store::contract::{EntryStream, OrderBy, Query};

/// A run whose document was asked: what it says, `None` if there is none, or why it cannot be read.
pub(super) type Asked = (RunId, Result<Option<Entry>>);

/// A list that has begun.
pub(super) struct Begun<'a> {
    /// The runs about which only their documents are believed.
    pub(super) asked: Vec<Asked>,
    /// The entries.
    pub(super) batches: Batches<'a>,
    /// Which other runs' entries may move.
    pub(super) watch: Watch,
}

impl ObjectResultStore {
    /// The results that match `query`, in its order, between its offset and its limit.
    pub(super) fn entries<'a>(&'a self, query: &'a Query) -> EntryStream<'a> {
        let state = (stream::once(self.matching(query)).try_flatten().boxed(), query.offset, query.limit);
        stream::unfold(state, |(mut items, mut skip, left)| async move {
            if left == Some(0) {
                return None;
            }
            loop {
                match items.next().await? {
                    Ok(_) if skip > 0 => skip -= 1,
                    Ok(entry) => return Some((Ok(entry), (items, skip, left.map(|left| left - 1)))),
                    Err(error) => return Some((Err(error), (items, skip, left))),
                }
            }
        })
        .boxed()
    }

    pub(super) async fn count_entries(&self, query: &Query) -> Result<u64> {
        // No order and no end: names need not wait for each other.
        let query = Query { limit: None, offset: 0, order_by: OrderBy::RunTime, ascending: false, ..query.clone() };
        let entries = self.entries(&query);
        entries.try_fold(0, |count, _| std::future::ready(Ok(count + 1))).await
    }

    async fn matching<'a>(&'a self, query: &'a Query) -> Result<EntryStream<'a>> {
        let newest_first = query.order_by == OrderBy::RunTime && !query.ascending;
        let begun = self.begin(query, !newest_first || query.limit.is_none()).await?;
        if newest_first {
            return Ok(self.merged(query, begun));
        }
        Ok(stream::iter(self.collected(query, begun).await?).boxed())
    }

    /// Opens the catalog, asks the documents of runs that are being overwritten or deleted, and brings in results that
    /// the catalog lacks. `eager` asks for more than one batch at once.
    pub(super) async fn begin(&self, query: &Query, eager: bool) -> Result<Begun<'_>> {
        let at = Instant::now();
        let span = Span::of(query);
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
        let watch = Watch::new(&opened.intents, at, opened.is_one_moment);
        let active = opened.intents.iter().filter(|intent| !intent.is_settled);
        let mut runs: Vec<RunId> = active.flat_map(|intent| &intent.runs).map(|(run_id, _)| run_id.clone()).collect();
        runs.sort_unstable();
        runs.dedup();
        asked.extend(self.ask(runs).await);
        // Reading does not depend on it, and a reader may lack the right.
        drop(self.tidy(&opened.intents).await);
        Ok(Begun { asked, batches: opened.batches, watch })
    }

    /// What the documents of these runs say.
    pub(super) async fn ask(&self, runs: Vec<RunId>) -> Vec<Asked> {
        let asked = runs.into_iter().map(|run_id| async move { (self.documents.facts(&run_id).await, run_id) });
        stream::iter(asked).buffer_unordered(AT_ONCE).map(|(facts, run_id)| (run_id, facts)).collect().await
    }

    /// Removes intents that have served, and finishes the work of writers that died.
    pub(super) async fn tidy(&self, intents: &[Intent]) -> object_store::Result<()> {
        let (settled, abandoned) = outdated(intents);
        self.catalog.remove(settled).await?;
        self.finish(abandoned).await
    }

    /// As [`tidy`](Self::tidy), for writers: at most once in a while.
    pub(super) async fn tidy_intents(&self) {
        if self.is_tidy.claim()
            && let Ok(intents) = self.catalog.intents().await
        {
            drop(self.tidy(&intents).await);
        }
    }
}

/// Stands for run ids that have been seen, in a few bytes each. Two that are equal by chance are not to be expected in
/// the lifetime of the universe.
#[derive(Debug, Default)]
pub(super) struct Keys(RandomState, RandomState);

impl Keys {
    pub(super) fn of(&self, run_id: &RunId) -> u128 {
        u128::from(self.0.hash_one(run_id)) << 64 | u128::from(self.1.hash_one(run_id))
    }

    /// Stands for the facts of an entry.
    pub(super) fn of_facts(&self, entry: &Entry) -> u64 {
        self.0.hash_one((entry.run_time, &entry.data_asset, entry.status, &entry.tags))
    }
}
