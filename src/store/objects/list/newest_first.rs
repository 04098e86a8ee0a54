//! Listing newest first, in the order of the names.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::stream::{self, StreamExt as _};

use super::intent_watch::IntentWatch;
use super::run_hasher::RunHasher;
use super::start::StartedList;
use crate::error::Result;
use crate::result::{Entry, RunId, RunInstant, UtcReading};
use crate::store::contract::{EntryStream, Query};
use crate::store::objects::ObjectResultStore;
use crate::store::objects::backend::CONCURRENT_REQUESTS;
use crate::store::objects::catalog::{EntryBatches, EntryName, ListedEntry, TimeRange};
use crate::store::objects::documents::AskedDocument;

/// Number of times that the catalog is read again for results that may have moved unseen.
const PASSES: u32 = 3;

impl ObjectResultStore {
    /// Returns the matching results, newest first.
    pub(super) fn list_newest_first<'a>(&'a self, query: &'a Query, begun: StartedList<'a>) -> EntryStream<'a> {
        let StartedList { asked, batches, watch } = begun;
        let mut merge = NewestFirst::new(self, query, batches, watch);
        let unreadable = merge.believe(asked);
        let items = stream::unfold(Some(merge), |merge| async move {
            let mut merge = merge?;
            let (items, goes_on) = merge.next().await;
            Some((items, goes_on.then_some(merge)))
        });
        stream::iter([unreadable]).chain(items).map(stream::iter).flatten().boxed()
    }
}

/// Newest first, then by run id.
type ListPosition = (Reverse<RunInstant>, RunId);

fn position(entry: &Entry) -> ListPosition {
    (Reverse(entry.run_time.instant()), entry.run_id.clone())
}

/// The place of a name in the catalog, where a time without an offset counts as UTC. In another zone a result may be
/// newer than others with names before its own.
type CatalogPosition = (Reverse<UtcReading>, RunId);

fn catalog_position(entry: &Entry) -> CatalogPosition {
    (Reverse(entry.run_time.as_utc()), entry.run_id.clone())
}

/// State of a run that this list has seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RunState {
    Delivered,
    /// The entry that was seen matches, and is not due yet.
    Waiting,
    /// The entry that was seen does not match.
    Unwanted,
    /// Its document was asked, so its entries are ignored.
    Asked,
}

/// A list in progress.
struct NewestFirst<'a> {
    store: &'a ObjectResultStore,
    query: &'a Query,
    batches: EntryBatches<'a>,
    /// Remainder of the last batch, after the piece in work.
    rest: Vec<ListedEntry>,
    watch: IntentWatch,
    passes: u32,
    /// Results that are due once the names have come this far.
    waiting: BTreeMap<ListPosition, Entry>,
    seen: HashMap<u128, RunState>,
    keys: RunHasher,
}

impl<'a> NewestFirst<'a> {
    fn new(store: &'a ObjectResultStore, query: &'a Query, batches: EntryBatches<'a>, watch: IntentWatch) -> Self {
        Self {
            store,
            query,
            batches,
            rest: Vec::new(),
            watch,
            passes: 0,
            waiting: BTreeMap::new(),
            seen: HashMap::new(),
            keys: RunHasher::default(),
        }
    }

    /// Takes the answers of documents for their runs. Returns the errors of those that cannot be read.
    fn believe(&mut self, asked: Vec<AskedDocument>) -> Vec<Result<Entry>> {
        let mut unreadable = Vec::new();
        for (run_id, facts) in asked {
            let seen = self.seen.entry(self.keys.of(&run_id)).or_insert(RunState::Unwanted);
            if matches!(seen, RunState::Delivered | RunState::Asked) {
                continue;
            }
            if *seen == RunState::Waiting {
                self.waiting.retain(|_, entry| entry.run_id != run_id);
            }
            *seen = RunState::Asked;
            match facts {
                Ok(Some(entry)) if self.query.matches(&entry) => {
                    self.waiting.insert(position(&entry), entry);
                }
                Ok(_) => {}
                Err(error) => unreadable.push(Err(error)),
            }
        }
        unreadable
    }

    /// Asks the documents of runs with entries that prove nothing.
    async fn ask(&mut self, runs: HashSet<RunId>) -> Vec<Result<Entry>> {
        let is_open = |run_id: &RunId| !matches!(self.state(run_id), Some(RunState::Delivered | RunState::Asked));
        let runs = runs.into_iter().filter(is_open).collect();
        let asked = self.store.documents.ask(runs).await;
        self.believe(asked)
    }

    fn state(&self, run_id: &RunId) -> Option<RunState> {
        self.seen.get(&self.keys.of(run_id)).copied()
    }

