//! Many concurrent calls.

use super::*;

/// Saves `count` results concurrently.
async fn save_all(store: &SqlResultStore, name: &str, count: usize) {
    let saves = (0..count).map(|number| async move { save(store, &format!("{name}-{number}")).await });
    for result in futures_util::future::join_all(saves).await {
        result.unwrap();
    }
}

#[test]
fn twenty_stores_that_save_at_once_lose_nothing_and_none_fails() {
    for python in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("new/store.db");
        if python {
            std::fs::create_dir(directory.path().join("new")).unwrap();
            python_made(&file);
        }
        let barrier = std::sync::Barrier::new(20);
        std::thread::scope(|scope| {
            for thread in 0..20 {
                let (file, barrier) = (&file, &barrier);
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    barrier.wait();
                    runtime.block_on(async {
                        for round in 0..5 {
                            save_all(&store(file), &format!("{thread}-{round}"), 2).await;
                        }
                    });
                });
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let count = runtime.block_on(store(&file).count(&Query::default())).unwrap();
        assert_eq!(count, 200 + u64::from(python));
    }
}

#[tokio::test]
async fn saves_at_once_in_one_store_share_transactions_and_one_connection() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = store(&file);
    save(&store, "first").await.unwrap();
    save_all(&store, "r", 1_000).await;
    assert_eq!(store.count(&Query::default()).await.unwrap(), 1_001);
    let checkouts = store.table.database.pool.operations().checkouts;
    assert!(checkouts < 20, "{checkouts} transactions");
}

#[tokio::test]
async fn one_refused_result_does_not_fail_the_others_of_its_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    python_made(&file);
    let store = store_in(&file, "other");
    let ids = ["a", "python", "b"];
    let results = futures_util::future::join_all(ids.map(|run_id| save(&store, run_id))).await;
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(store.count(&Query::default()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_save_that_is_given_up_neither_blocks_nor_fails_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = store(&file);
    save(&store, "first").await.unwrap();
    for round in 0..50 {
        let given_up = document(&format!("given-up-{round}"));
        let mut saving = store.save(&given_up, SaveMode::Overwrite);
        // Polled once: it waits for the lock, or its task has begun.
        let _ = futures_util::poll!(&mut saving);
        let other = document(&format!("other-{round}"));
        let other = store.save(&other, SaveMode::Overwrite);
        drop(saving);
        other.await.unwrap();
    }
    let listed = ids(&store, &Query::default()).await;
    assert_eq!(listed.iter().filter(|run_id| run_id.starts_with("other")).count(), 50);
    execute(&file, "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; COMMIT");
}

#[tokio::test]
async fn documents_larger_than_a_group_are_saved_one_after_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory.path().join("store.db"));
    let saves = (0..6).map(|number| {
        let document = Document { body: "x".repeat(5_000_000).into(), ..document(&format!("big-{number}")) };
        let store = &store;
        async move { store.save(&document, SaveMode::Overwrite).await }
    });
    for result in futures_util::future::join_all(saves).await {
        result.unwrap();
    }
    assert_eq!(store.count(&Query::default()).await.unwrap(), 6);
    assert_eq!(read(&store, "big-5").await.unwrap().len(), 5_000_000);
}
