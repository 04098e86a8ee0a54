//! The overview of `history`: a row per data asset.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde::Serialize;

use super::asset_list::list_assets;
use super::read_run::read_runs;
use super::verdict_args::VerdictArgs;
use crate::compare::history::{HistoryRun, HistoryVerdict, PassRate, SeriesSummary, Since, status_outcome, summarize};
use crate::error::Result;
use crate::output::{Cell, Output, OutputRow, Shortening, age_of, status_cell};
use crate::result::{CheckCounts, CheckOutcome, Entry, RunId, RunInstant};
use crate::store::contract::{Query, ResultStore};

/// Prints a row for each data asset that passes: one list, and the document of the newest run of each.
///
/// # Errors
/// If stdout cannot be written. The failure of a run is reported to `out`.
pub(super) async fn print_overview(
    query: &Query,
    last: NonZeroUsize,
    verdicts: VerdictArgs,
    store: &dyn ResultStore,
    out: &mut Output,
) -> Result<()> {
    let listed = list_assets(query, last, store, out).await;
    let mut assets = Vec::with_capacity(listed.len());
    let mut newest_runs = Vec::with_capacity(listed.len());
    for (data_asset, listed) in listed {
        let runs: Vec<_> = listed.entries.iter().map(|entry| HistoryRun::new(entry, None)).collect();
        let outcomes = runs.iter().map(|run| Some(status_outcome(run.status)));
        let Some(mut summary) = summarize(outcomes.enumerate()) else { continue };
        summary.streak.may_be_longer &= listed.has_older;
        if verdicts.pass(&summary) {
            newest_runs.extend(listed.entries.into_iter().next_back());
            assets.push(AssetOverview { data_asset, runs, summary });
        }
    }
    let counts = count_checks(newest_runs, store, out).await;
    assets.sort_by_key(|asset| asset.summary.verdict());
    let now = RunInstant::from(Timestamp::now());
    let mut rows = out.rows();
    for asset in &assets {
        if let Some(newest) = asset.runs.last() {
            rows.push(&AssetRow::new(asset, newest, counts.get(&newest.run_id), now))?;
        }
    }
    rows.finish()
}

/// The number of checks in each of these runs that can be read.
async fn count_checks(runs: Vec<Entry>, store: &dyn ResultStore, out: &mut Output) -> HashMap<RunId, CheckCounts> {
    let mut counts = HashMap::with_capacity(runs.len());
    let mut runs = std::pin::pin!(read_runs(stream::iter(runs.into_iter().map(Ok)), store));
    while let Some(run) = runs.next().await {
        match run {
            Ok(run) => drop(counts.insert(run.facts.entry.run_id, run.checks.counts())),
            Err(error) => out.failure(&error),
        }
    }
    counts
}

/// The newest runs of a data asset.
struct AssetOverview {
    data_asset: String,
    /// From the oldest to the newest.
    runs: Vec<HistoryRun>,
    summary: SeriesSummary,
}

/// A row of the overview.
#[derive(Serialize)]
struct AssetRow<'a> {
    data_asset: &'a str,
    #[serde(flatten)]
    newest: &'a HistoryRun,
    /// The checks of the newest run; null if it cannot be read.
    checks: Option<u64>,
    failing_checks: Option<u64>,
    errored_checks: Option<u64>,
    verdict: HistoryVerdict,
    pass_rate: PassRate,
    changes: u64,
    since: Option<Since<'a>>,
    runs: &'a [HistoryRun],
    #[serde(skip)]
    failing_text: Option<String>,
    #[serde(skip)]
    age: String,
}

impl<'a> AssetRow<'a> {
    fn new(asset: &'a AssetOverview, newest: &'a HistoryRun, counts: Option<&CheckCounts>, now: RunInstant) -> Self {
        Self {
            data_asset: &asset.data_asset,
            newest,
            checks: counts.map(CheckCounts::total),
            failing_checks: counts.map(CheckCounts::failing),
            errored_checks: counts.map(|counts| counts.of(CheckOutcome::Errored)),
            verdict: asset.summary.verdict(),
            pass_rate: asset.summary.pass_rate,
            changes: asset.summary.changes,
            since: Since::of(asset.summary.streak, &asset.runs),
            runs: &asset.runs,
            failing_text: counts.map(CheckCounts::failing_text),
            age: age_of(newest.run_time, now),
        }
    }
}

impl OutputRow for AssetRow<'_> {
    const HEADINGS: &'static [&'static str] = &["DATA ASSET", "STATUS", "AGE", "FAILING CHECKS", "PASS RATE"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::from(self.data_asset).shortening(Shortening::Middle),
            status_cell(self.newest.status),
            self.age.as_str().into(),
            self.failing_text.as_deref().unwrap_or("-").into(),
            self.pass_rate.to_string().into(),
        ]
    }
}
