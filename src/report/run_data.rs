//! The data of a run: its checks, in a file beside its page, from which the page of the data asset is made.
//!
//! One JSON object in a line: the checks, the suite, and the end. A file that was cut short has no end.

use std::borrow::Cow;
use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};

use super::page_stamp::PageStamp;
use crate::compare::RunChecks;
use crate::result::json::JsonValue;
use crate::result::{Check, CheckCounts, CheckKey, CheckOutcome, RunId};

/// A line of the data.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataLine<'a> {
    /// A check.
    #[serde(borrow)]
    Check(DataCheck<'a>),
    /// The name of the suite.
    #[serde(borrow)]
    Suite(Cow<'a, str>),
    /// The last line.
    End(RunDataEnd),
}

/// A check in the data.
#[derive(Debug, Serialize, Deserialize)]
pub struct DataCheck<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    column: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    issue_type: Option<Cow<'a, str>>,
    /// Canonical JSON, as text: Python's dialect has numbers that serde_json would change.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    kwargs: Option<Cow<'a, str>>,
    outcome: CheckOutcome,
    #[serde(default, skip_serializing_if = "is_zero")]
    count: u64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    severity: Option<Cow<'a, str>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The end of the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDataEnd {
    stamp: String,
    /// The number of checks by their outcome.
    pub counts: CheckCounts,
}

impl<'a> DataLine<'a> {
    /// The line of a check.
    pub fn of(check: &'a Check) -> Self {
        let borrowed = |text: &'a str| Cow::Borrowed(text);
        Self::Check(DataCheck {
            name: borrowed(&check.name),
            column: check.column.as_deref().map(borrowed),
            issue_type: check.key.issue_type().map(borrowed),
            kwargs: check.key.kwargs().map(borrowed),
            outcome: check.outcome,
            count: check.count,
            severity: check.severity.as_deref().map(borrowed),
        })
    }

    /// The line as text.
    pub fn to_text(&self) -> String {
        // Strings and numbers always serialize.
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl RunDataEnd {
    /// The number of bytes of a file that hold its end.
    pub const TAIL: u64 = 512;

    /// The end of the data beside the page with this stamp.
    pub fn new(stamp: &PageStamp, counts: CheckCounts) -> Self {
        Self { stamp: stamp.as_str().to_owned(), counts }
    }

    /// Reads the end in `tail`, the last bytes of the data; `None` if the data have none or were cut short.
    pub fn in_tail(tail: &[u8]) -> Option<Self> {
        let line = tail.strip_suffix(b"\n")?.rsplit(|byte| *byte == b'\n').next()?;
        match serde_json::from_slice(line) {
            Ok(DataLine::End(end)) => Some(end),
            _ => None,
        }
    }

    /// Whether the page of the run has this stamp.
    pub fn has_stamp(&self, stamp: &PageStamp) -> bool {
        self.stamp == stamp.as_str()
    }
}

/// Reads the checks and the name of the suite from the data of a run.
///
/// # Errors
/// If they cannot be read, or are not such data.
pub fn read_run_data(mut data: impl BufRead, run_id: &RunId) -> io::Result<(RunChecks, Option<String>)> {
    let (mut checks, mut suite) = (RunChecks::default(), None);
    let mut line = String::new();
    loop {
        line.clear();
        if data.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match serde_json::from_str(&line)? {
            DataLine::Check(check) => checks.add(check.into_check(run_id)?),
            DataLine::Suite(name) => suite = Some(name.into_owned()),
            DataLine::End(_) => return Ok((checks, suite)),
        }
    }
}

impl DataCheck<'_> {
    fn into_check(self, run_id: &RunId) -> io::Result<Check> {
        let Self { name, column, issue_type, kwargs, outcome, count, severity } = self;
        let key = match kwargs {
            None => CheckKey::of_validator(&name, column.as_deref(), issue_type.as_deref()),
            Some(kwargs) => {
                let kwargs = JsonValue::parse_str(&kwargs).map_err(|error| io::Error::other(error.to_string()))?;
                CheckKey::of_expectation(&name, column.as_deref(), kwargs)
            }
        };
        Ok(Check {
            run_id: run_id.clone(),
            key,
            name: name.into_owned(),
            column: column.map(Cow::into_owned),
            outcome,
            severity: severity.map(Cow::into_owned),
            count,
            message: None,
            duration: None,
        })
    }
}
