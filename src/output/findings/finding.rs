//! One finding.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text::joined;
use crate::result::{Check, CheckOutcome, Severity};

/// A check and what became of it. Names and messages are foreign text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The identity of the check from run to run, as JSON.
    pub key: String,
    /// The check in words: `unique[id]`.
    pub check: String,
    /// The meaning for a CI system: a failed or errored check is an error, a warned one a warning.
    pub outcome: CheckOutcome,
    /// The outcome in the words of the command: `failed`, `new failure`.
    pub verdict: String,
    /// The number of values that were found wrong; 0 if it is not known.
    pub count: u64,
    /// The state before, in words, in a comparison with a run that has the check: `failed 9`.
    pub before: Option<String>,
    /// The severity, of a check that has one.
    pub severity: Option<String>,
    /// The finding in words, possibly several lines.
    pub message: Option<String>,
    /// The time that the check took, where it is known.
    pub duration: Option<Duration>,
}

impl Finding {
    /// The finding of a check of a stored result.
    pub fn of_check(check: Check) -> Self {
        let Check { key, outcome, severity, count, message, duration, .. } = check;
        Self {
            // A key always serializes.
            check: key.to_string(),
            key: serde_json::to_string(&key).unwrap_or_default(),
            outcome,
            verdict: outcome.name().to_owned(),
            count,
            before: None,
            severity,
            message,
            duration,
        }
    }

    /// The place among findings that are sorted, the worst first: failed, errored, warned, skipped, passed, each by
    /// severity.
    pub(super) fn rank(&self) -> u8 {
        let outcome = match self.outcome {
            CheckOutcome::Failed => 0,
            CheckOutcome::Errored => 1,
            CheckOutcome::Warned => 2,
            CheckOutcome::Skipped => 3,
            CheckOutcome::Passed => 4,
        };
        outcome * 8 + self.severity_rank()
    }

    /// 0 for the worst severity, 4 for one that is unknown or missing.
    pub(super) fn severity_rank(&self) -> u8 {
        let severity = self.severity.as_deref().and_then(|name| name.parse::<Severity>().ok());
        let rank = Severity::ALL.into_iter().zip(0..).find(|(other, _)| severity == Some(*other));
        rank.map_or(4, |(_, rank)| rank)
    }

    /// Count, severity, state before and message on one line, as far as they are known: `12 found, high: 25.0% of values
    /// are null`.
    pub(super) fn details(&self) -> String {
        let count = (self.count > 0).then(|| format!("{} found", self.count));
        let severity = self.severity.as_deref().map(joined);
        let before = self.before.as_deref().map(|before| format!("{before} before"));
        let facts = count.into_iter().chain(severity).chain(before).collect::<Vec<_>>().join(", ");
        let message = self.message.as_deref().map(joined).filter(|message| !message.is_empty());
        match message {
            Some(message) if facts.is_empty() => message,
            Some(message) => format!("{facts}: {message}"),
            None => facts,
        }
    }
}
