//! The number of checks by their outcome.

use std::fmt;
use std::io::Read;

use serde::{Deserialize, Serialize};

use super::check::CheckOutcome;
use super::reader::CheckReader;
use crate::error::Result;
use crate::result::RunId;

/// The number of checks of a result by their outcome. Serializes as a list, in the order of [`CheckOutcome`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckCounts([u64; CheckOutcome::ALL.len()]);

impl CheckCounts {
    /// Counts the checks of the document that `reader` delivers, which is stored as `run_id`. Memory holds one check.
    ///
    /// # Errors
    /// [`Read`](crate::error::ErrorKind::Read) if it is not a stored result.
    pub fn read(run_id: RunId, reader: impl Read + Send) -> Result<Self> {
        let mut counts = Self::default();
        for check in CheckReader::new(run_id, reader) {
            counts.add(check?.outcome);
        }
        Ok(counts)
    }

    /// Counts one more check.
    pub fn add(&mut self, outcome: CheckOutcome) {
        if let Some(count) = self.0.get_mut(outcome as usize) {
            *count += 1;
        }
    }

    /// The number of checks with this outcome.
    pub fn of(&self, outcome: CheckOutcome) -> u64 {
        self.0.get(outcome as usize).copied().unwrap_or_default()
    }

    /// The number of checks that found something to look at.
    pub fn findings(&self) -> u64 {
        CheckOutcome::ALL.into_iter().filter(|outcome| outcome.is_finding()).map(|outcome| self.of(outcome)).sum()
    }

    /// The number of checks that the data did not meet: they failed or warned.
    pub fn failing(&self) -> u64 {
        self.of(CheckOutcome::Failed) + self.of(CheckOutcome::Warned)
    }

    /// The number of checks that fail, and of those that could not run: `2 of 21, 1 errored`.
    pub fn failing_text(&self) -> String {
        let failing = format!("{} of {}", self.failing(), self.total());
        match self.of(CheckOutcome::Errored) {
            0 => failing,
            errored => format!("{failing}, {errored} errored"),
        }
    }

    /// The number of all checks.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl fmt::Display for CheckCounts {
    /// "12 passed, 1 failed", without the outcomes that no check has.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = CheckOutcome::ALL.into_iter().map(|outcome| (self.of(outcome), outcome.name()));
        let parts = counts.filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}"));
        match parts.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => formatter.write_str("no checks"),
            parts => formatter.write_str(&parts),
        }
    }
}
