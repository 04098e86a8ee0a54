//! Trends: numbers, run by run.

use super::asset_run::AssetRun;
use super::page_time::PageTime;
use super::strip::{CELL, STRIP_RUNS};
use crate::compare::history::HistoryPoint;
use crate::result::CheckOutcome;

/// The numbers of values that a check found wrong, as an area.
#[derive(Debug)]
pub(super) struct CheckTrend {
    pub(super) width: usize,
    pub(super) path: String,
    /// The trend in words.
    pub(super) words: String,
    /// The same, for those who see it.
    pub(super) short: String,
}

impl CheckTrend {
    /// The trend of these points; `None` if no number is above 0.
    pub(super) fn new(points: &[Option<HistoryPoint>]) -> Option<Self> {
        let counts: Vec<u64> = newest(points).iter().map(|point| point.map_or(0, |point| point.count)).collect();
        let most = counts.iter().copied().max().filter(|most| *most > 0)?;
        let now = counts.last().copied().unwrap_or_default();
        let mut path = String::new();
        let mut place = 0;
        for stretch in counts.chunk_by(|left, right| left == right) {
            let (from, to) = (place * CELL, (place + stretch.len()) * CELL);
            place += stretch.len();
            if let Some(count) = stretch.first().filter(|count| **count > 0) {
                path.push_str(&format!("M{from} 100V{}H{to}V100z", 100 - share(*count, most)));
            }
        }
        let words = format!("values found wrong: {now} in the newest run, at most {most}");
        Some(Self { width: counts.len() * CELL, path, words, short: format!("{now} now, {most} at most") })
    }
}

/// `count` in percent of `most`, and at least 1.
fn share(count: u64, most: u64) -> u128 {
    (u128::from(count) * 100).div_ceil(u128::from(most.max(1)))
}

fn newest<T>(runs: &[T]) -> &[T] {
    runs.get(runs.len().saturating_sub(STRIP_RUNS)..).unwrap_or_default()
}

/// The width of a bar, in pixels, where there is room.
const BAR_PIXELS: usize = 24;

/// The number of checks that failed, warned or could not run in each run, as stacked bars that lead to the runs.
#[derive(Debug)]
pub(super) struct FindingsChart {
    pub(super) width: usize,
    /// The widest that it is drawn.
    pub(super) pixels: usize,
    pub(super) tallest: u64,
    pub(super) bars: Vec<Bar>,
    /// The chart in words.
    pub(super) words: String,
    pub(super) first: PageTime,
    pub(super) last: PageTime,
}

/// The bar of a run.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) page: Option<String>,
    pub(super) words: String,
    pub(super) x: usize,
    pub(super) parts: Vec<BarPart>,
}

/// The part of a bar for one outcome.
#[derive(Debug)]
pub(super) struct BarPart {
    pub(super) class: &'static str,
    pub(super) path: String,
}

/// From the ground up.
const FINDINGS: [CheckOutcome; 3] = [CheckOutcome::Failed, CheckOutcome::Errored, CheckOutcome::Warned];

impl FindingsChart {
    /// The chart of these runs, from the oldest to the newest; `None` if there are none.
    pub(super) fn new(runs: &[AssetRun]) -> Option<Self> {
        let shown = newest(runs);
        let (first, last) = (shown.first()?, shown.last()?);
        let tallest = shown.iter().map(AssetRun::finding_count).max().unwrap_or_default();
        let bars = shown.iter().enumerate().map(|(place, run)| bar(run, place, tallest)).collect();
        let now = last.finding_count();
        Some(Self {
            width: shown.len() * CELL,
            pixels: shown.len() * BAR_PIXELS,
            tallest,
            bars,
            words: format!("Failing checks: {now} in the newest run, at most {tallest}."),
            first: PageTime(first.entry.run_time.instant()),
            last: PageTime(last.entry.run_time.instant()),
        })
    }
}

fn bar(run: &AssetRun, place: usize, tallest: u64) -> Bar {
    let x = place * CELL;
    let mut parts = Vec::new();
    let mut below = 0;
    for outcome in FINDINGS {
        let count = run.counts.map_or(0, |counts| counts.of(outcome));
        if count > 0 {
            let (bottom, top) = (if below == 0 { 0 } else { share(below, tallest) }, share(below + count, tallest));
            let path = format!("M{x} {}H{}V{}H{x}z", 100 - bottom, x + CELL - 1, 100 - top);
            parts.push(BarPart { class: outcome.name(), path });
            below += count;
        }
    }
    let time = PageTime(run.entry.run_time.instant()).minute();
    let words = format!("{time}, {}: {}", run.entry.status, run.counts_text());
    Bar { page: run.page().map(|name| format!("../{name}")), words, x, parts }
}
