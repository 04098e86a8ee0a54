//! Reading the catalog: names in their order, newest first.

use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use object_store::ObjectMeta;
use object_store::path::Path;

use super::entry_name::{self, CatalogKey, EntryName};
use super::intents::Intent;
use super::marks::{IndexMark, mark_at};
use super::{Catalog, CatalogEntry};
use crate::error::{Error, ErrorKind, Result};
use crate::result::Entry;
use crate::store::contract::Query;
use crate::store::objects::backend::{AT_ONCE, Listing};
use crate::store::objects::translate::Access;

/// How many names one batch holds at most: what a cloud sends in one page.
const PAGE: usize = 1000;

/// The instants that are wanted, the bounds included.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct TimeRange {
    pub(in super::super) since: Option<Timestamp>,
    pub(in super::super) until: Option<Timestamp>,
}

impl TimeRange {
    /// The instants that `query` wants.
    pub(in super::super) fn of(query: &Query) -> Self {
        Self { since: query.since, until: query.until }
    }

    fn holds(&self, instant: Timestamp) -> bool {
        self.since.is_none_or(|since| instant >= since) && self.until.is_none_or(|until| instant <= until)
    }
}

/// An entry of the catalog as a listing shows it.
#[derive(Clone, Debug)]
pub(in super::super) struct ListedEntry {
    pub(in super::super) path: Path,
    pub(in super::super) named: EntryName,
}

/// The catalog as it is read, batch by batch.
pub(in super::super) type EntryBatches<'a> = BoxStream<'a, object_store::Result<Vec<ListedEntry>>>;

/// The catalog, opened for one list.
pub(in super::super) struct OpenCatalog<'a> {
    /// The intents before the first batch was read.
    pub(in super::super) intents: Vec<Intent>,
    /// The marks, likewise.
    pub(in super::super) marks: Vec<IndexMark>,
    /// The entries.
    pub(in super::super) batches: EntryBatches<'a>,
    /// Whether intents, marks and first batch come from one answer, and so from one moment.
    pub(in super::super) is_one_moment: bool,
}

type ObjectNames = BoxStream<'static, object_store::Result<ObjectMeta>>;

/// An entry whose facts are known, or the reason why they are not.
#[derive(Debug)]
pub(in super::super) struct ReadEntry {
    pub(in super::super) path: Path,
    pub(in super::super) entry: Result<Entry>,
}

