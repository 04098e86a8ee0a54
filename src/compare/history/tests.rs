//! Histories.

use super::*;
use crate::compare::RunChecks;
use crate::compare::testing::{self, expectation};
use crate::result::{Check, CheckKey, CheckOutcome, RunId, RunInstant, Status};

/// The outcomes that a strip shows: `.` passed, `x` failed, `w` warned, `E` errored, `s` skipped, `-` not in the run.
fn outcomes(strip: &str) -> impl Iterator<Item = Option<CheckOutcome>> {
    strip.chars().map(|sign| match sign {
        '.' => Some(CheckOutcome::Passed),
        'x' => Some(CheckOutcome::Failed),
        'w' => Some(CheckOutcome::Warned),
        'E' => Some(CheckOutcome::Errored),
        's' => Some(CheckOutcome::Skipped),
        _ => None,
    })
}

fn summary(strip: &str) -> SeriesSummary {
    summarize(outcomes(strip).enumerate()).unwrap()
}

/// The day of November 2026 after `place` others.
fn run(place: usize) -> HistoryRun {
    let start: jiff::Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
    let day = jiff::SignedDuration::from_hours(24 * i64::try_from(place).unwrap());
    HistoryRun {
        run_id: RunId::new(format!("run-{place}")).unwrap(),
        run_time: RunInstant::from(start + day),
        status: Status::Success,
        suite_name: None,
    }
}

fn check(key: &CheckKey, outcome: CheckOutcome) -> Check {
    let has_failed = outcome == CheckOutcome::Failed;
    let severity = has_failed.then(|| "high".to_owned());
    Check { severity, ..testing::check(key.clone(), outcome, u64::from(has_failed)) }
}

/// The history of checks with these strips.
fn history<'a>(checks: impl IntoIterator<Item = (CheckKey, &'a str)>) -> AssetHistory {
    let checks: Vec<_> = checks.into_iter().collect();
    let length = checks.iter().map(|(_, strip)| strip.len()).max().unwrap();
    let mut builder = HistoryBuilder::default();
    for place in 0..length {
        let mut row = RunChecks::default();
        for (key, strip) in &checks {
            row.extend(outcomes(strip).nth(place).flatten().map(|outcome| check(key, outcome)));
        }
        builder.add(run(place), row);
    }
    builder.finish(true)
}

/// The strip of a check.
fn strip(history: &CheckHistory) -> String {
    let signs = history.points.iter().map(|point| match point.map(|point| point.outcome) {
        None => '-',
        Some(CheckOutcome::Passed) => '.',
        Some(CheckOutcome::Failed) => 'x',
        Some(CheckOutcome::Warned) => 'w',
        Some(CheckOutcome::Errored) => 'E',
        Some(CheckOutcome::Skipped) => 's',
    });
    signs.collect()
}

#[test]
fn every_series_has_its_verdict_and_its_streak() {
    use HistoryVerdict::{Errored, Failing, Flaky, Gone, Passing, Skipped};
    let table = [
        // Strip, verdict, first run and length of the streak, changes.
        (".", Passing, (0, 1), 0),
        ("..x", Failing, (2, 1), 1),
        ("..xxx", Failing, (2, 3), 1),
        ("..wxw", Failing, (2, 3), 1),
        ("..xx..", Passing, (4, 2), 2),
        ("..xx..x", Flaky, (6, 1), 3),
        (".x.x.", Flaky, (4, 1), 4),
        // A failure that lasts is no longer flaky.
        (".x.xxxx", Flaky, (3, 4), 3),
        (".x.xxxxx", Failing, (3, 5), 3),
        (".x.x.....", Flaky, (4, 5), 4),
        // A run that says nothing about the data does not end a streak.
        (".xEx", Failing, (1, 2), 1),
        (".xsx-x", Failing, (1, 3), 1),
        (".s.-.", Passing, (0, 3), 0),
        // It counts while it is the newest.
        (".xEE", Errored, (2, 2), 1),
        (".xs", Skipped, (2, 1), 1),
        (".x--", Gone, (2, 2), 1),
        (".x.x.E", Errored, (5, 1), 4),
    ];
    for (strip, verdict, streak, changes) in table {
        let summary = summary(strip);
        assert_eq!(summary.verdict(), verdict, "{strip}");
        assert_eq!((summary.streak.first, summary.streak.runs), streak, "{strip}");
        assert_eq!(summary.changes, changes, "{strip}");
    }
    assert_eq!(summarize([]), None);
}

#[test]
fn few_changes_in_many_runs_are_not_flaky() {
    let rare = format!("{}x{}x{}", ".".repeat(20), ".".repeat(10), ".".repeat(9));
    assert_eq!((summary(&rare).changes, summary(&rare).verdict()), (4, HistoryVerdict::Flaky));
    let rarer = format!("{}{rare}", ".".repeat(10));
    assert_eq!((summary(&rarer).changes, summary(&rarer).verdict()), (4, HistoryVerdict::Passing));
}

