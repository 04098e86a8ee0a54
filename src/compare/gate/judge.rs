//! The verdict on one run.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Serialize;

use super::max_age::age_words;
use super::options::GateOptions;
use crate::compare::{CheckChange, CheckState, RunChecks, Verdict, compare};
use crate::result::{CheckKey, CheckOutcome};

/// A run before the gate.
#[derive(Clone, Copy, Debug)]
pub struct GateRun<'a> {
    /// The time since the run.
    pub age: SignedDuration,
    /// The checks of the run; they may be missing if no rule judges them ([`GateOptions::judges_checks`]).
    pub checks: Option<&'a RunChecks>,
    /// The run that it is compared with, if there is one.
    pub baseline: Option<GateBaseline<'a>>,
}

/// The run that another one is compared with.
#[derive(Clone, Copy, Debug)]
pub struct GateBaseline<'a> {
    /// Its checks.
    pub checks: &'a RunChecks,
    /// Whether it is a run of another suite: then only checks that both have are compared, and none is gone.
    pub is_of_other_suite: bool,
}

/// A rule that a run can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GateRule {
    /// A check fails that did not fail in the baseline.
    NoNewFailures,
    /// Too many checks fail.
    MaxFailures,
    /// Too many checks could not run.
    MaxErrorChecks,
    /// Too few checks pass.
    MinPassRate,
    /// The run is too old.
    MaxAge,
}

impl GateRule {
    /// The option of the rule, without its dashes.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoNewFailures => "no-new-failures",
            Self::MaxFailures => "max-failures",
            Self::MaxErrorChecks => "max-error-checks",
            Self::MinPassRate => "min-pass-rate",
            Self::MaxAge => "max-age",
        }
    }
}

/// A rule that a run breaks, with one of the checks that break it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// The rule.
    pub rule: GateRule,
    /// The reason in words: `3 failures, at most 1`.
    pub reason: String,
    /// The check. `None` if the whole run breaks the rule.
    pub check: Option<BrokenCheck>,
}

/// A check that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenCheck {
    /// The key of the check.
    pub key: CheckKey,
    /// Its verdict against the baseline; `None` without one, or if that does not have the check and is of another
    /// suite.
    pub verdict: Option<Verdict>,
    /// The state in the run; `None` if the run does not have the check.
    pub state: Option<CheckState>,
    /// The state in the baseline.
    before: Option<CheckState>,
}

/// The rules that `run` breaks, one after the other, each with every check that breaks it. None if it passes.
///
/// - A check that failed or warned is a failure. One that errored or was skipped has neither failed nor passed.
/// - A check that is gone since the baseline is a failure, unless the options allow that. It is a new one unless it
///   failed there too.
/// - The pass rate is the share of the passed among the passed, the failures and the errored. Without any of them, the
///   run breaks the rule: nothing says that the data is good.
/// - A severity leaves out failures and errors that are less severe. It leaves out no check without a severity.
pub fn judge(run: &GateRun<'_>, options: &GateOptions) -> Vec<BrokenRule> {
    let mut broken = Vec::new();
    if let Some(checks) = run.checks {
        JudgedChecks::of(checks, run.baseline, options).judge(options, &mut broken);
    }
    if let Some(max_age) = options.max_age.as_ref().filter(|max_age| max_age.is_exceeded(run.age)) {
        let reason = format!("{} old, at most {max_age}", age_words(run.age));
        broken.push(BrokenRule { rule: GateRule::MaxAge, reason, check: None });
    }
    broken
}

/// The checks of a run by what the rules make of them.
#[derive(Default)]
struct JudgedChecks {
    passed: u64,
    /// The failed, and those that are gone.
    failures: Vec<BrokenCheck>,
    errored: Vec<BrokenCheck>,
}

