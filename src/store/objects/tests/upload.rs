use object_store::{Attribute, GetOptions, PutMode, UpdateVersion};

use super::*;
use crate::store::objects::backend::Describe;
use crate::store::objects::upload::{self, Upload, Uploaded, WRITE_TOKEN};

/// A document, small or large enough to be uploaded in parts.
fn sized(bytes: usize) -> Document {
    document(&serde_json::json!({
        "run_id": "a", "run_time": "2026-01-01", "data_asset": "x", "status": "error", "suite_name": "y".repeat(bytes),
    }))
}

/// Writes a document as another writer does.
async fn put(
    store: &ObjectResultStore,
    path: &object_store::path::Path,
    document: &Document,
    mode: PutMode,
) -> Uploaded {
    let mut upload = Upload::new(&store.backend, &document.entry, &document.body);
    upload.prepare(path, &mode).await.unwrap().unwrap().commit().await.unwrap().unwrap()
}

async fn attributes(store: &ObjectResultStore, path: &object_store::path::Path) -> Attributes {
    let options = GetOptions { head: true, ..GetOptions::default() };
    store.backend.store.get_opts(path, options).await.unwrap().attributes
}

#[tokio::test]
async fn what_is_prepared_is_not_seen_before_it_is_committed() {
    let directory = tempfile::tempdir().unwrap();
    for store in [cloud(Arc::new(InMemory::new()), false), disk(&directory)] {
        for bytes in [10, 13 << 20] {
            let document = sized(bytes);
            let path = store.backend.keys.document(&id("a")).unwrap().own;
            let mut upload = Upload::new(&store.backend, &document.entry, &document.body);
            let prepared = upload.prepare(&path, &PutMode::Create).await.unwrap().unwrap();
            assert!(store.backend.head(&path).await.unwrap().is_none(), "{bytes}");
            drop(prepared);
            assert!(store.backend.head(&path).await.unwrap().is_none(), "{bytes}");
            let prepared = upload.prepare(&path, &PutMode::Create).await.unwrap().unwrap();
            let uploaded = prepared.commit().await.unwrap().unwrap();
            let meta = store.backend.head(&path).await.unwrap().unwrap();
            assert_eq!((uploaded.e_tag, meta.size), (meta.e_tag, document.body.to_bytes().unwrap().len() as u64));
            store.backend.remove(vec![path]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_commit_is_refused_where_another_has_written_since_it_was_prepared() {
    let directory = tempfile::tempdir().unwrap();
    for store in [cloud(Arc::new(InMemory::new()), false), disk(&directory)] {
        for bytes in [10, 13 << 20] {
            let (ours, theirs) = (sized(bytes), sized(20));
            let path = store.backend.keys.document(&id("a")).unwrap().own;
            let mut upload = Upload::new(&store.backend, &ours.entry, &ours.body);
            let creating = upload.prepare(&path, &PutMode::Create).await.unwrap().unwrap();
            let first = put(&store, &path, &theirs, PutMode::Create).await;
            assert!(creating.commit().await.unwrap().is_none());

            let version = UpdateVersion { e_tag: first.e_tag, version: None };
            let replacing = upload.prepare(&path, &PutMode::Update(version)).await.unwrap().unwrap();
            let another = sized(30);
            put(&store, &path, &another, PutMode::Overwrite).await;
            assert!(replacing.commit().await.unwrap().is_none());
            assert_eq!(read(&store, "a").await.unwrap(), another.body.to_bytes().unwrap());
            store.backend.remove(vec![path]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn each_write_has_a_token_of_its_own_where_equal_content_has_an_equal_version() {
    let store = cloud(Arc::new(InMemory::new()), false);
    let path = store.backend.keys.document(&id("a")).unwrap().own;
    let mut seen = std::collections::BTreeSet::new();
    for bytes in [10, 10, 13 << 20, 13 << 20] {
        let document = sized(bytes);
        let mut upload = Upload::new(&store.backend, &document.entry, &document.body);
        let prepared = upload.prepare(&path, &PutMode::Overwrite).await.unwrap().unwrap();
        let announced = prepared.token().unwrap().to_owned();
        let uploaded = prepared.commit().await.unwrap().unwrap();
        assert_eq!(uploaded.token.as_ref(), Some(&announced));
        assert_eq!(upload::token(&attributes(&store, &path).await), Some(&*announced));
        assert!(announced.len() == 32 && seen.insert(announced));
    }

    let directory = tempfile::tempdir().unwrap();
    let (store, document) = (disk(&directory), sized(10));
    let path = store.backend.keys.document(&id("a")).unwrap().own;
    assert_eq!(put(&store, &path, &document, PutMode::Create).await.token, None);
}

#[tokio::test]
async fn what_the_profile_says_of_documents_comes_before_what_they_say_of_themselves() {
    let describe: Describe =
        |entry| vec![("status", entry.status.name().to_owned()), ("asset", entry.data_asset.clone())];
    let base = cloud(Arc::new(InMemory::new()), false);
    let mut backend = Backend { describe: Some(describe), ..(*base.backend).clone() };
    backend.attributes.insert(Attribute::Metadata("status".into()), "of the profile".into());
    let store = ObjectResultStore::new(backend, Said::default().context());
    save(&store, &sized(10)).await;
    let found = attributes(&store, &store.backend.keys.document(&id("a")).unwrap().own).await;
    let value =
        |name: &'static str| found.get(&Attribute::Metadata(name.into())).map(|value| value.as_ref().to_owned());
    assert_eq!((value("status").as_deref(), value("asset").as_deref()), (Some("of the profile"), Some("x")));
    assert!(value(WRITE_TOKEN).is_some());
}
