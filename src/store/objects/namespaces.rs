//! Finds the other namespaces of a bucket or directory.

use std::collections::VecDeque;
use std::path::Path as DiskPath;

use futures_util::TryStreamExt as _;
use object_store::path::Path;

use super::ObjectResultStore;
use super::layout::{CATALOG, KeyLayout, NamespacePlace};
use crate::error::{Error, ErrorKind, Result};

/// Segments of the longest namespace that is looked for.
const DEEPEST: usize = 3;

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

    /// Looks into each directory, and then into those in it: a namespace may be `team/nightly`.
    async fn namespaces_below(&self, prefix: &str, limit: usize) -> object_store::Result<Vec<String>> {
        let keys = &self.backend.keys;
        let above = Path::parse(prefix).unwrap_or_default();
        let (mut found, mut left) = (Vec::new(), VecDeque::from(self.directories_in(&above).await?));
        let mut tries = 0;
        while let Some(directory) = left.pop_front().filter(|_| tries < TRIES * limit && found.len() < limit) {
            tries += 1;
            let Some(parts) = directory.prefix_match(&above) else { continue };
            let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
            let name = parts.join("/");
            let Some(documents) = keys.documents_of(prefix, &name) else { continue };
            if name != keys.namespace() && self.backend.store.list(Some(&documents)).try_next().await?.is_some() {
                found.push(name);
            }
            if parts.len() < DEEPEST {
                let inner = self.directories_in(&directory).await?.into_iter();
                left.extend(inner.filter(|inner| *inner != documents && !is_catalog(inner.filename())));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    async fn directories_in(&self, directory: &Path) -> object_store::Result<Vec<Path>> {
        Ok(self.backend.store.list_with_delimiter(Some(directory)).await?.common_prefixes)
    }
}

/// Whether a directory of this name is the catalog of a namespace.
fn is_catalog(name: Option<&str>) -> bool {
    name == Some(CATALOG)
}

/// Returns up to `limit` namespaces below `base` other than that of `keys` that have documents in `results`, sorted by name.
/// A directory that cannot be read has none.
fn namespaces_in(base: &DiskPath, results: &DiskPath, keys: &KeyLayout, limit: usize) -> Vec<String> {
    let names_in = |name: &str| -> Vec<String> {
        let listed = base.join(name).read_dir().into_iter().flatten();
        let directories = listed.filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()));
        let mut names: Vec<String> = directories.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names.into_iter().map(|inner| if name.is_empty() { inner } else { format!("{name}/{inner}") }).collect()
    };
    let has_documents = |name: &str| {
        let files = base.join(name).join(results).read_dir();
        let is_document = |name: &str| Path::parse(name).is_ok_and(|path| keys.run_id(&path).is_some());
        files.is_ok_and(|mut files| {
            files.any(|file| file.is_ok_and(|file| file.file_name().to_str().is_some_and(is_document)))
        })
    };
    let is_of_namespace = |path: &str, name: &str| {
        let inner = path.strip_prefix(name).unwrap_or_default().trim_start_matches('/');
        results.starts_with(inner) || is_catalog(Some(inner))
    };
    let (mut found, mut left, mut tries) = (Vec::new(), VecDeque::from_iter(names_in("")), 0);
    while let Some(name) = left.pop_front().filter(|_| tries < TRIES * limit && found.len() < limit) {
        tries += 1;
        let has_documents = has_documents(&name);
        if name.matches('/').count() + 1 < DEEPEST {
            left.extend(names_in(&name).into_iter().filter(|inner| !(has_documents && is_of_namespace(inner, &name))));
        }
        if has_documents && name != keys.namespace() {
            found.push(name);
        }
    }
    found.sort_unstable();
    found
}
