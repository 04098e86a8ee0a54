//! Reading the catalog: names in their order, newest first.

use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{Error as Failure, ObjectMeta};

use super::ObjectResultStore;
use super::backend::Listing;
use super::catalog::{self, Moment, Named};
use super::translate::Access;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Entry, RunId};

/// How many directories or objects are asked for at the same time.
pub(super) const AT_ONCE: usize = 8;

/// How many names one batch holds at most: what a cloud sends in one page.
const PAGE: usize = 1000;

/// The instants that are wanted, the bounds included.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

impl Span {
    fn holds(&self, instant: Timestamp) -> bool {
        self.since.is_none_or(|since| instant >= since) && self.until.is_none_or(|until| instant <= until)
    }
}

/// An entry of the catalog as a listing shows it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) path: Path,
    pub(super) named: Named,
}

/// The catalog as it is read, batch by batch.
pub(super) type Batches<'a> = BoxStream<'a, object_store::Result<Vec<Listed>>>;

type Names = BoxStream<'static, object_store::Result<ObjectMeta>>;

/// An entry whose facts are known, or the reason why they are not.
pub(super) type Found = (Path, Result<Entry>);

impl ObjectResultStore {
    /// The names in the catalog, in batches that follow each other in order. `eager` asks for more than one batch at
    /// once, for those who want all of them.
    pub(super) fn scan(&self, span: Span, eager: bool) -> Batches<'_> {
        match self.backend.listing {
            Listing::Flat => self.scan_flat(span, eager),
            Listing::Directories => self.scan_directories(span, if eager { AT_ONCE } else { 1 }),
        }
    }

    fn scan_flat(&self, span: Span, eager: bool) -> Batches<'_> {
        let end = span.since.map(catalog::moment);
        let start = match span.until.map(|until| self.entry_path(&catalog::moment(until))).transpose() {
            Ok(start) => start,
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        let names = self.names(start, end.clone());
        if !eager {
            return entries_in(names, span);
        }
        stream::once(self.eagerly(names, end, span)).try_flatten().boxed()
    }

    async fn eagerly(&self, names: Names, end: Option<Moment>, span: Span) -> object_store::Result<Batches<'_>> {
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
    fn names(&self, start: Option<Path>, end: Option<Moment>) -> Names {
        let catalog = self.backend.places.catalog();
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
    async fn segments(&self, last: Path, end: Option<Moment>, span: Span) -> object_store::Result<Batches<'_>> {
        let listed = self.backend.store.list_with_delimiter(Some(&self.backend.places.catalog())).await?;
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

    fn scan_directories(&self, span: Span, at_once: usize) -> Batches<'_> {
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
    async fn hours_within(&self, span: Span) -> object_store::Result<Vec<Path>> {
        let listed = self.backend.store.list_with_delimiter(Some(&self.backend.places.catalog())).await?;
        let (first, last) = (span.until.map(catalog::moment), span.since.map(catalog::moment));
        let wanted = |hour: &Path| {
            let hour = hour.filename().unwrap_or_default();
            first.as_ref().is_none_or(|first| hour >= first.hour.as_str())
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

    /// The facts of these entries, in their order. Only those that do not fit into a name are read.
    pub(super) async fn read_entries(&self, batch: Vec<Listed>) -> Vec<Found> {
        let found = batch.into_iter().map(|Listed { path, named }| async move {
            match named {
                Named::Whole(entry) => Some((path, Ok(entry))),
                Named::Overflow => Some((path.clone(), self.overflown(&path).await.transpose()?)),
            }
        });
        stream::iter(found).buffered(AT_ONCE).filter_map(std::future::ready).collect().await
    }

    /// The facts in the content of an entry; nothing if it has gone meanwhile.
    async fn overflown(&self, path: &Path) -> Result<Option<Entry>> {
        let failed = |error| self.failed(&format!("read the catalog's entry `{path}`"), Access::Read, error);
        let Some(found) = self.get_object(path).await.map_err(failed)? else { return Ok(None) };
        let content = found.bytes().await.map_err(failed)?;
        let entry = catalog::from_content(&content).ok_or_else(|| {
            Error::new(ErrorKind::Read, format!("the catalog's entry `{path}` says nothing of a result"))
                .with_hint("rebuild the catalog with `truthound-store reindex`")
        })?;
        Ok(Some(entry))
    }

    /// The entries of this run at this time, but not the one at `except`.
    pub(super) async fn entries_at(&self, entry: &Entry, except: &Path) -> object_store::Result<Vec<(Path, Entry)>> {
        let places = &self.backend.places;
        let length = places.catalog().as_ref().len();
        let begin = catalog::beginning(&entry.run_id, entry.run_time.instant(), places.limits(), length);
        let start = self.entry_path(&begin)?;
        let Some(hour) = start.parent() else { return Ok(Vec::new()) };
        let matches = |path: &Path| path.as_ref().starts_with(start.as_ref());
        let paths: Vec<Path> = match self.backend.listing {
            Listing::Flat => {
                let names = self.backend.store.list_with_offset(Some(&hour), &start);
                let names = names.map_ok(|meta| meta.location);
                names.try_take_while(|path| std::future::ready(Ok(matches(path)))).try_collect().await?
            }
            Listing::Directories => {
                let listed = self.backend.store.list_with_delimiter(Some(&hour)).await?;
                listed.objects.into_iter().map(|meta| meta.location).filter(matches).collect()
            }
        };
        let batch = paths.into_iter().filter(|path| path != except).filter_map(|path| listed(path, Span::default()));
        let found = self.read_entries(batch.collect()).await.into_iter();
        // A run id that was cut may be another's.
        Ok(found
            .filter_map(|(path, found)| Some((path, found.ok()?)))
            .filter(|(_, found)| found.run_id == entry.run_id)
            .collect())
    }

    /// All entries of this run, wherever they are, but not the one at `except`. Reads the whole catalog.
    pub(super) async fn entries_of_run(
        &self,
        run_id: &RunId,
        except: &Path,
    ) -> object_store::Result<Vec<(Path, Entry)>> {
        let mut entries = Vec::new();
        let mut batches = self.scan(Span::default(), true);
        while let Some(batch) = batches.try_next().await? {
            let batch = batch.into_iter().filter(|listed| listed.path != *except && may_be_of(listed, run_id));
            for (path, found) in self.read_entries(batch.collect()).await {
                entries.extend(found.ok().filter(|entry| entry.run_id == *run_id).map(|entry| (path, entry)));
            }
        }
        Ok(entries)
    }

    pub(super) fn cannot_list(&self, error: Failure) -> Error {
        self.failed("list the results", Access::List, error)
    }
}

fn may_be_of(listed: &Listed, run_id: &RunId) -> bool {
    match &listed.named {
        Named::Whole(entry) => entry.run_id == *run_id,
        Named::Overflow => true,
    }
}

/// The hour and the name of an entry.
fn place(path: &Path) -> (&str, &str) {
    let (above, name) = path.as_ref().rsplit_once('/').unwrap_or_default();
    (above.rsplit('/').next().unwrap_or_default(), name)
}

/// What the name of `path` says, if it is an entry's, and its time is within `span`.
fn listed(path: Path, span: Span) -> Option<Listed> {
    let (hour, name) = place(&path);
    let named =
        catalog::decode(hour, name).filter(|_| catalog::instant(hour, name).is_some_and(|time| span.holds(time)))?;
    Some(Listed { path, named })
}

fn entries(page: Vec<ObjectMeta>, span: Span) -> Vec<Listed> {
    page.into_iter().filter_map(|meta| listed(meta.location, span)).collect()
}

fn entries_in<'a>(names: Names, span: Span) -> Batches<'a> {
    let pages = names.try_ready_chunks(PAGE);
    pages.map(move |page| Ok(entries(page.map_err(|error| error.1)?, span))).boxed()
}
