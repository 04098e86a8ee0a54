//! Processes killed between two requests.

use super::counted::Counted;
use super::*;

/// Numbers of writes after which an operation is killed.
const CRASHES: std::ops::Range<i64> = 0..8;

#[tokio::test]
async fn a_save_that_is_killed_loses_nothing_and_the_next_one_heals() {
    for reindex in [false, true] {
        for crash in CRASHES {
            let counted = Counted::new(Arc::new(InMemory::new()));
            let store = cloud(counted.clone(), true);
            let (old, new) = (result("a", "2026-01-01"), result("a", "2026-01-02"));
            save(&store, &result("other", "2025-01-01")).await;
            save(&store, &old).await;
            counted.allow_writes(crash);
            let killed = store.save(&new, SaveMode::Overwrite).await;
            assert!(killed.is_ok() || crash < 6);
            counted.allow_writes(i64::MAX);

            let stored = read(&store, "a").await.unwrap();
            let current = if stored == new.body.to_bytes().unwrap() { &new } else { &old };
            assert_eq!(stored, current.body.to_bytes().unwrap());
            let listed = entries(&store, &Query::default()).await;
            assert_eq!(listed.len(), 2, "after {crash} writes: {listed:?}");

            if !reindex {
                save(&store, &new).await;
                let listed = entries(&store, &Query::default()).await;
                assert_eq!((listed.len(), &listed[0]), (2, &new.entry));
            }
            if reindex {
                store.reindex(ReindexOptions::default()).await.unwrap();
            }
            let check = store.reindex(ReindexOptions { dry_run: true, python_index: false }).await.unwrap();
            assert_eq!((check.correct, check.stale.len(), check.missing.len()), (2, 0, 0), "after {crash} writes");
        }
    }
}

#[tokio::test]
async fn a_delete_that_is_killed_can_be_repeated() {
    for crash in 0..5 {
        let counted = Counted::new(Arc::new(InMemory::new()));
        let store = cloud(counted.clone(), true);
        save(&store, &result("a", "2026-01-01")).await;
        counted.allow_writes(crash);
        let killed = store.delete(&id("a"), None).await;
        assert_eq!(killed.is_ok(), crash == 4);
        counted.allow_writes(i64::MAX);
        // A listed result can be read.
        if !ids(&store).await.is_empty() {
            read(&store, "a").await.unwrap();
        }
        store.delete(&id("a"), None).await.unwrap();
        let check = store.reindex(ReindexOptions::default()).await.unwrap();
        assert_eq!((check.documents, check.stale.len()), (0, 0));
    }
}

#[tokio::test]
async fn an_entry_without_a_document_goes_with_a_delete() {
    let store = memory();
    store.catalog.put(&result("ghost", "2026-01-01").entry, "", None).await.unwrap();
    assert!(!store.delete(&id("ghost"), None).await.unwrap());
    assert_eq!(ids(&store).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_result_can_be_deleted_where_there_is_no_space_left() {
    let counted = Counted::new(Arc::new(InMemory::new()));
    let store = cloud(counted.clone(), true);
    save(&store, &result("a", "2026-01-01")).await;
    save(&store, &result("b", "2026-01-02")).await;
    counted.fill();
    assert!(store.save(&result("c", "2026-01-03"), SaveMode::Overwrite).await.is_err());
    assert!(store.delete(&id("a"), None).await.unwrap());
    assert_eq!(ids(&store).await, ["b"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_that_must_not_be_written_says_so() {
    // Root may write everywhere, so a file blocks the path.
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("default"), "").unwrap();
    let error = disk(&directory).save(&result("a", "2026-01-01"), SaveMode::Overwrite).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
    assert!(error.hint().is_some());
}
