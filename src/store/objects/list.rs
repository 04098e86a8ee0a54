//! Listing: the catalog and Python's index as one, in the order that is asked for.
//!
//! Newest first comes straight from the names, one batch at a time. Whatever needs all entries before the first can
//! be delivered is in [`collect`](super::collect).

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use super::ObjectResultStore;
use super::PythonIndex;
use super::catalog::Named;
use super::python_index::Row;
use super::scan::{AT_ONCE, Batches, Listed, Span};
use crate::error::{Error, Result};
use crate::result::{Entry, RunId};
use crate::store::contract::{EntryStream, OrderBy, Query};

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
        let span = Span { since: query.since, until: query.until };
        let mut batches = self.scan(span, !newest_first || query.limit.is_none());
        let (rows, first) = join(self.python_rows(), batches.next()).await;
        let rows = rows?;
        let batches: Batches<'a> = stream::iter(first).chain(batches).boxed();
        if newest_first && (query.limit.is_some() || rows.as_ref().is_none_or(Vec::is_empty)) {
            return Ok(self.merged(query, batches, rows));
        }
        Ok(stream::iter(self.collected(query, batches, rows).await?).boxed())
    }

    /// The runs that Python's index names, where it would name all: where Python and we keep it.
    pub(super) fn indexed(&self, rows: Option<&[Row]>) -> Option<HashSet<RunId>> {
        let rows = rows.filter(|_| self.backend.python_index != PythonIndex::Never)?;
        Some(rows.iter().filter_map(|row| row.run_id.clone()).collect())
    }

    /// Which of these have no document any more. Python deletes without knowing of the catalog; what it has deleted is
    /// missing in its index, so only what is missing there is looked for.
    pub(super) async fn deleted_by_python<'a>(
        &self,
        indexed: Option<&HashSet<RunId>>,
        query: &Query,
        entries: impl Iterator<Item = &'a Entry>,
    ) -> Result<HashSet<RunId>> {
        let Some(indexed) = indexed else { return Ok(HashSet::new()) };
        let missing = entries.filter(|entry| !indexed.contains(&entry.run_id) && query.matches(entry));
        let missing: Vec<RunId> = missing.map(|entry| entry.run_id.clone()).collect();
        let looked_for = missing.into_iter().map(|run_id| async move {
            let there = self.is_there(&run_id).await.map_err(|error| self.cannot_list(error))?;
            Ok((!there).then_some(run_id))
        });
        stream::iter(looked_for)
            .buffer_unordered(AT_ONCE)
            .try_filter_map(|gone| std::future::ready(Ok(gone)))
            .try_collect()
            .await
    }

    /// Newest first, as the batches come.
    fn merged<'a>(&'a self, query: &'a Query, batches: Batches<'a>, rows: Option<Vec<Row>>) -> EntryStream<'a> {
        let indexed = self.indexed(rows.as_deref());
        let size = query.limit.map(|limit| usize::try_from(limit.saturating_add(query.offset)).unwrap_or(usize::MAX));
        let all_named = indexed.is_none();
        let merge = Merge::new(self, query, rows.unwrap_or_default(), indexed);
        let batches = batches
            .map_ok(move |batch| stream::iter(in_pieces(batch, size, all_named).into_iter().map(Ok)))
            .try_flatten();
        let items = stream::unfold(Some((merge, batches.boxed())), move |state| async move {
            let (mut merge, mut batches) = state?;
            match batches.next().await {
                Some(Ok(batch)) => Some((merge.take(batch).await, Some((merge, batches)))),
                Some(Err(error)) => Some((vec![Err(self.cannot_list(error))], None)),
                None => Some((merge.end(), None)),
            }
        });
        items.map(stream::iter).flatten().boxed()
    }
}

/// Entries whose names may not be enough are not looked at by the thousand where a few are wanted.
fn in_pieces(batch: Vec<Listed>, wanted: Option<usize>, all_named: bool) -> Vec<Vec<Listed>> {
    match wanted {
        Some(wanted) if !all_named || batch.iter().any(|listed| listed.named == Named::Overflow) => {
            batch.chunks(wanted.clamp(AT_ONCE, 1000)).map(<[Listed]>::to_vec).collect()
        }
        _ => vec![batch],
    }
}

/// Newest first, then by run id.
type Position = (Reverse<Timestamp>, RunId);

fn position(entry: &Entry) -> Position {
    (Reverse(entry.run_time.instant()), entry.run_id.clone())
}

/// What became of a run that has been seen in this listing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Delivered,
    /// The query does not want what was seen of it.
    Unwanted,
}

