//! The rules, and their properties.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use proptest::prelude::*;

use super::*;
use crate::result::{Entry, RunId, RunInstant, RunTime, Status, Tags, TimeZone};

fn entry(run_id: &str, instant: RunInstant, status: Status, tags: &[(&str, &str)]) -> Entry {
    Entry {
        run_id: RunId::new(run_id).unwrap(),
        run_time: RunTime::new(instant, None),
        data_asset: "customers".to_owned(),
        status,
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        revision: None,
    }
}

fn instant(text: &str) -> RunInstant {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

/// Successes at these times, called by them.
fn runs_at(times: &[&str]) -> Vec<Entry> {
    times.iter().map(|time| entry(time, instant(time), Status::Success, &[])).collect()
}

fn options(json: serde_json::Value) -> PruneOptions {
    serde_json::from_value(json).unwrap()
}

fn plan(entries: &[Entry], options: &PruneOptions, zone: &str) -> PlannedGroup {
    let group = ResultGroup { parts: Vec::new(), entries: entries.to_vec() };
    plan_group(group, options, &TimeZone::named(zone).unwrap())
}

/// The run ids that are kept for this reason, newest first.
fn kept_for(reason: KeepReason, entries: &[Entry], options: &PruneOptions, zone: &str) -> Vec<String> {
    let results = plan(entries, options, zone).results.into_iter();
    results.filter(|it| it.reasons.contains(&reason)).map(|it| it.entry.run_id.as_str().to_owned()).collect()
}

fn kept(plan: &PlannedGroup) -> BTreeSet<RunId> {
    plan.results.iter().filter(|it| it.is_kept()).map(|it| it.entry.run_id.clone()).collect()
}

#[test]
fn the_newest_of_each_of_the_last_days_with_a_result_is_kept_in_the_zone_of_the_profile() {
    let entries = runs_at(&[
        "2026-11-28T10:00:00Z",
        "2026-11-28T09:00:00Z",
        "2026-11-27T23:30:00Z",
        "2026-11-27T22:30:00Z",
        "2026-11-20T10:00:00Z",
        "2026-11-19T10:00:00Z",
    ]);
    let daily = options(serde_json::json!({"keep_daily": 3}));
    assert_eq!(
        kept_for(KeepReason::Daily, &entries, &daily, "UTC"),
        ["2026-11-28T10:00:00Z", "2026-11-27T23:30:00Z", "2026-11-20T10:00:00Z"]
    );
    // There, 23:30 is half past midnight of the next day.
    assert_eq!(
        kept_for(KeepReason::Daily, &entries, &daily, "Europe/Berlin"),
        ["2026-11-28T10:00:00Z", "2026-11-27T22:30:00Z", "2026-11-20T10:00:00Z"]
    );
}

#[test]
fn weeks_are_those_of_iso_and_months_and_years_those_of_the_calendar() {
    let entries = runs_at(&[
        "2027-01-03T10:00:00Z",
        "2026-12-28T10:00:00Z",
        "2026-12-27T10:00:00Z",
        "2026-12-01T10:00:00Z",
        "2025-11-30T10:00:00Z",
    ]);
    let of = |rule: &str, reason| {
        let options = options(serde_json::json!({ rule: 2 }));
        kept_for(reason, &entries, &options, "UTC").iter().map(|time| time[..10].to_owned()).collect::<Vec<_>>()
    };
    // The Sunday and the Monday before it are in one week, the 53rd of 2026.
    assert_eq!(of("keep_weekly", KeepReason::Weekly), ["2027-01-03", "2026-12-27"]);
    assert_eq!(of("keep_monthly", KeepReason::Monthly), ["2027-01-03", "2026-12-28"]);
    assert_eq!(of("keep_yearly", KeepReason::Yearly), ["2027-01-03", "2026-12-28"]);
    assert_eq!(of("keep_last", KeepReason::Last), ["2027-01-03", "2026-12-28"]);
}

#[test]
fn a_time_counts_back_from_the_newest_result_and_not_from_now() {
    let entries = runs_at(&["2019-03-08T10:00:00Z", "2019-03-01T10:00:01Z", "2019-03-01T10:00:00Z"]);
    let within = options(serde_json::json!({"keep_within": "7d"}));
    assert_eq!(
        kept_for(KeepReason::Within, &entries, &within, "UTC"),
        ["2019-03-08T10:00:00Z", "2019-03-01T10:00:01Z"]
    );
}

#[test]
fn the_latest_the_last_success_and_the_last_failure_stay_whatever_the_rules_say() {
    let at = |hour: u8| instant(&format!("2026-11-28T{hour:02}:00:00Z"));
    let statuses = [Status::Warning, Status::Error, Status::Success, Status::Failure, Status::Success];
    let entries: Vec<Entry> = statuses
        .into_iter()
        .zip(0_u8..)
        .map(|(status, place)| entry(&format!("run-{place}"), at(20 - place), status, &[]))
        .collect();
    let plan = plan(&entries, &options(serde_json::json!({"keep_tag": ["pinned"]})), "UTC");
    let reasons: Vec<_> = plan.results.iter().map(|result| result.reasons.as_slice()).collect();
    assert_eq!(reasons, [&[KeepReason::Latest][..], &[KeepReason::LastFailure], &[KeepReason::LastSuccess], &[], &[]]);
    assert!(plan.is_emptied());
}

#[test]
fn a_group_of_which_no_rule_keeps_anything_ends_empty_only_if_that_is_allowed() {
    let entries = runs_at(&["2026-11-28T10:00:00Z", "2026-11-27T10:00:00Z"]);
    let mut emptied = plan(&entries, &options(serde_json::json!({"keep_tag": ["pinned"]})), "UTC");
    emptied.allow_empty();
    assert_eq!(emptied.kept(), 0);
    let mut kept = plan(&entries, &options(serde_json::json!({"keep_last": 1})), "UTC");
    kept.allow_empty();
    assert_eq!(kept.kept(), 1);
}

#[test]
fn a_tag_keeps_results_with_its_value_or_with_any() {
    let at = instant("2026-11-28T10:00:00Z");
    let tagged = |run_id, tags: &[(&str, &str)]| entry(run_id, at, Status::Success, tags);
    let entries = [
        tagged("a", &[]),
        tagged("b", &[("pin", "no")]),
        tagged("c", &[("env", "prod")]),
        tagged("d", &[("env", "dev")]),
    ];
    let tags = options(serde_json::json!({"keep_tag": ["env=prod", "pin"]}));
    assert_eq!(kept_for(KeepReason::Tag, &entries, &tags, "UTC"), ["b", "c"]);
}

#[test]
fn results_are_grouped_by_what_they_have_in_common() {
    let at = instant("2026-11-28T10:00:00Z");
    let prod = [("env", "prod")];
    let entries = [
        entry("a", at, Status::Success, &prod),
        entry("b", at, Status::Success, &[]),
        entry("c", at, Status::Success, &prod),
    ];
    let by = ["asset", "tag:env"].map(|by| by.parse().unwrap());
    let shown = |group: &ResultGroup| {
        let parts = group.parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        (parts, group.entries.len())
    };
    let groups = group_results(entries.clone(), &by);
    assert_eq!(
        groups.iter().map(shown).collect::<Vec<_>>(),
        [("customers, no env".to_owned(), 1), ("customers, env=prod".to_owned(), 2)]
    );
    assert_eq!(group_results(entries, &[]).len(), 1);
    for text in ["", "tag", "tag:", "status", "Asset"] {
        assert!(text.parse::<GroupBy>().is_err(), "{text}");
    }
}

#[test]
fn an_option_takes_the_place_of_the_configured_one() {
    let configured =
        options(serde_json::json!({"keep_last": 5, "keep_daily": 30, "group_by": ["tag:env"], "keep_tag": ["pin"]}));
    let own = options(serde_json::json!({"keep_last": 1, "keep_tag": ["release"]}));
    let both = options(
        serde_json::json!({"keep_last": 1, "keep_daily": 30, "group_by": ["tag:env"], "keep_tag": ["release"]}),
    );
    assert_eq!(own.or(configured), both);
    assert!(
        !options(serde_json::json!({"group_by": ["asset"], "max_delete": "10%", "keep_changes": false})).has_rule()
    );
    assert!(options(serde_json::json!({"keep_changes": true})).has_rule());
}

/// Some of the rules.
fn any_options() -> impl Strategy<Value = PruneOptions> {
    let count = || proptest::option::of(1..6_u64);
    let within = proptest::option::of(prop::sample::select(vec!["36h", "7d", "1mo", "1y"]));
    let tag = proptest::option::of(prop::sample::select(vec!["pin", "pin=0", "pin=1"]));
    (count(), count(), count(), count(), count(), within, tag).prop_map(|(last, daily, weekly, monthly, yearly, within, tag)| {
        let json = serde_json::json!({
            "keep_last": last, "keep_daily": daily, "keep_weekly": weekly, "keep_monthly": monthly, "keep_yearly": yearly,
        });
        let mut options = options(json);
        options.keep_within = within.map(|text| text.parse().unwrap());
        options.keep_tag = tag.into_iter().map(|text| text.parse().unwrap()).collect();
        options
    })
}

/// Results within three years, some of them at the same time or on the same day.
fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
    let hours = prop_oneof![0..48_i64, 0..1_000_i64, 0..26_280_i64];
    let status = prop::sample::select(Status::ALL.to_vec());
    proptest::collection::vec((hours, status, proptest::option::of(0..3_u8)), 0..40).prop_map(|results| {
        let first = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0);
        let entry = |(place, (hours, status, pin)): (usize, (i64, Status, Option<u8>))| {
            let clock = first.checked_add(hours.hours()).unwrap();
            let tags = pin.map(|pin| ("pin".to_owned(), pin.to_string()));
            Entry {
                tags: tags.into_iter().collect::<Tags>(),
                ..entry(&format!("run-{place}"), TimeZone::UTC.instant(clock), status, &[])
            }
        };
        results.into_iter().enumerate().map(entry).collect()
    })
}

