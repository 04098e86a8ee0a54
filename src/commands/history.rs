//! `history`: show the outcomes of checks over runs.

use std::num::NonZeroUsize;

use clap::Args;
use serde::Serialize;

use super::baseline::no_results;
use super::filters::FilterArgs;
use super::history_overview::print_overview;
use super::read_run::read_history;
use super::verdict_args::VerdictArgs;
use crate::compare::CheckNames;
use crate::compare::history::{CheckHistory, HistoryRun, HistoryVerdict, PassRate, Since};
use crate::error::Result;
use crate::output::{Cell, Color, Output, OutputRow, Shortening, StripSigns};
use crate::result::CheckKey;
use crate::store::contract::{NamePattern, Query, ResultStore};

/// Show the outcomes of checks over the newest runs
///
/// With --asset, prints a row per check: its outcome in each run, its pass rate, and since when it fails. Without it,
/// prints a row per data asset: status, age and failing checks of its newest run, and its pass rate. Failing ones come
/// first, then flaky ones.
///
/// A check is flaky if it changed between passed and failed at least three times, and in at least one of ten pairs of
/// neighboring runs, unless it failed in all of its last five.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store history
  truthound-store history --asset customers --failing
  truthound-store history --asset customers --check unique --last 90 -f json

Signs of runs: · passed, × failed, w warned, E errored, s skipped, - without the check. If the locale is not one with
UTF-8, a point stands for passed and x for failed.")]
pub struct HistoryArgs {
    /// Number of runs of each data asset: the newest
    #[arg(long, value_name = "N", default_value = "30")]
    last: NonZeroUsize,
    #[allow(rustdoc::broken_intra_doc_links, reason = "clap prints the text as it stands")]
    /// Only checks whose name, such as unique[id], contains this text, or is this one; * stands for any characters
    #[arg(long, value_name = "TEXT", requires = "asset")]
    check: Option<String>,
    #[command(flatten)]
    verdicts: VerdictArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

/// Prints a row for each check of a data asset, or for each data asset.
///
/// # Errors
/// If the store cannot be read, the data asset has no results, or stdout cannot be written. The failure of a run is
/// reported to `out`, and the run is left out.
pub async fn run(args: HistoryArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let query = args.filters.query(store.time_zone());
    match &query.data_asset {
        Some(_) => print_checks(&query, &args, store, out).await,
        None => print_overview(&query, args.last, args.verdicts, store, out).await,
    }
}

async fn print_checks(query: &Query, args: &HistoryArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    // The store need not list more than is read.
    let limit = u64::try_from(args.last.get()).unwrap_or(u64::MAX).saturating_add(1);
    let listed = Query { limit: Some(limit), ..query.clone() };
    let (history, has_older) =
        read_history(store.list(&listed), args.last.get(), store, |error| out.failure(&error)).await;
    let history = history.finish(has_older);
    let is_unfiltered = !Query { data_asset: None, ..query.clone() }.has_filters();
    if history.runs.is_empty() && is_unfiltered && out.first_failure().is_none() {
        return Err(no_results(query, store));
    }
    let signs = out.strip_signs();
    if let (Some(oldest), Some(newest)) = (history.runs.first(), history.runs.last()) {
        let days = [oldest, newest].map(|run| run.run_time.to_utc().date());
        out.explain(&format!("{} runs from {} to {}: {}", history.runs.len(), days[0], days[1], signs.legend()));
    }
    let is_named = |key: &CheckKey| {
        let pattern = args.check.as_deref().map(|text| (text, NamePattern::parse(text)));
        pattern.is_none_or(|(text, pattern)| {
            let name = key.to_string();
            name.contains(text) || pattern.matches(&name)
        })
    };
    let names = CheckNames::new(history.checks.iter().map(|check| &check.key));
    let mut rows = out.rows();
    for check in &history.checks {
        if is_named(&check.key) && args.verdicts.pass(&check.summary) {
            rows.push(&CheckRow::new(check, names.name(&check.key), &history.runs, signs))?;
        }
    }
    rows.finish()
}

/// A row of the list of checks.
#[derive(Serialize)]
struct CheckRow<'a> {
    key: &'a CheckKey,
    verdict: HistoryVerdict,
    severity: Option<&'a str>,
    pass_rate: PassRate,
    changes: u64,
    since: Option<Since<'a>>,
    runs: Vec<CheckRun<'a>>,
    #[serde(skip)]
    name: String,
    #[serde(skip)]
    strip: String,
    #[serde(skip)]
    words: String,
}

/// A run in the row of a check.
#[derive(Serialize)]
struct CheckRun<'a> {
    #[serde(flatten)]
    run: &'a HistoryRun,
    outcome: Option<&'static str>,
    count: Option<u64>,
}

impl<'a> CheckRow<'a> {
    fn new(check: &'a CheckHistory, name: String, runs: &'a [HistoryRun], signs: StripSigns) -> Self {
        let points = || check.points.iter().copied();
        let check_runs = runs.iter().zip(points()).map(|(run, point)| CheckRun {
            run,
            outcome: point.map(|point| point.outcome.name()),
            count: point.map(|point| point.count),
        });
        Self {
            key: &check.key,
            verdict: check.verdict,
            severity: check.severity.as_deref(),
            pass_rate: check.summary.pass_rate,
            changes: check.summary.changes,
            since: check.since(runs),
            runs: check_runs.collect(),
            name,
            strip: signs.strip(points().map(|point| point.map(|point| point.outcome))),
            words: check.words(runs),
        }
    }
}

impl OutputRow for CheckRow<'_> {
    const HEADINGS: &'static [&'static str] = &["CHECK", "RUNS (OLD TO NEW)", "PASS RATE", "SINCE"];

    fn cells(&self) -> Vec<Cell> {
        let color = match self.verdict {
            HistoryVerdict::Failing | HistoryVerdict::Errored => Color::Bad,
            HistoryVerdict::Flaky | HistoryVerdict::Skipped | HistoryVerdict::Gone => Color::Doubtful,
            HistoryVerdict::Passing => Color::Good,
        };
        vec![
            Cell::from(self.name.as_str()).shortening(Shortening::Middle),
            Cell::colored(self.strip.as_str(), color).shortening(Shortening::Beginning),
            self.pass_rate.to_string().into(),
            Cell::colored(self.words.as_str(), color).shortening(Shortening::Lines),
        ]
    }
}
