//! The checks of one run, by their key.

use std::collections::{BTreeMap, HashSet};

use super::state::CheckState;
use crate::result::{Check, CheckKey, CheckOutcome};

/// The checks of one run, ready to be compared.
#[derive(Clone, Debug, Default)]
pub struct RunChecks {
    checks: BTreeMap<CheckKey, CheckState>,
    /// The truthound validators that passed in all columns. They have a single row, without a column.
    passed_validators: HashSet<String>,
    /// The truthound validators with a row for a column.
    validators_with_columns: HashSet<String>,
}

impl RunChecks {
    /// Adds a check. Of two checks with one key, the worse counts.
    pub fn add(&mut self, check: Check) {
        if check.key.is_whole_validator() && check.outcome == CheckOutcome::Passed {
            self.passed_validators.insert(check.name.clone());
        } else if check.key.is_validator() && check.column.is_some() {
            self.validators_with_columns.insert(check.name.clone());
        }
        let Check { key, outcome, count, severity, message, .. } = check;
        let state = CheckState { outcome, count, severity, message };
        let present = self.checks.entry(key).or_insert_with(|| state.clone());
        if state.rank() > present.rank() {
            *present = state;
        }
    }

    /// The number of checks.
    pub fn len(&self) -> usize {
        self.checks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// The keys of the checks, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &CheckKey> {
        self.checks.keys()
    }

    /// The state of the check with this key, if the run has it. A column of a truthound validator that passed as a whole
    /// has passed.
    pub(super) fn state(&self, key: &CheckKey) -> Option<CheckState> {
        let passed = || key.is_validator() && self.passed_validators.contains(key.name());
        self.checks.get(key).cloned().or_else(|| passed().then(CheckState::passed))
    }

    /// Whether rows for columns say what the row without a column, `key`, would say of the whole validator.
    pub(super) fn replaces(&self, key: &CheckKey) -> bool {
        key.is_whole_validator() && self.validators_with_columns.contains(key.name())
    }
}

impl Extend<Check> for RunChecks {
    fn extend<I: IntoIterator<Item = Check>>(&mut self, checks: I) {
        for check in checks {
            self.add(check);
        }
    }
}
