//! Reading the catalog: names in order, newest first.

use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::ObjectMeta;
use object_store::path::Path;

use super::entry_name::{self, CatalogKey, EntryName};
use super::intents::Intent;
use super::marks::{IndexMark, mark_at};
use super::nonce;
use super::{Catalog, CatalogEntry};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Entry, TimeZone, UtcReading};
use crate::store::contract::Query;
use crate::store::objects::access::{LONGEST_NOTE, read_whole};
use crate::store::objects::backend::{CONCURRENT_REQUESTS, Listing};
use crate::store::objects::translate::Access;

/// Maximum number of names in a batch: one page of a cloud.
const PAGE: usize = 1000;

/// A range of the times that entries are named for, bounds included.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct TimeRange {
    pub(in super::super) since: Option<UtcReading>,
    pub(in super::super) until: Option<UtcReading>,
}

impl TimeRange {
    /// A range with all entries that `query` asks for. In a zone other than UTC it has others too.
    pub(in super::super) fn of(query: &Query, zone: &TimeZone) -> Self {
        Self {
            since: query.since.map(|since| zone.reach(since).0),
            until: query.until.map(|until| zone.reach(until).1),
        }
    }

    fn holds(&self, reading: UtcReading) -> bool {
        self.since.is_none_or(|since| reading >= since) && self.until.is_none_or(|until| reading <= until)
    }
}

/// A catalog entry from a listing, not yet read.
#[derive(Clone, Debug)]
pub(in super::super) struct ListedEntry {
    pub(in super::super) path: Path,
    pub(in super::super) named: EntryName,
}

/// The catalog, batch by batch.
pub(in super::super) type EntryBatches<'a> = BoxStream<'a, object_store::Result<Vec<ListedEntry>>>;

/// The catalog, opened for one list.
pub(in super::super) struct OpenCatalog<'a> {
    /// Intents before the first batch was read.
    pub(in super::super) intents: Vec<Intent>,
    /// Marks before the first batch was read.
    pub(in super::super) marks: Vec<IndexMark>,
    /// The entries.
    pub(in super::super) batches: EntryBatches<'a>,
    /// Whether intents, marks and first batch come from one answer, and so from one moment.
    pub(in super::super) is_one_moment: bool,
}

type ObjectNames = BoxStream<'static, object_store::Result<ObjectMeta>>;

/// An entry with its facts, or with the reason why they cannot be read.
#[derive(Debug)]
pub(in super::super) struct ReadEntry {
    pub(in super::super) path: Path,
    pub(in super::super) entry: Result<Entry>,
}

