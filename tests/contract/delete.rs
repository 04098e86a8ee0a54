//! Deleting.

use futures_util::TryStreamExt as _;
use truthound_store::result::{Entry, Status};
use truthound_store::store::contract::Query;

use crate::backends::{Place, Store};
use crate::support::{assert_listed, assert_not_found, everything, id, ids, result, save_all, text, time};

crate::cases![
    deleting_what_is_not_there_says_so,
    what_is_deleted_is_neither_read_nor_listed_nor_counted,
    a_second_delete_says_that_nothing_was_there,
    only_the_named_result_goes,
    what_was_deleted_can_be_saved_again,
    a_result_of_another_process_can_be_deleted,
    a_result_that_was_replaced_since_it_was_listed_is_asked_again_whether_it_passes,
    with_a_filter_a_result_goes_if_it_passes_and_stays_if_not,
    a_version_goes_and_one_that_was_saved_since_stays,
    the_same_document_saved_again_is_another_version,
    a_result_with_other_facts_or_none_has_no_version_of_what_was_listed,
];

async fn deleting_what_is_not_there_says_so(place: &Place) {
    let store = place.open();
    assert!(!store.delete(&id("run-1"), None).await.unwrap());
    let other = result("run-2");
    other.save_in(&store).await;
    assert!(!store.delete(&id("run-1"), None).await.unwrap());
    assert_listed(&store, &everything(), &[&other]).await;
}

async fn what_is_deleted_is_neither_read_nor_listed_nor_counted(place: &Place) {
    let store = place.open();
    result("run-1").save_in(&store).await;
    assert!(store.delete(&id("run-1"), None).await.unwrap());
    for store in [store, place.open()] {
        assert_not_found(&store, "run-1").await;
        assert_listed(&store, &everything(), &[]).await;
    }
}

async fn a_second_delete_says_that_nothing_was_there(place: &Place) {
    let store = place.open();
    result("run-1").save_in(&store).await;
    assert!(store.delete(&id("run-1"), None).await.unwrap());
    assert!(!store.delete(&id("run-1"), None).await.unwrap());
}

async fn only_the_named_result_goes(place: &Place) {
    let store = place.open();
    let drafts = ["run-1", "run-10", "run-", "run", "run-1.json", "xrun-1"].map(result);
    save_all(&store, &drafts).await;
    assert!(store.delete(&id("run-1"), None).await.unwrap());
    let mut left: Vec<_> = drafts.iter().filter(|draft| draft.run_id != "run-1").collect();
    left.sort_by(|one, other| one.run_id.cmp(&other.run_id));
    assert_listed(&store, &everything(), &left).await;
    for draft in left {
        assert_eq!(text(&store, &draft.run_id).await, draft.text());
    }
}

async fn what_was_deleted_can_be_saved_again(place: &Place) {
    let store = place.open();
    result("run-1").at("2026-03-01T00:00:00").save_in(&store).await;
    assert!(store.delete(&id("run-1"), None).await.unwrap());
    let again = result("run-1").at("2026-02-01T00:00:00").of("orders");
    again.save_in(&store).await;
    assert_listed(&store, &everything(), &[&again]).await;
    assert_eq!(text(&store, "run-1").await, again.text());
}

async fn a_result_of_another_process_can_be_deleted(place: &Place) {
    result("run-1").save_in(&place.open()).await;
    assert!(place.open().delete(&id("run-1"), None).await.unwrap());
    assert_not_found(&place.open(), "run-1").await;
}

async fn a_result_that_was_replaced_since_it_was_listed_is_asked_again_whether_it_passes(place: &Place) {
    let store = place.open();
    result("run-1").at("2026-01-01T00:00:00").save_in(&store).await;
    let old = Query { until: Some(time("2026-02-01T00:00:00Z")), ..everything() };
    assert_eq!(ids(&store, &old).await, ["run-1"]);
    let newer = result("run-1").at("2026-03-01T00:00:00");
    newer.save_in(&place.open()).await;
    assert!(!store.delete(&id("run-1"), Some(&old)).await.unwrap());
    assert_listed(&store, &everything(), &[&newer]).await;
    assert_eq!(text(&store, "run-1").await, newer.text());
    // And the opposite case.
    let new = Query { since: Some(time("2026-02-01T00:00:00Z")), ..everything() };
    assert!(store.delete(&id("run-1"), Some(&new)).await.unwrap());
    assert_not_found(&place.open(), "run-1").await;
    assert!(!store.delete(&id("run-1"), Some(&new)).await.unwrap());
}

