//! The first page: all data assets.

use std::cmp::Reverse;

use askama::Template;

use super::asset_run::AssetRun;
use super::noun_count::NounCount;
use super::page_name::asset_page_name;
use super::page_stamp::PageStamp;
use super::page_text::PageText;
use super::page_time::PageTime;
use super::strip::Strip;
use crate::compare::history::{PassRate, status_outcome, summarize};
use crate::result::{CheckOutcome, RunInstant, Status};

/// The number of runs in the strip of a data asset.
const STRIP_RUNS: usize = 50;

/// The width of a run in a strip, in pixels.
const CELL_PIXELS: usize = 5;

/// The first page: the status of each data asset.
#[derive(Debug, Template)]
#[template(path = "index.html")]
pub struct Overview {
    stamp: PageStamp,
    as_of: PageTime,
    runs: NounCount,
    asset_count: NounCount,
    tiles: Vec<StatusTile>,
    assets: Vec<AssetSummary>,
}

/// The number of data assets with one status.
#[derive(Debug)]
struct StatusTile {
    status: Status,
    count: u64,
    words: &'static str,
}

/// A row of the table: what the first page shows of a data asset.
#[derive(Debug)]
pub struct AssetSummary {
    data_asset: String,
    name: PageText,
    page: String,
    newest: Option<String>,
    status: Status,
    failing: u64,
    failing_text: String,
    strip: Strip,
    pass_rate: PassRate,
    run_time: PageTime,
    age: String,
    runs: u64,
}

impl AssetSummary {
    /// The summary of a data asset with these runs, from the oldest to the newest, and with the age of the newest; `None` if
    /// there are none.
    pub fn new(data_asset: &str, runs: &[AssetRun], age: String) -> Option<Self> {
        let last = runs.last()?;
        let outcomes: Vec<Option<CheckOutcome>> =
            runs.iter().map(|run| Some(status_outcome(run.entry.status))).collect();
        let shown = outcomes.get(outcomes.len().saturating_sub(STRIP_RUNS)..).unwrap_or_default();
        Some(Self {
            data_asset: data_asset.to_owned(),
            name: PageText::name(data_asset),
            page: asset_page_name(data_asset),
            newest: last.page(),
            status: last.entry.status,
            failing: last.finding_count(),
            failing_text: last.failing_text(),
            strip: Strip::new(shown, CELL_PIXELS),
            pass_rate: summarize(outcomes.into_iter().enumerate()).map(|summary| summary.pass_rate).unwrap_or_default(),
            run_time: PageTime(last.entry.run_time.instant()),
            age,
            runs: NounCount::of(runs, "run").count,
        })
    }
}

/// The statuses, the worst first, and what they are called above the table.
const STATUSES: [(Status, &str); 4] = [
    (Status::Failure, "failing"),
    (Status::Error, "could not run"),
    (Status::Warning, "with warnings"),
    (Status::Success, "passing"),
];

impl Overview {
    /// The first page as of `now`.
    pub fn new(mut assets: Vec<AssetSummary>, now: RunInstant) -> Self {
        let rank = |status: Status| STATUSES.iter().position(|(listed, _)| *listed == status);
        assets.sort_by(|left, right| {
            let key = |asset: &AssetSummary| (rank(asset.status), Reverse(asset.failing));
            key(left).cmp(&key(right)).then_with(|| left.data_asset.cmp(&right.data_asset))
        });
        let tile = |(status, words)| {
            let count = assets.iter().filter(|asset| asset.status == status).map(|_| 1).sum();
            StatusTile { status, count, words }
        };
        Self {
            stamp: PageStamp::of_overview(),
            as_of: PageTime(now),
            runs: NounCount::new(assets.iter().map(|asset| asset.runs).sum(), "run"),
            asset_count: NounCount::of(&assets, "data asset"),
            tiles: STATUSES.map(tile).into(),
            assets,
        }
    }
}
