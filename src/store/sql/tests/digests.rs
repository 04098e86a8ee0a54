//! Digests in the table, and tables without columns for them.

use futures_util::StreamExt as _;

use super::*;
use crate::error::ErrorKind;
use crate::result::DocumentDigest;
use crate::store::contract::{ReadingSample, VerifiedResult, VerifyOptions};

/// A document that can be verified.
fn whole(run_id: &str) -> Document {
    let text = format!(
        "{{\"run_id\": {run_id:?}, \"run_time\": \"2026-11-23T00:56:54.158803\", \"data_asset\": \"customers.csv\", \
         \"status\": \"success\", \"tags\": {{\"env\": \"prod\"}}, \"n\": 1}}"
    );
    Document { body: text.into(), ..document(run_id) }
}

async fn verify(store: &SqlResultStore) -> Vec<Result<VerifiedResult>> {
    let options = VerifyOptions { jobs: 2, sample: ReadingSample::ALL, wants_digests: false };
    store.verify(&Query::default(), options).collect().await
}

/// Returns whether the only result is sound with a recorded digest.
async fn has_digest(store: &SqlResultStore) -> bool {
    let verified = verify(store).await;
    let [Ok(verified)] = verified.as_slice() else { panic!("{verified:?}") };
    assert!(verified.digest.is_some());
    let told = store.digests_of(&[id("none"), verified.run_id.clone()]).await.unwrap();
    assert_eq!(told.get(&verified.run_id).copied(), verified.digest.filter(|_| verified.has_recorded_digest));
    verified.has_recorded_digest
}

async fn saved(store: &SqlResultStore) {
    store.save(&whole("r"), SaveMode::Overwrite).await.unwrap();
}

#[tokio::test]
async fn a_row_that_was_changed_behind_the_columns_of_time_is_damaged() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    saved(&store(&file)).await;
    let digest = DocumentDigest::of(whole("r").body.reader()).unwrap();
    assert_eq!(column(&file, "SELECT document_sha256 AS value FROM validation_results"), [digest.to_string()]);
    execute(&file, "UPDATE validation_results SET data_json = replace(data_json, '\"n\": 1', '\"n\": 2')");
    let verified = verify(&store(&file)).await;
    let [Err(error)] = verified.as_slice() else { panic!("{verified:?}") };
    assert_eq!((error.kind(), error.run_id()), (ErrorKind::Read, Some("r")));
    assert!(error.causes().concat().contains(&digest.to_string()), "{error:?}");
    let got: Vec<_> = store(&file).get(&id("r")).await.unwrap().collect().await;
    let [Ok(bytes), Err(error)] = got.as_slice() else { panic!("{got:?}") };
    assert!(bytes.ends_with(b"\"n\": 2}"));
    assert_eq!((error.kind(), error.run_id()), (ErrorKind::Read, Some("r")));
}

#[tokio::test]
async fn a_row_that_python_or_an_older_version_has_changed_has_no_digest() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    saved(&store(&file)).await;
    assert!(has_digest(&store(&file)).await);
    execute(
        &file,
        "UPDATE validation_results SET data_json = replace(data_json, '\"n\": 1', '\"n\": 2'), updated_at = \
         '2099-01-01 00:00:00.000001'",
    );
    assert!(!has_digest(&store(&file)).await);
    read(&store(&file), "r").await.unwrap();
    saved(&store(&file)).await;
    assert!(has_digest(&store(&file)).await);
}

#[tokio::test]
async fn a_table_without_columns_for_digests_is_used_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    execute(&file, PYTHON_TABLE);
    let store = store(&file);
    let many = (0..20).map(|number| whole(&format!("r{number}"))).collect::<Vec<_>>();
    let saves = many.iter().map(|document| store.save(document, SaveMode::Overwrite));
    futures_util::future::try_join_all(saves).await.unwrap();
    let verified = verify(&store).await;
    assert_eq!(verified.len(), 20);
    assert!(verified.iter().all(|found| found.as_ref().is_ok_and(|found| !found.has_recorded_digest)), "{verified:?}");
    assert_eq!(
        read(&open_with(&options(&file)), "r1").await.unwrap().as_bytes(),
        &many[1].body.to_bytes().unwrap()[..]
    );
    // The columns can be added by hand.
    execute(
        &file,
        "DELETE FROM validation_results; ALTER TABLE validation_results ADD COLUMN document_sha256 TEXT; ALTER TABLE \
         validation_results ADD COLUMN document_sha256_at DATETIME",
    );
    let store = open_with(&options(&file));
    saved(&store).await;
    assert!(has_digest(&store).await);
}

#[tokio::test]
async fn a_row_of_python_with_whole_seconds_does_not_contradict_its_document() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    saved(&store(&file)).await;
    execute(&file, "UPDATE validation_results SET run_time = '2026-11-23 00:56:54.000000'");
    assert!(has_digest(&store(&file)).await);
    execute(&file, "UPDATE validation_results SET run_time = '2026-11-23 00:57:54.000000'");
    let verified = verify(&store(&file)).await;
    assert!(matches!(verified.as_slice(), [Err(_)]), "{verified:?}");
}
