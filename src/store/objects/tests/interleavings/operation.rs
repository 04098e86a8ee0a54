//! The operations of clients, and their outcomes.

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use serde_json::{Map, Value, json};

use super::stepped::Stepped;
use super::world::World;
use crate::error::{Error, ErrorKind};
use crate::result::{Document, Entry, RunId};
use crate::store::contract::{Query, ReindexOptions, ResultStore as _, SaveMode};
use crate::store::objects::ObjectResultStore;
use crate::store::objects::backend::Backend;
use crate::store::objects::tests::{Arc, Mutex, Said, cloud};

pub(super) const INDEX: &str = "truthound/default/_index.json";

/// One command, in a process of its own.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Save(Document, SaveMode),
    Delete(RunId, Option<Query>),
    /// A list, then the version of this result, then its delete in that version.
    Prune(RunId),
    List(Query),
    Reindex,
    /// A save of Python's store: it reads the index, writes the document, and overwrites the index whatever it is now.
    PythonSave(Document),
    /// The same, but another writer of Python's then overwrites the index without this row, so only the document
    /// remains.
    PythonLoses(Document),
    /// A delete of Python's store.
    PythonDelete(RunId),
}

#[derive(Debug)]
pub(super) enum OperationOutcome {
    Done,
    /// The run id is taken.
    Exists,
    Deleted(bool),
    /// The version was known at the moment `planned`.
    Pruned {
        planned: usize,
        deleted: bool,
    },
    Listed(Vec<Result<Entry, Error>>),
    Failed(Error),
}

/// One operation of an execution.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) client: usize,
    pub(super) operation: Operation,
    /// The moment before its first request.
    pub(super) began: Option<usize>,
    /// The moment of its last request, and its outcome; `None` if the client died.
    pub(super) ended: Option<(usize, OperationOutcome)>,
}

/// The events so far.
pub(super) type Log = Arc<Mutex<Vec<Event>>>;

/// Runs these operations one after the other.
pub(super) async fn run(world: Arc<World>, client: usize, operations: Vec<Operation>, log: Log) {
    for operation in operations {
        let place = {
            let mut log = log.lock().unwrap();
            log.push(Event { client, operation: operation.clone(), began: None, ended: None });
            log.len() - 1
        };
        let outcome = operation.run(&world, Some(client)).await;
        log.lock().unwrap()[place].ended = Some((world.moment(), outcome));
    }
}

/// Opens a store as a process does.
pub(super) fn store(world: &Arc<World>, client: Option<usize>) -> ObjectResultStore {
    let stepped = Stepped::new(world, client);
    let store = cloud(stepped.clone(), false);
    // All clouds and the disk can delete conditionally.
    let time_zone = world.zone.clone();
    let backend = Backend { removal: Some(stepped), time_zone, ..(*store.backend).clone() };
    ObjectResultStore::new(backend, Said::default().context())
}

impl Operation {
    pub(super) async fn run(&self, world: &Arc<World>, client: Option<usize>) -> OperationOutcome {
        let store = store(world, client);
        match self {
            Self::Save(document, mode) => match store.save(document, *mode).await {
                Ok(()) => OperationOutcome::Done,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => OperationOutcome::Exists,
                Err(error) => OperationOutcome::Failed(error),
            },
            Self::Delete(run_id, filter) => store
                .delete(run_id, filter.as_ref())
                .await
                .map_or_else(OperationOutcome::Failed, OperationOutcome::Deleted),
            Self::Prune(run_id) => prune(run_id, &store, world).await.unwrap_or_else(OperationOutcome::Failed),
            Self::List(query) => OperationOutcome::Listed(store.list(query).collect().await),
            Self::Reindex => {
                let rebuilt = store.reindex(ReindexOptions::default()).await;
                rebuilt.map_or_else(OperationOutcome::Failed, |_| OperationOutcome::Done)
            }
            Self::PythonLoses(document) => {
                let body = PutPayload::from(document.body.to_bytes().unwrap());
                Stepped::new(world, client).put(&key(&document.entry.run_id), body).await.unwrap();
                OperationOutcome::Done
            }
            Self::PythonSave(document) => {
                let objects = Stepped::new(world, client);
                let mut index = python_index(&objects).await;
                let (key, entry) = (key(&document.entry.run_id), &document.entry);
                let body = document.body.to_bytes().unwrap();
                objects.put(&key, PutPayload::from(body)).await.unwrap();
                let row = json!({
                    "data_asset": entry.data_asset, "run_time": entry.run_time.to_python_iso(),
                    "status": entry.status.name(), "key": key.as_ref(), "tags": entry.tags,
                });
                index.insert(entry.run_id.to_string(), row);
                put_python_index(&objects, index).await;
                OperationOutcome::Done
            }
            Self::PythonDelete(run_id) => {
                let objects = Stepped::new(world, client);
                let mut index = python_index(&objects).await;
                objects.delete(&key(run_id)).await.unwrap();
                index.remove(run_id.as_str());
                put_python_index(&objects, index).await;
                OperationOutcome::Deleted(true)
            }
        }
    }

