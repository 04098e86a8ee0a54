//! Listing and counting.

pub(crate) mod filters;
pub(crate) mod orders;
pub(crate) mod pages;

use std::cmp::Reverse;

use truthound_store::error::ErrorKind;
use truthound_store::result::{Revision, Status};
use truthound_store::store::contract::{OrderBy, Query, SaveMode};

use crate::backends::{Place, Store};
use crate::support::{Draft, assert_listed, by, entries, everything, facts, id, result, save_all, time};

crate::cases![
    an_empty_place_lists_nothing,
    everything_listed_of_a_result_is_what_was_saved,
    long_assets_and_tags_are_listed_whole,
    each_write_has_a_revision_of_its_own,
    every_combination_of_filters_and_orders_is_right,
];

fn tagged(tags: &[(&str, &str)]) -> Query {
    Query { tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(), ..everything() }
}

async fn an_empty_place_lists_nothing(place: &Place) {
    let store = place.open();
    for query in [everything(), by(OrderBy::Status, true), Query { offset: 3, limit: Some(2), ..everything() }] {
        assert!(entries(&store, &query).await.is_empty());
        assert_eq!(store.count(&query).await.unwrap(), 0);
    }
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

async fn each_write_has_a_revision_of_its_own(place: &Place) {
    let store = place.open();
    let query = Query { with_revisions: true, ..everything() };
    let (kept, written) = (result("kept"), result("written").saying("\"note\": 1"));
    save_all(&store, &[kept, written.clone()]).await;
    let before = revisions(&store, &query).await;
    assert!(before.iter().all(Option::is_some), "{before:?}");
    assert_eq!(revisions(&place.open(), &query).await, before);
    written.saying("\"note\": 2").save_in(&place.open()).await;
    let after = revisions(&store, &query).await;
    assert_eq!((after[0], after[1].is_some()), (before[0], true));
    assert_ne!(after[1], before[1]);
}

async fn revisions(store: &Store, query: &Query) -> Vec<Option<Revision>> {
    entries(store, query).await.iter().map(|entry| entry.revision).collect()
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
    assert!(store.delete(&id(&drafts[1].run_id), None).await.unwrap());
    let mut left: Vec<_> = drafts.iter().skip(2).collect();
    left.insert(0, &again);
    assert_listed(&place.open(), &everything(), &left).await;
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

/// Compares a query, and a page of it, with a second implementation of filters and orders. Returns the number of
/// results.
async fn agrees(store: &Store, query: Query, drafts: &[Draft]) -> usize {
    let mut expected: Vec<_> = drafts.iter().map(|draft| facts(draft.entry())).collect();
    expected.retain(|(_, instant, asset, status, tags)| {
        !(query.data_asset.as_ref().is_some_and(|wanted| wanted != asset)
            || (!query.statuses.is_empty() && !query.statuses.contains(status))
            || query.since.is_some_and(|since| *instant < since)
            || query.until.is_some_and(|until| *instant > until)
            || query.tags.iter().any(|(key, value)| tags.get(key) != Some(value)))
    });
    // The sorts are stable, so the last one has priority.
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
