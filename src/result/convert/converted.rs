//! A converted result, and writing it as a stored result.

use std::io;

use super::written_entries::WrittenEntries;
use crate::result::json::{JsonValue, write};
use crate::result::tags::{merged_tags, tags_from_json};
use crate::result::{Body, Document, Entry, Layout, Overrides, RunId, RunTime, Severity, Status};

/// The fields of truthound's `ValidationResult` (`truthound/stores/results.py`).
#[derive(Debug)]
pub(in crate::result) struct ConvertedResult {
    pub(in crate::result) run_id: Option<RunId>,
    pub(in crate::result) run_time: RunTime,
    pub(in crate::result) data_asset: String,
    pub(in crate::result) status: Status,
    /// The entries of `results`.
    pub(in crate::result) results: WrittenEntries,
    pub(in crate::result) statistics: ResultStatistics,
    pub(in crate::result) tags: JsonValue,
    pub(in crate::result) metadata: JsonValue,
    pub(in crate::result) suite_name: JsonValue,
    pub(in crate::result) runtime_environment: JsonValue,
}

/// truthound's `ResultStatistics`. Counts of rows and columns keep their spelling.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::result) struct ResultStatistics {
    pub(in crate::result) total_validators: JsonValue,
    pub(in crate::result) passed_validators: JsonValue,
    pub(in crate::result) failed_validators: JsonValue,
    pub(in crate::result) error_validators: JsonValue,
    pub(in crate::result) total_rows: JsonValue,
    pub(in crate::result) total_columns: JsonValue,
    pub(in crate::result) total_issues: JsonValue,
    /// The number of critical, high, medium and low issues.
    pub(in crate::result) issues: [JsonValue; 4],
    pub(in crate::result) execution_time_ms: JsonValue,
}

/// truthound's severities, worst first.
pub(in crate::result) const SEVERITIES: [&str; 4] =
    [Severity::Critical.name(), Severity::High.name(), Severity::Medium.name(), Severity::Low.name()];

impl Default for ResultStatistics {
    fn default() -> Self {
        let zero = || JsonValue::from(0_u64);
        Self {
            total_validators: zero(),
            passed_validators: zero(),
            failed_validators: zero(),
            error_validators: zero(),
            total_rows: zero(),
            total_columns: zero(),
            total_issues: zero(),
            issues: [zero(), zero(), zero(), zero()],
            execution_time_ms: 0.0.into(),
        }
    }
}

impl ResultStatistics {
    /// `part / whole`, or `none` if `whole` is zero or not a number.
    fn rate(part: &JsonValue, whole: &JsonValue, none: f64) -> JsonValue {
        match (part.as_f64(), whole.as_f64()) {
            (Some(part), Some(whole)) if whole != 0.0 => (part / whole).into(),
            _ => none.into(),
        }
    }

    /// The statistics that a document of truthound gives; a missing number is 0.
    pub(in crate::result) fn given(statistics: &JsonValue) -> Self {
        let default = Self::default();
        let take = |key: &str, default: JsonValue| {
            statistics.get(key).filter(|value| value.as_number().is_some()).cloned().unwrap_or(default)
        };
        Self {
            total_validators: take("total_validators", default.total_validators),
            passed_validators: take("passed_validators", default.passed_validators),
            failed_validators: take("failed_validators", default.failed_validators),
            error_validators: take("error_validators", default.error_validators),
            total_rows: take("total_rows", default.total_rows),
            total_columns: take("total_columns", default.total_columns),
            total_issues: take("total_issues", default.total_issues),
            issues: SEVERITIES.map(|severity| take(&format!("{severity}_issues"), 0_u64.into())),
            execution_time_ms: take("execution_time_ms", default.execution_time_ms),
        }
    }

    fn into_value(self) -> JsonValue {
        let pass_rate = Self::rate(&self.passed_validators, &self.total_validators, 1.0);
        let issue_rate = Self::rate(&self.total_issues, &self.total_rows, 0.0);
        let [critical, high, medium, low] = self.issues;
        JsonValue::object([
            ("total_validators", self.total_validators),
            ("passed_validators", self.passed_validators),
            ("failed_validators", self.failed_validators),
            ("error_validators", self.error_validators),
            ("total_rows", self.total_rows),
            ("total_columns", self.total_columns),
            ("total_issues", self.total_issues),
            ("critical_issues", critical),
            ("high_issues", high),
            ("medium_issues", medium),
            ("low_issues", low),
            ("execution_time_ms", self.execution_time_ms),
            ("pass_rate", pass_rate),
            ("issue_rate", issue_rate),
        ])
    }
}

