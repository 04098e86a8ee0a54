//! Verdicts of a gate.

use jiff::SignedDuration;

use super::*;
use crate::compare::testing::{self, expectation, run};
use crate::compare::{RunChecks, Tolerance};
use crate::result::{Check, CheckOutcome, Severity};

/// A check with this outcome, count and severity.
fn check(name: &str, outcome: CheckOutcome, count: u64, severity: Option<&str>) -> Check {
    Check { severity: severity.map(str::to_owned), ..testing::check(expectation(name), outcome, count) }
}

/// Checks called a, b, c, ... with these outcomes.
fn outcomes(outcomes: &[CheckOutcome]) -> RunChecks {
    run(outcomes.iter().zip('a'..).map(|(outcome, name)| check(&name.to_string(), *outcome, 1, None)))
}

/// The broken rules with their checks.
fn verdict(before: Option<&RunChecks>, now: &RunChecks, options: &GateOptions) -> Vec<(&'static str, String, String)> {
    let baseline = before.map(|checks| GateBaseline { checks, is_of_other_suite: false });
    let broken = judge(&GateRun { age: SignedDuration::ZERO, checks: Some(now), baseline }, options);
    let check = |check: Option<BrokenCheck>| check.map(|check| check.key.name().to_owned()).unwrap_or_default();
    broken.into_iter().map(|broken| (broken.rule.name(), check(broken.check), broken.reason)).collect()
}

