//! Listing in an order other than that of the names.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

use futures_util::TryStreamExt as _;

use super::run_hasher::RunHasher;
use super::start::StartedList;
use crate::error::{Error, Result};
use crate::result::{Entry, RunId};
use crate::store::contract::Query;
use crate::store::objects::ObjectResultStore;

/// Number of times that the catalog is read again, for results that may have moved unseen or were dropped too early.
const PASSES: u32 = 3;

impl ObjectResultStore {
    /// Returns the matching results in the order of `query`, up to its limit.
    pub(super) async fn list_sorted(&self, query: &Query, begun: StartedList<'_>) -> Result<Vec<Result<Entry>>> {
        let keep = query.limit.and_then(|limit| usize::try_from(limit.saturating_add(query.offset)).ok());
        let mut best = TopEntries::new(query, keep);
        let mut begun = begun;
        for pass in 0.. {
            let mut errors = self.gather(&mut best, &mut begun).await?;
            let contested: Vec<RunId> = best.contested.drain().collect();
            let is_short = !contested.is_empty() && best.evicted;
            if pass < PASSES && (is_short || begun.watch.has_gap) {
                // Entries that may be wrong have pushed out others, so those are needed after all.
                best = TopEntries::new(query, keep.filter(|_| !is_short));
                begun = self.begin(query, true).await?;
                continue;
            }
            best.forget(&contested);
            for (_, facts) in self.documents.ask(contested).await {
                match facts {
                    Ok(Some(entry)) => best.push(entry),
                    Ok(None) => {}
                    Err(error) => errors.push(error),
                }
            }
            return Ok(best.into_sorted().map(Ok).chain(errors.into_iter().map(Err)).collect());
        }
        Ok(Vec::new())
    }

    /// Reads all batches. Returns the errors of entries and documents that cannot be read.
    async fn gather(&self, best: &mut TopEntries<'_>, begun: &mut StartedList<'_>) -> Result<Vec<Error>> {
        let mut errors = Vec::new();
        for (run_id, facts) in std::mem::take(&mut begun.asked) {
            if !best.asked.insert(best.keys.of(&run_id)) {
                continue;
            }
            match facts {
                Ok(Some(entry)) => best.push(entry),
                Ok(None) => {}
                Err(error) => errors.push(error),
            }
        }
        while let Some(batch) = begun.batches.try_next().await.map_err(|error| self.backend.cannot_list(error))? {
            begun.watch.read_batch();
            for read in self.catalog.read(batch).await {
                match read.entry {
                    Ok(entry) => best.consider(entry),
                    Err(error) => errors.push(error),
                }
            }
            if begun.watch.is_due() {
                self.contest_moved(best, begun).await?;
            }
        }
        begun.watch.went_on();
        self.contest_moved(best, begun).await?;
        Ok(errors)
    }

    async fn contest_moved(&self, best: &mut TopEntries<'_>, begun: &mut StartedList<'_>) -> Result<()> {
        let moved = begun.watch.moved(self).await.map_err(|error| self.backend.cannot_list(error))?;
        best.contested.extend(moved.into_iter().filter(|run_id| !best.asked.contains(&best.keys.of(run_id))));
        Ok(())
    }
}

/// The first entries in the order of a query.
struct TopEntries<'a> {
    query: &'a Query,
    keep: Option<usize>,
    heap: BinaryHeap<RankedEntry<'a>>,
    evicted: bool,
    seen: HashMap<u128, u64>,
    /// Runs with documents that were asked; their entries are ignored.
    asked: HashSet<u128>,
    keys: RunHasher,
    /// Runs with entries that differ.
    contested: HashSet<RunId>,
}

impl<'a> TopEntries<'a> {
    fn new(query: &'a Query, keep: Option<usize>) -> Self {
        Self {
            query,
            keep,
            heap: BinaryHeap::new(),
            evicted: false,
            seen: HashMap::new(),
            asked: HashSet::new(),
            keys: RunHasher::default(),
            contested: HashSet::new(),
        }
    }

    fn consider(&mut self, entry: Entry) {
        if self.asked.contains(&self.keys.of(&entry.run_id)) {
            return;
        }
        let facts = self.keys.of_facts(&entry);
        match self.seen.insert(self.keys.of(&entry.run_id), facts) {
            None => self.push(entry),
            Some(known) if known == facts => {}
            Some(_) => {
                self.contested.insert(entry.run_id);
            }
        }
    }

    fn push(&mut self, entry: Entry) {
        if !self.query.matches(&entry) {
            return;
        }
        self.heap.push(RankedEntry { entry, query: self.query });
        if self.keep.is_some_and(|keep| self.heap.len() > keep) {
            self.heap.pop();
            self.evicted = true;
        }
    }

    fn forget(&mut self, run_ids: &[RunId]) {
        let run_ids: HashSet<&RunId> = run_ids.iter().collect();
        self.heap.retain(|ranked| !run_ids.contains(&ranked.entry.run_id));
    }

    fn into_sorted(self) -> impl Iterator<Item = Entry> {
        self.heap.into_sorted_vec().into_iter().map(|ranked| ranked.entry)
    }
}

/// An entry in the order of a query; the last is the greatest.
struct RankedEntry<'a> {
    entry: Entry,
    query: &'a Query,
}

impl Ord for RankedEntry<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.query.compare(&self.entry, &other.entry)
    }
}

impl PartialOrd for RankedEntry<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for RankedEntry<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for RankedEntry<'_> {}
