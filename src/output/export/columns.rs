//! The columns of an export with rows. All formats with rows have the same.

use super::run::ExportedCheck;
use crate::result::ResultFacts;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: ColumnKind,
}

impl Column {
    const fn new(name: &'static str, kind: ColumnKind) -> Self {
        Self { name, kind }
    }
}

/// The values that a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Text,
    OptionalText,
    Time,
    Integer,
    OptionalInteger,
    OptionalReal,
}

impl ColumnKind {
    /// Whether a value may be missing.
    pub(super) fn is_optional(self) -> bool {
        matches!(self, Self::OptionalText | Self::OptionalInteger | Self::OptionalReal)
    }
}

/// The columns, in order. Names that SQL reserves, such as `column`, are avoided.
pub(super) const COLUMNS: [Column; 15] = [
    Column::new("run_id", ColumnKind::Text),
    Column::new("run_time", ColumnKind::Time),
    Column::new("data_asset", ColumnKind::Text),
    Column::new("status", ColumnKind::Text),
    Column::new("tags", ColumnKind::Text),
    Column::new("suite_name", ColumnKind::OptionalText),
    Column::new("total_rows", ColumnKind::OptionalInteger),
    Column::new("check_key", ColumnKind::Text),
    Column::new("check_name", ColumnKind::Text),
    Column::new("column_name", ColumnKind::OptionalText),
    Column::new("outcome", ColumnKind::Text),
    Column::new("severity", ColumnKind::OptionalText),
    Column::new("count", ColumnKind::Integer),
    Column::new("message", ColumnKind::OptionalText),
    Column::new("execution_time_ms", ColumnKind::OptionalReal),
];

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ColumnValue<'a> {
    Null,
    /// Foreign text, or a name.
    Text(&'a str),
    /// A JSON value.
    Json(&'a str),
    Time {
        /// RFC 3339, in UTC.
        text: &'a str,
        /// Microseconds since 1970.
        microsecond: i64,
    },
    Integer(u64),
    Real(f64),
}

impl<'a> From<Option<&'a str>> for ColumnValue<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// The values that all rows of a run have in common.
pub(super) struct RunColumns<'a> {
    facts: &'a ResultFacts,
    /// RFC 3339, in UTC.
    run_time: String,
    /// JSON.
    tags: String,
}

impl<'a> RunColumns<'a> {
    pub(super) fn new(facts: &'a ResultFacts) -> Self {
        let run_time = facts.entry.run_time.instant().to_string();
        // Texts by text always serialize.
        Self { facts, run_time, tags: serde_json::to_string(&facts.entry.tags).unwrap_or_default() }
    }

    /// The values of the row of a check, in the order of [`COLUMNS`].
    pub(super) fn row(&'a self, check: &'a ExportedCheck) -> [ColumnValue<'a>; COLUMNS.len()] {
        let ResultFacts { entry, suite_name, statistics } = self.facts;
        #[expect(clippy::cast_precision_loss, reason = "a time need not be exact to the nanosecond")]
        let milliseconds = check.duration.map(|duration| duration.as_nanos() as f64 / 1e6);
        [
            ColumnValue::Text(entry.run_id.as_str()),
            ColumnValue::Time { text: &self.run_time, microsecond: entry.run_time.instant().as_microsecond() },
            ColumnValue::Text(&entry.data_asset),
            ColumnValue::Text(entry.status.name()),
            ColumnValue::Json(&self.tags),
            suite_name.as_deref().into(),
            statistics.as_ref().map_or(ColumnValue::Null, |numbers| ColumnValue::Integer(numbers.total_rows)),
            ColumnValue::Json(&check.key),
            ColumnValue::Text(&check.name),
            check.column.as_deref().into(),
            ColumnValue::Text(check.outcome.name()),
            check.severity.as_deref().into(),
            ColumnValue::Integer(check.count),
            check.message.as_deref().into(),
            milliseconds.map_or(ColumnValue::Null, ColumnValue::Real),
        ]
    }
}
