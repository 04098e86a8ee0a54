use object_store::PutOptions;

use super::*;
use crate::store::contract::{PoolActions, Tier};

#[tokio::test]
async fn what_is_saved_is_read_back_byte_for_byte_and_listed() {
    let directory = tempfile::tempdir().unwrap();
    for store in [memory(), disk(&directory)] {
        let saved = result("été/1", "2026-11-23T00:56:54.158803+01:00");
        save(&store, &saved).await;
        assert_eq!(read(&store, "été/1").await.unwrap(), saved.body.to_bytes().unwrap());
        assert_eq!(entries(&store, &Query::default()).await, [saved.entry]);
    }
}

#[tokio::test]
async fn a_missing_result_is_not_found_and_reading_creates_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for store in [memory(), disk(&directory)] {
        let error = read(&store, "nope").await.unwrap_err();
        assert_eq!((error.kind(), error.run_id()), (ErrorKind::NotFound, Some("nope")));
        assert_eq!(ids(&store).await, Vec::<String>::new());
        assert_eq!(store.count(&Query::default()).await.unwrap(), 0);
        assert!(!store.delete(&id("nope"), None).await.unwrap());
    }
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_missing_directory_that_must_not_be_made_is_no_empty_store() {
    let directory = tempfile::tempdir().unwrap();
    let options = FilesystemOptions { create_dirs: false, ..options(&directory) };
    let store = filesystem::open(&options, Said::default().context()).unwrap();
    let saved = store.save(&result("a", "2026-01-01"), SaveMode::Overwrite).await.unwrap_err();
    let read = read(&store, "a").await.unwrap_err();
    let listed = all(&store, &Query::default()).await.pop().unwrap().unwrap_err();
    for error in [saved, read, listed] {
        assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
        assert!(error.hint().unwrap().contains("create_dirs"));
    }
}

#[tokio::test]
async fn if_absent_refuses_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for store in [memory(), disk(&directory)] {
        let (first, second) = (result("a", "2026-01-01"), result("a", "2026-01-02"));
        store.save(&first, SaveMode::IfAbsent).await.unwrap();
        let error = store.save(&second, SaveMode::IfAbsent).await.unwrap_err();
        assert_eq!((error.kind(), error.run_id()), (ErrorKind::AlreadyExists, Some("a")));
        assert_eq!(entries(&store, &Query::default()).await, [first.entry]);
    }
}

#[tokio::test]
async fn overwriting_leaves_one_document_and_one_entry() {
    let directory = tempfile::tempdir().unwrap();
    let store = disk(&directory);
    for run_time in ["2026-01-02T10:00:00", "2026-01-01", "2026-01-02T10:00:00", "2026-01-02T10:00:00"] {
        let saved = result("a", run_time);
        save(&store, &saved).await;
        assert_eq!(entries(&store, &Query::default()).await, [saved.entry]);
        assert_eq!(files(&directory).len(), 2, "{:?}", files(&directory));
    }
}

#[tokio::test]
async fn a_document_under_the_other_extension_is_found_and_then_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let plain = disk(&directory);
    let packed = FilesystemOptions { use_compression: true, ..options(&directory) };
    let packed = filesystem::open(&packed, Said::default().context()).unwrap();
    save(&packed, &result("a", "2026-01-01")).await;
    assert_eq!(read(&plain, "a").await.unwrap(), read(&packed, "a").await.unwrap());
    let refused = plain.save(&result("a", "2026-01-02"), SaveMode::IfAbsent).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);

    let newer = result("a", "2026-01-02");
    save(&plain, &newer).await;
    assert!(files(&directory).contains(&"a.json".to_owned()));
    assert_eq!(files(&directory).len(), 2, "{:?}", files(&directory));
    assert_eq!(entries(&plain, &Query::default()).await, [newer.entry]);
    assert!(packed.delete(&id("a"), None).await.unwrap());
    assert_eq!(files(&directory), Vec::<String>::new());
}

#[tokio::test]
async fn deleting_removes_the_document_and_its_entry_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    for store in [memory(), disk(&directory)] {
        for run_id in ["a", "a1", "a.1"] {
            save(&store, &result(run_id, "2026-01-01")).await;
        }
        assert!(store.delete(&id("a"), None).await.unwrap());
        assert!(!store.delete(&id("a"), None).await.unwrap());
        assert_eq!(ids(&store).await, ["a.1", "a1"]);
        assert_eq!(read(&store, "a").await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn a_large_document_is_saved_in_parts_and_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let random = || format!("{:016x}", std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0));
    let filler: String = (0..700_000).map(|_| random()).collect();
    for store in [cloud(Arc::new(InMemory::new()), false), disk(&directory)] {
        let large = |run_time: &str| {
            document(&serde_json::json!({
                "run_id": "big", "run_time": run_time, "data_asset": "x", "status": "error", "results": [filler],
            }))
        };
        let (first, second) = (large("2026-01-01"), large("2026-01-02"));
        store.save(&first, SaveMode::IfAbsent).await.unwrap();
        let refused = store.save(&second, SaveMode::IfAbsent).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        assert!(read(&store, "big").await.unwrap() == first.body.to_bytes().unwrap());
        save(&store, &second).await;
        assert!(read(&store, "big").await.unwrap() == second.body.to_bytes().unwrap());
        assert_eq!(entries(&store, &Query::default()).await, [second.entry]);
    }
    assert_eq!(files(&directory).len(), 2, "{:?}", files(&directory));
}

