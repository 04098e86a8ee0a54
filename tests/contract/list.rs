//! Listing and counting.

use std::cmp::Reverse;

use futures_util::StreamExt as _;
use truthound_store::error::ErrorKind;
use truthound_store::result::Status;
use truthound_store::store::contract::{OrderBy, Query, SaveMode};

use crate::backends::Place;
use crate::support::{Draft, assert_listed, by, entries, everything, facts, id, ids, result, save_all, text, time};

crate::cases![
    an_empty_place_lists_nothing,
    the_newest_come_first,
    ascending_the_oldest_come_first,
    those_of_one_instant_come_by_run_id,
    a_microsecond_is_told_apart,
    times_with_offsets_are_compared_as_instants,
    a_time_without_offset_is_utc,
    the_first_and_the_last_times_of_the_calendar_are_listed,
    by_data_asset_ties_come_newest_first,
    by_status_ties_come_newest_first,
    only_the_data_asset_that_was_asked_for,
    a_data_asset_is_no_pattern,
    only_the_statuses_that_were_asked_for,
    since_and_until_include_their_own_microsecond,
    a_window_of_time_may_be_empty,
    every_tag_that_was_asked_for_must_match,
    a_tag_of_any_text_can_be_asked_for,
    everything_listed_of_a_result_is_what_was_saved,
    long_assets_and_tags_are_listed_whole,
    a_limit_takes_the_first,
    a_limit_of_none_takes_nothing,
    an_offset_leaves_out_the_first,
    pages_hold_each_result_once,
    beyond_the_end_there_is_nothing,
    a_count_knows_no_limit_and_no_offset,
    results_of_three_years_are_listed_in_order,
    a_list_that_is_broken_off_harms_nothing,
    every_combination_of_filters_and_orders_is_right,
];

async fn an_empty_place_lists_nothing(place: &Place) {
    let store = place.open();
    for query in [everything(), by(OrderBy::Status, true), Query { offset: 3, limit: Some(2), ..everything() }] {
        assert!(entries(&store, &query).await.is_empty());
        assert_eq!(store.count(&query).await.unwrap(), 0);
    }
}

async fn the_newest_come_first(place: &Place) {
    let store = place.open();
    let [older, newest, oldest] = [
        result("a").at("2026-03-01T12:00:00"),
        result("b").at("2026-03-01T12:00:01"),
        result("c").at("2025-12-31T23:59:59"),
    ];
    save_all(&store, &[older.clone(), newest.clone(), oldest.clone()]).await;
    assert_listed(&store, &everything(), &[&newest, &older, &oldest]).await;
}

