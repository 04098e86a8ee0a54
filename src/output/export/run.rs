//! The runs and checks of an export.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::output::spooled_list::SpooledList;
use crate::result::{Check, CheckOutcome, ResultFacts};

/// A run and its checks.
#[derive(Debug)]
pub struct ExportedRun {
    /// The facts of the run.
    pub facts: ResultFacts,
    /// The checks, in the order of the document.
    pub checks: SpooledList<ExportedCheck>,
}

/// A check of a run. Names and messages are foreign text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedCheck {
    /// The identity of the check from run to run, as JSON.
    pub key: String,
    /// The validator, or the expectation type.
    pub name: String,
    /// The column.
    pub column: Option<String>,
    /// The issue type of a row of truthound.
    pub issue_type: Option<String>,
    /// The canonical kwargs of an expectation, as JSON.
    pub kwargs: Option<String>,
    /// The outcome.
    pub outcome: CheckOutcome,
    /// The severity, of a check that has one.
    pub severity: Option<String>,
    /// The number of values that were found wrong; 0 if it is not known.
    pub count: u64,
    /// The finding in words, possibly several lines.
    pub message: Option<String>,
    /// The time that the check took, where it is known.
    pub duration: Option<Duration>,
}

impl From<Check> for ExportedCheck {
    fn from(check: Check) -> Self {
        let Check { run_id: _, key, name, column, outcome, severity, count, message, duration } = check;
        Self {
            issue_type: key.issue_type().map(str::to_owned),
            kwargs: key.kwargs().map(str::to_owned),
            // A key always serializes.
            key: serde_json::to_string(&key).unwrap_or_default(),
            name,
            column,
            outcome,
            severity,
            count,
            message,
            duration,
        }
    }
}
