//! Times without an offset, in the time zone of the profile.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use truthound_store::result::{RunInstant, RunTime};
use truthound_store::store::contract::{OrderBy, Query};

use crate::backends::Place;
use crate::support::{Draft, assert_listed, by, everything, id, ids, result, save_all, save_many, text, time};

crate::cases![
    a_time_without_an_offset_is_in_the_zone_of_the_profile,
    a_time_with_an_offset_is_in_no_zone,
    documents_stay_as_they_are_in_every_zone,
    since_and_until_hold_where_clocks_are_changed,
    the_ends_of_time_are_kept_in_every_zone,
    what_is_deleted_by_a_time_is_what_is_listed_by_it,
    pages_are_in_the_order_of_instants,
];

async fn a_time_without_an_offset_is_in_the_zone_of_the_profile(place: &Place) {
    let store = place.open_in_zone("Asia/Seoul");
    let [local, utc] = [result("local").at("2026-03-01T20:00:00"), result("utc").at("2026-03-01T12:00:00+00:00")];
    save_all(&store, &[local.clone(), utc.clone()]).await;
    // In Seoul it is nine hours later: eleven o'clock in UTC.
    assert_listed(&store, &everything(), &[&utc, &local]).await;
    assert_listed(&store, &by(OrderBy::RunTime, true), &[&local, &utc]).await;
    let noon = Some(time("2026-03-01T11:30:00Z"));
    assert_listed(&store, &Query { since: noon, ..everything() }, &[&utc]).await;
    assert_listed(&store, &Query { until: noon, ..everything() }, &[&local]).await;
    let eleven = Some(time("2026-03-01T11:00:00Z"));
    assert_listed(&store, &Query { since: eleven, until: eleven, ..everything() }, &[&local]).await;
}

async fn a_time_with_an_offset_is_in_no_zone(place: &Place) {
    let store = place.open_in_zone("America/New_York");
    let times = ["2026-03-01T12:00:00+09:00", "2026-03-01T02:00:00-05:00", "2026-03-01T12:00:00Z"];
    let drafts = times.map(|time| result(time).at(time));
    save_all(&store, &drafts).await;
    let [seoul, new_york, utc] = &drafts;
    assert_listed(&store, &everything(), &[utc, new_york, seoul]).await;
    let three = Some(time("2026-03-01T03:00:00Z"));
    assert_listed(&store, &Query { since: three, until: three, ..everything() }, &[seoul]).await;
}

async fn documents_stay_as_they_are_in_every_zone(place: &Place) {
    let store = place.open_in_zone("America/New_York");
    for draft in [result("local").at("2026-03-08T02:30:00"), result("utc").at("2026-03-01T12:00:00Z")] {
        draft.save_in(&store).await;
        assert_eq!(text(&store, &draft.run_id).await, draft.text());
    }
}

/// Results half an hour apart, from an hour before midnight to an hour after five, without an offset.
fn through_the_night(of: &str) -> Vec<Draft> {
    let midnight: DateTime = of.parse().unwrap();
    let times = (-2..=12).map(|half| (midnight + SignedDuration::from_mins(30 * half)).to_string());
    times.map(|time| result(&time).at(&time)).collect()
}

async fn since_and_until_hold_where_clocks_are_changed(place: &Place) {
    let store = place.open_in_zone("America/New_York");
    let zone = store.time_zone();
    // Clocks are set forward in the first night, and back in the second.
    let drafts = [through_the_night("2026-03-08"), through_the_night("2026-11-01")].concat();
    save_many(&store, &drafts).await;
    let instants = ["2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z", "2026-03-08T08:00:00Z"]
        .into_iter()
        .chain(["2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z"]);
    for instant in instants.map(time) {
        for shift in [-1, 0, 1] {
            let instant = instant.later_by(SignedDuration::from_micros(shift));
            let queries = [
                Query { since: Some(instant), ..by(OrderBy::DataAsset, true) },
                Query { until: Some(instant), ..by(OrderBy::DataAsset, true) },
            ];
            for query in queries {
                let matching = drafts.iter().filter(|draft| query.matches(&draft.entry().in_zone(zone)));
                let mut expected: Vec<&str> = matching.map(|draft| draft.run_id.as_str()).collect();
                let mut found = ids(&store, &query).await;
                expected.sort_unstable();
                found.sort_unstable();
                assert_eq!(found, expected, "{query:?}");
                assert_eq!(store.count(&query).await.unwrap(), expected.len() as u64);
            }
        }
    }
}

