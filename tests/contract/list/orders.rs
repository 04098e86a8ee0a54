//! Orders of lists.

use std::cmp::Reverse;

use truthound_store::result::Status;
use truthound_store::store::contract::{OrderBy, Query};

use crate::backends::{Place, Store};
use crate::support::{Draft, assert_listed, by, everything, ids, result, save_all, time};

crate::cases![
    the_newest_come_first,
    ascending_the_oldest_come_first,
    those_of_one_instant_come_by_run_id,
    a_microsecond_is_told_apart,
    times_with_offsets_are_compared_as_instants,
    a_time_without_offset_is_utc,
    the_first_and_the_last_times_of_the_calendar_are_listed,
    by_data_asset_ties_come_newest_first,
    by_status_ties_come_newest_first,
    results_of_three_years_are_listed_in_order,
];

/// Saves three results, not in order of time. Returns the newest, the one before it, and the oldest.
async fn save_three(store: &Store) -> [Draft; 3] {
    let [older, newest, oldest] = [
        result("a").at("2026-03-01T12:00:00"),
        result("b").at("2026-03-01T12:00:01"),
        result("c").at("2025-12-31T23:59:59"),
    ];
    save_all(store, &[older.clone(), newest.clone(), oldest.clone()]).await;
    [newest, older, oldest]
}

async fn the_newest_come_first(place: &Place) {
    let store = place.open();
    let [newest, older, oldest] = save_three(&store).await;
    assert_listed(&store, &everything(), &[&newest, &older, &oldest]).await;
}

async fn ascending_the_oldest_come_first(place: &Place) {
    let store = place.open();
    let [newest, older, oldest] = save_three(&store).await;
    assert_listed(&store, &by(OrderBy::RunTime, true), &[&oldest, &older, &newest]).await;
}

async fn those_of_one_instant_come_by_run_id(place: &Place) {
    let store = place.open();
    let drafts = ["b", "é", "B", "a", "10", "9"].map(result);
    save_all(&store, &drafts).await;
    for ascending in [false, true] {
        assert_eq!(ids(&store, &by(OrderBy::RunTime, ascending)).await, ["10", "9", "B", "a", "b", "é"]);
    }
}

async fn a_microsecond_is_told_apart(place: &Place) {
    let store = place.open();
    let drafts = ["12:00:00.000002", "12:00:00", "11:59:59.999999", "12:00:00.000010", "12:00:00.1"];
    for fraction in drafts {
        result(fraction).at(&format!("2026-03-01T{fraction}")).save_in(&store).await;
    }
    let newest_first = ["12:00:00.1", "12:00:00.000010", "12:00:00.000002", "12:00:00", "11:59:59.999999"];
    assert_eq!(ids(&store, &everything()).await, newest_first);
}

async fn times_with_offsets_are_compared_as_instants(place: &Place) {
    let store = place.open();
    let [last, middle, first] = [
        result("x").at("2026-03-01T00:30:00-11:00"),
        result("y").at("2026-03-01T12:00:00+01:00"),
        result("z").at("2026-03-01T23:59:59+13:45"),
    ];
    save_all(&store, &[middle.clone(), first.clone(), last.clone()]).await;
    assert_listed(&store, &everything(), &[&last, &middle, &first]).await;
    let since = Query { since: Some(time("2026-03-01T11:00:00Z")), ..everything() };
    assert_listed(&store, &since, &[&last, &middle]).await;
    let until = Query { until: Some(time("2026-03-01T11:00:00Z")), ..everything() };
    assert_listed(&store, &until, &[&middle, &first]).await;
}

async fn a_time_without_offset_is_utc(place: &Place) {
    let store = place.open();
    let [before, naive, after] = [
        result("b").at("2026-03-01T13:59:59+02:00"),
        result("n").at("2026-03-01T12:00:00"),
        result("a").at("2026-03-01T12:00:01+00:00"),
    ];
    save_all(&store, &[naive.clone(), after.clone(), before.clone()]).await;
    assert_listed(&store, &everything(), &[&after, &naive, &before]).await;
}

