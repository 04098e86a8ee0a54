//! Filters of lists.

use jiff::civil::DateTime;
use truthound_store::result::{RunInstant, Status};
use truthound_store::store::contract::{NamePattern, OrderBy, Query};

use super::tagged;
use crate::backends::Place;
use crate::support::{assert_listed, everything, ids, result, save_all, time};

crate::cases![
    only_the_data_asset_that_was_asked_for,
    a_data_asset_is_no_pattern,
    a_pattern_passes_what_matches_it_and_nothing_else,
    a_pattern_is_one_filter_among_others,
    only_the_statuses_that_were_asked_for,
    since_and_until_include_their_own_microsecond,
    the_first_and_the_last_time_of_python_are_kept,
    a_window_of_time_may_be_empty,
    every_tag_that_was_asked_for_must_match,
    a_tag_of_any_text_can_be_asked_for,
];

async fn only_the_data_asset_that_was_asked_for(place: &Place) {
    let store = place.open();
    let assets = ["orders", "Orders", "orders.csv", "order", "", "s3://lake/orders?x=1#2", "größe", "orders "];
    let drafts: Vec<_> = assets.iter().zip(0..).map(|(asset, n)| result(&format!("run-{n}")).of(asset)).collect();
    save_all(&store, &drafts).await;
    for (asset, draft) in assets.iter().zip(&drafts) {
        let query = Query { data_asset: Some((*asset).to_owned()), ..everything() };
        assert_listed(&store, &query, &[draft]).await;
    }
    assert_listed(&store, &Query { data_asset: Some("nothing".to_owned()), ..everything() }, &[]).await;
}

async fn a_data_asset_is_no_pattern(place: &Place) {
    let store = place.open();
    result("run-1").of("orders").save_in(&store).await;
    for pattern in ["%", "order_", "order%", "*", "order?", "ord*", "ORDERS", ".*", "' OR '1'='1"] {
        assert_listed(&store, &Query { data_asset: Some(pattern.to_owned()), ..everything() }, &[]).await;
    }
}

async fn a_pattern_passes_what_matches_it_and_nothing_else(place: &Place) {
    let store = place.open();
    let names =
        ["orders_eu", "orders_us ", "Orders_eu", "orders", "orders*", "ordersXeu", "größe_%[a]!?\\", "größe", "*"];
    let drafts: Vec<_> =
        names.iter().zip(0..).map(|(name, n)| result(&format!("{n}-{}", name.replace(['\\'], ""))).of(name)).collect();
    save_all(&store, &drafts).await;
    let patterns = [
        "orders_*",
        "*eu",
        "*_*",
        "*%*",
        "*[a]*",
        "*?*",
        "*!*",
        "*\\",
        "ord*s*e*u",
        "gr*e",
        "ö*",
        "[*]",
        "*[*]*",
        "**",
        "nothing*",
        "* ",
    ];
    for pattern in patterns {
        let pattern = NamePattern::parse(pattern);
        let matching: Vec<_> = names.iter().zip(&drafts).filter(|(name, _)| pattern.matches(name)).collect();
        let matching: Vec<_> = matching.into_iter().map(|(_, draft)| draft).collect();
        assert_listed(&store, &Query { data_assets: Some(pattern.clone()), ..everything() }, &matching).await;
    }
    for (prefix, n) in [("0-orders_", 0), ("1-orders_us ", 1), ("6-größe_%", 6), ("8-*", 8)] {
        let run_ids = Some(NamePattern::prefix(prefix));
        assert_listed(&store, &Query { run_ids, ..everything() }, &[&drafts[n]]).await;
    }
    let none = Query { run_ids: Some(NamePattern::prefix("0-Orders")), ..everything() };
    assert_listed(&store, &none, &[]).await;
}

async fn a_pattern_is_one_filter_among_others(place: &Place) {
    let store = place.open();
    let drafts: Vec<_> = (0..40)
        .map(|n| {
            let status = if n % 3 == 0 { Status::Failure } else { Status::Success };
            let asset = if n % 2 == 0 { format!("orders_{}", n % 4) } else { "customers".to_owned() };
            result(&format!("run-{n:02}")).of(&asset).ended(status).tagged("part", &(n % 5).to_string())
        })
        .collect();
    save_all(&store, &drafts).await;
    let data_assets = Some(NamePattern::parse("orders_*"));
    for order_by in [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status] {
        let query =
            Query { data_assets: data_assets.clone(), statuses: vec![Status::Failure], order_by, ..everything() };
        assert_eq!(store.count(&query).await.unwrap(), 7);
        let mut listed = ids(&store, &query).await;
        listed.sort();
        assert_eq!(listed, [0, 6, 12, 18, 24, 30, 36].map(|n| format!("run-{n:02}")));
    }
    let query = Query { data_assets, limit: Some(2), offset: 1, ..tagged(&[("part", "0")]) };
    assert_listed(&store, &query, &[&drafts[10], &drafts[20]]).await;
    assert!(store.delete(&crate::support::id("run-20"), Some(&query)).await.unwrap());
    assert!(!store.delete(&crate::support::id("run-05"), Some(&query)).await.unwrap());
}

