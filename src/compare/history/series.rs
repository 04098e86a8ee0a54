//! The verdict on a series of outcomes.

use serde::Serialize;

use super::pass_rate::PassRate;
use crate::result::{CheckOutcome, Status};

/// The standing of a check after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It failed or warned.
    Failing,
    /// It could not run.
    Errored,
    /// It was not run.
    Skipped,
    /// The run does not have it.
    Gone,
    /// It passed.
    Passing,
}

impl Standing {
    fn of(outcome: Option<CheckOutcome>) -> Self {
        match outcome {
            None => Self::Gone,
            Some(CheckOutcome::Passed) => Self::Passing,
            Some(CheckOutcome::Failed | CheckOutcome::Warned) => Self::Failing,
            Some(CheckOutcome::Errored) => Self::Errored,
            Some(CheckOutcome::Skipped) => Self::Skipped,
        }
    }

    /// Whether the check failed or could not run.
    pub fn is_failing(self) -> bool {
        matches!(self, Self::Failing | Self::Errored)
    }

    /// Whether the data met the check, or did not. The others say nothing about the data.
    fn is_decided(self) -> bool {
        matches!(self, Self::Failing | Self::Passing)
    }
}

/// The verdict on a check over several runs. In the order in which a list shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryVerdict {
    /// It fails in the newest run.
    Failing,
    /// It could not run in the newest run.
    Errored,
    /// It changes between passed and failed, again and again: see [`SeriesSummary::is_flaky`].
    Flaky,
    /// It was not run in the newest run.
    Skipped,
    /// The newest run does not have it.
    Gone,
    /// It passed in the newest run.
    Passing,
}

impl HistoryVerdict {
    /// The word for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Errored => "errored",
            Self::Flaky => "flaky",
            Self::Skipped => "skipped",
            Self::Gone => "gone",
            Self::Passing => "passing",
        }
    }
}

/// The runs at the end of a series in which the standing of the check did not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    /// The standing in each of them.
    pub standing: Standing,
    /// The place of its first run in the series.
    pub first: usize,
    /// The number of runs with this standing.
    pub runs: u64,
    /// Whether no earlier run of the series shows that the check stood otherwise before: the streak may have begun before
    /// the series.
    pub may_be_longer: bool,
}

/// The facts about a series of outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesSummary {
    /// The share of runs in which the check passed.
    pub pass_rate: PassRate,
    /// The number of changes between passed and failed.
    pub changes: u64,
    /// The number of runs in which the check passed, failed or warned.
    pub decided: u64,
    /// The present streak. A streak of failures or passes goes on over runs in which the check could not run, was not run
    /// or is missing, as long as it stands as before after them.
    pub streak: Streak,
}

/// Changes that make a check flaky. A check that broke and was mended has two.
const FLAKY_CHANGES: u64 = 3;

/// The least flip rate of a flaky check, in changes per hundred pairs of neighboring runs. The flip rate is the measure
/// of Kowalczyk et al., "Modeling and Ranking Flaky Tests at Apple" (ICSE-SEIP 2020).
const FLAKY_PERCENT: u64 = 10;

/// Failures in a row after which a check is failing, whatever it did before.
const STEADY_FAILURES: u64 = 5;

impl SeriesSummary {
    /// Whether the check is flaky: it has at least three changes between passed and failed, in at least one of ten pairs
    /// of neighboring runs, and has not failed in all of its last five. A check that broke once, or broke and was
    /// mended, is not.
    pub fn is_flaky(&self) -> bool {
        let is_frequent = self.changes * 100 >= self.decided.saturating_sub(1) * FLAKY_PERCENT;
        let is_steady = self.streak.standing == Standing::Failing && self.streak.runs >= STEADY_FAILURES;
        self.streak.standing.is_decided() && self.changes >= FLAKY_CHANGES && is_frequent && !is_steady
    }

    /// The verdict.
    pub fn verdict(&self) -> HistoryVerdict {
        match self.streak.standing {
            _ if self.is_flaky() => HistoryVerdict::Flaky,
            Standing::Failing => HistoryVerdict::Failing,
            Standing::Errored => HistoryVerdict::Errored,
            Standing::Skipped => HistoryVerdict::Skipped,
            Standing::Gone => HistoryVerdict::Gone,
            Standing::Passing => HistoryVerdict::Passing,
        }
    }
}

/// The facts about the outcomes of a check, from the oldest run to the newest, each with its place; `None` for a run that
/// does not have the check. Returns `None` without outcomes.
pub fn summarize(outcomes: impl IntoIterator<Item = (usize, Option<CheckOutcome>)>) -> Option<SeriesSummary> {
    let (mut pass_rate, mut changes, mut decided) = (PassRate::default(), 0, 0);
    // The last streak of passes or failures, and that of the newest standing alone.
    let (mut last_decided, mut last): (Option<Streak>, Option<Streak>) = (None, None);
    let mut was_missing = false;
    for (place, outcome) in outcomes {
        let standing = Standing::of(outcome);
        let begun = |may_be_longer| Streak { standing, first: place, runs: 1, may_be_longer };
        if standing.is_decided() || standing == Standing::Errored {
            pass_rate.add(standing == Standing::Passing);
        }
        if standing.is_decided() {
            decided += 1;
            last_decided = Some(match last_decided {
                Some(streak) if streak.standing == standing => Streak { runs: streak.runs + 1, ..streak },
                Some(_) => {
                    changes += 1;
                    begun(false)
                }
                None => begun(!was_missing),
            });
        }
        last = Some(match last {
            Some(streak) if streak.standing == standing => Streak { runs: streak.runs + 1, ..streak },
            before => begun(before.is_none()),
        });
        was_missing |= standing == Standing::Gone;
    }
    let newest = last?;
    let streak = last_decided.filter(|_| newest.standing.is_decided()).unwrap_or(newest);
    Some(SeriesSummary { pass_rate, changes, decided, streak })
}

/// The outcome of a whole run, for the history of a data asset.
pub fn status_outcome(status: Status) -> CheckOutcome {
    match status {
        Status::Success => CheckOutcome::Passed,
        Status::Warning => CheckOutcome::Warned,
        Status::Failure => CheckOutcome::Failed,
        Status::Error => CheckOutcome::Errored,
    }
}
