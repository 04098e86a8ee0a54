//! Verdicts.

use super::testing::{check, expectation, run};
use super::*;
use crate::result::{CheckKey, CheckOutcome};

/// The verdict on one check with these outcomes and counts; a missing one is not in that run.
fn verdict(
    before: Option<(CheckOutcome, u64)>,
    after: Option<(CheckOutcome, u64)>,
    tolerance: &str,
) -> Option<Verdict> {
    let one = |state: Option<(CheckOutcome, u64)>| {
        run(state.map(|(outcome, count)| check(expectation("unique"), outcome, count)))
    };
    let comparison = compare(&one(before), &one(after), tolerance.parse().unwrap(), false);
    assert_eq!(comparison.changes.len() as u64 + comparison.unchanged, 1);
    comparison.changes.first().map(|change| change.verdict)
}

#[test]
fn every_pair_of_outcomes_has_its_verdict() {
    use CheckOutcome::{Errored, Failed, Passed, Skipped, Warned};
    let table = [
        (None, Some(Passed), Some(Verdict::NewCheck)),
        (None, Some(Failed), Some(Verdict::NewFailure)),
        (None, Some(Warned), Some(Verdict::NewFailure)),
        (None, Some(Errored), Some(Verdict::Errored)),
        (None, Some(Skipped), None),
        (Some(Passed), None, Some(Verdict::Gone)),
        (Some(Passed), Some(Passed), None),
        (Some(Passed), Some(Failed), Some(Verdict::NewFailure)),
        (Some(Passed), Some(Warned), Some(Verdict::NewFailure)),
        (Some(Passed), Some(Errored), Some(Verdict::Errored)),
        (Some(Passed), Some(Skipped), Some(Verdict::Skipped)),
        (Some(Failed), None, Some(Verdict::Gone)),
        (Some(Failed), Some(Passed), Some(Verdict::Fixed)),
        (Some(Failed), Some(Failed), Some(Verdict::StillFailing)),
        (Some(Failed), Some(Warned), Some(Verdict::StillFailing)),
        (Some(Failed), Some(Errored), Some(Verdict::Errored)),
        (Some(Failed), Some(Skipped), Some(Verdict::Skipped)),
        (Some(Warned), Some(Passed), Some(Verdict::Fixed)),
        (Some(Warned), Some(Warned), Some(Verdict::StillFailing)),
        (Some(Warned), Some(Failed), Some(Verdict::Worse)),
        (Some(Errored), None, Some(Verdict::Gone)),
        (Some(Errored), Some(Passed), Some(Verdict::Fixed)),
        (Some(Errored), Some(Failed), Some(Verdict::NewFailure)),
        (Some(Errored), Some(Errored), Some(Verdict::Errored)),
        (Some(Skipped), Some(Passed), None),
        (Some(Skipped), Some(Failed), Some(Verdict::NewFailure)),
        (Some(Skipped), Some(Skipped), None),
    ];
    for (before, after, expected) in table {
        let with_count = |outcome: Option<CheckOutcome>| outcome.map(|outcome| (outcome, 1));
        assert_eq!(verdict(with_count(before), with_count(after), "0"), expected, "{before:?} {after:?}");
    }
}

#[test]
fn a_count_that_grows_beyond_the_tolerance_is_worse() {
    use CheckOutcome::Failed;
    for (before, after, tolerance, expected) in [
        (10, 11, "0", Verdict::Worse),
        (10, 10, "0", Verdict::StillFailing),
        (10, 2, "0", Verdict::StillFailing),
        (10, 15, "5", Verdict::StillFailing),
        (10, 16, "5", Verdict::Worse),
        (10, 11, "10%", Verdict::StillFailing),
        (10, 12, "10%", Verdict::Worse),
        (u64::MAX, u64::MAX, "5", Verdict::StillFailing),
    ] {
        let verdict = verdict(Some((Failed, before)), Some((Failed, after)), tolerance);
        assert_eq!(verdict, Some(expected), "{before} {after} {tolerance}");
    }
    for wrong in ["", "-1", "x", "%", "-5%", "NaN%", "inf%"] {
        assert!(wrong.parse::<Tolerance>().is_err(), "{wrong}");
    }
}