/// A count as JSON.
pub(in crate::result) fn count_value(count: usize) -> JsonValue {
    (count as u64).into()
}

/// One entry of `results`: truthound's `ValidatorResult`.
#[derive(Debug, Default)]
pub(in crate::result) struct ValidatorEntry {
    pub(in crate::result) validator_name: JsonValue,
    pub(in crate::result) success: bool,
    pub(in crate::result) column: JsonValue,
    pub(in crate::result) issue_type: JsonValue,
    pub(in crate::result) count: JsonValue,
    pub(in crate::result) severity: JsonValue,
    pub(in crate::result) message: JsonValue,
    pub(in crate::result) details: JsonValue,
    pub(in crate::result) execution_time_ms: Option<JsonValue>,
}

impl ValidatorEntry {
    /// The entry as it is written into the document.
    pub(in crate::result) fn written(self, layout: Layout) -> Box<[u8]> {
        let value = JsonValue::object([
            ("validator_name", self.validator_name),
            ("success", self.success.into()),
            ("column", self.column),
            ("issue_type", self.issue_type),
            ("count", self.count),
            ("severity", self.severity),
            ("message", self.message),
            ("details", self.details),
            ("execution_time_ms", self.execution_time_ms.unwrap_or_else(|| 0.0.into())),
        ]);
        value.written_at(layout, 2)
    }
}

impl ConvertedResult {
    /// The document, with the caller's values over its own.
    ///
    /// # Errors
    /// If the temporary file of a large document cannot be written.
    pub(in crate::result) fn into_document(
        self,
        run_id: RunId,
        overrides: &Overrides,
        layout: Layout,
    ) -> io::Result<Document> {
        let tags = merged_tags(&self.tags, &overrides.tags);
        let entry = Entry {
            run_id,
            run_time: overrides.run_time.unwrap_or(self.run_time),
            data_asset: overrides.data_asset.clone().unwrap_or(self.data_asset),
            status: self.status,
            tags: tags_from_json(&tags),
            revision: None,
        };
        let mut writer = MemberWriter { body: Body::default(), bytes: b"{".to_vec(), layout, first: true };
        writer.member("run_id", &entry.run_id.as_str().into());
        writer.member("run_time", &entry.run_time.to_python_iso().into());
        writer.member("data_asset", &entry.data_asset.as_str().into());
        writer.member("status", &entry.status.name().into());
        writer.results(self.results)?;
        writer.member("statistics", &self.statistics.into_value());
        writer.member("tags", &tags);
        writer.member("metadata", &self.metadata);
        writer.member("suite_name", &self.suite_name);
        writer.member("runtime_environment", &self.runtime_environment);
        Ok(Document { entry, body: writer.finish() })
    }
}

/// Writes the members of a document one by one. Writing to memory cannot fail.
struct MemberWriter {
    /// The bytes before `bytes`.
    body: Body,
    bytes: Vec<u8>,
    layout: Layout,
    first: bool,
}

impl MemberWriter {
    fn key(&mut self, key: &str) {
        let first = std::mem::replace(&mut self.first, false);
        let _ = write::separate(self.layout, 1, first, &mut self.bytes);
        self.bytes.extend_from_slice(format!("\"{key}\": ").as_bytes());
    }

    fn member(&mut self, key: &str, value: &JsonValue) {
        self.key(key);
        let _ = value.write_at(self.layout, 1, &mut self.bytes);
    }

    fn results(&mut self, results: WrittenEntries) -> io::Result<()> {
        self.key("results");
        self.bytes.push(b'[');
        let is_empty = results.is_empty();
        self.body.push_bytes(std::mem::take(&mut self.bytes));
        self.body.append(results.into_text()?);
        if !is_empty {
            let _ = write::break_line(self.layout, 1, &mut self.bytes);
        }
        self.bytes.push(b']');
        Ok(())
    }

    fn finish(mut self) -> Body {
        let _ = write::break_line(self.layout, 0, &mut self.bytes);
        self.bytes.push(b'}');
        self.body.push_bytes(self.bytes);
        self.body
    }
}
