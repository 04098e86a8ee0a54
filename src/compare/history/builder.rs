//! The histories of all checks of a data asset.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::run::HistoryRun;
use super::series::{HistoryVerdict, SeriesSummary, summarize};
use super::since::Since;
use crate::compare::run_checks::{RunChecks, ValidatorRows};
use crate::result::{CheckKey, CheckOutcome};

/// The history of a data asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetHistory {
    /// The runs, from the oldest to the newest.
    pub runs: Vec<HistoryRun>,
    /// The checks that any of the runs has, by verdict, then by key.
    pub checks: Vec<CheckHistory>,
}

/// The history of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckHistory {
    /// The key of the check.
    pub key: CheckKey,
    /// The severity in the newest run that names one.
    pub severity: Option<String>,
    /// The finding of each run, in the order of [`AssetHistory::runs`]; `None` for a run that does not have it.
    pub points: Vec<Option<HistoryPoint>>,
    /// The facts about the outcomes.
    pub summary: SeriesSummary,
    /// The verdict.
    pub verdict: HistoryVerdict,
}

/// The finding of a run on a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPoint {
    /// The outcome.
    pub outcome: CheckOutcome,
    /// The number of values that were found wrong.
    pub count: u64,
}

impl CheckHistory {
    /// The first run of the present streak. `runs` are those of the history.
    pub fn since<'a>(&self, runs: &'a [HistoryRun]) -> Option<Since<'a>> {
        Since::of(self.summary.streak, runs)
    }

    /// Whether the check failed or could not run in the newest run that could have it.
    pub fn is_failing_now(&self) -> bool {
        self.summary.streak.standing.is_failing()
    }

    /// The verdict in words, with the first run of the streak; empty for a check that passes. `runs` are those of the
    /// history.
    pub fn words(&self, runs: &[HistoryRun]) -> String {
        match (self.verdict, self.since(runs)) {
            (HistoryVerdict::Passing, _) => String::new(),
            (HistoryVerdict::Flaky, _) => format!("flaky: {} changes", self.summary.changes),
            (verdict, Some(since)) => format!("{} {since}", verdict.words()),
            (verdict, None) => verdict.words().to_owned(),
        }
    }
}

/// Puts a history together, run by run. Memory holds a few bytes for each check of each run; of messages, none.
#[derive(Debug, Default)]
pub struct HistoryBuilder {
    runs: Vec<HistoryRun>,
    checks: BTreeMap<CheckKey, KeyedPoints>,
    /// The validators of truthound, with the runs that have rows of them.
    validators: HashMap<String, Vec<(usize, ValidatorRows)>>,
}

/// The rows with one key, with the places of their runs.
#[derive(Debug, Default)]
struct KeyedPoints {
    points: Vec<(usize, HistoryPoint)>,
    severity: Option<String>,
}

impl HistoryBuilder {
    /// Adds the next run, which is newer than those before.
    pub fn add(&mut self, run: HistoryRun, checks: RunChecks) {
        let place = self.runs.len();
        self.runs.push(run);
        let (checks, validators) = checks.into_parts();
        for (key, state) in checks {
            let keyed = self.checks.entry(key).or_default();
            keyed.points.push((place, HistoryPoint { outcome: state.outcome, count: state.count }));
            keyed.severity = state.severity.or(keyed.severity.take());
        }
        for (name, rows) in validators {
            self.validators.entry(name).or_default().push((place, rows));
        }
    }

    /// The history. `has_older`: whether the data asset has older runs than those that were added.
    pub fn finish(self, has_older: bool) -> AssetHistory {
        let Self { runs, checks, validators } = self;
        let mut histories: Vec<CheckHistory> = checks
            .into_iter()
            .filter_map(|(key, keyed)| {
                let rows = if key.is_validator() { validators.get(key.name()) } else { None };
                let rows = rows.map(Vec::as_slice).unwrap_or_default();
                // The rows of its columns say what the row of the whole validator would say.
                if key.is_whole_validator() && rows.iter().any(|(_, rows)| rows.has_columns()) {
                    return None;
                }
                let mut points = vec![None; runs.len()];
                let implied = rows.iter().filter_map(|(place, rows)| Some((*place, rows.implied_outcome()?)));
                let implied = implied.map(|(place, outcome)| (place, HistoryPoint { outcome, count: 0 }));
                for (place, point) in implied.chain(keyed.points) {
                    if let Some(slot) = points.get_mut(place) {
                        *slot = Some(point);
                    }
                }
                let mut summary = summarize(comparable(&runs, &points))?;
                summary.streak.may_be_longer &= has_older;
                Some(CheckHistory { key, severity: keyed.severity, points, verdict: summary.verdict(), summary })
            })
            .collect();
        histories.sort_by_key(|history| history.verdict);
        AssetHistory { runs, checks: histories }
    }
}

/// The outcomes of a check in the runs of the suites that have it. A run of another suite, or of another tool, does not
/// say that the check is gone.
fn comparable<'a>(
    runs: &'a [HistoryRun],
    points: &'a [Option<HistoryPoint>],
) -> impl Iterator<Item = (usize, Option<CheckOutcome>)> + use<'a> {
    let with_check = runs.iter().zip(points).filter(|(_, point)| point.is_some());
    let suites: HashSet<_> = with_check.map(|(run, _)| run.suite_name.as_deref()).collect();
    let runs = runs.iter().zip(points).enumerate();
    let comparable = runs.filter(move |(_, (run, _))| suites.contains(&run.suite_name.as_deref()));
    comparable.map(|(place, (_, point))| (place, point.map(|point| point.outcome)))
}