#[test]
fn the_single_row_of_a_truthound_validator_that_passed_stands_for_all_columns() {
    let row = |column: Option<&str>, outcome, count| {
        check(CheckKey::of_validator("null", column, Some("null")), outcome, count)
    };
    let passing = run([row(None, CheckOutcome::Passed, 0)]);
    let failing = run([row(Some("email"), CheckOutcome::Failed, 3), row(Some("age"), CheckOutcome::Failed, 1)]);
    let verdicts = |before: &RunChecks, after: &RunChecks| {
        let comparison = compare(before, after, Tolerance::default(), false);
        assert_eq!(comparison.unchanged, 0);
        let changes = comparison.changes.into_iter();
        changes.map(|change| (change.verdict, change.key.column().map(str::to_owned))).collect::<Vec<_>>()
    };
    let columns = |verdict| [(verdict, Some("age".to_owned())), (verdict, Some("email".to_owned()))];
    assert_eq!(verdicts(&passing, &failing), columns(Verdict::NewFailure));
    assert_eq!(verdicts(&failing, &passing), columns(Verdict::Fixed));
    assert_eq!(verdicts(&run([]), &passing), [(Verdict::NewCheck, None)]);
    assert_eq!(compare(&passing, &passing, Tolerance::default(), false).unchanged, 1);
}

#[test]
fn a_truthound_validator_that_still_fails_in_one_column_has_passed_in_the_others() {
    let row = |column, outcome| check(CheckKey::of_validator("null", Some(column), Some("null")), outcome, 3);
    let both = run([row("email", CheckOutcome::Failed), row("age", CheckOutcome::Failed)]);
    let one = run([row("email", CheckOutcome::Failed)]);
    let raised =
        run([check(CheckKey::of_validator("null", Some("*"), Some("validator_error")), CheckOutcome::Errored, 0)]);
    let verdicts = |before: &RunChecks, after: &RunChecks| {
        let changes = compare(before, after, Tolerance::default(), false).changes.into_iter();
        changes.map(|change| (change.key.to_string(), change.verdict)).collect::<Vec<_>>()
    };
    let row = |column: &str, verdict| (format!("null[{column}]"), verdict);
    assert_eq!(verdicts(&both, &one), [row("email", Verdict::StillFailing), row("age", Verdict::Fixed)]);
    assert_eq!(verdicts(&one, &both), [row("age", Verdict::NewFailure), row("email", Verdict::StillFailing)]);
    assert_eq!(verdicts(&one, &raised), [row("*", Verdict::Errored), row("email", Verdict::Errored)]);
    assert_eq!(verdicts(&raised, &one), [row("email", Verdict::NewFailure), row("*", Verdict::Fixed)]);
}

#[test]
fn changes_are_ordered_by_verdict_and_then_by_check() {
    let names = ["a", "b", "c", "d"];
    let outcomes = |outcomes: [CheckOutcome; 4]| {
        run(names.into_iter().zip(outcomes).map(|(name, outcome)| check(expectation(name), outcome, 1)))
    };
    use CheckOutcome::{Failed, Passed};
    let comparison = compare(
        &outcomes([Failed, Passed, Failed, Passed]),
        &outcomes([Passed, Failed, Failed, Failed]),
        Tolerance::default(),
        false,
    );
    let order = comparison.changes.iter().map(|change| (change.verdict.words(), change.key.name()));
    let expected = [("new failure", "b"), ("new failure", "d"), ("still failing", "c"), ("fixed", "a")];
    assert_eq!(order.collect::<Vec<_>>(), expected);
}

#[test]
fn runs_of_different_suites_are_compared_by_what_both_have() {
    let before =
        run([check(expectation("a"), CheckOutcome::Passed, 0), check(expectation("b"), CheckOutcome::Failed, 1)]);
    let after =
        run([check(expectation("a"), CheckOutcome::Failed, 1), check(expectation("c"), CheckOutcome::Failed, 1)]);
    let comparison = compare(&before, &after, Tolerance::default(), true);
    assert_eq!(comparison.changes.len(), 1);
    assert_eq!(comparison.changes[0].key.name(), "a");
}

#[test]
fn of_two_checks_with_one_key_the_worse_counts() {
    let twice =
        run([check(expectation("a"), CheckOutcome::Failed, 7), check(expectation("a"), CheckOutcome::Passed, 0)]);
    let comparison = compare(&run([]), &twice, Tolerance::default(), false);
    assert_eq!(comparison.changes[0].after.as_ref().unwrap().count, 7);
}
