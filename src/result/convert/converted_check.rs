//! The checks of a converted result.

use std::time::Duration;

use super::converted::{ConvertedResult, ResultStatistics, SEVERITIES, ValidatorEntry, count_value};
use super::written_entries::WrittenEntries;
use crate::result::checks::{CheckCounts, CheckOutcome};
use crate::result::json::JsonValue;
use crate::result::{Layout, RunId, RunTime, Status};

/// A check of another tool.
#[derive(Debug)]
pub(in crate::result) struct ConvertedCheck {
    /// The name of the check, without the arguments that it is called with.
    pub(in crate::result) name: String,
    /// The column, or the columns separated by commas.
    pub(in crate::result) column: Option<String>,
    /// The kind of finding, of a check that can find several. `None` is the name of the check.
    pub(in crate::result) issue_type: Option<String>,
    pub(in crate::result) outcome: CheckOutcome,
    /// The number of values or rows that were found wrong.
    pub(in crate::result) count: u64,
    pub(in crate::result) message: Option<String>,
    /// The arguments, which tell the check apart from others of its name and column in every run. An object, or null.
    pub(in crate::result) kwargs: JsonValue,
    /// Other members of `details`. Those that are null are left out.
    pub(in crate::result) details: Vec<(&'static str, JsonValue)>,
    pub(in crate::result) duration: Option<Duration>,
}

/// The place in [`SEVERITIES`] of a check with this outcome, if it is a finding: medium for one that only warns, else high.
fn severity(outcome: CheckOutcome) -> Option<usize> {
    outcome.is_finding().then_some(if outcome == CheckOutcome::Warned { 2 } else { 1 })
}

impl ConvertedCheck {
    /// A check with this outcome.
    pub(in crate::result) fn new(name: impl Into<String>, outcome: CheckOutcome) -> Self {
        Self {
            name: name.into(),
            column: None,
            issue_type: None,
            outcome,
            count: 0,
            message: None,
            kwargs: JsonValue::Null,
            details: Vec::new(),
            duration: None,
        }
    }
}

/// The checks of one converted result.
#[derive(Debug)]
pub(in crate::result) struct ConvertedChecks {
    layout: Layout,
    results: WrittenEntries,
    counts: CheckCounts,
    issues: [usize; SEVERITIES.len()],
    duration: Duration,
}

/// The facts of a converted result besides its checks.
#[derive(Debug)]
pub(in crate::result) struct ConvertedFacts {
    /// The run id. `None` derives one from the content.
    pub(in crate::result) run_id: Option<RunId>,
    pub(in crate::result) run_time: RunTime,
    pub(in crate::result) data_asset: String,
    /// The suite: what the checks were grouped in.
    pub(in crate::result) suite_name: Option<String>,
    pub(in crate::result) tags: Vec<(&'static str, String)>,
    /// The name of the tool, and what it says beyond the checks: an object that goes into `metadata`.
    pub(in crate::result) tool: (&'static str, JsonValue),
    /// The number of rows of the data.
    pub(in crate::result) rows: Option<u64>,
    /// The number of columns of the data.
    pub(in crate::result) columns: Option<u64>,
}

impl ConvertedChecks {
    /// No checks yet. They are written in this layout.
    pub(in crate::result) fn new(layout: Layout) -> Self {
        Self {
            layout,
            results: WrittenEntries::default(),
            counts: CheckCounts::default(),
            issues: [0; SEVERITIES.len()],
            duration: Duration::ZERO,
        }
    }

    /// Adds a check. An outcome that `success` does not tell goes into `details.outcome`.
    pub(in crate::result) fn push(&mut self, check: ConvertedCheck) {
        let ConvertedCheck { name, column, issue_type, outcome, count, message, kwargs, details, duration } = check;
        self.counts.add(outcome);
        let severity = severity(outcome);
        if let Some(issues) = severity.and_then(|severity| self.issues.get_mut(severity)) {
            *issues += 1;
        }
        self.duration += duration.unwrap_or_default();
        let told = matches!(outcome, CheckOutcome::Passed | CheckOutcome::Failed);
        let outcome_name = (!told).then(|| outcome.name());
        let own = [("kwargs", kwargs), ("outcome", outcome_name.into())];
        let details = own.into_iter().chain(details).filter(|(_, value)| !value.is_null());
        let entry = ValidatorEntry {
            validator_name: name.as_str().into(),
            success: outcome == CheckOutcome::Passed,
            column: column.into(),
            issue_type: issue_type.unwrap_or(name).into(),
            count: count.into(),
            severity: severity.and_then(|severity| SEVERITIES.get(severity).copied()).into(),
            message: message.into(),
            details: JsonValue::object(details),
            execution_time_ms: duration.map(|duration| (duration.as_secs_f64() * 1_000.0).into()),
        };
        self.results.push(&entry.written(self.layout), self.layout);
    }

    /// Whether there is no check.
    pub(in crate::result) fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    /// The worst outcome decides: error, failure, warning. Checks that were all skipped are a warning, too.
    fn status(&self) -> Status {
        let has = |outcome| self.counts.of(outcome) > 0;
        if has(CheckOutcome::Errored) {
            Status::Error
        } else if has(CheckOutcome::Failed) {
            Status::Failure
        } else if has(CheckOutcome::Warned) || has(CheckOutcome::Skipped) && !has(CheckOutcome::Passed) {
            Status::Warning
        } else {
            Status::Success
        }
    }

    /// The result with these checks.
    pub(in crate::result) fn into_result(self, facts: ConvertedFacts) -> ConvertedResult {
        let count = |outcome| JsonValue::from(self.counts.of(outcome));
        let statistics = ResultStatistics {
            total_validators: self.counts.total().into(),
            passed_validators: count(CheckOutcome::Passed),
            failed_validators: self.counts.failing().into(),
            error_validators: count(CheckOutcome::Errored),
            total_rows: facts.rows.unwrap_or_default().into(),
            total_columns: facts.columns.unwrap_or_default().into(),
            total_issues: count_value(self.issues.iter().sum()),
            issues: self.issues.map(count_value),
            execution_time_ms: (self.duration.as_secs_f64() * 1_000.0).into(),
        };
        let tags = facts.tags.into_iter().map(|(key, value)| (key, JsonValue::from(value)));
        ConvertedResult {
            run_id: facts.run_id,
            run_time: facts.run_time,
            data_asset: facts.data_asset,
            status: self.status(),
            results: self.results,
            statistics,
            tags: JsonValue::object(tags),
            metadata: JsonValue::object([facts.tool]),
            suite_name: facts.suite_name.into(),
            runtime_environment: JsonValue::Object(Vec::new()),
        }
    }
}
