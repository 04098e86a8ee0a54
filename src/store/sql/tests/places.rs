//! Missing, foreign and read-only files.

use std::time::{Duration, Instant};

use super::*;
use crate::error::ErrorKind;
use crate::store::contract::PoolActions;
use crate::store::sql::statement::{SqlValue, Statement};

#[tokio::test]
async fn reading_where_nothing_was_saved_finds_an_empty_store_and_creates_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("deep/er/store.db");
    let store = store(&file);
    assert!(ids(&store, &Query::default()).await.is_empty());
    assert_eq!(store.count(&Query::default()).await.unwrap(), 0);
    assert_eq!(read(&store, "r").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!store.delete(&id("r"), None).await.unwrap());
    let status = store.pool_status(PoolActions::default()).await.unwrap();
    assert!(!status.healthy, "{status:?}");
    assert!(!directory.path().join("deep").exists());
    save(&store, "r").await.unwrap();
    assert_eq!(ids(&store, &Query::default()).await, ["r"]);
    assert!(file.exists());
}

#[tokio::test]
async fn an_empty_file_may_have_been_cut_and_is_filled_by_a_save_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    std::fs::write(&file, "").unwrap();
    let store = store(&file);
    let listed = store.list(&Query::default()).try_collect::<Vec<_>>().await.unwrap_err();
    let gone = store.delete(&id("r"), None).await.unwrap_err();
    for error in [listed, store.count(&Query::default()).await.unwrap_err(), gone, read(&store, "r").await.unwrap_err()]
    {
        assert_eq!(error.kind(), ErrorKind::Read);
        assert!(error.causes()[0].contains("0 bytes") && error.hint().is_some(), "{error:?}");
    }
    save(&store, "r").await.unwrap();
    assert_eq!(ids(&store, &Query::default()).await, ["r"]);
}

#[tokio::test]
async fn without_create_tables_what_is_missing_is_an_error_with_a_hint() {
    let directory = tempfile::tempdir().unwrap();
    let (missing, empty) = (directory.path().join("missing.db"), directory.path().join("empty.db"));
    execute(&empty, "PRAGMA user_version = 1");
    for file in [&missing, &empty] {
        let store = open_with(&DatabaseOptions { create_tables: false, ..options(file) });
        let listed = store.list(&Query::default()).try_collect::<Vec<_>>().await.unwrap_err();
        let errors = [
            listed,
            save(&store, "r").await.unwrap_err(),
            read(&store, "r").await.unwrap_err(),
            store.count(&Query::default()).await.unwrap_err(),
            store.delete(&id("r"), None).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
            assert!(error.hint().unwrap().contains("create_tables"), "{error:?}");
        }
    }
    assert!(!missing.exists());
    let store = open_with(&DatabaseOptions { create_tables: false, ..options(&missing) });
    assert!(!store.pool_status(PoolActions::default()).await.unwrap().healthy);
}

#[tokio::test]
async fn a_file_that_is_no_database_and_one_that_is_damaged_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let (text, damaged) = (directory.path().join("text.db"), directory.path().join("damaged.db"));
    std::fs::write(&text, "this is not a database, it only looks long enough to be one".repeat(100)).unwrap();
    save(&store(&damaged), "r").await.unwrap();
    let mut bytes = std::fs::read(&damaged).unwrap();
    for byte in bytes.iter_mut().skip(100).take(4_000) {
        *byte = 0xee;
    }
    std::fs::write(&damaged, bytes).unwrap();
    for file in [&text, &damaged] {
        let store = store(file);
        assert_eq!(read(&store, "r").await.unwrap_err().kind(), ErrorKind::Read);
        let error = save(&store, "r").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Read, "{error:?}");
        assert!(error.hint().is_some());
        let status = store.pool_status(PoolActions::default()).await.unwrap();
        assert!(!status.healthy && status.error.is_some());
    }
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("this is not"), "it is left as it is");
}

#[tokio::test]
async fn a_directory_or_a_file_in_the_way_is_told_with_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), "").unwrap();
    for path in ["", "file/store.db"] {
        let store = store(&directory.path().join(path));
        let error = save(&store, "r").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
        assert!(error.causes()[0].contains("irectory"), "{error:?}");
    }
}

#[tokio::test]
async fn a_file_opened_for_reading_only_can_be_read_and_not_written() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    save(&store(&file), "r").await.unwrap();
    let url = format!("sqlite:///file:{}?mode=ro&uri=true", file.display());
    let store = open_with(&DatabaseOptions { connection_url: Secret::from(url), ..DatabaseOptions::default() });
    assert_eq!(ids(&store, &Query::default()).await, ["r"]);
    let error = save(&store, "s").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn a_full_disk_is_a_write_error_and_leaves_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = open_with(&DatabaseOptions { use_pool_manager: false, ..options(&file) });
    save(&store, "r").await.unwrap();
    // The page limit belongs to the connection, and fails with the same message as a full disk.
    store.table.database.read(&Statement::new("PRAGMA max_page_count = 1")).await.unwrap();
    let big = Document { body: "x".repeat(1_000_000).into(), ..document("big") };
    let error = store.save(&big, SaveMode::Overwrite).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Write, "{error:?}");
    assert_eq!(ids(&store, &Query::default()).await, ["r"]);
}

