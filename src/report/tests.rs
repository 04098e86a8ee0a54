//! The pure parts of the site.

use std::collections::HashSet;

use askama::Template as _;

use super::*;
use crate::compare::history::{HistoryBuilder, HistoryRun};
use crate::result::json::JsonValue;
use crate::result::{Check, CheckCounts, CheckKey, CheckOutcome, Entry, ResultFacts, Revision, RunId, RunTime, Status};

fn run_id(text: &str) -> RunId {
    RunId::new(text).unwrap()
}

fn entry(id: &str, time: &str) -> Entry {
    Entry {
        run_id: run_id(id),
        run_time: time.parse::<RunTime>().unwrap(),
        data_asset: "orders".to_owned(),
        status: Status::Failure,
        tags: [("branch".to_owned(), "main".to_owned())].into(),
        revision: None,
    }
}

fn check(key: CheckKey, outcome: CheckOutcome, count: u64) -> Check {
    Check {
        run_id: run_id("run-1"),
        name: key.name().to_owned(),
        column: key.column().map(str::to_owned),
        key,
        outcome,
        severity: (outcome == CheckOutcome::Failed).then(|| "high".to_owned()),
        count,
        message: Some(format!("{count} values")),
        duration: None,
    }
}

fn expectation(column: &str) -> CheckKey {
    let kwargs = JsonValue::parse_str(r#"{"mostly": 0.10, "column": "x"}"#).unwrap();
    CheckKey::of_expectation("in_set", Some(column), kwargs)
}

#[test]
fn a_plain_name_is_kept_and_any_other_gets_a_file_of_its_own() {
    let name = |text: &str| run_page_name(&run_id(text));
    for kept in ["orders", "run_2026-11.csv", "9a42794c-d5cd-432c-9fb0-b48fde1a8f4e.shop"] {
        assert_eq!(name(kept), format!("runs/{kept}.html"));
    }
    let long = "x".repeat(100_000);
    let others = [
        "Orders",
        "ORDERS",
        "orders~",
        "../../etc/passwd",
        "/",
        ".",
        "..",
        "-orders",
        "orders.",
        "a/b",
        "a\\b",
        "a-b/",
        "con",
        "nul.csv",
        "lpt1",
        "größe",
        "groesse ",
        "%2e",
        "a?b",
        "a#b",
        "\u{0}",
        "데이터",
        &long,
    ];
    let mut seen = HashSet::new();
    for other in others {
        let name = name(other);
        let stem = name.strip_prefix("runs/").and_then(|name| name.strip_suffix(".html")).unwrap();
        assert!(stem.contains('~') && stem.len() <= 93, "{other:?}: {stem}");
        let is_safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-~".contains(c);
        assert!(stem.chars().all(is_safe) && !stem.starts_with('.'), "{other:?}: {stem}");
        assert!(seen.insert(stem.to_owned()), "{other:?}: {stem}");
    }
    assert_eq!(name("/data/Dirty Rows.csv"), "runs/data-dirty-rows.csv~6a2759879a93c80e8ccc0a439866e37f.html");
}

#[test]
fn foreign_text_is_visible_and_bounded() {
    for (text, name, message) in [
        ("이름 ü", "이름 ü", "이름 ü"),
        ("a\u{202e}b\u{0}", "a\\u{202e}b\\u{0}", "a\\u{202e}b\\u{0}"),
        ("one\r\ntwo\t3\n", "one\\r\\ntwo\\t3\\n", "one\ntwo\t3"),
    ] {
        assert_eq!(PageText::name(text).to_string(), name);
        assert_eq!(PageText::message(text).to_string(), message);
    }
    let long = "x".repeat(1_000_000);
    assert!(PageText::name(&long).to_string().len() < 500 && PageText::message(&long).to_string().len() < 2_100);
}

#[test]
fn the_data_of_a_run_bring_its_checks_back() {
    let checks = [
        check(expectation("id"), CheckOutcome::Failed, 7),
        check(expectation("name"), CheckOutcome::Passed, 0),
        check(CheckKey::of_validator("null", Some("id"), Some("nulls")), CheckOutcome::Warned, 2),
        check(CheckKey::of_validator("\"\n\\", None, None), CheckOutcome::Errored, 0),
    ];
    let (stamp, other) = (PageStamp::of_run(&entry("run-1", "2026-11-01T12:00:00Z")), PageStamp::of_overview());
    let mut counts = CheckCounts::default();
    let mut text = String::new();
    for check in &checks {
        counts.add(check.outcome);
        text.push_str(&DataLine::of(check).to_text());
    }
    text.push_str(&DataLine::Suite("a suite".into()).to_text());
    text.push_str(&DataLine::End(RunDataEnd::new(&stamp, counts)).to_text());
    let end = RunDataEnd::in_tail(text.as_bytes()).unwrap();
    assert_eq!(end.counts, counts);
    assert!(end.has_stamp(&stamp) && !end.has_stamp(&other));
    assert!(text.lines().last().unwrap().len() < usize::try_from(RunDataEnd::TAIL).unwrap());

    let (read, suite) = read_run_data(text.as_bytes(), &run_id("run-1")).unwrap();
    assert_eq!(suite.as_deref(), Some("a suite"));
    let mut expected = crate::compare::RunChecks::default();
    expected.extend(checks.into_iter().map(|check| Check { message: None, ..check }));
    let history = |checks| {
        let mut builder = HistoryBuilder::default();
        builder.add(HistoryRun::new(&entry("run-1", "2026-11-01T12:00:00Z"), None), checks);
        builder.finish(false)
    };
    assert_eq!(history(read), history(expected));

    for cut in [0, 10, text.len() / 2, text.len() - 1] {
        assert_eq!(RunDataEnd::in_tail(&text.as_bytes()[..cut]), None);
    }
    assert!(read_run_data(&text.as_bytes()[..text.len() - 200], &run_id("run-1")).is_err());
    assert!(read_run_data(&b"[]\n"[..], &run_id("run-1")).is_err());
}

#[test]
fn a_page_is_current_until_a_fact_of_it_changes() {
    let stamp = PageStamp::of_run(&entry("run-1", "2026-11-01T12:00:00Z"));
    let page = page_of(&[], stamp.clone());
    let head = &page.as_bytes()[..usize::try_from(PageStamp::HEAD).unwrap()];
    assert!(stamp.is_in(head) && PageStamp::is_any_in(head));
    let same = entry("run-1", "2026-11-01T12:00:00Z");
    let changed = [
        entry("run-1", "2026-11-01T12:00:01Z"),
        Entry { status: Status::Success, ..same.clone() },
        Entry { data_asset: "other".to_owned(), ..same.clone() },
        Entry { tags: [].into(), ..same.clone() },
        Entry { revision: Some(Revision::of("another write")), ..same },
    ];
    for entry in changed {
        assert!(!PageStamp::of_run(&entry).is_in(head));
    }
    assert!(!PageStamp::is_any_in(b"<!doctype html><title>mine</title>"));
}

fn page_of(checks: &[Check], stamp: PageStamp) -> String {
    let entry = entry("run-1", "2026-11-01T12:00:00Z");
    let mut page = RunPageBuilder::default();
    checks.iter().for_each(|check| page.add(check));
    let facts = ResultFacts { entry: entry.clone(), suite_name: None, statistics: None };
    page.finish(&entry, &facts, stamp).render().unwrap()
}

#[test]
fn the_page_of_a_run_shows_what_failed_first_and_a_bounded_number_of_checks() {
    let outcomes = [CheckOutcome::Warned, CheckOutcome::Passed, CheckOutcome::Errored, CheckOutcome::Failed];
    let checks = outcomes.map(|outcome| check(expectation(outcome.name()), outcome, 1));
    let page = page_of(&checks, PageStamp::of_overview());
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not in {page}"));
    let places = ["[failed]", "[errored]", "[warned]", "<details", "[passed]"].map(at);
    assert!(places.is_sorted(), "{places:?}");

    let many: Vec<_> = (0..12_000).map(|count| check(expectation("x"), CheckOutcome::Failed, count)).collect();
    let page = page_of(&many, PageStamp::of_overview());
    assert_eq!(page.matches("in_set<wbr>[x]").count(), 5_000);
    assert!(page.contains("The document has 7000 more."));
}

#[test]
fn the_history_of_an_asset_stays_small_however_many_runs_it_has() {
    let mut runs = Vec::new();
    let mut builder = HistoryBuilder::default();
    for place in 0..300 {
        let entry = entry(&format!("run-{place}"), "2026-11-01T12:00:00Z");
        let outcome = if place % 2 == 0 { CheckOutcome::Passed } else { CheckOutcome::Failed };
        let mut checks = crate::compare::RunChecks::default();
        checks.add(check(expectation("flaky"), outcome, place));
        checks.add(check(expectation("steady"), CheckOutcome::Passed, 0));
        let mut counts = CheckCounts::default();
        counts.add(outcome);
        counts.add(CheckOutcome::Passed);
        builder.add(HistoryRun::new(&entry, None), checks);
        runs.push(AssetRun { entry, counts: Some(counts) });
    }
    let history = builder.finish(true);
    let stamp = PageStamp::of_asset("orders", true, &runs);
    let page = AssetPage::new("orders", &runs, &history, true, stamp).unwrap().render().unwrap();
    assert!(page.contains("aria-label=\"200 runs: 200 passed; newest: passed\""), "{page}");
    assert!(page.contains("aria-label=\"200 runs: 100 passed, 100 failed; newest: failed\""));
    // All runs with one outcome are one stroke.
    assert!(page.contains("<path class=\"passed\" d=\"M0 14h999\"/>"));
    assert!(page.contains("Earlier runs (280)"));
    assert!(page.contains("values found wrong: 299 in the newest run, at most 299"));
}