async fn ascending_the_oldest_come_first(place: &Place) {
    let store = place.open();
    let [older, newest, oldest] = [
        result("a").at("2026-03-01T12:00:00"),
        result("b").at("2026-03-01T12:00:01"),
        result("c").at("2025-12-31T23:59:59"),
    ];
    save_all(&store, &[older.clone(), newest.clone(), oldest.clone()]).await;
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
    // Between two microseconds, there is nobody.
    let finer = Some(time("2026-03-01T12:00:00.0000005Z"));
    assert_listed(&store, &Query { since: finer, ..everything() }, &[after]).await;
    assert_listed(&store, &Query { until: finer, ..everything() }, &[at, before]).await;
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
    let widest = Query { since: Some(jiff::Timestamp::MIN), until: Some(jiff::Timestamp::MAX), ..everything() };
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

fn tagged(tags: &[(&str, &str)]) -> Query {
    Query { tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(), ..everything() }
}

async fn everything_listed_of_a_result_is_what_was_saved(place: &Place) {
    let store = place.open();
    let draft = result("run-1")
        .at("2026-02-28T23:59:59.000007-09:30")
        .of("s3://läke/größe 100%.csv?v=1&w=2#3\n")
        .ended(Status::Warning)
        .tagged("env", "prod")
        .tagged("", "\t")
        .tagged("über", "\"quoted\", 'too', \\ and /");
    draft.save_in(&store).await;
    assert_listed(&place.open(), &everything(), &[&draft]).await;
}

async fn long_assets_and_tags_are_listed_whole(place: &Place) {
    let store = place.open();
    let mut drafts = Vec::new();
    for length in [200, 300, 800, 1_000, 1_100, 20_000] {
        let asset = "ä/".repeat(length / 3);
        let draft = result(&format!("asset-{length:05}")).of(&asset);
        if (place.backend.takes_asset)(&asset) {
            drafts.push(draft);
        } else {
            let error = store.save(&draft.document(), SaveMode::Overwrite).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{error:?}");
        }
        drafts
            .push(result(&format!("tag-{length:05}")).tagged("note", &"x y".repeat(length / 3)).tagged("env", "prod"));
    }
    drafts.sort_by(|one, other| one.run_id.cmp(&other.run_id));
    save_all(&store, &drafts).await;
    assert_listed(&place.open(), &everything(), &drafts.iter().collect::<Vec<_>>()).await;
    let tagged: Vec<_> = drafts.iter().filter(|draft| draft.run_id.starts_with("tag")).collect();
    assert_listed(&store, &self::tagged(&[("env", "prod")]), &tagged).await;
    let again = drafts[0].clone().of("short now");
    again.save_in(&store).await;
    assert!(store.delete(&id(&drafts[1].run_id)).await.unwrap());
    let mut left: Vec<_> = drafts.iter().skip(2).collect();
    left.insert(0, &again);
    assert_listed(&place.open(), &everything(), &left).await;
}

/// Ten results, `run-0` the newest.
fn ten() -> Vec<Draft> {
    (0..10).map(|n| result(&format!("run-{n}")).at(&format!("2026-03-{:02}T00:00:00", 20 - n))).collect()
}

async fn a_limit_takes_the_first(place: &Place) {
    let store = place.open();
    save_all(&store, &ten()).await;
    assert_eq!(ids(&store, &Query { limit: Some(3), ..everything() }).await, ["run-0", "run-1", "run-2"]);
    assert_eq!(ids(&store, &Query { limit: Some(2), ..by(OrderBy::RunTime, true) }).await, ["run-9", "run-8"]);
    let filtered = Query { limit: Some(2), until: Some(time("2026-03-15T00:00:00Z")), ..everything() };
    assert_eq!(ids(&store, &filtered).await, ["run-5", "run-6"]);
}

async fn a_limit_of_none_takes_nothing(place: &Place) {
    let store = place.open();
    save_all(&store, &ten()).await;
    assert!(ids(&store, &Query { limit: Some(0), ..everything() }).await.is_empty());
}

async fn an_offset_leaves_out_the_first(place: &Place) {
    let store = place.open();
    save_all(&store, &ten()).await;
    assert_eq!(ids(&store, &Query { offset: 8, ..everything() }).await, ["run-8", "run-9"]);
    let page = Query { offset: 2, limit: Some(2), ..by(OrderBy::DataAsset, true) };
    assert_eq!(ids(&store, &page).await, ["run-2", "run-3"]);
}

async fn pages_hold_each_result_once(place: &Place) {
    let store = place.open();
    // All of one instant: nothing but the run id decides.
    let drafts: Vec<_> = (10..35).map(|n| result(&format!("run-{n}"))).collect();
    save_all(&store, &drafts).await;
    let mut found = Vec::new();
    for page in 0..9 {
        found.extend(ids(&store, &Query { offset: page * 3, limit: Some(3), ..everything() }).await);
    }
    assert_eq!(found, drafts.iter().map(|draft| draft.run_id.clone()).collect::<Vec<_>>());
}

async fn beyond_the_end_there_is_nothing(place: &Place) {
    let store = place.open();
    save_all(&store, &ten()).await;
    assert_eq!(ids(&store, &Query { limit: Some(100), ..everything() }).await.len(), 10);
    assert_eq!(ids(&store, &Query { limit: Some(u64::MAX), ..everything() }).await.len(), 10);
    for offset in [10, 11, 1_000_000, u64::MAX] {
        for limit in [None, Some(1), Some(u64::MAX)] {
            assert!(ids(&store, &Query { offset, limit, ..everything() }).await.is_empty(), "{offset} {limit:?}");
        }
    }
}

async fn a_count_knows_no_limit_and_no_offset(place: &Place) {
    let store = place.open();
    save_all(&store, &ten()).await;
    let query = Query { limit: Some(2), offset: 9, since: Some(time("2026-03-14T00:00:00Z")), ..everything() };
    assert_eq!(store.count(&query).await.unwrap(), 7);
}

async fn results_of_three_years_are_listed_in_order(place: &Place) {
    let store = place.open();
    // Every 4 days and a bit, saved in no particular order.
    let start = time("2023-12-30T22:00:00Z").as_second();
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

async fn a_list_that_is_broken_off_harms_nothing(place: &Place) {
    let store = place.open();
    save_all(&store, &ten()).await;
    for _ in 0..20 {
        let query = everything();
        let first = store.list(&query).next().await.unwrap().unwrap();
        assert_eq!(first.run_id.as_str(), "run-0");
    }
    let next = result("run-x").at("2026-04-01T00:00:00");
    next.save_in(&store).await;
    assert_eq!(ids(&store, &everything()).await.len(), 11);
    assert_eq!(text(&store, "run-x").await, next.text());
}

async fn every_combination_of_filters_and_orders_is_right(place: &Place) {
    let store = place.open();
    let drafts: Vec<_> = (0..36_usize)
        .map(|n| {
            let mut draft = result(&format!("run-{}", (n * 7) % 36))
                .at(&format!("2026-03-0{}T{:02}:00:00", n % 5 + 1, n % 3))
                .of(["orders", "customers", "größe"][n % 3])
                .ended(Status::ALL[n % 4]);
            if n % 2 == 0 {
                draft = draft.tagged("env", "prod");
            }
            if n % 5 < 2 {
                draft = draft.tagged("team", "a");
            }
            draft
        })
        .collect();
    save_all(&store, &drafts).await;
    let mut seen = 0;
    for data_asset in [None, Some("orders".to_owned())] {
        for statuses in [vec![], vec![Status::Failure, Status::Error]] {
            for (since, until) in [
                (None, None),
                (Some(time("2026-03-02T01:00:00Z")), None),
                (None, Some(time("2026-03-04T00:00:00Z"))),
                (Some(time("2026-03-02T01:00:00Z")), Some(time("2026-03-04T00:00:00Z"))),
            ] {
                for tags in [tagged(&[]).tags, tagged(&[("env", "prod"), ("team", "a")]).tags] {
                    for order_by in [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status] {
                        for ascending in [false, true] {
                            let (data_asset, statuses, tags) = (data_asset.clone(), statuses.clone(), tags.clone());
                            let query =
                                Query { data_asset, statuses, since, until, tags, order_by, ascending, ..everything() };
                            seen += agrees(&store, query, &drafts).await;
                        }
                    }
                }
            }
        }
    }
    assert!(seen > 500, "the filters let only {seen} through: nothing is tested");
}

/// Checks a query, and a page of it, against filters and orders written anew here. Returns how many results it found.
async fn agrees(store: &crate::backends::Store, query: Query, drafts: &[Draft]) -> usize {
    let mut expected: Vec<_> = drafts.iter().map(|draft| facts(draft.entry())).collect();
    expected.retain(|(_, instant, asset, status, tags)| {
        !(query.data_asset.as_ref().is_some_and(|wanted| wanted != asset)
            || (!query.statuses.is_empty() && !query.statuses.contains(status))
            || query.since.is_some_and(|since| *instant < since)
            || query.until.is_some_and(|until| *instant > until)
            || query.tags.iter().any(|(key, value)| tags.get(key) != Some(value)))
    });
    // Sorts are stable: the last one counts most.
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    expected.sort_by_key(|one| Reverse(one.1));
    match (query.order_by, query.ascending) {
        (OrderBy::RunTime, true) => expected.sort_by_key(|one| one.1),
        (OrderBy::RunTime, false) => {}
        (OrderBy::DataAsset, true) => expected.sort_by(|one, other| one.2.cmp(&other.2)),
        (OrderBy::DataAsset, false) => expected.sort_by(|one, other| other.2.cmp(&one.2)),
        (OrderBy::Status, true) => expected.sort_by_key(|one| one.3.name()),
        (OrderBy::Status, false) => expected.sort_by_key(|one| Reverse(one.3.name())),
    }
    let found: Vec<_> = entries(store, &query).await.into_iter().map(facts).collect();
    assert_eq!(found, expected, "{query:?}");
    assert_eq!(store.count(&query).await.unwrap(), expected.len() as u64, "{query:?}");
    let page = Query { offset: 2, limit: Some(3), ..query };
    let found: Vec<_> = entries(store, &page).await.into_iter().map(facts).collect();
    let on_page: Vec<_> = expected.iter().skip(2).take(3).cloned().collect();
    assert_eq!(found, on_page, "{page:?}");
    expected.len()
}