#[tokio::test]
async fn a_file_that_is_locked_too_long_fails_after_the_timeout_and_is_not_waited_for_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    save(&store(&file), "r").await.unwrap();
    let mut other = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let url = format!("sqlite:///{}?timeout=0.3", file.display());
    let store = open_with(&DatabaseOptions { connection_url: Secret::from(url), ..DatabaseOptions::default() });
    let started = Instant::now();
    let error = save(&store, "s").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Write, "{error:?}");
    assert!(error.causes()[0].contains("locked") && error.hint().unwrap().contains("timeout"), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(ids(&store, &Query::default()).await, ["r"], "reading does not wait for the writer");
    other.batch_execute("COMMIT").unwrap();
    save(&store, "s").await.unwrap();
}

#[tokio::test]
async fn while_a_lock_is_waited_for_other_work_of_the_thread_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = store(&file);
    save(&store, "first").await.unwrap();
    let mut other = SqliteConnection::establish(&file.to_string_lossy()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let release = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        other.batch_execute("ROLLBACK").unwrap();
    };
    let (saved, ()) = tokio::join!(save(&store, "second"), release);
    saved.unwrap();
    assert_eq!(ids(&store, &Query::default()).await, ["first", "second"]);
}

#[tokio::test]
async fn memory_keeps_what_was_saved_as_long_as_the_store() {
    let store = open_with(&DatabaseOptions {
        connection_url: Secret::from("sqlite:///:memory:"),
        ..DatabaseOptions::default()
    });
    futures_util::future::join_all((0..50).map(|number| {
        let store = &store;
        async move { save(store, &format!("r{number}")).await.unwrap() }
    }))
    .await;
    let status = store.pool_status(PoolActions { recycle: true, reset_breaker: true }).await.unwrap();
    assert_eq!((status.healthy, status.metrics.connections.total_created), (true, 1));
    assert_eq!(store.count(&Query::default()).await.unwrap(), 50);
}

#[tokio::test]
async fn a_prefix_names_a_table_of_its_own_beside_pythons() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    python_made(&file);
    let prefixed = |prefix: &str| open_with(&DatabaseOptions { table_prefix: prefix.to_owned(), ..options(&file) });
    save(&prefixed("a_"), "r").await.unwrap();
    save(&prefixed("b_"), "r").await.unwrap();
    assert_eq!(ids(&store(&file), &Query::default()).await, ["python"]);
    assert_eq!(ids(&prefixed("a_"), &Query::default()).await, ["r"]);
}

#[tokio::test]
async fn a_file_of_python_is_switched_to_a_write_ahead_log_by_the_first_save() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    python_made(&file);
    assert_eq!(ids(&store(&file), &Query::default()).await, ["python"]);
    assert_eq!(std::fs::read(&file).unwrap()[18], 1, "reading changes nothing");
    save(&store(&file), "r").await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap()[18], 2);
    assert_eq!(
        column(&file, "SELECT group_concat(name) AS value FROM sqlite_schema WHERE name LIKE '%status%'").len(),
        1
    );
}

#[cfg(unix)]
#[tokio::test]
async fn where_a_write_ahead_log_is_impossible_saving_works_without_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    // This locking mode, made for network drives, has no shared memory.
    let url = format!("sqlite:///file:{}?vfs=unix-dotfile&uri=true", file.display());
    let store = open_with(&DatabaseOptions { connection_url: Secret::from(url), ..DatabaseOptions::default() });
    save(&store, "r").await.unwrap();
    save(&store, "r").await.unwrap();
    assert_eq!(ids(&store, &Query::default()).await, ["r"]);
    assert_eq!(std::fs::read(&file).unwrap()[18], 1);
}

#[tokio::test]
async fn any_character_may_stand_in_a_path() {
    let directory = tempfile::tempdir().unwrap();
    let name = "a b%3F#&=ü'\"?mode=memory.db";
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    save(&store(&directory.path().join(encoded.to_string())), "r").await.unwrap();
    let names: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().any(|found| found == name), "{names:?}");
}

#[tokio::test]
async fn a_durable_save_survives_the_process_that_never_closed_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let first = store(&file);
    save(&first, "r").await.unwrap();
    let level = first.table.database.read(&Statement::new("PRAGMA synchronous")).await.unwrap();
    assert_eq!(level, [[SqlValue::Integer(2)]], "FULL: the log is synced before a save returns");
    // As after a crash: the connection is never closed, and the log is still there.
    std::mem::forget(first);
    assert_eq!(ids(&store(&file), &Query::default()).await, ["r"]);
    save(&store(&file), "s").await.unwrap();
    assert_eq!(store(&file).count(&Query::default()).await.unwrap(), 2);
}
