//! How many results are listed, and from where on.

use futures_util::StreamExt as _;
use truthound_store::store::contract::{OrderBy, Query};

use crate::backends::Place;
use crate::support::{Draft, by, everything, ids, result, save_all, text, time};

crate::cases![
    a_limit_takes_the_first,
    a_limit_of_none_takes_nothing,
    an_offset_leaves_out_the_first,
    pages_hold_each_result_once,
    beyond_the_end_there_is_nothing,
    a_count_knows_no_limit_and_no_offset,
    a_list_that_is_broken_off_harms_nothing,
];

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