/// The checks that break the only rule.
fn refused(before: Option<&RunChecks>, now: &RunChecks, options: &GateOptions) -> String {
    verdict(before, now, options).into_iter().map(|(_, check, _)| check).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_outcome_before_and_now_is_a_new_failure_or_not() {
    use CheckOutcome::{Errored, Failed, Passed, Skipped, Warned};
    let options = GateOptions { no_new_failures: Some(true), ..GateOptions::default() };
    let all = [None, Some(Passed), Some(Failed), Some(Warned), Some(Errored), Some(Skipped)];
    // The outcomes now, among all of them, that are refused after each outcome before.
    let table = [
        (None, vec![Some(Failed), Some(Warned)]),
        (Some(Passed), vec![None, Some(Failed), Some(Warned)]),
        (Some(Failed), vec![]),
        (Some(Warned), vec![]),
        (Some(Errored), vec![None, Some(Failed), Some(Warned)]),
        (Some(Skipped), vec![None, Some(Failed), Some(Warned)]),
    ];
    for (before, refused) in table {
        for now in all {
            let checks = |outcome: Option<CheckOutcome>| outcomes(outcome.as_slice());
            let is_refused = !verdict(Some(&checks(before)), &checks(now), &options).is_empty();
            assert_eq!(is_refused, refused.contains(&now), "{before:?} {now:?}");
        }
    }
}

#[test]
fn without_a_baseline_no_failure_is_new() {
    let options = GateOptions { no_new_failures: Some(true), ..GateOptions::default() };
    assert_eq!(refused(None, &outcomes(&[CheckOutcome::Failed]), &options), "");
}

#[test]
fn a_growing_count_is_refused_only_with_a_tolerance() {
    let with = |tolerance: Option<&str>| {
        let options = GateOptions {
            no_new_failures: Some(true),
            tolerance: tolerance.map(|text| text.parse::<Tolerance>().unwrap()),
            ..GateOptions::default()
        };
        let before = run([check("a", CheckOutcome::Failed, 10, None)]);
        verdict(Some(&before), &run([check("a", CheckOutcome::Failed, 12, None)]), &options)
    };
    assert_eq!(with(None), []);
    assert_eq!(with(Some("2")), []);
    assert_eq!(with(Some("1")), [("no-new-failures", "a".to_owned(), "worse: it failed 10 before".to_owned())]);
}

#[test]
fn failures_and_errored_checks_are_counted_apart() {
    use CheckOutcome::{Errored, Failed, Passed, Skipped, Warned};
    let now = outcomes(&[Failed, Passed, Errored, Warned, Skipped]);
    let most = |max_failures, max_error_checks| {
        verdict(None, &now, &GateOptions { max_failures, max_error_checks, ..GateOptions::default() })
    };
    assert_eq!(most(Some(2), Some(1)), []);
    assert_eq!(
        most(Some(1), Some(0)),
        [
            ("max-failures", "a".to_owned(), "2 failures, at most 1".to_owned()),
            ("max-failures", "d".to_owned(), "2 failures, at most 1".to_owned()),
            ("max-error-checks", "c".to_owned(), "1 errored check, at most 0".to_owned()),
        ]
    );
}

#[test]
fn a_check_that_is_gone_is_a_failure_unless_that_is_allowed() {
    use CheckOutcome::{Failed, Passed};
    let before = outcomes(&[Passed, Passed, Failed]);
    let now = outcomes(&[Passed]);
    for (allow_gone, expected) in [(None, "b c"), (Some(false), "b c"), (Some(true), "")] {
        let options = GateOptions { max_failures: Some(0), allow_gone, ..GateOptions::default() };
        assert_eq!(refused(Some(&before), &now, &options), expected, "{allow_gone:?}");
    }
    // A check that failed before it was gone counts, but not as a new failure.
    let options = GateOptions { no_new_failures: Some(true), ..GateOptions::default() };
    assert_eq!(refused(Some(&before), &now, &options), "b");
}

#[test]
fn no_check_of_another_suite_is_gone() {
    use CheckOutcome::{Failed, Passed};
    let (before, now) = (outcomes(&[Passed, Passed]), outcomes(&[Failed]));
    let baseline = Some(GateBaseline { checks: &before, is_of_other_suite: true });
    let options = GateOptions { no_new_failures: Some(true), max_failures: Some(0), ..GateOptions::default() };
    let broken = judge(&GateRun { age: SignedDuration::ZERO, checks: Some(&now), baseline }, &options);
    let rules = broken.iter().map(|broken| broken.rule).collect::<Vec<_>>();
    assert_eq!(rules, [GateRule::NoNewFailures, GateRule::MaxFailures]);
}

#[test]
fn the_pass_rate_counts_passed_failed_and_errored() {
    use CheckOutcome::{Errored, Failed, Passed, Skipped};
    let reason = |now: &RunChecks, least: &str| {
        let options = GateOptions { min_pass_rate: Some(least.parse().unwrap()), ..GateOptions::default() };
        verdict(None, now, &options)
            .into_iter()
            .map(|(_, check, reason)| format!("{check} {reason}"))
            .collect::<Vec<_>>()
    };
    let now = outcomes(&[Passed, Passed, Skipped, Failed, Errored]);
    assert_eq!(reason(&now, "50"), [""; 0]);
    assert_eq!(
        reason(&now, "50.1%"),
        ["d 2 of 4 checks passed, at least 50.1%", "e 2 of 4 checks passed, at least 50.1%"]
    );
    assert_eq!(reason(&outcomes(&[Passed]), "100"), [""; 0]);
    // Nothing passed where nothing ran.
    assert_eq!(reason(&outcomes(&[Skipped]), "0"), [" 0 of 0 checks passed, at least 0%"]);
    for wrong in ["", "-1", "101", "x", "NaN", "95 percent"] {
        assert!(wrong.parse::<MinPassRate>().is_err(), "{wrong}");
    }
}

#[test]
fn a_severity_leaves_out_what_is_less_severe_and_nothing_else() {
    use CheckOutcome::{Errored, Failed};
    let severities = [Some("critical"), Some("HIGH"), Some("medium"), Some("low"), Some("blocker"), None];
    let of = |outcome| run(severities.iter().zip('a'..).map(|(it, name)| check(&name.to_string(), outcome, 1, *it)));
    for (severity, expected) in [
        (None, "a b c d e f"),
        (Some(Severity::Low), "a b c d e f"),
        (Some(Severity::High), "a b e f"),
        (Some(Severity::Critical), "a e f"),
    ] {
        let options = GateOptions { max_failures: Some(0), severity, ..GateOptions::default() };
        assert_eq!(refused(None, &of(Failed), &options), expected);
        // A check that is gone has its severity of the baseline.
        assert_eq!(refused(Some(&of(Failed)), &run([]), &options), expected);
        let options = GateOptions { max_error_checks: Some(0), severity, ..GateOptions::default() };
        assert_eq!(refused(None, &of(Errored), &options), expected);
    }
}

#[test]
fn a_run_that_is_older_than_the_greatest_age_is_refused_without_its_checks() {
    let options = GateOptions { max_age: Some("24h".parse().unwrap()), ..GateOptions::default() };
    let reason = |seconds| {
        let age = SignedDuration::from_secs(seconds);
        let broken = judge(&GateRun { age, checks: None, baseline: None }, &options);
        broken.into_iter().map(|broken| broken.reason).collect::<String>()
    };
    for age in [-60, 0, 86_400] {
        assert_eq!(reason(age), "");
    }
    assert_eq!(reason(86_401), "1d 0h old, at most 24h");
    assert_eq!(reason(3 * 86_400 + 4 * 3_600 + 59), "3d 4h old, at most 24h");
    for wrong in ["", "24", "-1h", "0s", "1mo", "tomorrow"] {
        assert!(wrong.parse::<MaxAge>().is_err(), "{wrong}");
    }
}

#[test]
fn options_take_the_place_of_configured_ones_one_by_one() {
    let configured = GateOptions {
        no_new_failures: Some(true),
        max_failures: Some(5),
        severity: Some(Severity::High),
        tag: vec![("branch".to_owned(), "main".to_owned()), ("env".to_owned(), "prod".to_owned())],
        ..GateOptions::default()
    };
    let given = GateOptions {
        no_new_failures: Some(false),
        max_failures: Some(0),
        tag: vec![("branch".to_owned(), "next".to_owned())],
        ..GateOptions::default()
    };
    let merged = given.clone().or(configured.clone());
    assert_eq!((merged.no_new_failures, merged.max_failures), (Some(false), Some(0)));
    assert_eq!((merged.severity, &merged.tag), (Some(Severity::High), &given.tag));
    assert_eq!(GateOptions::default().or(configured.clone()), configured);
}

#[test]
fn an_option_without_a_rule_is_none() {
    for (options, has_rule) in [
        (GateOptions::default(), false),
        (GateOptions { severity: Some(Severity::Low), ..GateOptions::default() }, false),
        (GateOptions { no_new_failures: Some(false), ..GateOptions::default() }, false),
        (GateOptions { require_baseline: Some(true), ..GateOptions::default() }, false),
        (GateOptions { no_new_failures: Some(true), ..GateOptions::default() }, true),
        (GateOptions { max_failures: Some(0), ..GateOptions::default() }, true),
        (GateOptions { max_error_checks: Some(0), ..GateOptions::default() }, true),
        (GateOptions { min_pass_rate: Some("0".parse().unwrap()), ..GateOptions::default() }, true),
        (GateOptions { max_age: Some("1h".parse().unwrap()), ..GateOptions::default() }, true),
    ] {
        assert_eq!(options.has_rule(), has_rule, "{options:?}");
    }
}
