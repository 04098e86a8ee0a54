//! The page of a data asset.

use askama::Template;

use super::asset_run::AssetRun;
use super::asset_trend::{CheckTrend, FindingsChart};
use super::check_title::CheckTitle;
use super::noun_count::NounCount;
use super::page_name::run_page_name;
use super::page_stamp::PageStamp;
use super::page_text::PageText;
use super::page_time::PageTime;
use super::strip::Strip;
use crate::compare::history::{AssetHistory, CheckHistory, HistoryVerdict, PassRate, Since, status_outcome, summarize};
use crate::result::{RunId, Status};

/// The width of a run in a strip, in pixels, where there is room.
const CELL_PIXELS: usize = 6;

/// The number of runs that the table of runs shows at once. The earlier ones are folded.
const NEWEST_RUNS: usize = 20;

/// The page of a data asset: the history of each of its checks.
#[derive(Debug, Template)]
#[template(path = "asset.html")]
pub struct AssetPage {
    stamp: PageStamp,
    name: PageText,
    status: Status,
    runs: NounCount,
    has_older: bool,
    first: PageTime,
    last: PageTime,
    pass_rate: PassRate,
    chart: FindingsChart,
    groups: Vec<CheckGroup>,
    newest_runs: Vec<RunLine>,
    earlier_runs: Vec<RunLine>,
}

/// Checks under one heading.
#[derive(Debug)]
struct CheckGroup {
    title: &'static str,
    is_folded: bool,
    checks: Vec<CheckLine>,
}

/// A check and its history.
#[derive(Debug)]
struct CheckLine {
    title: CheckTitle,
    strip: Strip,
    trend: Option<CheckTrend>,
    pass_rate: PassRate,
    verdict: HistoryVerdict,
    since: Option<StreakStart>,
    changes: Option<NounCount>,
}

/// The run in which the present streak of a check began.
#[derive(Debug)]
struct StreakStart {
    page: String,
    date: String,
    or_before: bool,
    runs: NounCount,
}

/// A row of the table of runs.
#[derive(Debug)]
struct RunLine {
    run_id: PageText,
    page: Option<String>,
    time: PageTime,
    status: Status,
    counts: String,
}

impl AssetPage {
    /// The page of `data_asset`, with its runs from the oldest to the newest and the history of those that could be read;
    /// `None` if there are no runs. `has_older`: whether the store has older ones.
    pub fn new(
        data_asset: &str,
        runs: &[AssetRun],
        history: &AssetHistory,
        has_older: bool,
        stamp: PageStamp,
    ) -> Option<Self> {
        let (first, last) = (runs.first()?, runs.last()?);
        let outcomes = runs.iter().map(|run| Some(status_outcome(run.entry.status)));
        let mut newest_runs: Vec<_> = runs.iter().rev().map(run_line).collect();
        let earlier_runs = newest_runs.split_off(newest_runs.len().min(NEWEST_RUNS));
        Some(Self {
            stamp,
            name: PageText::name(data_asset),
            status: last.entry.status,
            runs: NounCount::of(runs, "run"),
            has_older,
            first: PageTime(first.entry.run_time.instant()),
            last: PageTime(last.entry.run_time.instant()),
            pass_rate: summarize(outcomes.enumerate()).map(|summary| summary.pass_rate).unwrap_or_default(),
            chart: FindingsChart::new(runs)?,
            groups: groups(history),
            newest_runs,
            earlier_runs,
        })
    }
}

fn groups(history: &AssetHistory) -> Vec<CheckGroup> {
    let mut failing = CheckGroup { title: "Failing checks", is_folded: false, checks: Vec::new() };
    let mut changed = CheckGroup { title: "Checks that did not always pass", is_folded: false, checks: Vec::new() };
    let mut steady = CheckGroup { title: "Checks that passed in every run", is_folded: true, checks: Vec::new() };
    for check in &history.checks {
        let is_steady = check.verdict == HistoryVerdict::Passing
            && check.points.iter().flatten().all(|point| !point.outcome.is_finding());
        let group = match check.is_failing_now() {
            true => &mut failing,
            false if is_steady => &mut steady,
            false => &mut changed,
        };
        group.checks.push(check_line(check, history));
    }
    [failing, changed, steady].into_iter().filter(|group| !group.checks.is_empty()).collect()
}

fn check_line(check: &CheckHistory, history: &AssetHistory) -> CheckLine {
    let outcomes: Vec<_> = check.points.iter().map(|point| point.map(|point| point.outcome)).collect();
    let changes = check.summary.changes;
    let is_shown = check.verdict != HistoryVerdict::Passing || changes > 0;
    CheckLine {
        title: CheckTitle::new(&check.key),
        strip: Strip::new(&outcomes, CELL_PIXELS),
        trend: CheckTrend::new(&check.points),
        pass_rate: check.summary.pass_rate,
        verdict: check.verdict,
        since: check.since(&history.runs).filter(|_| is_shown).map(StreakStart::from),
        changes: (changes > 0).then(|| NounCount::new(changes, "change")),
    }
}

impl From<Since<'_>> for StreakStart {
    fn from(since: Since<'_>) -> Self {
        Self {
            page: sibling(&since.run.run_id),
            date: PageTime(since.run.run_time).day(),
            or_before: since.or_before,
            runs: NounCount::new(since.runs, "run"),
        }
    }
}

/// The page of a run, seen from the page of a data asset.
fn sibling(run_id: &RunId) -> String {
    format!("../{}", run_page_name(run_id))
}

fn run_line(run: &AssetRun) -> RunLine {
    RunLine {
        run_id: PageText::name(run.entry.run_id.as_str()),
        page: run.page().map(|page| format!("../{page}")),
        time: PageTime(run.entry.run_time.instant()),
        status: run.entry.status,
        counts: run.counts_text(),
    }
}