/// The results that the rules keep, said in another way: those with fewer newer results, or periods, than the number.
fn expected(entries: &[Entry], options: &PruneOptions) -> BTreeSet<RunId> {
    let place = |entry: &Entry| (std::cmp::Reverse(entry.run_time.instant()), entry.run_id.clone());
    let before = |entry: &Entry| entries.iter().filter(|other| place(other) < place(entry)).collect::<Vec<_>>();
    let clock = |entry: &Entry| entry.run_time.instant().to_utc();
    let day = |entry: &Entry| clock(entry).date().to_string();
    let week = |entry: &Entry| clock(entry).strftime("%G-%V").to_string();
    let month = |entry: &Entry| clock(entry).strftime("%Y-%m").to_string();
    let year = |entry: &Entry| clock(entry).strftime("%Y").to_string();
    let keeps = |entry: &&Entry| {
        let newer = before(entry);
        let in_period = |count: Option<std::num::NonZeroU64>, period: &dyn Fn(&Entry) -> String| {
            let periods: BTreeSet<String> = newer.iter().map(|other| period(other)).collect();
            count.is_some_and(|count| (periods.len() as u64) < count.get() && !periods.contains(&period(entry)))
        };
        let newest = entries.iter().map(|entry| entry.run_time.instant()).max().unwrap();
        let is_failure = |entry: &Entry| matches!(entry.status, Status::Failure | Status::Error);
        newer.is_empty()
            || entry.status == Status::Success && newer.iter().all(|other| other.status != Status::Success)
            || is_failure(entry) && !newer.iter().any(|other| is_failure(other))
            || options.keep_last.is_some_and(|count| (newer.len() as u64) < count.get())
            || in_period(options.keep_daily, &day)
            || in_period(options.keep_weekly, &week)
            || in_period(options.keep_monthly, &month)
            || in_period(options.keep_yearly, &year)
            || options
                .keep_within
                .as_ref()
                .is_some_and(|it| entry.run_time.instant() > it.before(newest, &TimeZone::UTC))
            || options.keep_tag.iter().any(|tag| tag.is_in(&entry.tags))
    };
    entries.iter().filter(keeps).map(|entry| entry.run_id.clone()).collect()
}