async fn only_the_statuses_that_were_asked_for(place: &Place) {
    let store = place.open();
    let drafts = Status::ALL.map(|status| result(status.name()).ended(status));
    save_all(&store, &drafts).await;
    for (status, draft) in Status::ALL.into_iter().zip(&drafts) {
        assert_listed(&store, &Query { statuses: vec![status], ..everything() }, &[draft]).await;
    }
    let some = Query { statuses: vec![Status::Warning, Status::Error, Status::Warning], ..everything() };
    assert_listed(&store, &some, &[&drafts[0], &drafts[3]]).await;
    let all = Query { statuses: Status::ALL.to_vec(), ..everything() };
    assert_listed(&store, &all, &drafts.iter().collect::<Vec<_>>()).await;
}

async fn since_and_until_include_their_own_microsecond(place: &Place) {
    let store = place.open();
    let drafts = ["11:59:59.999999", "12:00:00.000000", "12:00:00.000001"]
        .map(|fraction| result(fraction).at(&format!("2026-03-01T{fraction}")));
    save_all(&store, &drafts).await;
    let [before, at, after] = &drafts;
    let noon = Some(time("2026-03-01T12:00:00Z"));
    assert_listed(&store, &Query { since: noon, ..everything() }, &[after, at]).await;
    assert_listed(&store, &Query { until: noon, ..everything() }, &[at, before]).await;
    assert_listed(&store, &Query { since: noon, until: noon, ..everything() }, &[at]).await;
    // No result is between two microseconds.
    let finer: DateTime = "2026-03-01T12:00:00.0000005".parse().unwrap();
    let (since, until) = (RunInstant::at_or_after(finer), RunInstant::at_or_before(finer));
    assert_listed(&store, &Query { since: Some(since), ..everything() }, &[after]).await;
    assert_listed(&store, &Query { until: Some(until), ..everything() }, &[at, before]).await;
}

async fn the_first_and_the_last_time_of_python_are_kept(place: &Place) {
    let store = place.open();
    let times =
        ["9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999998", "2026-03-01T12:00:00", "0001-01-01T00:00:00"];
    let drafts = times.map(|time| result(time).at(time));
    save_all(&store, &drafts).await;
    let [last, before_last, middle, first] = &drafts;
    assert_listed(&store, &everything(), &[last, before_last, middle, first]).await;
    let ends = |since, until| Query { since: Some(since), until: Some(until), ..everything() };
    assert_listed(&store, &ends(RunInstant::FIRST, RunInstant::LAST), &[last, before_last, middle, first]).await;
    assert_listed(&store, &ends(RunInstant::LAST, RunInstant::LAST), &[last]).await;
    assert_listed(&store, &ends(RunInstant::FIRST, RunInstant::FIRST), &[first]).await;
}

async fn a_window_of_time_may_be_empty(place: &Place) {
    let store = place.open();
    result("run-1").at("2026-03-01T12:00:00").save_in(&store).await;
    for (since, until) in [
        ("2026-03-01T12:00:01Z", "2026-03-01T13:00:00Z"),
        ("2020-01-01T00:00:00Z", "2026-03-01T11:59:59.999999Z"),
        ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"),
    ] {
        let query = Query { since: Some(time(since)), until: Some(time(until)), ..everything() };
        assert_listed(&store, &query, &[]).await;
    }
    let widest = Query { since: Some(RunInstant::FIRST), until: Some(RunInstant::LAST), ..everything() };
    assert_eq!(ids(&store, &widest).await, ["run-1"]);
}

async fn every_tag_that_was_asked_for_must_match(place: &Place) {
    let store = place.open();
    let [both, env, team, none] = [
        result("both").tagged("env", "prod").tagged("team", "a"),
        result("env").tagged("env", "prod"),
        result("team").tagged("env", "dev").tagged("team", "a"),
        result("none"),
    ];
    save_all(&store, &[both.clone(), env.clone(), team.clone(), none.clone()]).await;
    for (tags, expected) in [
        (vec![("env", "prod")], vec![&both, &env]),
        (vec![("team", "a")], vec![&both, &team]),
        (vec![("env", "prod"), ("team", "a")], vec![&both]),
        (vec![("env", "dev"), ("team", "b")], vec![]),
        (vec![("env", "pro")], vec![]),
        (vec![("en", "prod")], vec![]),
        (vec![("env", "")], vec![]),
        (vec![("ENV", "prod")], vec![]),
    ] {
        assert_listed(&store, &tagged(&tags), &expected).await;
    }
}

async fn a_tag_of_any_text_can_be_asked_for(place: &Place) {
    let store = place.open();
    let odd = [
        ("a.b", "x"),
        ("a", "b=c"),
        ("$.a", "1"),
        ("\"", "'"),
        ("", "empty"),
        ("empty", ""),
        ("ключ", "значение"),
        ("a[0]", "]"),
        ("%", "_"),
        ("n", "1.0"),
        ("nul", "a\0b"),
        ("line", "a\nb"),
        ("slash/", "\\"),
        ("🦀", "e\u{301}"),
    ];
    let drafts: Vec<_> =
        odd.iter().zip(0..).map(|((key, value), n)| result(&format!("run-{n}")).tagged(key, value)).collect();
    save_all(&store, &drafts).await;
    for (tag, draft) in odd.iter().zip(&drafts) {
        assert_listed(&store, &tagged(&[*tag]), &[draft]).await;
    }
}