/// A listing in progress.
struct Merge<'a> {
    store: &'a ObjectResultStore,
    query: &'a Query,
    /// What is known from elsewhere than the names, and has not been delivered.
    rows: BTreeMap<Position, Entry>,
    by_run: HashMap<RunId, Position>,
    unreadable: Vec<(Option<RunId>, Error)>,
    indexed: Option<HashSet<RunId>>,
    seen: HashMap<u128, Seen>,
    keys: Keys,
}

impl<'a> Merge<'a> {
    fn new(store: &'a ObjectResultStore, query: &'a Query, rows: Vec<Row>, indexed: Option<HashSet<RunId>>) -> Self {
        let mut merge = Self {
            store,
            query,
            rows: BTreeMap::new(),
            by_run: HashMap::new(),
            unreadable: Vec::new(),
            indexed,
            seen: HashMap::new(),
            keys: Keys::default(),
        };
        for row in rows {
            match row.entry {
                Ok(entry) => merge.add_row(entry),
                Err(error) => merge.unreadable.push((row.run_id, error)),
            }
        }
        merge
    }

    fn add_row(&mut self, entry: Entry) {
        self.by_run.insert(entry.run_id.clone(), position(&entry));
        self.rows.insert(position(&entry), entry);
    }

    fn take_row(&mut self, run_id: &RunId) -> Option<Entry> {
        self.by_run.remove(run_id).and_then(|position| self.rows.remove(&position))
    }

    /// What can be delivered once `batch` is known.
    async fn take(&mut self, batch: Vec<Listed>) -> Vec<Result<Entry>> {
        let mut items = Vec::new();
        let mut batch_entries: HashMap<RunId, Entry> = HashMap::new();
        let mut contested = HashSet::new();
        let mut last = None;
        for (_, found) in self.store.read_entries(batch).await {
            let entry = match found {
                Ok(entry) => entry,
                Err(error) => {
                    items.push(Err(error));
                    continue;
                }
            };
            last = last.max(Some(position(&entry)));
            let row = self.by_run.get(&entry.run_id).and_then(|position| self.rows.get(position));
            let unwanted = self.seen.get(&self.keys.of(&entry.run_id)) == Some(&Seen::Unwanted);
            let known = batch_entries.get(&entry.run_id).or(row);
            if unwanted || known.is_some_and(|known| *known != entry) {
                contested.insert(entry.run_id.clone());
            }
            batch_entries.insert(entry.run_id.clone(), entry);
        }
        // Two stories about one run: its document tells which is true.
        let store = self.store;
        let resolved = stream::iter(contested).map(|run_id| async move { (store.facts(&run_id).await, run_id) });
        let resolved: Vec<_> = resolved.buffer_unordered(AT_ONCE).collect().await;
        for (facts, run_id) in resolved {
            batch_entries.remove(&run_id);
            self.take_row(&run_id);
            match facts {
                Ok(Some(entry)) if self.seen.get(&self.keys.of(&run_id)) != Some(&Seen::Delivered) => {
                    self.seen.remove(&self.keys.of(&run_id));
                    self.add_row(entry);
                }
                Ok(_) => {}
                Err(error) => items.push(Err(error)),
            }
        }
        match self.store.deleted_by_python(self.indexed.as_ref(), self.query, batch_entries.values()).await {
            Ok(gone) => batch_entries.retain(|run_id, _| !gone.contains(run_id)),
            Err(error) => items.push(Err(error)),
        }
        for (run_id, entry) in batch_entries {
            self.take_row(&run_id);
            self.add_row(entry);
        }
        let Some(last) = last else { return items };
        let later = self.rows.split_off(&last);
        let ready = std::mem::replace(&mut self.rows, later);
        let at_last = self.rows.remove(&last);
        items.extend(ready.into_values().chain(at_last).filter_map(|entry| self.deliver(entry)));
        items
    }

    /// What is left when all batches are known.
    fn end(&mut self) -> Vec<Result<Entry>> {
        let rows = std::mem::take(&mut self.rows);
        let mut items: Vec<_> = rows.into_values().filter_map(|entry| self.deliver(entry)).collect();
        for (run_id, error) in std::mem::take(&mut self.unreadable) {
            // What the catalog knows needs no index.
            if !run_id.is_some_and(|run_id| self.seen.contains_key(&self.keys.of(&run_id))) {
                items.push(Err(error));
            }
        }
        items
    }

    fn deliver(&mut self, entry: Entry) -> Option<Result<Entry>> {
        self.by_run.remove(&entry.run_id);
        let wanted = self.query.matches(&entry);
        let seen = self.seen.entry(self.keys.of(&entry.run_id)).or_insert(Seen::Unwanted);
        if *seen == Seen::Delivered || !wanted {
            return None;
        }
        *seen = Seen::Delivered;
        Some(Ok(entry))
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
