//! Concurrent operations: no result is lost, and none is partly visible.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use truthound_store::error::ErrorKind;
use truthound_store::result::Status;
use truthound_store::store::contract::{OrderBy, Query, SaveMode};

use crate::backends::Place;
use crate::support::{assert_listed, assert_not_found, by, entries, everything, facts, id, ids, read, result, text};

crate::cases![
    fifty_results_saved_at_once_are_all_there,
    ten_saves_of_one_id_leave_one_whole_result,
    of_ten_that_save_if_absent_one_wins,
    ten_that_delete_at_once_all_succeed_and_one_finds_it_at_least,
    a_reader_sees_the_old_document_or_the_new_one,
    what_was_there_is_listed_once_while_others_save,
    what_was_there_is_listed_once_while_it_is_saved_again,
    what_is_listed_can_be_read_after_saves_and_deletes_at_once,
];

async fn fifty_results_saved_at_once_are_all_there(place: &Place) {
    let drafts: Vec<_> =
        (10..60).map(|n| result(&format!("run-{n}")).at(&format!("2026-03-01T{:02}:00:00", n % 24))).collect();
    let saves = drafts.iter().map(|draft| {
        let (store, document) = (place.open(), draft.document());
        tokio::spawn(async move { store.save(&document, SaveMode::Overwrite).await })
    });
    for saved in join_all(saves).await {
        saved.unwrap().unwrap();
    }
    let store = place.open();
    let expected: BTreeSet<_> = drafts.iter().map(|draft| draft.run_id.clone()).collect();
    let found = ids(&store, &everything()).await;
    assert_eq!(found.len(), 50);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    for draft in &drafts {
        assert_eq!(text(&store, &draft.run_id).await, draft.text());
    }
}

async fn ten_saves_of_one_id_leave_one_whole_result(place: &Place) {
    let drafts: Vec<_> = (0..10)
        .map(|n| result("run-1").at(&format!("2026-03-{:02}T00:00:00", n + 1)).of(&format!("asset-{n}")))
        .collect();
    let saves = drafts.iter().map(|draft| {
        let (store, document) = (place.open(), draft.document());
        tokio::spawn(async move { store.save(&document, SaveMode::Overwrite).await })
    });
    for saved in join_all(saves).await {
        saved.unwrap().unwrap();
    }
    let store = place.open();
    let stored = text(&store, "run-1").await;
    let kept = drafts.iter().find(|draft| draft.text() == stored).expect("one of the ten documents is stored, whole");
    assert_listed(&store, &everything(), &[kept]).await;
}

