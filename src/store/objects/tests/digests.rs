//! Digests of documents, in metadata and in entries.

use std::fs::File;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use object_store::{ObjectStoreExt as _, PutOptions, PutPayload};

use super::*;
use crate::store::contract::{ReadingSample, VerifiedResult, VerifyOptions};
use crate::store::objects::catalog::TimeRange;

async fn verify(store: &ObjectResultStore) -> Vec<Result<VerifiedResult>> {
    let options = VerifyOptions { jobs: 2, sample: ReadingSample::ALL, wants_digests: false };
    store.verify(&Query::default(), options).collect().await
}

/// Asserts that the only result is sound, and returns whether its digest was recorded.
async fn has_digest(store: &ObjectResultStore) -> bool {
    let verified = verify(store).await;
    let [Ok(verified)] = verified.as_slice() else { panic!("{verified:?}") };
    verified.has_recorded_digest
}

async fn assert_damaged(store: &ObjectResultStore) {
    let verified = verify(store).await;
    let [Err(error)] = verified.as_slice() else { panic!("{verified:?}") };
    assert_eq!((error.kind(), error.run_id()), (ErrorKind::Read, Some("a")), "{error:?}");
    let got: Vec<_> = store.get(&id("a")).await.unwrap().collect().await;
    let (last, bytes) = got.split_last().unwrap();
    assert!(!bytes.is_empty() && bytes.iter().all(Result::is_ok), "{got:?}");
    let error = last.as_ref().unwrap_err();
    assert_eq!((error.kind(), error.run_id()), (ErrorKind::Read, Some("a")), "{error:?}");
}

/// The document of `a` with the same facts and other content.
fn other() -> String {
    String::from_utf8(result("a", "2026-01-01").body.to_bytes().unwrap().to_vec()).unwrap().replace("{", "{ ")
}

#[tokio::test]
async fn an_object_with_other_content_than_its_metadata_says_is_damaged() {
    for compress in [true, false] {
        let store = cloud(Arc::new(InMemory::new()), compress);
        save(&store, &result("a", "2026-01-01")).await;
        assert!(has_digest(&store).await);
        let path = store.backend.keys.document(&id("a")).unwrap().own;
        let attributes = store.backend.store.get(&path).await.unwrap().attributes;
        let options = PutOptions { attributes, ..PutOptions::default() };
        store.backend.store.put_opts(&path, PutPayload::from(other()), options).await.unwrap();
        assert_damaged(&store).await;
        // Python writes no metadata of ours.
        store.backend.store.put(&path, PutPayload::from(other())).await.unwrap();
        assert!(!has_digest(&store).await);
        assert_eq!(read(&store, "a").await.unwrap(), other().as_bytes());
    }
}

/// Writes the file of `a` in place, and gives it an age.
fn write(directory: &tempfile::TempDir, text: &str, age: u64) {
    let path = root(directory).join("a.json");
    std::fs::write(&path, text).unwrap();
    let time = SystemTime::now() - Duration::from_secs(age);
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[tokio::test]
async fn a_file_that_was_changed_by_hand_is_damaged_and_one_of_python_is_not() {
    let directory = tempfile::tempdir().unwrap();
    save(&disk(&directory), &result("a", "2026-01-01")).await;
    assert!(has_digest(&disk(&directory)).await);
    write(&directory, &other(), 60);
    assert_damaged(&disk(&directory)).await;
    // A list that compares catalog and documents does not take the changed document for Python's.
    assert_eq!(ids(&disk(&directory)).await, ["a"]);
    assert_damaged(&disk(&directory)).await;
    std::fs::write(root(&directory).join("_index.json"), "{}").unwrap();
    assert_eq!(read(&disk(&directory), "a").await.unwrap(), other().as_bytes());
    assert!(!has_digest(&disk(&directory)).await);
    assert!(!has_digest(&disk(&directory)).await);
    save(&disk(&directory), &result("a", "2026-01-01")).await;
    assert!(has_digest(&disk(&directory)).await);
}

#[tokio::test]
async fn a_file_that_is_no_json_is_damaged() {
    let directory = tempfile::tempdir().unwrap();
    save(&disk(&directory), &result("a", "2026-01-01")).await;
    write(&directory, "garbage", 60);
    assert_damaged(&disk(&directory)).await;
}

#[tokio::test]
async fn an_entry_without_a_digest_beside_one_with_it_makes_the_digest_uncertain() {
    let directory = tempfile::tempdir().unwrap();
    let store = disk(&directory);
    let saved = result("a", "2026-01-01");
    save(&store, &saved).await;
    compared(&store).await;
    write(&directory, &other(), 60);
    // As an older version writes it for a document of its own.
    store.catalog.put(&saved.entry, "v", None).await.unwrap();
    assert!(!has_digest(&store).await);
    read(&store, "a").await.unwrap();
}

#[tokio::test]
async fn entries_on_disk_have_the_digest_in_their_content_and_objects_in_their_metadata() {
    let directory = tempfile::tempdir().unwrap();
    let saved = result("a", "2026-01-01");
    let digest = crate::result::DocumentDigest::of(saved.body.reader()).unwrap().to_string();
    for (store, in_entry) in [(disk(&directory), true), (memory(), false)] {
        save(&store, &saved).await;
        let entries: Vec<_> = store.catalog.scan(TimeRange::default(), true).try_concat().await.unwrap();
        let content = store.backend.store.get(&entries[0].path).await.unwrap().bytes().await.unwrap();
        let expected = if in_entry { format!("{{\"sha256\": \"{digest}\"}}") } else { String::new() };
        assert_eq!(content, expected.as_bytes());
    }
}
