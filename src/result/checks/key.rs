//! The identity of a check from run to run.

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

    /// Whether a passing check with the key `passing` says that this check passed too: it is the same check, or the
    /// columnless passing row of the same truthound validator.
    pub fn is_passed_by(&self, passing: &Self) -> bool {
        let is_validator = |key: &Self| matches!(key.condition, CheckCondition::IssueType(_));
        let is_whole_validator = passing.column.is_none() && is_validator(passing) && is_validator(self);
        self == passing || is_whole_validator && self.name == passing.name
    }
}