#[test]
fn a_streak_may_be_longer_unless_an_earlier_run_shows_that_it_is_not() {
    for (strip, may_be_longer) in [("xx", true), ("Exx", true), ("sxx", true), ("-xx", false), (".xx", false)] {
        assert_eq!(summary(strip).streak.may_be_longer, may_be_longer, "{strip}");
    }
    for (strip, may_be_longer) in [("EE", true), (".E", false), ("xE", false)] {
        assert_eq!(summary(strip).streak.may_be_longer, may_be_longer, "{strip}");
    }
}

#[test]
fn the_pass_rate_counts_runs_that_passed_failed_warned_or_could_not_run() {
    let rates = ["....", "xx", "..x", ".xwE", "s-", ".s-x"].map(|strip| summary(strip).pass_rate.to_string());
    assert_eq!(rates, ["100%", "0%", "67%", "25%", "-", "50%"]);
    let nearly = PassRate { passed: 999, total: 1_000 };
    let hardly = PassRate { passed: 1, total: 1_000 };
    assert_eq!([nearly, hardly].map(|rate| rate.to_string()), ["99%", "1%"]);
    assert_eq!(summary("s").pass_rate.share(), None);
}

#[test]
fn checks_come_by_verdict_and_say_since_when() {
    let names = [("d", "....."), ("c", ".x.x."), ("b", ".xxxx"), ("a", "...--"), ("e", "....x")];
    let history = history(names.map(|(name, strip)| (expectation(name), strip)));
    let shown = history.checks.iter().map(|check| (check.key.name(), strip(check), check.words(&history.runs)));
    let expected = [
        ("b", ".xxxx", "failing since 2026-11-02 (run run-1), 4 runs"),
        ("e", "....x", "failing since 2026-11-05 (run run-4), 1 run"),
        ("c", ".x.x.", "flaky: 4 changes"),
        ("a", "...--", "gone since 2026-11-04 (run run-3), 2 runs"),
        ("d", ".....", ""),
    ];
    let expected = expected.map(|(name, strip, words)| (name, strip.to_owned(), words.to_owned()));
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    assert_eq!(history.checks[0].severity.as_deref(), Some("high"));
}

#[test]
fn a_streak_of_all_runs_may_have_begun_before_only_if_there_are_older_runs() {
    let words = |has_older| {
        let mut builder = HistoryBuilder::default();
        let mut checks = RunChecks::default();
        checks.add(check(&expectation("a"), CheckOutcome::Failed));
        builder.add(run(0), checks);
        let history = builder.finish(has_older);
        history.checks[0].words(&history.runs)
    };
    assert_eq!(words(false), "failing since 2026-11-01 (run run-0), 1 run");
    assert_eq!(words(true), "failing since 2026-11-01 or before (run run-0), 1 run");
}

#[test]
fn a_run_of_another_suite_does_not_say_that_a_check_is_gone() {
    let mut builder = HistoryBuilder::default();
    for (place, suite) in ["one", "two", "one", "two"].into_iter().enumerate() {
        let mut checks = RunChecks::default();
        checks.add(check(&expectation(suite), CheckOutcome::Failed));
        builder.add(HistoryRun { suite_name: Some(suite.to_owned()), ..run(place) }, checks);
    }
    let history = builder.finish(false);
    let shown = history.checks.iter().map(|check| (check.key.name(), strip(check), check.verdict));
    let failing = HistoryVerdict::Failing;
    let expected = [("one", "x-x-".to_owned(), failing), ("two", "-x-x".to_owned(), failing)];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    assert_eq!(history.checks[0].summary.streak.first, 0);
}

#[test]
fn the_columns_of_a_truthound_validator_have_one_series_each() {
    let row = |column: Option<&str>| CheckKey::of_validator("null", column, Some("null"));
    let raised = CheckKey::of_validator("null", Some("*"), Some("validator_error"));
    let history = history([
        (row(None), ".---."),
        (row(Some("email")), "-xx--"),
        (row(Some("age")), "--x--"),
        (raised, "---E-"),
        (CheckKey::of_validator("range", None, Some("range")), "....."),
    ]);
    let shown = history.checks.iter().map(|check| (check.key.to_string(), strip(check)));
    let expected = [("null[*]", "...E."), ("null[age]", "..xE."), ("null[email]", ".xxE."), ("range", ".....")];
    assert_eq!(shown.collect::<Vec<_>>(), expected.map(|(key, strip)| (key.to_owned(), strip.to_owned())));
}

#[test]
fn the_status_of_a_run_is_an_outcome_of_its_data_asset() {
    let outcomes = Status::ALL.map(|status| status_outcome(status).name());
    assert_eq!(outcomes, ["errored", "failed", "passed", "warned"]);
}
