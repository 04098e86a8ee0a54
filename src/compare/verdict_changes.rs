//! The runs in which a check changed its verdict.

use std::collections::BTreeMap;

use super::run_checks::RunChecks;
use crate::result::{CheckKey, CheckOutcome};

/// Finds the runs in which a check changed its verdict, run by run. Memory holds the last verdict of each check that did not
/// pass, however many runs there are.
///
/// A check that was not run, or that a run lacks, has no verdict there and keeps its last one. A check without a verdict so
/// far counts as passed, so that it changes when it first fails. Therefore a run without a change can be left out without
/// effect on the later ones.
#[derive(Clone, Debug, Default)]
pub struct VerdictChanges {
    /// The last verdict of each check, if it is another than passed.
    last: BTreeMap<CheckKey, CheckOutcome>,
    has_run: bool,
}

impl VerdictChanges {
    /// Adds the next run, which is newer than those before. Returns whether a check changed its verdict in it; the first run
    /// counts as a change.
    pub fn add(&mut self, checks: &RunChecks) -> bool {
        let mut changed = Vec::new();
        let mut note = |key: &CheckKey, outcome| {
            let last = self.last.get(key).copied().unwrap_or(CheckOutcome::Passed);
            if outcome != CheckOutcome::Skipped && outcome != last {
                changed.push((key.clone(), outcome));
            }
        };
        checks.iter().for_each(|(key, state)| note(key, state.outcome));
        // A column of a truthound validator that passes again has no row of its own.
        let without_row = self.last.keys().filter(|key| !checks.has_row(key));
        without_row.filter_map(|key| Some((key, checks.state(key)?))).for_each(|(key, state)| note(key, state.outcome));
        let has_changed = !changed.is_empty() || !self.has_run;
        self.has_run = true;
        for (key, outcome) in changed {
            match outcome {
                CheckOutcome::Passed => drop(self.last.remove(&key)),
                outcome => drop(self.last.insert(key, outcome)),
            }
        }
        has_changed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compare::testing::{check, expectation, run};

    /// The places of the runs in which a check changed.
    fn changes(runs: &[RunChecks]) -> Vec<usize> {
        let mut changes = VerdictChanges::default();
        runs.iter().enumerate().filter_map(|(place, run)| changes.add(run).then_some(place)).collect()
    }

    /// A run of checks that are called `a`, `b` and so on; `-` for one that it lacks.
    fn run_of(outcomes: &str) -> RunChecks {
        run(outcomes.chars().zip('a'..).filter_map(|(outcome, name)| {
            let outcome = match outcome {
                'p' => CheckOutcome::Passed,
                'f' => CheckOutcome::Failed,
                'w' => CheckOutcome::Warned,
                'e' => CheckOutcome::Errored,
                's' => CheckOutcome::Skipped,
                _ => return None,
            };
            Some(check(expectation(&name.to_string()), outcome, 0))
        }))
    }

    #[test]
    fn a_run_with_another_verdict_than_the_last_is_a_change() {
        let of = |runs: &[&str]| changes(&runs.iter().map(|run| run_of(run)).collect::<Vec<_>>());
        assert_eq!(of(&["pp", "pp", "pf", "pf", "pp", "pp"]), [0, 2, 4]);
        assert_eq!(of(&["f", "f", "w", "e", "e", "p"]), [0, 2, 3, 5]);
        // A check that is skipped or missing keeps its verdict, and a new one that passes has none to change.
        assert_eq!(of(&["f", "s", "-", "f", "p"]), [0, 4]);
        assert_eq!(of(&["p", "pp", "p", "pf", "p-", "-f"]), [0, 3]);
    }

    #[test]
    fn a_validator_that_passes_again_changes_its_columns() {
        let of = |column: Option<&str>, outcome| {
            let key = CheckKey::of_validator("unique", column, column);
            run([check(key, outcome, 0)])
        };
        let passed = || of(None, CheckOutcome::Passed);
        let runs =
            [passed(), passed(), of(Some("id"), CheckOutcome::Failed), of(Some("id"), CheckOutcome::Failed), passed()];
        assert_eq!(changes(&runs), [0, 2, 4]);
    }

    proptest! {
        #[test]
        fn runs_without_a_change_can_be_left_out(runs in proptest::collection::vec("[pfwes-]{3}", 0..12)) {
            let runs: Vec<RunChecks> = runs.iter().map(|run| run_of(run)).collect();
            let kept: Vec<RunChecks> = changes(&runs).into_iter().map(|place| runs[place].clone()).collect();
            prop_assert_eq!(changes(&kept).len(), kept.len());
        }
    }
}
