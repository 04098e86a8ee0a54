//! The identity of a check from run to run.

use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::result::Layout;
use crate::result::json::JsonValue;

/// The key of a check: equal in two runs of the same suite on the same data asset if and only if it is the same check.
///
/// - **truthound**: validator, column and issue type. truthound writes one row for each column in which a validator
///   failed, and a single row, without a column and with the validator's name as issue type, for a validator that
///   passed. So a check that fails in one run and passes in the next has two keys: the failing rows
///   `(null, email, null)` and `(null, age, null)`, and the passing row `(null, none, null)`. A comparison treats the
///   passing row as the result of all columns: see [`is_passed_by`](Self::is_passed_by).
/// - **Great Expectations**: expectation type, column and kwargs. The kwargs are canonical: keys sorted, strings in one
///   spelling, numbers as written. `batch_id` is left out, because it names the data and not the check. The entry's id
///   is left out, because every context gives a new one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckKey {
    name: String,
    column: Option<String>,
    condition: CheckCondition,
}

/// The tested condition, as far as name and column leave it open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum CheckCondition {
    IssueType(Option<String>),
    /// Canonical JSON.
    Kwargs(String),
}

impl CheckKey {
    /// The key of a row of truthound.
    pub fn of_validator(validator: &str, column: Option<&str>, issue_type: Option<&str>) -> Self {
        Self {
            name: validator.to_owned(),
            column: column.map(str::to_owned),
            condition: CheckCondition::IssueType(issue_type.map(str::to_owned)),
        }
    }

    /// The key of an expectation of Great Expectations.
    pub fn of_expectation(expectation_type: &str, column: Option<&str>, mut kwargs: JsonValue) -> Self {
        kwargs.remove("batch_id");
        kwargs.make_canonical();
        Self {
            name: expectation_type.to_owned(),
            column: column.map(str::to_owned),
            condition: CheckCondition::Kwargs(kwargs.to_text(Layout::Compact)),
        }
    }

    /// The validator, or the expectation type.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The column. `None` for a check of the whole table, and for a passing row of truthound.
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// The issue type of a row of truthound.
    pub fn issue_type(&self) -> Option<&str> {
        match &self.condition {
            CheckCondition::IssueType(issue_type) => issue_type.as_deref(),
            CheckCondition::Kwargs(_) => None,
        }
    }

    /// The canonical kwargs of an expectation, as JSON.
    pub fn kwargs(&self) -> Option<&str> {
        match &self.condition {
            CheckCondition::IssueType(_) => None,
            CheckCondition::Kwargs(kwargs) => Some(kwargs),
        }
    }

    /// Whether it is a row of truthound, which has no arguments.
    pub fn is_validator(&self) -> bool {
        matches!(self.condition, CheckCondition::IssueType(_))
    }

    /// Whether it is the row of truthound for all columns of a validator.
    pub fn is_whole_validator(&self) -> bool {
        self.is_validator() && self.column.is_none()
    }

    /// Whether a passing check with the key `passing` says that this check passed too: it is the same check, or the
    /// columnless passing row of the same truthound validator.
    pub fn is_passed_by(&self, passing: &Self) -> bool {
        self == passing || self.is_validator() && passing.is_whole_validator() && self.name == passing.name
    }
}

impl fmt::Display for CheckKey {
    /// The name, with the column in brackets: `unique[id]`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        self.column.as_ref().map_or(Ok(()), |column| write!(formatter, "[{column}]"))
    }
}

impl Serialize for CheckKey {
    /// An object of name, column, and issue type or kwargs.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("CheckKey", 3)?;
        members.serialize_field("name", &self.name)?;
        members.serialize_field("column", &self.column)?;
        match &self.condition {
            CheckCondition::IssueType(issue_type) => members.serialize_field("issue_type", issue_type)?,
            CheckCondition::Kwargs(kwargs) => match serde_json::from_str::<serde_json::Value>(kwargs) {
                Ok(kwargs) => members.serialize_field("kwargs", &kwargs)?,
                // Python's dialect has numbers that serde_json lacks.
                Err(_) => members.serialize_field("kwargs", kwargs)?,
            },
        }
        members.end()
    }
}
