//! Finds the other namespaces of a bucket or directory.

use std::path::Path as DiskPath;

use futures_util::TryStreamExt as _;
use object_store::path::Path;

use super::ObjectResultStore;
use super::layout::{KeyLayout, NamespacePlace};
use crate::error::{Error, ErrorKind, Result};

/// Names that are looked into for each one that is wanted. A bucket can hold other things than results.
const TRIES: usize = 4;

impl ObjectResultStore {
    /// Returns up to `limit` other namespaces that hold documents.
    pub(super) async fn namespaces_beside(&self, limit: usize) -> Result<Vec<String>> {
        let keys = &self.backend.keys;
        match keys.namespaces() {
            NamespacePlace::Keys(prefix) => {
                let found = self.namespaces_below(prefix, limit).await;
                found.map_err(|error| self.backend.cannot_list(error))
            }
            NamespacePlace::Directory(base, results) => {
                let (base, results, keys) = (base.clone(), results.clone(), keys.clone());
                let found = tokio::task::spawn_blocking(move || namespaces_in(&base, &results, &keys, limit)).await;
                found.map_err(|error| Error::new(ErrorKind::Other, "cannot look for namespaces").with_source(error))
            }
        }
    }

    async fn namespaces_below(&self, prefix: &str, limit: usize) -> object_store::Result<Vec<String>> {
        let keys = &self.backend.keys;
        let above = Path::parse(prefix).unwrap_or_default();
        let directories = self.backend.store.list_with_delimiter(Some(&above)).await?.common_prefixes;
        let mut found = Vec::new();
        for directory in directories.into_iter().take(TRIES * limit) {
            let Some(name) = directory.parts().next_back().map(|part| part.as_ref().to_owned()) else { continue };
            let Some(documents) = keys.documents_of(prefix, &name).filter(|_| name != keys.namespace()) else {
                continue;
            };
            if self.backend.store.list(Some(&documents)).try_next().await?.is_some() {
                found.push(name);
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }
}

/// Returns up to `limit` directories in `base` other than that of `keys` that have documents in `results`, sorted by name.
/// One that cannot be read has none.
fn namespaces_in(base: &DiskPath, results: &DiskPath, keys: &KeyLayout, limit: usize) -> Vec<String> {
    let Ok(listed) = base.read_dir() else { return Vec::new() };
    let mut names: Vec<String> = listed
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir())?.file_name().into_string().ok())
        .filter(|name| name != keys.namespace())
        .collect();
    names.sort_unstable();
    let has_documents = |name: &String| {
        let files = base.join(name).join(results).read_dir();
        let is_document = |name: &str| Path::parse(name).is_ok_and(|path| keys.run_id(&path).is_some());
        files.is_ok_and(|mut files| {
            files.any(|file| file.is_ok_and(|file| file.file_name().to_str().is_some_and(is_document)))
        })
    };
    names.into_iter().take(TRIES * limit).filter(has_documents).take(limit).collect()
}
