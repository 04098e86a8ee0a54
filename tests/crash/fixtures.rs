//! The content of a store before a command is killed.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use truthound_store::result::Status;

use crate::backends::Place;
use crate::support::{Draft, id, result, save_all};

/// The run that commands operate on.
pub(crate) const TARGET: &str = "target";

/// The run time of the target before it is saved again.
pub(crate) const OLD_TIME: &str = "2026-03-03T12:00:00";

/// The first version of the target.
pub(crate) fn old() -> Draft {
    result(TARGET).at(OLD_TIME).of("old.csv").tagged("version", "old")
}

/// The target, saved again with another time.
pub(crate) fn new_at(run_time: &str) -> Draft {
    result(TARGET).at(run_time).of("new.csv").ended(Status::Failure).tagged("version", "new")
}

/// The target, saved by another writer after everything else.
pub(crate) fn third() -> Draft {
    result(TARGET).at("2026-02-10T08:00:00").of("third.csv").ended(Status::Warning).tagged("version", "third")
}

/// Results that no command operates on. One has the same time as the target.
pub(crate) fn bystanders() -> Vec<Draft> {
    vec![
        result("newest").at("2026-05-01T00:00:00").tagged("version", "old"),
        result("beside").at(OLD_TIME).of("new.csv").ended(Status::Failure),
        result("oldest").at("2025-12-31T23:59:59.999999").ended(Status::Warning),
    ]
}

/// Results that only Python has saved.
pub(crate) fn of_python() -> Vec<Draft> {
    vec![result("python-1").at("2026-03-10T09:00:00").of("old.csv"), result("python-2").at("2026-01-20T09:00:00")]
}

/// Results that are saved again with the target, enough for them to be written together.
pub(crate) fn many() -> Vec<Draft> {
    (0..16).map(|number| result(&format!("many-{number}")).at("2026-03-05T10:00:00")).collect()
}

/// The state of a store before a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixture {
    /// The bystanders, and the target, if any.
    Saved,
    /// The bystanders and [`many`].
    Many,
    /// A catalog that an accident has reset: it has the old entry of the target, lacks Python's results, and names a
    /// deleted result.
    SetBack,
    /// Python has saved its own results since our last command.
    IndexChanged,
    /// Only Python has used the store.
    NoCatalog,
    /// Documents without index and catalog.
    DocumentsAlone,
}

/// Fills an empty place.
pub(crate) async fn fill(place: &Place, fixture: Fixture, target: Option<&Draft>) {
    let by_python = place.backend.has_catalog().then(|| place.open_with_index());
    match fixture {
        Fixture::Saved => {
            save_all(&place.open(), &bystanders()).await;
            save_all(&place.open(), &target.cloned().into_iter().collect::<Vec<_>>()).await;
        }
        Fixture::Many => save_all(&place.open(), &[bystanders(), many()].concat()).await,
        Fixture::SetBack => {
            let store = place.open();
            save_all(&store, &bystanders()).await;
            save_all(&store, &[old(), result("gone")]).await;
            let before = objects(place).await;
            save_all(&store, &target.cloned().into_iter().collect::<Vec<_>>()).await;
            save_all(&store, &of_python()).await;
            store.delete(&id("gone"), None).await.unwrap();
            set_back(place, &before, |name| is_catalog(name) || is_index(name)).await;
        }
        Fixture::IndexChanged => {
            let store = by_python.unwrap();
            save_all(&store, &bystanders()).await;
            save_all(&store, &target.cloned().into_iter().collect::<Vec<_>>()).await;
            // Our store has read the index in this state.
            store.list(&Default::default()).try_collect::<Vec<_>>().await.unwrap();
            let before = objects(place).await;
            save_all(&store, &of_python()).await;
            set_back(place, &before, is_catalog).await;
            rewrite_index_as_python(place).await;
        }
        Fixture::NoCatalog | Fixture::DocumentsAlone => {
            let store = by_python.unwrap();
            save_all(&store, &bystanders()).await;
            save_all(&store, &target.cloned().into_iter().collect::<Vec<_>>()).await;
            save_all(&store, &of_python()).await;
            let is_gone = |name: &str| is_catalog(name) || fixture == Fixture::DocumentsAlone && is_index(name);
            set_back(place, &BTreeMap::new(), is_gone).await;
            rewrite_index_as_python(place).await;
        }
    }
}

/// Returns every object of a place, by name.
async fn objects(place: &Place) -> BTreeMap<Path, Bytes> {
    let store = place.objects();
    let mut objects = BTreeMap::new();
    let names: Vec<_> = store.list(None).map_ok(|meta| meta.location).try_collect().await.unwrap();
    for name in names {
        let content = store.get(&name).await.unwrap().bytes().await.unwrap();
        objects.insert(name, content);
    }
    objects
}

/// Restores the earlier content of the objects that `is_meant` selects.
async fn set_back(place: &Place, before: &BTreeMap<Path, Bytes>, is_meant: impl Fn(&str) -> bool) {
    let store = place.objects();
    let now = objects(place).await;
    for name in now.keys().filter(|name| is_meant(name.as_ref()) && !before.contains_key(name)) {
        store.delete(name).await.unwrap();
    }
    for (name, content) in before.iter().filter(|(name, _)| is_meant(name.as_ref())) {
        if now.get(name) != Some(content) {
            store.put(name, PutPayload::from(content.clone())).await.unwrap();
        }
    }
}

/// Rewrites Python's index, if there is one, as Python would: from its first brace to its last, without the white space
/// that marks our own version.
async fn rewrite_index_as_python(place: &Place) {
    for (name, content) in objects(place).await.into_iter().filter(|(name, _)| is_index(name.as_ref())) {
        let content = Bytes::copy_from_slice(content.trim_ascii());
        place.objects().put(&name, PutPayload::from(content)).await.unwrap();
    }
}

fn is_catalog(name: &str) -> bool {
    name.contains("/_catalog/")
}

fn is_index(name: &str) -> bool {
    name.ends_with("/_index.json")
}

/// Returns Python's index; `None` if there is none.
pub(crate) async fn python_index(place: &Place) -> Option<serde_json::Value> {
    let objects = objects(place).await;
    let (_, content) = objects.iter().find(|(name, _)| is_index(name.as_ref()))?;
    Some(serde_json::from_slice(content).unwrap())
}
