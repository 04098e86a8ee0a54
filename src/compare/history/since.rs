//! The first run of a streak.

use std::fmt;

use serde::{Serialize, Serializer};

use super::run::HistoryRun;
use super::series::Streak;

/// The first run of a streak and the length of the streak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since<'a> {
    /// The first run.
    pub run: &'a HistoryRun,
    /// The number of runs.
    pub runs: u64,
    /// Whether the streak may have begun before the first run that was looked at.
    pub or_before: bool,
}

impl<'a> Since<'a> {
    /// The beginning of `streak` among `runs`, the runs of its series.
    pub fn of(streak: Streak, runs: &'a [HistoryRun]) -> Option<Self> {
        let run = runs.get(streak.first)?;
        Some(Self { run, runs: streak.runs, or_before: streak.may_be_longer })
    }
}

impl fmt::Display for Since<'_> {
    /// `since 2026-11-10 (run 3f0c), 16 runs`; the date is that in UTC.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.run.run_time.to_utc().date();
        let before = if self.or_before { " or before" } else { "" };
        let runs = if self.runs == 1 { "run" } else { "runs" };
        write!(formatter, "since {date}{before} (run {}), {} {runs}", self.run.run_id, self.runs)
    }
}

impl Serialize for Since<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut members = serializer.serialize_struct("Since", 4)?;
        members.serialize_field("run_id", &self.run.run_id)?;
        members.serialize_field("run_time", &self.run.run_time.to_string())?;
        members.serialize_field("runs", &self.runs)?;
        members.serialize_field("or_before", &self.or_before)?;
        members.end()
    }
}