impl Catalog {
    /// The intents and marks, and then the entries as [`scan`](Self::scan) gives them.
    pub(in super::super) async fn open(&self, span: TimeRange, eager: bool) -> object_store::Result<OpenCatalog<'_>> {
        if self.backend.listing == Listing::Directories {
            let (intents, marks) = (self.intents().await?, self.marks().await?);
            return Ok(OpenCatalog { intents, marks, batches: self.scan(span, eager), is_one_moment: false });
        }
        let (notes, marks) = (self.directory_of_intents(), self.directory_of_marks());
        let end = span.since.filter(|_| span.until.is_none()).map(entry_name::catalog_key);
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
        let is_one_moment = span.until.is_none() && intents.len() + found.len() < PAGE;
        let intents = self.read_intents(intents).await?;
        let batches = match span.until {
            Some(_) => self.scan(span, eager),
            None => {
                let names = match first {
                    Some(first) => stream::iter([first]).chain(names).boxed(),
                    // It has come to its end, and must not be asked again.
                    None => stream::empty().boxed(),
                };
                self.batches(names, end, span, eager)
            }
        };
        Ok(OpenCatalog { intents, marks: found, batches, is_one_moment })
    }

    /// The names in the catalog, in batches that follow each other in order. `eager` asks for more than one batch at
    /// once, for those who want all of them.
    pub(in super::super) fn scan(&self, span: TimeRange, eager: bool) -> EntryBatches<'_> {
        match self.backend.listing {
            Listing::Flat => self.scan_flat(span, eager),
            Listing::Directories => self.scan_directories(span, if eager { AT_ONCE } else { 1 }),
        }
    }

    fn scan_flat(&self, span: TimeRange, eager: bool) -> EntryBatches<'_> {
        let end = span.since.map(entry_name::catalog_key);
        let start = match span.until.map(|until| self.path(&entry_name::catalog_key(until))).transpose() {
            Ok(start) => start,
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        let names = self.names(start, end.clone());
        self.batches(names, end, span, eager)
    }

    fn batches(&self, names: ObjectNames, end: Option<CatalogKey>, span: TimeRange, eager: bool) -> EntryBatches<'_> {
        match eager {
            true => stream::once(self.eagerly(names, end, span)).try_flatten().boxed(),
            false => entries_in(names, span),
        }
    }

    async fn eagerly(
        &self,
        names: ObjectNames,
        end: Option<CatalogKey>,
        span: TimeRange,
    ) -> object_store::Result<EntryBatches<'_>> {
        let mut pages = names.try_ready_chunks(PAGE).boxed();
        let Some(page) = pages.next().await else { return Ok(stream::empty().boxed()) };
        let page = page.map_err(|error| error.1)?;
        let last = page.last().filter(|_| page.len() >= PAGE).map(|meta| meta.location.clone());
        let first = stream::once(async move { Ok(entries(page, span)) });
        let rest = match last {
            // There is more: no need to ask for it page after page.
            Some(last) => self.segments(last, end, span).await?,
            None => pages.map(move |page| Ok(entries(page.map_err(|error| error.1)?, span))).boxed(),
        };
        Ok(first.chain(rest).boxed())
    }

    /// The names after `start`, up to those of `end`.
    fn names(&self, start: Option<Path>, end: Option<CatalogKey>) -> ObjectNames {
        let catalog = self.backend.keys.catalog();
        let names = match start {
            Some(start) => self.backend.store.list_with_offset(Some(&catalog), &start),
            None => self.backend.store.list(Some(&catalog)),
        };
        // What begins with the digits of `end` is wanted still.
        let within = move |meta: &ObjectMeta| {
            let (hour, name) = place(&meta.location);
            let name = name.get(..10).unwrap_or(name);
            end.as_ref().is_none_or(|end| (hour, name) <= (end.hour.as_str(), end.within.as_str()))
        };
        names.try_take_while(move |meta| std::future::ready(Ok(within(meta)))).boxed()
    }

    /// What follows `last`, which ended the first page: several stretches of hours are listed at the same time.
    async fn segments(
        &self,
        last: Path,
        end: Option<CatalogKey>,
        span: TimeRange,
    ) -> object_store::Result<EntryBatches<'_>> {
        let listed = self.backend.store.list_with_delimiter(Some(&self.backend.keys.catalog())).await?;
        let mut hours = listed.common_prefixes;
        hours.sort_unstable();
        let read = hours.partition_point(|hour| *hour <= last);
        // As many hours as the first page held, four times.
        let starts = hours.split_off(read).into_iter().step_by(read.max(1).saturating_mul(4));
        let starts: Vec<Path> = std::iter::once(last).chain(starts).collect();
        let ends = starts.iter().skip(1).cloned().map(Some).chain([None]).collect::<Vec<_>>();
        let segments = starts.into_iter().zip(ends).map(move |(start, next)| {
            let names = self.names(Some(start), end.clone());
            async move {
                let before = |meta: &ObjectMeta| next.as_ref().is_none_or(|next| meta.location < *next);
                let names = names.try_take_while(|meta| std::future::ready(Ok(before(meta))));
                Ok(entries(names.try_collect().await?, span))
            }
        });
        Ok(stream::iter(segments).buffered(AT_ONCE).boxed())
    }

    fn scan_directories(&self, span: TimeRange, at_once: usize) -> EntryBatches<'_> {
        let hours = stream::once(self.hours_within(span)).map_ok(|hours| stream::iter(hours.into_iter().map(Ok)));
        let names = hours.try_flatten().map_ok(|hour| self.names_in(hour)).try_buffered(at_once);
        // Read only as far as they are asked for, however many there are in an hour.
        let batches = names.map_ok(move |names| {
            let pages: Vec<Vec<Path>> = names.chunks(PAGE).map(<[Path]>::to_vec).collect();
            let read = move |page: Vec<Path>| page.into_iter().filter_map(|path| listed(path, span)).collect();
            stream::iter(pages.into_iter().map(move |page| Ok(read(page))))
        });
        batches.try_flatten().boxed()
    }

    /// The directories that may hold entries within `span`, in their order.
    async fn hours_within(&self, span: TimeRange) -> object_store::Result<Vec<Path>> {
        let listed = self.backend.store.list_with_delimiter(Some(&self.backend.keys.catalog())).await?;
        let (first, last) = (span.until.map(entry_name::catalog_key), span.since.map(entry_name::catalog_key));
        let wanted = |hour: &Path| {
            let hour = hour.filename().unwrap_or_default();
            entry_name::is_hour(hour)
                && first.as_ref().is_none_or(|first| hour >= first.hour.as_str())
                && last.as_ref().is_none_or(|last| hour <= last.hour.as_str())
        };
        let mut hours: Vec<Path> = listed.common_prefixes.into_iter().filter(wanted).collect();
        hours.sort_unstable();
        Ok(hours)
    }

    /// The names in the directory of an hour, in their order.
    async fn names_in(&self, hour: Path) -> object_store::Result<Vec<Path>> {
        let listed = self.backend.store.list_with_delimiter(Some(&hour)).await?;
        let mut names: Vec<Path> = listed.objects.into_iter().map(|meta| meta.location).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// What the entry at `path` says; `None` for what is not an entry, or cannot be read.
    pub(in super::super) async fn decode(&self, path: Path) -> Option<CatalogEntry> {
        let listed = listed(path, TimeRange::default())?;
        let ReadEntry { path, entry } = self.read(vec![listed]).await.pop()?;
        Some(CatalogEntry { path, entry: entry.ok()? })
    }

    /// The facts of these entries, in their order. Only those that do not fit into a name are read.
    pub(in super::super) async fn read(&self, batch: Vec<ListedEntry>) -> Vec<ReadEntry> {
        let read = batch.into_iter().map(|ListedEntry { path, named }| async move {
            let entry = match named {
                EntryName::Whole(entry) => Ok(entry),
                EntryName::Overflow => self.overflown(&path).await.transpose()?,
            };
            Some(ReadEntry { path, entry })
        });
        stream::iter(read).buffered(AT_ONCE).filter_map(std::future::ready).collect().await
    }

    /// The facts in the content of an entry; `None` if it has gone meanwhile.
    async fn overflown(&self, path: &Path) -> Result<Option<Entry>> {
        let failed = |error| self.backend.failed(&format!("read the catalog's entry `{path}`"), Access::Read, error);
        let Some(found) = self.backend.get(path).await.map_err(failed)? else { return Ok(None) };
        let content = found.bytes().await.map_err(failed)?;
        let entry = entry_name::from_content(&content).ok_or_else(|| {
            Error::new(ErrorKind::Read, format!("the catalog's entry `{path}` says nothing of a result"))
                .with_hint("rebuild the catalog with `truthound-store reindex`")
        })?;
        Ok(Some(entry))
    }
}

/// The hour and the name of an entry.
fn place(path: &Path) -> (&str, &str) {
    let (above, name) = path.as_ref().rsplit_once('/').unwrap_or_default();
    (above.rsplit('/').next().unwrap_or_default(), name)
}

/// What the name of `path` says, if it is an entry's, and its time is within `span`.
pub(super) fn listed(path: Path, span: TimeRange) -> Option<ListedEntry> {
    let (hour, name) = place(&path);
    let named = entry_name::decode(hour, name)
        .filter(|_| entry_name::instant(hour, name).is_some_and(|time| span.holds(time)))?;
    Some(ListedEntry { path, named })
}

fn entries(page: Vec<ObjectMeta>, span: TimeRange) -> Vec<ListedEntry> {
    page.into_iter().filter_map(|meta| listed(meta.location, span)).collect()
}

fn entries_in<'a>(names: ObjectNames, span: TimeRange) -> EntryBatches<'a> {
    let pages = names.try_ready_chunks(PAGE);
    pages.map(move |page| Ok(entries(page.map_err(|error| error.1)?, span))).boxed()
}
