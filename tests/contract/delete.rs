//! Deleting.

use crate::backends::Place;
use crate::support::{assert_listed, assert_not_found, everything, id, result, save_all, text};

crate::cases![
    deleting_what_is_not_there_says_so,
    what_is_deleted_is_neither_read_nor_listed_nor_counted,
    a_second_delete_says_that_nothing_was_there,
    only_the_named_result_goes,
    what_was_deleted_can_be_saved_again,
    a_result_of_another_process_can_be_deleted,
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
