//! The checks of one run, by their key.

use std::collections::{BTreeMap, HashMap};

use super::state::CheckState;
use crate::result::{Check, CheckCounts, CheckKey, CheckOutcome};

/// The checks of one run, ready to be compared.
#[derive(Clone, Debug, Default)]
pub struct RunChecks {
    checks: BTreeMap<CheckKey, CheckState>,
    /// The rows of each truthound validator.
    validators: HashMap<String, ValidatorRows>,
}

/// The kinds of rows that a run has of a truthound validator: one for each column in which it failed, or a single row,
/// without a column, if it passed or could not run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ValidatorRows {
    has_columns: bool,
    has_decided: bool,
    has_errored: bool,
}

impl ValidatorRows {
    /// Whether there are rows of columns.
    pub(super) fn has_columns(self) -> bool {
        self.has_columns
    }

    /// The outcome of the columns without a row. A validator that ran found nothing in them.
    pub(super) fn implied_outcome(self) -> Option<CheckOutcome> {
        if self.has_errored { Some(CheckOutcome::Errored) } else { self.has_decided.then_some(CheckOutcome::Passed) }
    }
}

impl RunChecks {
    /// Adds a check. Of two checks with one key, the worse counts.
    pub fn add(&mut self, check: Check) {
        if check.key.is_validator() {
            let rows = match self.validators.get_mut(&check.name) {
                Some(rows) => rows,
                None => self.validators.entry(check.name.clone()).or_default(),
            };
            rows.has_columns |= check.column.is_some();
            match check.outcome {
                CheckOutcome::Passed | CheckOutcome::Failed | CheckOutcome::Warned => rows.has_decided = true,
                CheckOutcome::Errored => rows.has_errored = true,
                CheckOutcome::Skipped => {}
            }
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

    /// The number of checks by their outcome, without rows of whole validators that rows of columns replace.
    pub fn counts(&self) -> CheckCounts {
        let mut counts = CheckCounts::default();
        self.iter().for_each(|(_, state)| counts.add(state.outcome));
        counts
    }

    /// The checks in the order of their keys, without the row of a whole validator that rows for columns replace.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&CheckKey, &CheckState)> {
        self.checks.iter().filter(|(key, _)| !self.replaces(key))
    }

    /// The keys of the checks, in order.
    pub fn keys(&self) -> impl Iterator<Item = &CheckKey> {
        self.checks.keys()
    }

    /// Whether the run has a row with this key that no rows for columns replace.
    pub(super) fn has_row(&self, key: &CheckKey) -> bool {
        self.checks.contains_key(key) && !self.replaces(key)
    }

    /// The state of the check with this key, if the run has it. A column of a truthound validator that ran, and has no row
    /// for it, has passed.
    pub(super) fn state(&self, key: &CheckKey) -> Option<CheckState> {
        self.checks.get(key).cloned().or_else(|| self.rows_of(key)?.implied_outcome().map(CheckState::without_finding))
    }

    /// Whether rows for columns say what the row without a column, `key`, would say of the whole validator.
    pub(super) fn replaces(&self, key: &CheckKey) -> bool {
        key.is_whole_validator() && self.rows_of(key).is_some_and(ValidatorRows::has_columns)
    }

    fn rows_of(&self, key: &CheckKey) -> Option<ValidatorRows> {
        self.validators.get(key.name()).copied().filter(|_| key.is_validator())
    }

    /// The rows by their key, and the kinds of rows of each truthound validator.
    pub(super) fn into_parts(self) -> (BTreeMap<CheckKey, CheckState>, HashMap<String, ValidatorRows>) {
        (self.checks, self.validators)
    }
}

impl Extend<Check> for RunChecks {
    fn extend<I: IntoIterator<Item = Check>>(&mut self, checks: I) {
        for check in checks {
            self.add(check);
        }
    }
}