    /// Returns the next results, and whether there may be more.
    async fn next(&mut self) -> (Vec<Result<Entry>>, bool) {
        let batch = match std::mem::take(&mut self.rest) {
            rest if rest.is_empty() => match self.batches.next().await {
                Some(Ok(batch)) => batch,
                Some(Err(error)) => return (vec![Err(self.store.backend.cannot_list(error))], false),
                None => return self.end().await,
            },
            rest => rest,
        };
        self.watch.read_batch();
        let batch = self.piece_of(batch);
        let mut items = Vec::new();
        // A result that has moved into the part already read must be in its position before the results after it are
        // delivered.
        if (self.query.limit.is_some() || self.watch.is_due()) && !batch.is_empty() {
            match self.moved().await {
                Ok(unreadable) => items.extend(unreadable),
                Err(error) => return (vec![Err(error)], false),
            }
        }
        items.extend(self.take(batch).await);
        (items, true)
    }

    /// Cuts a small piece off a batch, if few results are wanted and some entries must be read because their names are
    /// not enough.
    fn piece_of(&mut self, mut batch: Vec<ListedEntry>) -> Vec<ListedEntry> {
        let wanted = self.query.limit.map(|limit| limit.saturating_add(self.query.offset));
        if let Some(wanted) = wanted.and_then(|wanted| usize::try_from(wanted).ok())
            && batch.iter().any(|listed| listed.named == EntryName::Overflow)
        {
            let size = wanted.clamp(CONCURRENT_REQUESTS, 1000);
            if batch.len() > size {
                self.rest = batch.split_off(size);
            }
        }
        batch
    }

    async fn moved(&mut self) -> Result<Vec<Result<Entry>>> {
        let moved = self.watch.moved(self.store).await;
        let moved = moved.map_err(|error| self.store.backend.cannot_list(error))?;
        Ok(self.ask(moved).await)
    }

    /// Returns the results that are due once `batch` is known.
    async fn take(&mut self, batch: Vec<ListedEntry>) -> Vec<Result<Entry>> {
        let mut items = Vec::new();
        let mut entries: HashMap<RunId, Entry> = HashMap::new();
        let mut contested = HashSet::new();
        // In UTC the names are in the order of the list, and each entry is due at once.
        let is_in_order = self.store.backend.time_zone.is_utc();
        let mut last: Option<CatalogPosition> = None;
        for read in self.store.catalog.read(batch).await {
            let entry = match read.entry {
                Ok(entry) => entry,
                Err(error) => {
                    items.push(Err(error));
                    continue;
                }
            };
            last = last.max(Some(catalog_position(&entry)));
            let is_other = |known: &Entry| *known != entry;
            match self.state(&entry.run_id) {
                Some(RunState::Delivered | RunState::Waiting | RunState::Asked) => continue,
                Some(RunState::Unwanted) if !self.query.matches(&entry) => continue,
                None if !entries.get(&entry.run_id).is_some_and(is_other) => {}
                // Two entries of this run differ, so its document decides.
                Some(RunState::Unwanted) | None => {
                    contested.insert(entry.run_id.clone());
                }
            }
            entries.insert(entry.run_id.clone(), entry);
        }
        for run_id in &contested {
            entries.remove(run_id);
        }
        items.extend(self.ask(contested).await);
        for (run_id, entry) in entries {
            if !self.query.matches(&entry) {
                self.seen.insert(self.keys.of(&run_id), RunState::Unwanted);
                continue;
            }
            if !is_in_order {
                self.seen.insert(self.keys.of(&run_id), RunState::Waiting);
            }
            self.waiting.insert(position(&entry), entry);
        }
        let Some((Reverse(last), run_id)) = last else { return items };
        let latest = self.store.backend.time_zone.latest_of(last);
        while let Some(first) = self.waiting.first_entry() {
            let (Reverse(instant), of) = first.key();
            let is_due = *instant > latest || is_in_order && *instant == latest && *of <= run_id;
            if !is_due {
                break;
            }
            let entry = first.remove();
            items.push(Ok(self.deliver(entry)));
        }
        items
    }

    /// Returns the remaining results after the last batch, and whether the catalog must be read once more.
    async fn end(&mut self) -> (Vec<Result<Entry>>, bool) {
        self.watch.went_on();
        let mut items = match self.moved().await {
            Ok(unreadable) => unreadable,
            Err(error) => return (vec![Err(error)], false),
        };
        let waiting = std::mem::take(&mut self.waiting);
        items.extend(waiting.into_values().map(|entry| Ok(self.deliver(entry))));
        if !std::mem::take(&mut self.watch.has_gap) || self.passes == PASSES {
            return (items, false);
        }
        self.passes += 1;
        self.batches = self.store.catalog.scan(TimeRange::of(self.query, &self.store.backend.time_zone), true);
        (items, true)
    }

    fn deliver(&mut self, entry: Entry) -> Entry {
        self.seen.insert(self.keys.of(&entry.run_id), RunState::Delivered);
        entry
    }
}
