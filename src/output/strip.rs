//! Outcomes as strips of signs, one sign per run.

use crate::result::CheckOutcome;

/// The signs of the outcomes in a strip. Each outcome has its own, so that a strip can be read without colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StripSigns {
    passed: char,
    failed: char,
}

impl StripSigns {
    /// The signs for terminals that show characters beyond ASCII, or for all others.
    pub fn new(is_unicode: bool) -> Self {
        if is_unicode { Self { passed: '·', failed: '×' } } else { Self { passed: '.', failed: 'x' } }
    }

    /// The signs of these outcomes; `None` for a run that does not have the check.
    pub fn strip(self, outcomes: impl IntoIterator<Item = Option<CheckOutcome>>) -> String {
        outcomes.into_iter().map(|outcome| self.sign(outcome)).collect()
    }

    /// The signs and their meaning, on one line.
    pub fn legend(self) -> String {
        let outcomes = CheckOutcome::ALL.map(|outcome| format!("{} {}", self.sign(Some(outcome)), outcome.name()));
        format!("{}, {} not in the run", outcomes.join(", "), self.sign(None))
    }

    fn sign(self, outcome: Option<CheckOutcome>) -> char {
        match outcome {
            Some(CheckOutcome::Passed) => self.passed,
            Some(CheckOutcome::Failed) => self.failed,
            Some(CheckOutcome::Warned) => 'w',
            Some(CheckOutcome::Errored) => 'E',
            Some(CheckOutcome::Skipped) => 's',
            None => '-',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_sign_of_its_own_of_one_column() {
        for is_unicode in [true, false] {
            let signs = StripSigns::new(is_unicode);
            let outcomes = CheckOutcome::ALL.into_iter().map(Some).chain([None]);
            let strip = signs.strip(outcomes);
            assert_eq!(unicode_width::UnicodeWidthStr::width(strip.as_str()), 6, "{strip}");
            let different: std::collections::BTreeSet<_> = strip.chars().collect();
            assert_eq!(different.len(), 6, "{strip}");
            assert_eq!(strip.is_ascii(), !is_unicode);
        }
        assert_eq!(
            StripSigns::new(true).legend(),
            "· passed, × failed, w warned, E errored, s skipped, - not in the run"
        );
    }
}
