//! The state of a check in one run.

use serde::Serialize;

use crate::result::CheckOutcome;

/// The state of a check in one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckState {
    /// The outcome.
    pub outcome: CheckOutcome,
    /// The number of values that were found wrong.
    pub count: u64,
    /// The severity, of a check that has one.
    pub severity: Option<String>,
    /// The finding in words.
    pub message: Option<String>,
}

impl CheckState {
    /// A check that has only an outcome.
    pub(super) fn without_finding(outcome: CheckOutcome) -> Self {
        Self { outcome, count: 0, severity: None, message: None }
    }

    /// The outcome and the count: `failed 12`, `passed`.
    pub fn words(&self) -> String {
        match self.count {
            0 => self.outcome.name().to_owned(),
            count => format!("{} {count}", self.outcome.name()),
        }
    }

    /// How bad it is.
    pub(super) fn rank(&self) -> (u8, u64) {
        let rank = match self.outcome {
            CheckOutcome::Passed => 0,
            CheckOutcome::Skipped => 1,
            CheckOutcome::Warned => 2,
            CheckOutcome::Failed => 3,
            CheckOutcome::Errored => 4,
        };
        (rank, self.count)
    }

    /// Whether the data did not meet the check.
    pub(super) fn is_unmet(&self) -> bool {
        matches!(self.outcome, CheckOutcome::Failed | CheckOutcome::Warned)
    }
}