async fn the_first_and_the_last_times_of_the_calendar_are_listed(place: &Place) {
    let store = place.open();
    let drafts = [
        "9999-12-30T21:59:59.999999",
        "1970-01-01T00:00:00.000001",
        "1970-01-01T00:00:00",
        "1969-12-31T23:59:59.999999",
        "0001-01-01T00:00:00",
    ]
    .map(|run_time| result(run_time).at(run_time));
    save_all(&store, &drafts).await;
    assert_listed(&store, &everything(), &drafts.iter().collect::<Vec<_>>()).await;
    assert_listed(&store, &by(OrderBy::RunTime, true), &drafts.iter().rev().collect::<Vec<_>>()).await;
    let old = Query { until: Some(time("1969-12-31T23:59:59.999999Z")), ..everything() };
    assert_listed(&store, &old, &[&drafts[3], &drafts[4]]).await;
}

async fn by_data_asset_ties_come_newest_first(place: &Place) {
    let store = place.open();
    let [b_old, b_new, a, upper, accent] = [
        result("1").of("b").at("2026-03-01T00:00:00"),
        result("2").of("b").at("2026-03-02T00:00:00"),
        result("3").of("a").at("2026-03-03T00:00:00"),
        result("4").of("B").at("2026-03-04T00:00:00"),
        result("5").of("á").at("2026-03-05T00:00:00"),
    ];
    save_all(&store, &[b_old.clone(), a.clone(), b_new.clone(), upper.clone(), accent.clone()]).await;
    assert_listed(&store, &by(OrderBy::DataAsset, true), &[&upper, &a, &b_new, &b_old, &accent]).await;
    assert_listed(&store, &by(OrderBy::DataAsset, false), &[&accent, &b_new, &b_old, &a, &upper]).await;
}

async fn by_status_ties_come_newest_first(place: &Place) {
    let store = place.open();
    let [warned, failed_old, failed_new, failed_too, passed] = [
        result("1").ended(Status::Warning).at("2026-03-01T00:00:00"),
        result("4").ended(Status::Failure).at("2026-03-01T00:00:00"),
        result("3").ended(Status::Failure).at("2026-03-02T00:00:00"),
        result("2").ended(Status::Failure).at("2026-03-02T00:00:00"),
        result("5").ended(Status::Success).at("2026-03-03T00:00:00"),
    ];
    save_all(&store, &[failed_old.clone(), warned.clone(), passed.clone(), failed_new.clone(), failed_too.clone()])
        .await;
    assert_listed(&store, &by(OrderBy::Status, true), &[&failed_too, &failed_new, &failed_old, &passed, &warned]).await;
    assert_listed(&store, &by(OrderBy::Status, false), &[&warned, &passed, &failed_too, &failed_new, &failed_old])
        .await;
}

async fn results_of_three_years_are_listed_in_order(place: &Place) {
    let store = place.open();
    // One result every four days and a bit, saved in no particular order.
    let start = time("2023-12-30T22:00:00Z").as_microsecond() / 1_000_000;
    let mut drafts: Vec<_> = (0..250)
        .map(|n| {
            let second = start + i64::from(n * 97 % 250) * 350_003;
            let run_time = jiff::Timestamp::from_second(second).unwrap().to_string();
            result(&format!("run-{n}")).at(run_time.trim_end_matches('Z'))
        })
        .collect();
    save_all(&store, &drafts).await;
    drafts.sort_by_key(|draft| Reverse(draft.entry().run_time.instant()));
    assert_listed(&place.open(), &everything(), &drafts.iter().collect::<Vec<_>>()).await;
    let year = Query {
        since: Some(time("2025-01-01T00:00:00Z")),
        until: Some(time("2025-12-31T23:59:59.999999Z")),
        ..everything()
    };
    let of_the_year = |draft: &&Draft| draft.entry().run_time.to_string().starts_with("2025-");
    let expected: Vec<_> = drafts.iter().filter(of_the_year).collect();
    assert!(expected.len() > 80);
    assert_listed(&store, &year, &expected).await;
}