impl Catalog {
    /// Reads the intents and marks, then the entries as [`scan`](Self::scan) does.
    pub(in super::super) async fn open(&self, range: TimeRange, eager: bool) -> object_store::Result<OpenCatalog<'_>> {
        if self.backend.listing == Listing::Directories {
            let (intents, marks) = (self.intents().await?, self.marks().await?);
            return Ok(OpenCatalog { intents, marks, batches: self.scan(range, eager), is_one_moment: false });
        }
        let (notes, marks) = (self.directory_of_intents(), self.directory_of_marks());
        let end = range.since.filter(|_| range.until.is_none()).map(entry_name::catalog_key);
        let mut names = self.names(None, end.clone());
        let (mut intents, mut found, mut first) = (Vec::new(), Vec::new(), None);
        while let Some(meta) = names.try_next().await? {
            if meta.location.prefix_matches(&notes) {
                intents.push(meta);
            } else if meta.location.prefix_matches(&marks) {
                found.push(mark_at(&meta.location));
            } else {
                first = Some(Ok(meta));
                break;
            }
        }
        let is_one_moment = range.until.is_none() && intents.len() + found.len() < PAGE;
        let intents = self.read_intents(intents).await?;
        let batches = match range.until {
            Some(_) => self.scan(range, eager),
            None => {
                let names = match first {
                    Some(first) => stream::iter([first]).chain(names).boxed(),
                    // The listing has ended and must not be polled again.
                    None => stream::empty().boxed(),
                };
                self.batches(names, end, range, eager)
            }
        };
        Ok(OpenCatalog { intents, marks: found, batches, is_one_moment })
    }

    /// Reads the names in the catalog, in batches in order. `eager` reads several batches at once, for callers that
    /// want all of them.
    pub(in super::super) fn scan(&self, range: TimeRange, eager: bool) -> EntryBatches<'_> {
        match self.backend.listing {
            Listing::Flat => self.scan_flat(range, eager),
            Listing::Directories => self.scan_directories(range, if eager { CONCURRENT_REQUESTS } else { 1 }),
        }
    }

    fn scan_flat(&self, range: TimeRange, eager: bool) -> EntryBatches<'_> {
        let end = range.since.map(entry_name::catalog_key);
        let start = match range.until.map(|until| self.path(&entry_name::catalog_key(until))).transpose() {
            Ok(start) => start,
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        let names = self.names(start, end.clone());
        self.batches(names, end, range, eager)
    }

    fn batches(&self, names: ObjectNames, end: Option<CatalogKey>, range: TimeRange, eager: bool) -> EntryBatches<'_> {
        match eager {
            true => stream::once(self.eagerly(names, end, range)).try_flatten().boxed(),
            false => entries_in(names, range),
        }
    }

    async fn eagerly(
        &self,
        names: ObjectNames,
        end: Option<CatalogKey>,
        range: TimeRange,
    ) -> object_store::Result<EntryBatches<'_>> {
        let mut pages = names.try_ready_chunks(PAGE).boxed();
        let Some(page) = pages.next().await else { return Ok(stream::empty().boxed()) };
        let page = page.map_err(|error| error.1)?;
        let last = page.last().filter(|_| page.len() >= PAGE).map(|meta| meta.location.clone());
        let first = stream::once(async move { Ok(entries(page, range)) });
        let rest = match last {
            // There is more than one page, so list the rest in parallel.
            Some(last) => self.segments(last, end, range).await?,
            None => pages.map(move |page| Ok(entries(page.map_err(|error| error.1)?, range))).boxed(),
        };
        Ok(first.chain(rest).boxed())
    }

    /// Lists the names after `start`, up to those of `end`.
    fn names(&self, start: Option<Path>, end: Option<CatalogKey>) -> ObjectNames {
        let catalog = self.backend.keys.catalog();
        let names = match start {
            Some(start) => self.backend.store.list_with_offset(Some(&catalog), &start),
            None => self.backend.store.list(Some(&catalog)),
        };
        // A name that starts with the digits of `end` is still in the range.
        let within = move |meta: &ObjectMeta| {
            let (hour, name) = place(&meta.location);
            let name = name.get(..10).unwrap_or(name);
            end.as_ref().is_none_or(|end| (hour, name) <= (end.hour.as_str(), end.within.as_str()))
        };
        names.try_take_while(move |meta| std::future::ready(Ok(within(meta)))).boxed()
    }

    /// Lists the names after `last`, the end of the first page: several stretches of hours at once.
    async fn segments(
        &self,
        last: Path,
        end: Option<CatalogKey>,
        range: TimeRange,
    ) -> object_store::Result<EntryBatches<'_>> {
        let listed = self.backend.store.list_with_delimiter(Some(&self.backend.keys.catalog())).await?;
        let mut hours = listed.common_prefixes;
        hours.sort_unstable();
        let read = hours.partition_point(|hour| *hour <= last);
        // Four times as many hours as the first page had.
        let starts = hours.split_off(read).into_iter().step_by(read.max(1).saturating_mul(4));
        let starts: Vec<Path> = std::iter::once(last).chain(starts).collect();
        let ends = starts.iter().skip(1).cloned().map(Some).chain([None]).collect::<Vec<_>>();
        let segments = starts.into_iter().zip(ends).map(move |(start, next)| {
            let names = self.names(Some(start), end.clone());
            async move {
                let before = |meta: &ObjectMeta| next.as_ref().is_none_or(|next| meta.location < *next);
                let names = names.try_take_while(|meta| std::future::ready(Ok(before(meta))));
                Ok(entries(names.try_collect().await?, range))
            }
        });
        Ok(stream::iter(segments).buffered(CONCURRENT_REQUESTS).boxed())
    }

    fn scan_directories(&self, range: TimeRange, at_once: usize) -> EntryBatches<'_> {
        let hours = stream::once(self.hours_within(range)).map_ok(|hours| stream::iter(hours.into_iter().map(Ok)));
        let names = hours.try_flatten().map_ok(|hour| self.names_in(hour)).try_buffered(at_once);
        // Read only as far as the caller asks, however many names an hour has.
        let batches = names.map_ok(move |names| {
            let pages: Vec<Vec<Path>> = names.chunks(PAGE).map(<[Path]>::to_vec).collect();
            let read = move |page: Vec<Path>| page.into_iter().filter_map(|path| listed(path, range)).collect();
            stream::iter(pages.into_iter().map(move |page| Ok(read(page))))
        });
        batches.try_flatten().boxed()
    }

    /// Lists the directories that may hold entries within `range`, in order.
    async fn hours_within(&self, range: TimeRange) -> object_store::Result<Vec<String>> {
        let catalog = self.backend.keys.catalog();
        let mut hours = match &self.backend.search {
            Some(search) => search.directories(&catalog).await?,
            None => {
                let listed = self.backend.store.list_with_delimiter(Some(&catalog)).await?.common_prefixes;
                listed.iter().filter_map(|hour| hour.filename().map(str::to_owned)).collect()
            }
        };
        let (first, last) = (range.until.map(entry_name::catalog_key), range.since.map(entry_name::catalog_key));
        hours.retain(|hour| {
            entry_name::is_hour(hour)
                && first.as_ref().is_none_or(|first| *hour >= first.hour)
                && last.as_ref().is_none_or(|last| *hour <= last.hour)
        });
        hours.sort_unstable();
        Ok(hours)
    }

    /// Lists the names in the directory of an hour, in order.
    async fn names_in(&self, hour: String) -> object_store::Result<Vec<Path>> {
        let hour = self.backend.keys.catalog().join(hour);
        let listed = self.backend.store.list_with_delimiter(Some(&hour)).await?;
        let mut names: Vec<Path> = listed.objects.into_iter().map(|meta| meta.location).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Returns the entry at `path`, or `None` if it is not an entry or cannot be read.
    pub(in super::super) async fn decode(&self, path: Path) -> Option<CatalogEntry> {
        let listed = listed(path, TimeRange::default())?;
        let ReadEntry { path, entry } = self.read(vec![listed]).await.pop()?;
        Some(CatalogEntry { path, entry: entry.ok()? })
    }

    /// Returns the facts of these entries, in order. Only entries with facts that do not fit into a name are read.
    pub(in super::super) async fn read(&self, batch: Vec<ListedEntry>) -> Vec<ReadEntry> {
        let read = batch.into_iter().map(|ListedEntry { path, named }| async move {
            let entry = match named {
                EntryName::Whole(entry) => Ok(entry),
                EntryName::Overflow => self.overflown(&path).await.transpose()?,
            };
            let revision = nonce::revision(path.filename().unwrap_or_default());
            let entry = entry.map(|entry| Entry { revision, ..entry.in_zone(&self.backend.time_zone) });
            Some(ReadEntry { path, entry })
        });
        stream::iter(read).buffered(CONCURRENT_REQUESTS).filter_map(std::future::ready).collect().await
    }

    /// Reads the facts in the content of an entry. Returns `None` if the entry is gone meanwhile.
    async fn overflown(&self, path: &Path) -> Result<Option<Entry>> {
        let failed = |error| self.backend.failed(&format!("read the catalog entry `{path}`"), Access::Read, error);
        let Some(found) = self.backend.get(path).await.map_err(failed)? else { return Ok(None) };
        let content = read_whole(found, LONGEST_NOTE).await.map_err(failed)?;
        let entry = entry_name::from_content(&content).ok_or_else(|| {
            Error::new(ErrorKind::Read, format!("invalid catalog entry `{path}`"))
                .with_hint("rebuild the catalog with `truthound-store reindex`")
        })?;
        Ok(Some(entry))
    }
}

/// Splits a key into hour and name.
fn place(path: &Path) -> (&str, &str) {
    let (above, name) = path.as_ref().rsplit_once('/').unwrap_or_default();
    (above.rsplit('/').next().unwrap_or_default(), name)
}

/// Returns the entry with this key, if it is an entry and its time is within `range`.
pub(super) fn listed(path: Path, range: TimeRange) -> Option<ListedEntry> {
    let (hour, name) = place(&path);
    let named = entry_name::decode(hour, name)
        .filter(|_| entry_name::instant(hour, name).is_some_and(|time| range.holds(time)))?;
    Some(ListedEntry { path, named })
}

fn entries(page: Vec<ObjectMeta>, range: TimeRange) -> Vec<ListedEntry> {
    page.into_iter().filter_map(|meta| listed(meta.location, range)).collect()
}

fn entries_in<'a>(names: ObjectNames, range: TimeRange) -> EntryBatches<'a> {
    let pages = names.try_ready_chunks(PAGE);
    pages.map(move |page| Ok(entries(page.map_err(|error| error.1)?, range))).boxed()
}
