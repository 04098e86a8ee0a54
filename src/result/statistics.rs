//! The numbers of a stored result.

use std::io::Read;

use crate::result::json::{JsonError, JsonReader};

/// The numbers of a stored result: truthound's `ResultStatistics`. A number that the document leaves out is 0.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct Statistics {
    pub total_validators: u64,
    pub passed_validators: u64,
    pub failed_validators: u64,
    pub error_validators: u64,
    pub total_rows: u64,
    pub total_columns: u64,
    pub total_issues: u64,
    pub critical_issues: u64,
    pub high_issues: u64,
    pub medium_issues: u64,
    pub low_issues: u64,
    /// In milliseconds.
    pub execution_time_ms: f64,
}

impl Statistics {
    /// Reads the object that comes next.
    ///
    /// # Errors
    /// If it is not JSON.
    pub(super) fn read<R: Read>(reader: &mut JsonReader<R>) -> Result<Self, JsonError> {
        let mut statistics = Self::default();
        reader.begin_object()?;
        while let Some(key) = reader.next_key()? {
            let count = match key {
                "total_validators" => &mut statistics.total_validators,
                "passed_validators" => &mut statistics.passed_validators,
                "failed_validators" => &mut statistics.failed_validators,
                "error_validators" => &mut statistics.error_validators,
                "total_rows" => &mut statistics.total_rows,
                "total_columns" => &mut statistics.total_columns,
                "total_issues" => &mut statistics.total_issues,
                "critical_issues" => &mut statistics.critical_issues,
                "high_issues" => &mut statistics.high_issues,
                "medium_issues" => &mut statistics.medium_issues,
                "low_issues" => &mut statistics.low_issues,
                "execution_time_ms" => {
                    let time = reader.scalar_or_null()?.as_f64().filter(|time| time.is_finite());
                    statistics.execution_time_ms = time.unwrap_or(0.0);
                    continue;
                }
                _ => {
                    reader.skip()?;
                    continue;
                }
            };
            *count = reader.scalar_or_null()?.as_u64().unwrap_or(0);
        }
        Ok(statistics)
    }
}