    /// Its name in a schedule.
    pub(super) fn name(&self) -> String {
        let facts = |entry: &Entry| {
            let Entry { run_id, run_time, data_asset, status, .. } = entry;
            format!("{run_id} ({}, {data_asset}, {})", run_time.to_python_iso(), status.name())
        };
        match self {
            Self::Save(document, SaveMode::Overwrite) => format!("save {}", facts(&document.entry)),
            Self::Save(document, SaveMode::IfAbsent) => format!("save --if-absent {}", facts(&document.entry)),
            Self::Delete(run_id, None) => format!("delete {run_id}"),
            Self::Delete(run_id, Some(query)) => format!("delete {run_id} if it matches {}", told(query)),
            Self::Prune(run_id) => format!("prune {run_id}"),
            Self::List(query) => format!("list {}", told(query)),
            Self::Reindex => "reindex".to_owned(),
            Self::PythonSave(document) => format!("Python saves {}", facts(&document.entry)),
            Self::PythonLoses(document) => format!("Python saves {} and loses its row", facts(&document.entry)),
            Self::PythonDelete(run_id) => format!("Python deletes {run_id}"),
        }
    }

    /// The run that it changes.
    pub(super) fn run_id(&self) -> Option<&RunId> {
        match self {
            Self::Save(document, _) | Self::PythonSave(document) | Self::PythonLoses(document) => {
                Some(&document.entry.run_id)
            }
            Self::Delete(run_id, _) | Self::Prune(run_id) | Self::PythonDelete(run_id) => Some(run_id),
            Self::List(_) | Self::Reindex => None,
        }
    }

    /// The document that it writes.
    pub(super) fn document(&self) -> Option<&Document> {
        match self {
            Self::Save(document, _) | Self::PythonSave(document) | Self::PythonLoses(document) => Some(document),
            _ => None,
        }
    }

    pub(super) fn document_mut(&mut self) -> Option<&mut Document> {
        match self {
            Self::Save(document, _) | Self::PythonSave(document) | Self::PythonLoses(document) => Some(document),
            _ => None,
        }
    }

    pub(super) fn is_python(&self) -> bool {
        matches!(self, Self::PythonSave(_) | Self::PythonLoses(_) | Self::PythonDelete(_))
    }
}

/// Deletes a listed result as `prune` does.
async fn prune(run_id: &RunId, store: &ObjectResultStore, world: &World) -> Result<OperationOutcome, Error> {
    let query = Query::default();
    let entries: Vec<Entry> = store.list(&query).try_collect().await?;
    let version = match entries.into_iter().find(|entry| entry.run_id == *run_id) {
        Some(entry) => store.version(&entry).await?,
        None => None,
    };
    let planned = world.moment();
    let deleted = match version {
        Some(version) => store.delete_version(run_id, &version).await?,
        None => false,
    };
    Ok(OperationOutcome::Pruned { planned, deleted })
}

/// A query as options of `list`, without defaults.
pub(super) fn told(query: &Query) -> String {
    let mut text = Vec::new();
    text.extend(query.since.map(|since| format!("--since {since}")));
    text.extend(query.until.map(|until| format!("--until {until}")));
    text.extend(query.data_asset.iter().map(|asset| format!("--asset {asset}")));
    text.extend(query.statuses.iter().map(|status| format!("--status {}", status.name())));
    text.extend(query.limit.map(|limit| format!("--limit {limit}")));
    if query.order_by != Query::default().order_by || query.ascending {
        text.push(format!("--order-by {:?}{}", query.order_by, if query.ascending { " --ascending" } else { "" }));
    }
    text.join(" ")
}

fn key(run_id: &RunId) -> Path {
    Path::from(format!("truthound/default/results/{run_id}.json"))
}

async fn python_index(objects: &Stepped) -> Map<String, Value> {
    let Ok(found) = objects.get(&Path::from(INDEX)).await else { return Map::new() };
    let content: Bytes = found.bytes().await.unwrap();
    serde_json::from_slice(&content).unwrap()
}

async fn put_python_index(objects: &Stepped, index: Map<String, Value>) {
    let content = serde_json::to_string_pretty(&Value::Object(index)).unwrap();
    objects.put(&Path::from(INDEX), PutPayload::from(content)).await.unwrap();
}
