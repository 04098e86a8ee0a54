//! Limits and offsets of lists.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use truthound_store::result::Status;
use truthound_store::store::contract::{OrderBy, Query};

use crate::backends::Place;
use crate::support::{Draft, by, everything, facts, id, ids, result, save_all, save_many, text, time};

crate::cases![
    a_limit_takes_the_first,
    a_limit_of_none_takes_nothing,
    an_offset_leaves_out_the_first,
    pages_hold_each_result_once,
    beyond_the_end_there_is_nothing,
    a_count_knows_no_limit_and_no_offset,
    a_list_that_is_broken_off_harms_nothing,
    a_result_that_was_there_throughout_is_in_every_list_once,
];

/// More results than any backend reads at once.
const SEVERAL_PAGES: usize = 1_100;

/// That many results, with several values of each field.
fn several_pages() -> Vec<Draft> {
    let draft = |n: usize| {
        result(&format!("run-{n:04}"))
            .at(&format!("2026-03-{:02}T{:02}:{:02}:00", n / 60 % 28 + 1, n % 24, n % 60))
            .of(&format!("asset-{}", n % 3))
            .ended(Status::ALL[n % 4])
    };
    (0..SEVERAL_PAGES).map(draft).collect()
}

/// Ten results, with `run-0` the newest.
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
    // All have the same time, so only the run id decides.
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

/// A reader takes one result and then pauses. Meanwhile, results are saved again so that they move to the other end of
/// the list, before or after the reader's position.
async fn a_result_that_was_there_throughout_is_in_every_list_once(place: &Place) {
    let (reader, writer) = (place.open(), place.open());
    let mut now: BTreeMap<_, _> = several_pages().into_iter().map(|draft| (draft.run_id.clone(), draft)).collect();
    save_many(&writer, &now.values().cloned().collect::<Vec<_>>()).await;
    for order_by in [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status] {
        for ascending in [false, true] {
            let query = by(order_by, ascending);
            let order = ids(&reader, &query).await;
            let mut before = now.clone();
            let mut entries = reader.list(&query);
            let mut listed = vec![entries.next().await.unwrap().unwrap()];
            // The first and the last result change places, and so do two in the middle. One is deleted, and one is
            // added.
            for (one, other) in [(1, order.len() - 1), (2, order.len() - 2), (order.len() / 3, order.len() / 2)] {
                let (one, other) = (now[&order[one]].clone(), now[&order[other]].clone());
                for (run_id, facts_of) in [(one.run_id.clone(), &other), (other.run_id.clone(), &one)] {
                    let draft = facts_of.clone().named(&run_id);
                    draft.save_in(&writer).await;
                    now.insert(run_id, draft);
                }
            }
            let gone = order[order.len() - 3].clone();
            assert!(writer.delete(&id(&gone), None).await.unwrap());
            now.remove(&gone);
            let come = result(&format!("new-{order_by:?}-{ascending}")).of("asset-1");
            come.save_in(&writer).await;
            now.insert(come.run_id.clone(), come);
            while let Some(entry) = entries.next().await {
                listed.push(entry.unwrap());
            }
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for entry in listed {
                let run_id = entry.run_id.to_string();
                *seen.entry(run_id.clone()).or_default() += 1;
                // It is listed with its old or its new fields.
                let listed = Some(facts(entry));
                let [was, is] = [&before, &now].map(|drafts| drafts.get(&run_id).map(|draft| facts(draft.entry())));
                assert!(listed == was || listed == is, "{query:?}: {listed:?}, {was:?}, {is:?}");
            }
            let twice: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
            before.retain(|run_id, _| now.contains_key(run_id) && !seen.contains_key(run_id));
            let missing: Vec<_> = before.keys().collect();
            assert!(twice.is_empty() && missing.is_empty(), "{query:?}: {twice:?} twice, {missing:?} not at all");
        }
    }
}