async fn of_ten_that_save_if_absent_one_wins(place: &Place) {
    let drafts: Vec<_> = (0..10).map(|n| result("run-1").of(&format!("asset-{n}"))).collect();
    let saves = drafts.iter().map(|draft| {
        let (store, document) = (place.open(), draft.document());
        tokio::spawn(async move { store.save(&document, SaveMode::IfAbsent).await })
    });
    let mut winners = Vec::new();
    for (saved, draft) in join_all(saves).await.into_iter().zip(&drafts) {
        match saved.unwrap() {
            Ok(()) => winners.push(draft),
            Err(error) => assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    let store = place.open();
    assert_eq!(text(&store, "run-1").await, winners[0].text());
    assert_listed(&store, &everything(), &winners).await;
}

async fn ten_that_delete_at_once_all_succeed_and_one_finds_it_at_least(place: &Place) {
    let other = result("run-2");
    result("run-1").save_in(&place.open()).await;
    other.save_in(&place.open()).await;
    let deletes = (0..10).map(|_| {
        let store = place.open();
        tokio::spawn(async move { store.delete(&id("run-1"), None).await })
    });
    let found =
        join_all(deletes).await.into_iter().filter(|deleted| *deleted.as_ref().unwrap().as_ref().unwrap()).count();
    assert!(found >= 1, "nobody says that the result was there");
    assert_not_found(&place.open(), "run-1").await;
    assert_listed(&place.open(), &everything(), &[&other]).await;
}

async fn a_reader_sees_the_old_document_or_the_new_one(place: &Place) {
    let old = result("run-1").saying(&format!("\"samples\": \"{}\"", "o".repeat(200_000)));
    let new = result("run-1").saying(&format!("\"samples\": \"{}\"", "n".repeat(300_000)));
    old.save_in(&place.open()).await;
    let (writer, documents) = (place.open(), [new.document(), old.document()]);
    let writing = tokio::spawn(async move {
        for _ in 0..8 {
            for document in &documents {
                writer.save(document, SaveMode::Overwrite).await.unwrap();
            }
        }
    });
    let reader = place.open();
    let mut reads = 0;
    while !writing.is_finished() || reads == 0 {
        let bytes = read(&reader, "run-1").await.unwrap();
        assert!(
            bytes == old.text().as_bytes() || bytes == new.text().as_bytes(),
            "read {} bytes that are neither document",
            bytes.len()
        );
        reads += 1;
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
}

async fn what_was_there_is_listed_once_while_others_save(place: &Place) {
    let reader = place.open();
    let before: Vec<_> = (10..40).map(|n| result(&format!("old-{n}"))).collect();
    for draft in &before {
        draft.save_in(&reader).await;
    }
    let writer = place.open();
    let writing = tokio::spawn(async move {
        for n in 0..30 {
            let draft = result(&format!("new-{n}")).at(&format!("2026-03-01T12:{n:02}:00"));
            writer.save(&draft.document(), SaveMode::Overwrite).await.unwrap();
        }
    });
    let mut lists = 0;
    while !writing.is_finished() || lists == 0 {
        let mut found = ids(&reader, &everything()).await;
        let all = found.len();
        found.retain(|run_id| run_id.starts_with("old-"));
        found.sort();
        assert_eq!(found, before.iter().map(|draft| draft.run_id.clone()).collect::<Vec<_>>(), "of {all} listed");
        lists += 1;
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
    assert_eq!(ids(&reader, &everything()).await.len(), 60);
}

async fn what_was_there_is_listed_once_while_it_is_saved_again(place: &Place) {
    let reader = place.open();
    let all: Vec<_> = (10..40).map(|n| format!("run-{n}")).collect();
    for run_id in &all {
        result(run_id).save_in(&reader).await;
    }
    let (writer, run_ids) = (place.open(), all.clone());
    let writing = tokio::spawn(async move {
        for n in 0..45_usize {
            let draft = result(&run_ids[n * 7 % run_ids.len()])
                .at(&format!("2026-03-{:02}T00:00:00", n * 13 % 28 + 1))
                .of(&format!("asset-{}", n * 5 % 7))
                .ended(Status::ALL[n * 3 % 4]);
            writer.save(&draft.document(), SaveMode::Overwrite).await.unwrap();
        }
    });
    let orders = [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status];
    for lists in 0_usize.. {
        if writing.is_finished() && lists >= 6 {
            break;
        }
        let query = by(orders[lists % 3], lists % 2 == 0);
        let mut found = ids(&reader, &query).await;
        found.sort();
        assert_eq!(found, all, "list {lists}: {query:?}");
        // A list with a limit is consistent as well.
        let query = Query { limit: Some(30), ..query };
        let mut found = ids(&reader, &query).await;
        found.sort();
        assert_eq!(found, all, "list {lists}: {query:?}");
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
}

async fn what_is_listed_can_be_read_after_saves_and_deletes_at_once(place: &Place) {
    // Each of eight tasks saves and deletes the same four results in its own order.
    let work = (0..8_usize).map(|worker| {
        let store = place.open();
        tokio::spawn(async move {
            for step in 0..12 {
                let run_id = format!("run-{}", (worker + step) % 4);
                if (worker / 2 + step) % 3 == 0 {
                    store.delete(&id(&run_id), None).await.unwrap();
                } else {
                    let draft = result(&run_id).at(&format!("2026-03-01T{worker:02}:{step:02}:00"));
                    store.save(&draft.document(), SaveMode::Overwrite).await.unwrap();
                }
            }
        })
    });
    for done in join_all(work).await {
        done.unwrap();
    }
    let store = place.open();
    let listed = entries(&store, &everything()).await;
    let mut seen = BTreeSet::new();
    for entry in listed {
        let document: serde_json::Value = serde_json::from_str(&text(&store, entry.run_id.as_str()).await).unwrap();
        let run_id = entry.run_id.to_string();
        let (_, instant, ..) = facts(entry);
        assert_eq!(document["run_id"], run_id.as_str());
        assert_eq!(document["run_time"].as_str().unwrap().to_owned() + "Z", instant.to_string(), "{run_id}");
        assert!(seen.insert(run_id.clone()), "{run_id} is listed twice");
    }
    for run_id in (0..4).map(|n| format!("run-{n}")).filter(|run_id| !seen.contains(run_id)) {
        assert_not_found(&store, &run_id).await;
    }
    assert_eq!(store.list(&everything()).count().await, seen.len());
}