proptest! {
    #[test]
    fn what_is_kept_is_what_the_rules_keep(entries in any_entries(), options in any_options()) {
        prop_assert_eq!(kept(&plan(&entries, &options, "UTC")), expected(&entries, &options));
    }

    #[test]
    fn rules_are_a_union(entries in any_entries(), one in any_options(), other in any_options()) {
        let both = PruneOptions {
            keep_tag: one.keep_tag.iter().chain(&other.keep_tag).cloned().collect(),
            keep_last: one.keep_last.max(other.keep_last),
            keep_daily: one.keep_daily.max(other.keep_daily),
            keep_weekly: one.keep_weekly.max(other.keep_weekly),
            keep_monthly: one.keep_monthly.max(other.keep_monthly),
            keep_yearly: one.keep_yearly.max(other.keep_yearly),
            keep_within: one.keep_within.clone(),
            ..PruneOptions::default()
        };
        let other = PruneOptions { keep_within: None, ..other };
        let of = |options: &PruneOptions| kept(&plan(&entries, options, "UTC"));
        let union = of(&one).union(&of(&other)).cloned().collect::<BTreeSet<_>>();
        prop_assert_eq!(of(&both), union);
    }

    #[test]
    fn a_second_plan_for_what_is_left_removes_nothing(entries in any_entries(), options in any_options()) {
        let first = plan(&entries, &options, "UTC");
        let left: Vec<Entry> = first.results.iter().filter(|it| it.is_kept()).map(|it| it.entry.clone()).collect();
        prop_assert_eq!(kept(&plan(&left, &options, "UTC")), kept(&first));
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(entries in any_entries(), options in any_options()) {
        let reversed: Vec<Entry> = entries.iter().rev().cloned().collect();
        prop_assert_eq!(plan(&entries, &options, "UTC"), plan(&reversed, &options, "UTC"));
    }
}
