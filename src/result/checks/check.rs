//! One check of a stored result.

use std::io::Read;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::key::CheckKey;
use crate::result::RunId;
use crate::result::convert::python_value;
use crate::result::json::{JsonError, JsonKind, JsonReader, JsonValue};

/// One check of a stored result: an entry of its `results`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The run that made the check.
    pub run_id: RunId,
    /// The identity of the check from run to run.
    pub key: CheckKey,
    /// The validator, or the expectation type.
    pub name: String,
    /// The column. `None` for a check of the whole table, and for every check that truthound passed.
    pub column: Option<String>,
    /// The outcome.
    pub outcome: CheckOutcome,
    /// The severity: critical, high, medium or low, as truthound writes it. `None` for most checks that passed.
    pub severity: Option<String>,
    /// The number of values that were found wrong; 0 where the document does not say.
    pub count: u64,
    /// The finding in words.
    pub message: Option<String>,
    /// The time that the check took, where the document says so. truthound and Great Expectations write 0.
    pub duration: Option<Duration>,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckOutcome {
    /// The data met the check.
    Passed,
    /// The data did not meet the check.
    Failed,
    /// The data did not meet the check, and the check only warns.
    Warned,
    /// The check could not run.
    Errored,
    /// The check was not run.
    Skipped,
}

impl CheckOutcome {
    /// All outcomes.
    pub const ALL: [Self; 5] = [Self::Passed, Self::Failed, Self::Warned, Self::Errored, Self::Skipped];

    /// The name of the outcome in documents and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warned => "warned",
            Self::Errored => "errored",
            Self::Skipped => "skipped",
        }
    }

    /// Whether the check found something to look at: it failed, warned or could not run.
    pub fn is_finding(self) -> bool {
        matches!(self, Self::Failed | Self::Warned | Self::Errored)
    }
}

/// The members of an entry's `details` that the check is made of.
#[derive(Default)]
struct CheckDetails {
    kwargs: Option<JsonValue>,
    has_exception: bool,
    outcome: Option<CheckOutcome>,
}

/// The issue type of the row that truthound writes for a validator that raised an exception
/// (`truthound/core/runtime.py`).
const VALIDATOR_ERROR: &str = "validator_error";

impl Check {
    /// Reads an entry of `results`; `None` if it is not an object.
    ///
    /// A stored entry has only `success` for its outcome. The other outcomes are told by `details.outcome`, which
    /// conversions write, by `details.exception` (Great Expectations) and by the issue type `validator_error`
    /// (truthound).
    pub(super) fn read<R: Read>(reader: &mut JsonReader<R>, run_id: &RunId) -> Result<Option<Self>, JsonError> {
        if reader.peek()? != JsonKind::Object {
            reader.skip()?;
            return Ok(None);
        }
        let (mut name, mut column, mut issue_type) = (None, None, None);
        let (mut success, mut severity, mut count) = (false, None, 0);
        let (mut message, mut duration, mut details) = (None, None, CheckDetails::default());
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            match key {
                "validator_name" => name = string(reader)?,
                "column" => column = string(reader)?,
                "issue_type" => issue_type = string(reader)?,
                "success" => success = python_value::is_true(&reader.scalar_or_null()?),
                "severity" => severity = string(reader)?,
                "count" => count = reader.scalar_or_null()?.as_u64().unwrap_or(0),
                "message" => message = string(reader)?,
                "execution_time_ms" => duration = milliseconds(&reader.scalar_or_null()?),
                "details" => details = CheckDetails::read(reader)?,
                _ => reader.skip()?,
            }
        }
        let has_raised = details.has_exception || issue_type.as_deref() == Some(VALIDATOR_ERROR);
        let outcome = details.outcome.unwrap_or(match (has_raised, success) {
            (true, _) => CheckOutcome::Errored,
            (false, true) => CheckOutcome::Passed,
            (false, false) => CheckOutcome::Failed,
        });
        let name = name.unwrap_or_default();
        let key = match details.kwargs {
            Some(kwargs) => CheckKey::of_expectation(&name, column.as_deref(), kwargs),
            None => CheckKey::of_validator(&name, column.as_deref(), issue_type.as_deref()),
        };
        Ok(Some(Self { run_id: run_id.clone(), key, name, column, outcome, severity, count, message, duration }))
    }
}

impl CheckDetails {
    fn read<R: Read>(reader: &mut JsonReader<R>) -> Result<Self, JsonError> {
        let mut details = Self::default();
        if reader.peek()? != JsonKind::Object {
            reader.skip()?;
            return Ok(details);
        }
        reader.begin_object()?;
        while let Some(key) = reader.next_key()?.map(str::to_owned) {
            match (key.as_str(), reader.peek()?) {
                ("kwargs", JsonKind::Object) => details.kwargs = Some(reader.value()?),
                ("exception", kind) => {
                    details.has_exception = kind != JsonKind::Null;
                    reader.skip()?;
                }
                ("outcome", JsonKind::String) => {
                    let text = reader.string()?;
                    details.outcome = CheckOutcome::ALL.into_iter().find(|outcome| text == *outcome.name());
                }
                _ => reader.skip()?,
            }
        }
        Ok(details)
    }
}

fn string<R: Read>(reader: &mut JsonReader<R>) -> Result<Option<String>, JsonError> {
    Ok(reader.scalar_or_null()?.as_str().map(String::from))
}

fn milliseconds(value: &JsonValue) -> Option<Duration> {
    Duration::try_from_secs_f64(value.as_f64()? / 1_000.0).ok()
}
