//! `report`: write a static site about stored results.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde::Serialize;

use super::asset_list::{ListedAsset, list_assets};
use super::filters::FilterArgs;
use super::read_document::read_document;
use super::report_site::ReportSite;
use super::selection::JOBS;
use crate::compare::history::{HistoryBuilder, HistoryRun};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Output, OutputRow, Work, age_of};
use crate::report::{AssetPage, AssetRun, AssetSummary, Overview, PageStamp, asset_page_name};
use crate::result::{CheckCounts, Entry, RunInstant};
use crate::store::contract::{Query, ResultStore};

/// Write a static site about stored results
///
/// The site has an overview of the data assets, a page per data asset with the history of its checks, and a page per run.
/// Pages of runs are written once: a new run costs its page, that of its data asset, and the overview. No page is deleted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store report -o site/
  truthound-store report -o site/ --last 50 --since 90d
  truthound-store report -o site/ --tag branch=main")]
pub struct ReportArgs {
    /// Directory of the site; it is created if it does not exist
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Number of runs of each data asset: the newest
    #[arg(long, value_name = "N", default_value = "200")]
    last: NonZeroUsize,
    /// Write every page, also those that are up to date
    #[arg(long)]
    rebuild: bool,
    #[command(flatten)]
    filters: FilterArgs,
}

/// Writes the pages that are missing or out of date, and prints the number of pages of each kind.
///
/// # Errors
/// If the store cannot be listed, or the site cannot be written. The failure of a run is reported to `out`.
pub async fn run(args: ReportArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let site = Arc::new(ReportSite::open(&args.output)?);
    let query = Query { with_revisions: true, ..args.filters.query(store.time_zone()) };
    let listed = list_assets(&query, args.last, store, out).await;
    let (assets, run_pages) = write_runs(listed, &site, args.rebuild, store, out).await?;
    let mut asset_pages = PageCounts::new("data assets");
    let mut summaries = Vec::new();
    let now = RunInstant::from(Timestamp::now());
    for (data_asset, ShownAsset { runs, has_older }) in assets {
        let age = runs.last().map(|newest| age_of(newest.entry.run_time.instant(), now)).unwrap_or_default();
        summaries.extend(AssetSummary::new(&data_asset, &runs, age));
        let stamp = PageStamp::of_asset(&data_asset, has_older, &runs);
        if !args.rebuild && site.has_page(&asset_page_name(&data_asset), &stamp) {
            asset_pages.unchanged += 1;
            continue;
        }
        let site = Arc::clone(&site);
        let write = move || write_asset(&data_asset, &runs, has_older, stamp, &site);
        match tokio::task::spawn_blocking(write).await.map_err(ended_early)? {
            Ok(()) => asset_pages.written += 1,
            Err(error) if error.kind() == ErrorKind::Write => return Err(error),
            Err(error) => out.failure(&error),
        }
    }
    site.write_page("index.html", &Overview::new(summaries, now))?;
    let mut rows = out.rows();
    rows.push(&run_pages)?;
    rows.push(&asset_pages)?;
    rows.push(&PageCounts { pages: "overview", written: 1, unchanged: 0 })?;
    rows.finish()
}

/// The runs of a data asset that the site shows.
struct ShownAsset {
    /// From the oldest to the newest.
    runs: Vec<AssetRun>,
    /// Whether the store has older ones.
    has_older: bool,
}

/// Writes the pages of runs that are missing or out of date. A run that was deleted since it was listed is left out.
async fn write_runs(
    assets: BTreeMap<String, ListedAsset>,
    site: &Arc<ReportSite>,
    rebuild: bool,
    store: &dyn ResultStore,
    out: &mut Output,
) -> Result<(BTreeMap<String, ShownAsset>, PageCounts)> {
    let mut counts = PageCounts::new("runs");
    let mut outcome = BTreeMap::new();
    let mut entries = Vec::new();
    for (data_asset, ListedAsset { entries: listed, has_older }) in assets {
        outcome.insert(data_asset, ShownAsset { runs: Vec::with_capacity(listed.len()), has_older });
        entries.extend(listed);
    }
    let (place, total) = (format!("of {}", store.location()), Some(entries.len() as u64));
    let progress = out.progress(Work { done: "read", place, total, prints_results: false });
    let pages = stream::iter(entries).map(async |entry| {
        let stamp = PageStamp::of_run(&entry);
        let present = if rebuild { None } else { site.run_data_end(&entry.run_id, &stamp) };
        match present {
            Some(end) => (entry, Ok((end.counts, false))),
            None => {
                let written = write_run(&entry, stamp, site, store).await;
                (entry, written.map(|counts| (counts, true)))
            }
        }
    });
    let mut pages = std::pin::pin!(pages.buffered(JOBS));
    while let Some((entry, page)) = pages.next().await {
        let check_counts = match page {
            Ok((check_counts, is_new)) => {
                counts.written += u64::from(is_new);
                counts.unchanged += u64::from(!is_new);
                progress.succeed(0);
                Some(check_counts)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            // The next page would fail, too.
            Err(error) if error.kind() == ErrorKind::Write => return Err(error),
            Err(error) => {
                out.failure(&error);
                None
            }
        };
        progress.step();
        if let Some(asset) = outcome.get_mut(&entry.data_asset) {
            asset.runs.push(AssetRun { entry, counts: check_counts });
        }
    }
    outcome.retain(|_, asset| !asset.runs.is_empty());
    Ok((outcome, counts))
}

/// Reads the document of a run and writes its page and its data.
async fn write_run(
    entry: &Entry,
    stamp: PageStamp,
    site: &Arc<ReportSite>,
    store: &dyn ResultStore,
) -> Result<CheckCounts> {
    let stream = store.get(&entry.run_id).await?;
    let (entry, site) = (entry.clone(), Arc::clone(site));
    let run_id = entry.run_id.clone();
    let written = read_document(stream, move |document| site.write_run(&entry, stamp, document));
    written.await.map_err(|error| error.with_run_id(run_id.as_str()))
}

/// Writes the page of a data asset from the data of its runs.
fn write_asset(
    data_asset: &str,
    runs: &[AssetRun],
    has_older: bool,
    stamp: PageStamp,
    site: &ReportSite,
) -> Result<()> {
    let mut history = HistoryBuilder::default();
    for run in runs.iter().filter(|run| run.counts.is_some()) {
        let (checks, suite_name) = site.read_run_data(&run.entry.run_id)?;
        history.add(HistoryRun::new(&run.entry, suite_name), checks);
    }
    let history = history.finish(has_older);
    match AssetPage::new(data_asset, runs, &history, has_older, stamp) {
        Some(page) => site.write_page(&asset_page_name(data_asset), &page),
        None => Ok(()),
    }
}

fn ended_early(error: tokio::task::JoinError) -> Error {
    Error::new(ErrorKind::Other, "the task that writes a page ended early").with_source(error)
}

/// The pages of one kind.
#[derive(Serialize)]
struct PageCounts {
    pages: &'static str,
    written: u64,
    unchanged: u64,
}

impl PageCounts {
    fn new(pages: &'static str) -> Self {
        Self { pages, written: 0, unchanged: 0 }
    }
}

impl OutputRow for PageCounts {
    const HEADINGS: &'static [&'static str] = &["PAGES", "WRITTEN", "UNCHANGED"];

    fn cells(&self) -> Vec<Cell> {
        vec![self.pages.into(), self.written.to_string().into(), self.unchanged.to_string().into()]
    }
}
