//! One run of a history.

use serde::{Serialize, Serializer};

use crate::result::{Entry, RunId, RunInstant, Status};

/// The facts of one run of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryRun {
    /// The run.
    pub run_id: RunId,
    /// The time of the run.
    #[serde(serialize_with = "text")]
    pub run_time: RunInstant,
    /// The outcome of the run.
    pub status: Status,
    /// The name of its suite, if it has one and its document was read.
    #[serde(skip)]
    pub suite_name: Option<String>,
}

impl HistoryRun {
    /// The run of an entry as a list gives it, and the name of its suite.
    pub fn new(entry: &Entry, suite_name: Option<String>) -> Self {
        Self { run_id: entry.run_id.clone(), run_time: entry.run_time.instant(), status: entry.status, suite_name }
    }
}

pub(super) fn text<S: Serializer>(instant: &RunInstant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(instant)
}