async fn with_a_filter_a_result_goes_if_it_passes_and_stays_if_not(place: &Place) {
    let store = place.open();
    let tags = |tags: &[(&str, &str)]| tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    let passed = [
        Query { data_asset: Some("größe 100%".to_owned()), ..everything() },
        Query { statuses: vec![Status::Failure], ..everything() },
        Query { statuses: vec![Status::Failure, Status::Error], ..everything() },
        Query { since: Some(time("2026-03-01T12:00:00Z")), ..everything() },
        Query { until: Some(time("2026-03-01T12:00:00Z")), ..everything() },
        Query { tags: tags(&[("env", "prod")]), ..everything() },
        Query {
            tags: tags(&[("env", "prod"), ("n", "1")]), data_asset: Some("größe 100%".to_owned()), ..everything()
        },
        everything(),
    ];
    let missed = [
        Query { data_asset: Some("Größe 100%".to_owned()), ..everything() },
        Query { statuses: vec![Status::Success], ..everything() },
        Query { statuses: vec![Status::Success, Status::Error], ..everything() },
        Query { since: Some(time("2026-03-01T12:00:01Z")), ..everything() },
        Query { until: Some(time("2026-03-01T11:59:59Z")), ..everything() },
        Query { tags: tags(&[("env", "dev")]), ..everything() },
        Query { tags: tags(&[("env", "prod"), ("n", "2")]), ..everything() },
        Query { statuses: vec![Status::Failure], tags: tags(&[("environment", "prod")]), ..everything() },
    ];
    let draft = result("run-1").of("größe 100%").ended(Status::Failure).tagged("env", "prod").tagged("n", "1");
    let other = result("run-2").of("größe 100%").ended(Status::Failure).tagged("env", "prod").tagged("n", "1");
    other.save_in(&store).await;
    for filter in &passed {
        draft.save_in(&store).await;
        for missed in &missed {
            assert!(!store.delete(&id("run-1"), Some(missed)).await.unwrap(), "{missed:?}");
        }
        assert_listed(&store, &everything(), &[&draft, &other]).await;
        assert!(store.delete(&id("run-1"), Some(filter)).await.unwrap(), "{filter:?}");
        assert_listed(&store, &everything(), &[&other]).await;
    }
    assert_not_found(&store, "run-1").await;
    assert_eq!(text(&store, "run-2").await, other.text());
}

async fn a_version_goes_and_one_that_was_saved_since_stays(place: &Place) {
    let store = place.open();
    let draft = result("run-1").tagged("env", "prod");
    draft.save_in(&store).await;
    result("run-2").save_in(&store).await;
    let listed = listed_entry(&store, "run-1").await;
    let first = store.version(&listed).await.unwrap().unwrap();
    assert_eq!(place.open().version(&listed).await.unwrap().unwrap(), first);
    // The same facts, and another document.
    let again = draft.clone().saying(r#""n": 2"#);
    again.save_in(&place.open()).await;
    assert!(!store.delete_version(&id("run-1"), &first).await.unwrap());
    assert_eq!(text(&store, "run-1").await, again.text());
    let second = store.version(&listed).await.unwrap().unwrap();
    assert_ne!(first, second);
    assert_eq!(ids(&store, &everything()).await.len(), 2);
    assert!(place.open().delete_version(&id("run-1"), &second).await.unwrap());
    assert_not_found(&store, "run-1").await;
    assert_eq!(ids(&place.open(), &everything()).await, ["run-2"]);
    assert!(!store.delete_version(&id("run-1"), &second).await.unwrap());
}

async fn the_same_document_saved_again_is_another_version(place: &Place) {
    let store = place.open();
    let draft = result("run-1");
    draft.save_in(&store).await;
    let listed = listed_entry(&store, "run-1").await;
    let first = store.version(&listed).await.unwrap().unwrap();
    draft.save_in(&place.open()).await;
    assert!(!store.delete_version(&id("run-1"), &first).await.unwrap());
    assert_eq!(text(&store, "run-1").await, draft.text());
}

async fn a_result_with_other_facts_or_none_has_no_version_of_what_was_listed(place: &Place) {
    let store = place.open();
    let draft = result("run-1");
    draft.save_in(&store).await;
    let listed = listed_entry(&store, "run-1").await;
    for other in [draft.clone().ended(Status::Failure), draft.clone().at("2026-03-02T12:00:00"), draft.tagged("a", "b")]
    {
        other.save_in(&store).await;
        assert_eq!(store.version(&listed).await.unwrap(), None);
    }
    assert!(store.delete(&id("run-1"), None).await.unwrap());
    assert_eq!(store.version(&listed).await.unwrap(), None);
}

async fn listed_entry(store: &Store, run_id: &str) -> Entry {
    let query = everything();
    let entries: Vec<Entry> = store.list(&query).try_collect().await.unwrap();
    entries.into_iter().find(|entry| entry.run_id == id(run_id)).unwrap()
}