async fn the_ends_of_time_are_kept_in_every_zone(place: &Place) {
    for (zone, namespace) in [("America/New_York", "west"), ("Asia/Seoul", "east")] {
        let store = place.open_namespace_in_zone(namespace, zone);
        let times = [
            "9999-12-31T23:59:59.999999",
            "9999-12-31T23:59:59",
            "2026-03-01T12:00:00",
            "0001-01-01T00:00:01",
            "0001-01-01T00:00:00",
        ];
        let drafts = times.map(|time| result(&format!("{namespace} {time}")).at(time));
        save_all(&store, &drafts).await;
        let all = ids(&store, &everything()).await;
        assert_eq!(all.len(), times.len(), "{zone}: {all:?}");
        assert_eq!(all[2], drafts[2].run_id, "{zone}: {all:?}");
        let ends = |since, until| Query { since: Some(since), until: Some(until), ..everything() };
        assert_eq!(store.count(&ends(RunInstant::FIRST, RunInstant::LAST)).await.unwrap(), 5, "{zone}");
        for draft in &drafts {
            let instant = draft.entry().in_zone(store.time_zone()).run_time.instant();
            let found = ids(&store, &ends(instant, instant)).await;
            assert!(found.contains(&draft.run_id), "{zone}: {found:?} at {instant}");
            assert!(store.delete(&id(&draft.run_id), None).await.unwrap());
        }
        assert_eq!(store.count(&everything()).await.unwrap(), 0, "{zone}");
    }
}

async fn what_is_deleted_by_a_time_is_what_is_listed_by_it(place: &Place) {
    let store = place.open_in_zone("America/New_York");
    let draft = result("run-1").at("2026-03-01T12:00:00");
    draft.save_in(&store).await;
    // It is five o'clock in the afternoon in UTC.
    let before = Query { until: Some(time("2026-03-01T16:59:59Z")), ..everything() };
    assert!(!store.delete(&id("run-1"), Some(&before)).await.unwrap());
    assert_listed(&store, &everything(), &[&draft]).await;
    let at = Query { until: Some(time("2026-03-01T17:00:00Z")), ..everything() };
    assert!(store.delete(&id("run-1"), Some(&at)).await.unwrap());
    assert_listed(&store, &everything(), &[]).await;
}

async fn pages_are_in_the_order_of_instants(place: &Place) {
    for (zone, namespace) in [("America/New_York", "west"), ("Asia/Seoul", "east")] {
        let store = place.open_namespace_in_zone(namespace, zone);
        let begin: DateTime = "2026-01-10T00:00:00".parse().unwrap();
        // Every second one has an offset. As texts, both kinds are in the same order.
        let mut drafts: Vec<Draft> = (0..60)
            .map(|number| {
                let time = begin + SignedDuration::from_mins(77 * number);
                let offset = if number % 2 == 0 { "" } else { "+00:00" };
                result(&format!("{namespace} {number:02}")).at(&format!("{time}{offset}"))
            })
            .collect();
        save_many(&store, &drafts).await;
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.entry().in_zone(store.time_zone()).run_time.instant()));
        let expected: Vec<&str> = drafts.iter().map(|draft| draft.run_id.as_str()).collect();
        assert_eq!(ids(&store, &everything()).await, expected);
        for range in [0..1, 0..7, 13..23, 55..60] {
            let page = Query { limit: Some(range.len() as u64), offset: range.start as u64, ..everything() };
            assert_eq!(ids(&store, &page).await, expected[range.clone()], "{zone} {range:?}");
        }
    }
}

/// The same store with another time zone: not for one in memory.
pub(crate) mod reopened {
    use super::*;

    crate::cases![
        in_another_zone_the_same_times_are_other_instants,
        results_of_another_zone_are_replaced_and_deleted_without_a_trace,
    ];

    async fn in_another_zone_the_same_times_are_other_instants(place: &Place) {
        let drafts = ["2026-03-01T12:00:00", "2026-03-01T12:00:01", "2026-03-02T00:00:00"];
        let drafts = drafts.map(|time| result(time).at(time));
        save_all(&place.open(), &drafts).await;
        let [first, second, third] = &drafts;
        for zone in ["Asia/Seoul", "America/New_York", "UTC"] {
            let store = place.open_in_zone(zone);
            assert_listed(&store, &everything(), &[third, second, first]).await;
            let noon: RunTime = "2026-03-01T12:00:00".parse().unwrap();
            let noon = Some(noon.in_zone(store.time_zone()).instant());
            assert_listed(&store, &Query { since: noon, until: noon, ..everything() }, &[first]).await;
        }
    }

    async fn results_of_another_zone_are_replaced_and_deleted_without_a_trace(place: &Place) {
        save_all(&place.open(), &[result("replaced"), result("deleted")]).await;
        let store = place.open_in_zone("Asia/Seoul");
        let again = result("replaced").of("orders.csv").at("2026-03-05T12:00:00");
        again.save_in(&store).await;
        assert!(store.delete(&id("deleted"), None).await.unwrap());
        for store in [store, place.open(), place.open_in_zone("America/New_York")] {
            assert_listed(&store, &everything(), &[&again]).await;
        }
    }
}
