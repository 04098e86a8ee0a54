//! The verdict on each check that two runs have.

use std::collections::BTreeSet;

use serde::Serialize;

use super::run_checks::RunChecks;
use super::state::CheckState;
use super::tolerance::Tolerance;
use crate::result::{CheckKey, CheckOutcome};

/// What became of a check from one run to the next. In the order in which a list shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It fails, and did not before.
    NewFailure,
    /// It failed before, and finds more now.
    Worse,
    /// It could not run: it has neither failed nor passed.
    Errored,
    /// It fails as before.
    StillFailing,
    /// It is not in the second run. Nothing says that it would pass.
    Gone,
    /// It was not run in the second run.
    Skipped,
    /// It failed or could not run before, and passes.
    Fixed,
    /// It was not in the first run, and passes.
    NewCheck,
}

impl Verdict {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::NewFailure => "new failure",
            Self::Worse => "worse",
            Self::Errored => "errored",
            Self::StillFailing => "still failing",
            Self::Gone => "gone",
            Self::Skipped => "skipped",
            Self::Fixed => "fixed",
            Self::NewCheck => "new check",
        }
    }
}

/// A check that changed between two runs, or that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckChange {
    /// The verdict.
    pub verdict: Verdict,
    /// The key of the check.
    pub key: CheckKey,
    /// The state in the first run, if it has the check.
    pub before: Option<CheckState>,
    /// The state in the second run, if it has the check.
    pub after: Option<CheckState>,
}

/// The difference between two runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckComparison {
    /// The checks that changed or fail, by verdict, then by key.
    pub changes: Vec<CheckChange>,
    /// The number of checks that passed, or were skipped, in both runs.
    pub unchanged: u64,
}

/// Compares two runs of one data asset. With `only_common`, checks that only one of them has are left out, because the
/// runs are of different suites.
pub fn compare(before: &RunChecks, after: &RunChecks, tolerance: Tolerance, only_common: bool) -> CheckComparison {
    let mut comparison = CheckComparison::default();
    let keys = before.keys().chain(after.keys()).collect::<BTreeSet<_>>();
    for key in keys {
        if before.replaces(key) || after.replaces(key) {
            continue;
        }
        let (was, is) = (before.state(key), after.state(key));
        if only_common && (was.is_none() || is.is_none()) {
            continue;
        }
        match verdict(was.as_ref(), is.as_ref(), tolerance) {
            Some(verdict) => {
                comparison.changes.push(CheckChange { verdict, key: key.clone(), before: was, after: is });
            }
            None => comparison.unchanged += 1,
        }
    }
    comparison.changes.sort_by_key(|change| change.verdict);
    comparison
}

/// The verdict on a check; `None` if it passed, or was skipped, in both runs.
fn verdict(before: Option<&CheckState>, after: Option<&CheckState>, tolerance: Tolerance) -> Option<Verdict> {
    let was_unmet = before.is_some_and(CheckState::is_unmet);
    let Some(after) = after else { return before.map(|_| Verdict::Gone) };
    Some(match after.outcome {
        CheckOutcome::Errored => Verdict::Errored,
        CheckOutcome::Failed | CheckOutcome::Warned => match before.filter(|_| was_unmet) {
            None => Verdict::NewFailure,
            Some(before) => {
                let is_harder = before.outcome == CheckOutcome::Warned && after.outcome == CheckOutcome::Failed;
                let is_worse = is_harder || tolerance.is_exceeded(before.count, after.count);
                if is_worse { Verdict::Worse } else { Verdict::StillFailing }
            }
        },
        CheckOutcome::Skipped if before.is_some_and(|before| before.outcome != CheckOutcome::Skipped) => {
            Verdict::Skipped
        }
        CheckOutcome::Skipped => return None,
        CheckOutcome::Passed => match before {
            None => Verdict::NewCheck,
            Some(before) if was_unmet || before.outcome == CheckOutcome::Errored => Verdict::Fixed,
            Some(_) => return None,
        },
    })
}
