//! Checks and runs for tests.

use super::RunChecks;
use crate::result::json::JsonValue;
use crate::result::{Check, CheckKey, CheckOutcome, RunId};

/// The key of a check of a tool whose checks have arguments: each has a row in each run.
pub(super) fn expectation(name: &str) -> CheckKey {
    CheckKey::of_expectation(name, Some("id"), JsonValue::Object(Vec::new()))
}

/// A check without severity and message.
pub(super) fn check(key: CheckKey, outcome: CheckOutcome, count: u64) -> Check {
    Check {
        run_id: RunId::new("run").unwrap(),
        name: key.name().to_owned(),
        column: key.column().map(str::to_owned),
        key,
        outcome,
        severity: None,
        count,
        message: None,
        duration: None,
    }
}

/// A run of these checks.
pub(super) fn run(checks: impl IntoIterator<Item = Check>) -> RunChecks {
    let mut run = RunChecks::default();
    run.extend(checks);
    run
}
