//! Tests that need neither Python nor a server.

mod counted;
mod digests;
mod doctor;
mod faults;
mod interleavings;
mod listing;
mod python;
mod saving;
mod upload;

use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt as _;
use object_store::memory::InMemory;
use object_store::{Attributes, ObjectStore, TagSet};

use super::ObjectResultStore;
use super::backend::{Backend, Listing, Reference, Writes};
use super::catalog::IndexMark;
use super::filesystem::{self, FilesystemOptions};
use super::layout::KeyLayout;
use super::options::PythonIndex;
use crate::error::{ErrorKind, Result};
use crate::result::{Body, Document, DocumentLimit, Entry, Layout, Redaction, RunId, Status, Tags, TimeZone};
use crate::store::contract::{Notice, Notices, Query, ReindexOptions, ResultStore as _, SaveMode, StoreContext};
use crate::store::options::TimeZoneName;

/// Notices that a store has sent.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn context(&self) -> StoreContext {
        let said = Arc::clone(&self.0);
        let notices = Notices::new(move |notice| {
            if let Notice::Warning(text) = notice {
                said.lock().unwrap().push(text.to_owned());
            }
        });
        StoreContext { profile: "test".to_owned(), state_directory: None, notices }
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A store over `objects` with the properties of a cloud.
fn cloud(objects: Arc<dyn ObjectStore>, compress: bool) -> ObjectResultStore {
    let backend = Backend {
        name: "memory",
        location: "memory".to_owned(),
        store: objects,
        keys: KeyLayout::in_cloud("truthound/", "default", compress).unwrap(),
        limit: DocumentLimit::OF_STREAMS,
        attributes: Attributes::new(),
        describe: None,
        tags: TagSet::default(),
        layout: Layout::Pretty,
        python_index: PythonIndex::Auto,
        time_zone: TimeZone::UTC,
        redaction: Redaction::default(),
        reference: Reference::Key,
        listing: Listing::Flat,
        writes: Writes {
            conditional_parts: false,
            versions_repeat: true,
            requests_repeat: true,
            conditions_of_server: false,
        },
        tiers: None,
        removal: None,
        search: None,
        sweep: None,
        inspection: None,
        foreign: Arc::default(),
    };
    ObjectResultStore::new(backend, Said::default().context())
}

fn memory() -> ObjectResultStore {
    cloud(Arc::new(InMemory::new()), true)
}

/// The options of a store in `directory`.
fn options(directory: &tempfile::TempDir) -> FilesystemOptions {
    FilesystemOptions {
        base_path: directory.path().to_owned(),
        prefix: "validations".to_owned(),
        namespace: "default".to_owned(),
        time_zone: TimeZoneName::default(),
        redact: Redaction::default(),
        file_extension: ".json".to_owned(),
        create_dirs: true,
        pretty_print: true,
        use_compression: false,
        metadata: std::collections::BTreeMap::new(),
        python_index: PythonIndex::Auto,
        max_document_size: DocumentLimit::OF_STREAMS.bytes(),
    }
}

fn disk(directory: &tempfile::TempDir) -> ObjectResultStore {
    filesystem::open(&options(directory), Said::default().context()).unwrap()
}

fn root(directory: &tempfile::TempDir) -> std::path::PathBuf {
    directory.path().join("default/validations")
}

/// Returns the names of all files below the store's directory, except the lock and the notes that change no list.
fn files(directory: &tempfile::TempDir) -> Vec<String> {
    fn walk(directory: &std::path::Path, names: &mut Vec<String>) {
        for file in std::fs::read_dir(directory).into_iter().flatten() {
            let path = file.unwrap().path();
            if path.is_dir() { walk(&path, names) } else { names.push(path.display().to_string()) }
        }
    }
    let mut names = Vec::new();
    walk(&root(directory), &mut names);
    let prefix = format!("{}/", root(directory).display());
    let names = names.into_iter().map(|name| name.replacen(&prefix, "", 1));
    let mut names: Vec<String> =
        names.filter(|name| name != "_catalog/.lock" && !name.starts_with("_catalog/-")).collect();
    names.sort();
    names
}

fn id(run_id: &str) -> RunId {
    RunId::new(run_id).unwrap()
}

fn result(run_id: &str, run_time: &str) -> Document {
    tagged(run_id, run_time, Status::Success, &[])
}

fn tagged(run_id: &str, run_time: &str, status: Status, tags: &[(&str, &str)]) -> Document {
    let tags: Tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let text = serde_json::json!({
        "run_id": run_id, "run_time": run_time, "data_asset": "customers.csv", "status": status.name(), "tags": tags,
    });
    document(&text)
}

fn document(text: &serde_json::Value) -> Document {
    let bytes = text.to_string();
    let entry = crate::result::describe(bytes.as_bytes(), DocumentLimit::NONE).unwrap();
    Document { entry, body: Body::from(bytes) }
}

async fn save(store: &ObjectResultStore, document: &Document) {
    store.save(document, SaveMode::Overwrite).await.unwrap();
}

async fn read(store: &ObjectResultStore, run_id: &str) -> Result<Vec<u8>> {
    let chunks: Vec<_> = store.get(&id(run_id)).await?.try_collect().await?;
    Ok(chunks.concat())
}

async fn all(store: &ObjectResultStore, query: &Query) -> Vec<Result<Entry>> {
    futures_util::StreamExt::collect(store.list(query)).await
}

async fn entries(store: &ObjectResultStore, query: &Query) -> Vec<Entry> {
    store.list(query).try_collect().await.unwrap()
}

/// Marks documents and catalog as compared, so that lists trust the catalog.
async fn compared(store: &ObjectResultStore) {
    store.catalog.set_mark(&IndexMark::absent(), &[]).await.unwrap();
}

async fn ids(store: &ObjectResultStore) -> Vec<String> {
    entries(store, &Query::default()).await.into_iter().map(|entry| entry.run_id.to_string()).collect()
}

fn newest(limit: u64) -> Query {
    Query { limit: Some(limit), ..Query::default() }
}
