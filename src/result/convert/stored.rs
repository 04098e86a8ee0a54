//! Writing a stored result.

use bytes::Bytes;

use crate::result::facts::{merged_tags, tags_of};
use crate::result::json::{Value, write};
use crate::result::{Document, Entry, Layout, Overrides, RunId, RunTime, Status};

/// A stored result in the making: what truthound's `ValidationResult` holds (`truthound/stores/results.py`).
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) run_id: Option<RunId>,
    pub(super) run_time: RunTime,
    pub(super) data_asset: String,
    pub(super) status: Status,
    /// The entries of `results`, each written already, because there may be very many.
    pub(super) results: Vec<Box<[u8]>>,
    pub(super) statistics: Statistics,
    pub(super) tags: Value,
    pub(super) metadata: Value,
    pub(super) suite_name: Value,
    pub(super) runtime_environment: Value,
}

/// The numbers of truthound's `ResultStatistics`. Counts of rows and columns are kept as they are spelled.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statistics {
    pub(super) total_validators: Value,
    pub(super) passed_validators: Value,
    pub(super) failed_validators: Value,
    pub(super) error_validators: Value,
    pub(super) total_rows: Value,
    pub(super) total_columns: Value,
    pub(super) total_issues: Value,
    /// Critical, high, medium and low ones.
    pub(super) issues: [Value; 4],
    pub(super) execution_time_ms: Value,
}

/// The severities that truthound knows, worst first.
pub(super) const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];

impl Default for Statistics {
    fn default() -> Self {
        let zero = || Value::from(0_u64);
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

impl Statistics {
    /// `part / whole`, or `none` where there is no whole.
    fn rate(part: &Value, whole: &Value, none: f64) -> Value {
        match (part.as_f64(), whole.as_f64()) {
            (Some(part), Some(whole)) if whole != 0.0 => (part / whole).into(),
            _ => none.into(),
        }
    }

    fn into_value(self) -> Value {
        let pass_rate = Self::rate(&self.passed_validators, &self.total_validators, 1.0);
        let issue_rate = Self::rate(&self.total_issues, &self.total_rows, 0.0);
        let [critical, high, medium, low] = self.issues;
        Value::object([
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

/// One entry of `results`: truthound's `ValidatorResult`.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) validator_name: Value,
    pub(super) success: bool,
    pub(super) column: Value,
    pub(super) issue_type: Value,
    pub(super) count: Value,
    pub(super) severity: Value,
    pub(super) message: Value,
    pub(super) details: Value,
    pub(super) execution_time_ms: Option<Value>,
}

impl Row {
    /// The entry as it will stand in the document.
    pub(super) fn written(self, layout: Layout) -> Box<[u8]> {
        let value = Value::object([
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
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        let _ = value.write_at(layout, 2, &mut bytes);
        bytes.into()
    }
}

impl Stored {
    /// The document, with what the caller says in the place of what it says itself.
    pub(super) fn into_document(self, run_id: RunId, overrides: &Overrides, layout: Layout) -> Document {
        let tags = merged_tags(&self.tags, &overrides.tags);
        let entry = Entry {
            run_id,
            run_time: self.run_time,
            data_asset: overrides.data_asset.clone().unwrap_or(self.data_asset),
            status: self.status,
            tags: tags_of(&tags),
        };
        let mut writer = Writer { bytes: b"{".to_vec(), layout, first: true };
        writer.member("run_id", &entry.run_id.as_str().into());
        writer.member("run_time", &entry.run_time.to_python_iso().into());
        writer.member("data_asset", &entry.data_asset.as_str().into());
        writer.member("status", &entry.status.name().into());
        writer.results(self.results);
        writer.member("statistics", &self.statistics.into_value());
        writer.member("tags", &tags);
        writer.member("metadata", &self.metadata);
        writer.member("suite_name", &self.suite_name);
        writer.member("runtime_environment", &self.runtime_environment);
        Document { entry, body: writer.finish().into() }
    }
}

/// Writes the members of a document one by one. Writing to memory does not fail.
struct Writer {
    bytes: Vec<u8>,
    layout: Layout,
    first: bool,
}

impl Writer {
    fn key(&mut self, key: &str) {
        let first = std::mem::replace(&mut self.first, false);
        let _ = write::separate(self.layout, 1, first, &mut self.bytes);
        self.bytes.extend_from_slice(format!("\"{key}\": ").as_bytes());
    }

    fn member(&mut self, key: &str, value: &Value) {
        self.key(key);
        let _ = value.write_at(self.layout, 1, &mut self.bytes);
    }

    fn results(&mut self, results: Vec<Box<[u8]>>) {
        self.key("results");
        self.bytes.reserve(results.iter().map(|result| result.len() + 8).sum());
        self.bytes.push(b'[');
        let empty = results.is_empty();
        for (index, result) in results.into_iter().enumerate() {
            let _ = write::separate(self.layout, 2, index == 0, &mut self.bytes);
            self.bytes.extend_from_slice(&result);
        }
        if !empty {
            let _ = write::break_line(self.layout, 1, &mut self.bytes);
        }
        self.bytes.push(b']');
    }

    fn finish(mut self) -> Bytes {
        let _ = write::break_line(self.layout, 0, &mut self.bytes);
        self.bytes.push(b'}');
        self.bytes.into()
    }
}