#[tokio::test]
async fn damaged_gzip_is_a_read_error_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let packed = FilesystemOptions { use_compression: true, ..options(&directory) };
    let store = filesystem::open(&packed, Said::default().context()).unwrap();
    save(&store, &result("a", "2026-01-01")).await;
    let path = root(&directory).join("a.json.gz");
    let content = std::fs::read(&path).unwrap();
    std::fs::write(&path, &content[..content.len() - 6]).unwrap();
    let error = read(&store, "a").await.unwrap_err();
    assert_eq!((error.kind(), error.run_id()), (ErrorKind::Read, Some("a")));
    // It can still be replaced and deleted.
    save(&store, &result("a", "2026-01-02")).await;
    assert_eq!(files(&directory).len(), 2);
}

/// Writes a document before its writer gets to the entry.
async fn unlisted(store: &ObjectResultStore, document: &Document) {
    let path = store.backend.keys.document(&document.entry.run_id).unwrap().own;
    let content = document.body.to_bytes().unwrap();
    store.backend.store.put_opts(&path, content.into(), PutOptions::default()).await.unwrap();
}

async fn soon(work: impl Future) {
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    work.await;
}

#[tokio::test]
async fn an_entry_that_comes_after_its_document_was_replaced_is_not_listed() {
    let store = memory();
    let (first, second) = (result("a", "2026-01-01"), result("a", "2026-01-02"));
    unlisted(&store, &first).await;
    let late = soon(async { store.catalog.put(&first.entry, "", None).await.unwrap() });
    futures_util::join!(save(&store, &second), late);
    assert_eq!(entries(&store, &Query::default()).await, [second.entry]);
}

#[tokio::test]
async fn an_entry_that_comes_after_its_document_was_deleted_is_not_listed() {
    let store = memory();
    let first = result("a", "2026-01-01");
    unlisted(&store, &first).await;
    let late = soon(async { store.catalog.put(&first.entry, "", None).await.unwrap() });
    let run_id = id("a");
    assert!(futures_util::join!(store.delete(&run_id, None), late).0.unwrap());
    assert_eq!(ids(&store).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_document_whose_writer_was_killed_before_its_entry_can_be_replaced() {
    let store = memory();
    unlisted(&store, &result("a", "2026-01-01")).await;
    let second = result("a", "2026-01-02");
    save(&store, &second).await;
    assert_eq!(entries(&store, &Query::default()).await, [second.entry]);
}

#[test]
fn many_writers_of_many_runs_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let always = FilesystemOptions { python_index: PythonIndex::Always, ..options(&directory) };
    std::thread::scope(|scope| {
        for writer in 0..20 {
            let options = always.clone();
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let said = Said::default();
                let store = filesystem::open(&options, said.context()).unwrap();
                let time = format!("2026-01-{:02}T00:00:00", writer + 1);
                runtime.block_on(save(&store, &result(&format!("run-{writer}"), &time)));
                assert_eq!(said.all(), Vec::<String>::new());
            });
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(ids(&disk(&directory))).len(), 20);
    let index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(root(&directory).join("_index.json")).unwrap()).unwrap();
    assert_eq!(index.as_object().unwrap().len(), 20);
    assert_eq!(files(&directory).len(), 41);
}

#[test]
fn many_writers_of_one_run_leave_one_document_and_one_entry() {
    for round in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let same_time = round % 2 == 0;
        std::thread::scope(|scope| {
            for writer in 0..10 {
                let options = options(&directory);
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    let store = filesystem::open(&options, Said::default().context()).unwrap();
                    let time = format!("2026-01-{:02}T00:00:00", if same_time { 1 } else { writer + 1 });
                    runtime.block_on(save(&store, &tagged("run", &time, Status::Error, &[("w", &writer.to_string())])));
                });
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = disk(&directory);
        let listed = runtime.block_on(entries(&store, &Query::default()));
        let stored = runtime.block_on(store.documents.facts(&id("run"))).unwrap().unwrap();
        assert_eq!(listed, [stored]);
        assert_eq!(files(&directory).len(), 2, "{:?}", files(&directory));
    }
}

#[tokio::test]
async fn tiers_and_pools_are_said_to_be_missing() {
    let directory = tempfile::tempdir().unwrap();
    let store = disk(&directory);
    let error = store.set_tier(&id("a"), &Tier("Cold".to_owned()), None).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Unsupported, "filesystem has no tiers"));
    let error = store.pool_status(PoolActions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[cfg(unix)]
#[tokio::test]
async fn files_can_be_read_by_whoever_the_umask_lets() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    save(&disk(&directory), &result("a", "2026-01-01")).await;
    let expected = std::fs::File::create(directory.path().join("like")).unwrap().metadata().unwrap().permissions();
    let found = root(&directory).join("a.json").metadata().unwrap().permissions();
    assert_eq!(found.mode(), expected.mode());
}
