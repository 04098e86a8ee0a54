//! Listing in an order that the names do not have, or with Python's index as a whole.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::ObjectResultStore;
use super::list::Keys;
use super::python_index::Row;
use super::scan::{AT_ONCE, Batches, Span};
use crate::error::Result;
use crate::result::{Entry, RunId};
use crate::store::contract::Query;

impl ObjectResultStore {
    /// All that matches, in the order of `query`, as far as its limit reaches.
    pub(super) async fn collected(
        &self,
        query: &Query,
        batches: Batches<'_>,
        rows: Option<Vec<Row>>,
    ) -> Result<Vec<Result<Entry>>> {
        let keep = query.limit.and_then(|limit| usize::try_from(limit.saturating_add(query.offset)).ok());
        let mut best = Best::new(query, keep);
        let mut errors = self.gather(&mut best, batches, rows).await?;
        let contested: Vec<RunId> = best.contested.drain().collect();
        if !contested.is_empty() {
            if best.evicted {
                // What was left out for the sake of entries that may be wrong is wanted after all.
                best = Best::new(query, None);
                let span = Span { since: query.since, until: query.until };
                let rows = self.python_rows().await?;
                errors = self.gather(&mut best, self.scan(span, true), rows).await?;
            }
            best.forget(&contested);
            let resolved = stream::iter(contested).map(|run_id| async move { self.facts(&run_id).await });
            for facts in resolved.buffered(AT_ONCE).collect::<Vec<_>>().await {
                match facts {
                    Ok(Some(entry)) => best.push(entry),
                    Ok(None) => {}
                    Err(error) => errors.push(error),
                }
            }
        }
        Ok(best.into_sorted().map(Ok).chain(errors.into_iter().map(Err)).collect())
    }

    /// Takes everything in; returns the entries that cannot be read.
    async fn gather(
        &self,
        best: &mut Best<'_>,
        mut batches: Batches<'_>,
        rows: Option<Vec<Row>>,
    ) -> Result<Vec<crate::error::Error>> {
        let mut errors = Vec::new();
        let indexed = self.indexed(rows.as_deref());
        while let Some(batch) = batches.try_next().await.map_err(|error| self.cannot_list(error))? {
            let mut entries = Vec::new();
            for (_, found) in self.read_entries(batch).await {
                match found {
                    Ok(entry) => entries.push(entry),
                    Err(error) => errors.push(error),
                }
            }
            let gone = self.deleted_by_python(indexed.as_ref(), best.query, entries.iter()).await?;
            entries.into_iter().filter(|entry| !gone.contains(&entry.run_id)).for_each(|entry| best.consider(entry));
        }
        for row in rows.unwrap_or_default() {
            match (row.entry, row.run_id) {
                (Ok(entry), _) => best.consider(entry),
                // What the catalog knows needs no index.
                (Err(_), Some(run_id)) if best.knows(&run_id) => {}
                (Err(error), _) => errors.push(error),
            }
        }
        Ok(errors)
    }
}

/// The first of all entries, in the order of a query.
struct Best<'a> {
    query: &'a Query,
    keep: Option<usize>,
    heap: BinaryHeap<Ranked<'a>>,
    evicted: bool,
    seen: HashMap<u128, u64>,
    keys: Keys,
    /// Runs of which different things are said.
    contested: HashSet<RunId>,
}

impl<'a> Best<'a> {
    fn new(query: &'a Query, keep: Option<usize>) -> Self {
        let (heap, seen) = (BinaryHeap::new(), HashMap::new());
        Self { query, keep, heap, evicted: false, seen, keys: Keys::default(), contested: HashSet::new() }
    }

    fn knows(&self, run_id: &RunId) -> bool {
        self.seen.contains_key(&self.keys.of(run_id))
    }

    fn consider(&mut self, entry: Entry) {
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
        self.heap.push(Ranked { entry, query: self.query });
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

/// An entry where it stands in the order of a query; the last is the greatest.
struct Ranked<'a> {
    entry: Entry,
    query: &'a Query,
}

impl Ord for Ranked<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.query.compare(&self.entry, &other.entry)
    }
}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked<'_> {}