impl JudgedChecks {
    fn of(checks: &RunChecks, baseline: Option<GateBaseline<'_>>, options: &GateOptions) -> Self {
        let changes = baseline.map_or_else(Vec::new, |baseline| {
            let tolerance = options.tolerance.unwrap_or_default();
            compare(baseline.checks, checks, tolerance, baseline.is_of_other_suite).changes
        });
        let mut judged = Self::default();
        let mut changes: BTreeMap<CheckKey, CheckChange> =
            changes.into_iter().map(|change| (change.key.clone(), change)).collect();
        for (key, state) in checks.iter() {
            let change = changes.remove(key);
            let list = match state.outcome {
                CheckOutcome::Passed => {
                    judged.passed += 1;
                    continue;
                }
                CheckOutcome::Skipped => continue,
                CheckOutcome::Failed | CheckOutcome::Warned => &mut judged.failures,
                CheckOutcome::Errored => &mut judged.errored,
            };
            if options.counts_severity(state.severity.as_deref()) {
                let (verdict, before) = change.map(|change| (change.verdict, change.before)).unzip();
                let before = before.flatten();
                list.push(BrokenCheck { key: key.clone(), verdict, state: Some(state.clone()), before });
            }
        }
        if !options.allows_gone() {
            let gone = changes.into_values().filter(|change| change.verdict == Verdict::Gone);
            let gone = gone.filter(|change| {
                options.counts_severity(change.before.as_ref().and_then(|state| state.severity.as_deref()))
            });
            judged.failures.extend(gone.map(|CheckChange { verdict, key, before, .. }| BrokenCheck {
                key,
                verdict: Some(verdict),
                state: None,
                before,
            }));
        }
        judged
    }

    fn judge(&self, options: &GateOptions, broken: &mut Vec<BrokenRule>) {
        if options.refuses_new_failures() {
            let new = self.failures.iter().filter_map(|check| Some((check, check.new_failure(options)?)));
            broken.extend(new.map(|(check, reason)| BrokenRule {
                rule: GateRule::NoNewFailures,
                reason,
                check: Some(check.clone()),
            }));
        }
        let each = |rule, reason: &str, checks: &[BrokenCheck]| {
            let of_check =
                |check: &BrokenCheck| BrokenRule { rule, reason: reason.to_owned(), check: Some(check.clone()) };
            checks.iter().map(of_check).collect::<Vec<_>>()
        };
        let (failures, errored) = (self.failures.len() as u64, self.errored.len() as u64);
        if let Some(most) = options.max_failures.filter(|most| failures > *most) {
            let reason = format!("{}, at most {most}", counted(failures, "failure"));
            broken.extend(each(GateRule::MaxFailures, &reason, &self.failures));
        }
        if let Some(most) = options.max_error_checks.filter(|most| errored > *most) {
            let reason = format!("{}, at most {most}", counted(errored, "errored check"));
            broken.extend(each(GateRule::MaxErrorChecks, &reason, &self.errored));
        }
        let total = self.passed + failures + errored;
        if let Some(least) = options.min_pass_rate.filter(|least| !least.is_met(self.passed, total)) {
            let rule = GateRule::MinPassRate;
            let reason = format!("{} of {} passed, at least {least}", self.passed, counted(total, "check"));
            let checks = [self.failures.as_slice(), &self.errored].concat();
            match checks.as_slice() {
                [] => broken.push(BrokenRule { rule, reason, check: None }),
                checks => broken.extend(each(rule, &reason, checks)),
            }
        }
    }
}

impl BrokenCheck {
    /// Why the failure is new, if it is: the check did not fail in the baseline, or is worse by more than is tolerated.
    fn new_failure(&self, options: &GateOptions) -> Option<String> {
        let failed_before = self.before.as_ref().is_some_and(CheckState::is_unmet);
        match self.verdict? {
            Verdict::Worse if options.tolerance.is_some() => {
                let before = self.before.as_ref().map(CheckState::words).unwrap_or_default();
                Some(format!("worse: it {before} before"))
            }
            Verdict::Gone if failed_before => None,
            verdict @ (Verdict::NewFailure | Verdict::Gone) => Some(verdict.words().to_owned()),
            _ => None,
        }
    }
}

/// `1 failure`, `2 failures`.
fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
