//! Saving, reading and deleting one result.

use super::*;
use crate::error::ErrorKind;
use crate::result::Body;
use crate::store::contract::{ReindexOptions, Tier};

/// Runs a test on a table created by this program and on one created by Python.
async fn on_both_tables<F: Future<Output = ()>>(test: impl Fn(std::path::PathBuf) -> F) {
    for python in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        if python {
            python_made(&file);
        }
        test(file).await;
    }
}

#[tokio::test]
async fn a_document_comes_back_byte_for_byte() {
    on_both_tables(|file| async move {
        let store = store(&file);
        let bytes = "{\"run_id\": \"é\u{0}\",\r\n \"x\": NaN, \"big\": 1e999, \"lone\": \"\\ud800\"}".repeat(20_000);
        let body = Body::from(bytes.clone());
        let document = Document { body, ..document("a/ü 😀'\"--") };
        store.save(&document, SaveMode::Overwrite).await.unwrap();
        assert!(read(&store, "a/ü 😀'\"--").await.unwrap() == bytes);
    })
    .await;
}

#[tokio::test]
async fn saving_again_replaces_and_keeps_the_time_of_creation() {
    on_both_tables(|file| async move {
        let store = store(&file);
        save(&store, "r").await.unwrap();
        let created = column(&file, "SELECT created_at AS value FROM validation_results WHERE run_id = 'r'");
        let second = Document {
            entry: Entry {
                status: Status::Failure,
                data_asset: "orders".to_owned(),
                ..entry("r", "2026-11-24T00:00:00")
            },
            body: "{}".into(),
        };
        store.save(&second, SaveMode::Overwrite).await.unwrap();
        assert_eq!(read(&store, "r").await.unwrap(), "{}");
        assert_eq!(column(&file, "SELECT created_at AS value FROM validation_results WHERE run_id = 'r'"), created);
        let row = "SELECT data_asset || status || run_time || tags_json || (updated_at > created_at) AS value
                   FROM validation_results WHERE run_id = 'r'";
        assert_eq!(column(&file, row), ["ordersfailure2026-11-24 00:00:00.000000{\"env\": \"prod\"}1"]);
        let found: Vec<Entry> = store.list(&Query::default()).try_collect().await.unwrap();
        assert_eq!(found[0], second.entry);
    })
    .await;
}

#[tokio::test]
async fn a_result_that_the_database_refuses_keeps_no_other_of_its_transaction_out() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = store(&file);
    save(&store, "first").await.unwrap();
    execute(
        &file,
        "CREATE TRIGGER refusal BEFORE INSERT ON validation_results WHEN NEW.run_id = 'run-7'
         BEGIN SELECT json('{'); END",
    );
    let run_ids: Vec<_> = (0..40).map(|number| format!("run-{number}")).collect();
    let saves = futures_util::future::join_all(run_ids.iter().map(|run_id| save(&store, run_id))).await;
    let refused: Vec<_> = run_ids.iter().zip(saves).filter(|(_, saved)| saved.is_err()).map(|(id, _)| id).collect();
    assert_eq!(refused, ["run-7"]);
    assert_eq!(store.count(&Query::default()).await.unwrap(), 40);
}

#[tokio::test]
async fn if_absent_refuses_and_leaves_the_result_as_it_is() {
    on_both_tables(|file| async move {
        let store = store(&file);
        store.save(&document("r"), SaveMode::IfAbsent).await.unwrap();
        let second = Document { body: "{}".into(), ..document("r") };
        let error = store.save(&second, SaveMode::IfAbsent).await.unwrap_err();
        assert_eq!((error.kind(), error.run_id()), (ErrorKind::AlreadyExists, Some("r")));
        assert!(read(&store, "r").await.unwrap().contains("NaN"));
    })
    .await;
}

#[tokio::test]
async fn in_our_table_a_run_id_may_be_in_several_namespaces() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let (a, b) = (store_in(&file, "a"), store_in(&file, "b"));
    save(&a, "r").await.unwrap();
    b.save(&Document { body: "{}".into(), ..document("r") }, SaveMode::IfAbsent).await.unwrap();
    assert!(a.delete(&id("r"), None).await.unwrap());
    assert_eq!(read(&b, "r").await.unwrap(), "{}");
    assert_eq!(read(&a, "r").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn in_pythons_table_a_run_id_of_another_namespace_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    python_made(&file);
    let other = store_in(&file, "other");
    for mode in [SaveMode::Overwrite, SaveMode::IfAbsent] {
        let error = other.save(&document("python"), mode).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(error.causes().concat().contains("another namespace"), "{error:?}");
    }
    assert_eq!(read(&store(&file), "python").await.unwrap(), "{\"run_id\": \"python\"}");
    assert!(!other.delete(&id("python"), None).await.unwrap());
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    on_both_tables(|file| async move {
        let store = store(&file);
        save(&store, "r").await.unwrap();
        let error = read(&store, "R").await.unwrap_err();
        assert_eq!((error.kind(), error.run_id()), (ErrorKind::NotFound, Some("R")));
        assert!(store.delete(&id("r"), None).await.unwrap());
        assert!(!store.delete(&id("r"), None).await.unwrap());
        assert_eq!(read(&store, "r").await.unwrap_err().kind(), ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_row_without_a_text_is_read_as_far_as_it_can_be() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    execute(&file, "CREATE TABLE validation_results (run_id, namespace, data_json);
        INSERT INTO validation_results VALUES ('none', 'default', NULL), ('bytes', 'default', x'7b7d'), ('number', 'default', 7)");
    let store = store(&file);
    for run_id in ["none", "number"] {
        let error = read(&store, run_id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Read);
        assert_eq!(error.causes(), ["its row holds no document"]);
    }
    assert_eq!(read(&store, "bytes").await.unwrap(), "{}");
}

#[tokio::test]
async fn a_document_that_is_no_text_or_too_large_is_refused_and_others_are_saved() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory.path().join("store.db"));
    let (no_text, fine) = tokio::join!(
        async {
            let document = Document { body: Body::from(&b"\xff"[..]), ..document("bad") };
            store.save(&document, SaveMode::Overwrite).await
        },
        save(&store, "fine")
    );
    assert_eq!(no_text.unwrap_err().kind(), ErrorKind::Usage);
    fine.unwrap();
    let sparse = tempfile::tempfile().unwrap();
    sparse.set_len(1_000_000_000).unwrap();
    let mut body = Body::default();
    body.push_file(Arc::new(sparse), 0..1_000_000_000);
    let error = store.save(&Document { body, ..document("huge") }, SaveMode::Overwrite).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Write);
    assert!(error.hint().unwrap().contains("1,000,000,000"), "{error:?}");
}

#[tokio::test]
async fn tiers_and_a_catalog_are_not_to_be_had_and_nothing_is_touched() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = store(&file);
    let tier = store.set_tier(&id("r"), &Tier("Cold".to_owned()), None).await.unwrap_err();
    let catalog = store.reindex(ReindexOptions::default()).await.unwrap_err();
    for error in [tier, catalog] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.hint().is_some());
    }
    assert!(!file.exists());
}
