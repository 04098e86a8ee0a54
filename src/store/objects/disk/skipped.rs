//! Names in a store that belong to nothing that a store writes.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use object_store::path::Path;

use crate::store::contract::Notices;

/// Number of names that are remembered. A name counts once, however often it is listed.
const REMEMBERED: usize = 10_000;

/// The names that lists have skipped. A warning counts them when the store is closed.
#[derive(Debug)]
pub(super) struct SkippedNames {
    root: PathBuf,
    /// The extension of documents.
    extension: String,
    notices: Notices,
    names: Mutex<BTreeSet<OsString>>,
}

impl SkippedNames {
    pub(super) fn new(root: PathBuf, extension: String, notices: Notices) -> Self {
        Self { root, extension, notices, names: Mutex::default() }
    }

    /// Counts a name in the directory with the key `prefix`. Beside the documents, only a name with their extension
    /// counts: the directory may hold other files of the user.
    pub(super) fn add(&self, name: &OsStr, prefix: &Path) {
        let bytes = name.as_encoded_bytes();
        let plain = bytes.strip_suffix(b".gz").unwrap_or(bytes);
        if prefix.as_ref().is_empty() && !plain.ends_with(self.extension.as_bytes()) {
            return;
        }
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() < REMEMBERED {
            names.insert(PathBuf::from(prefix.as_ref()).join(name).into_os_string());
        }
    }
}

impl Drop for SkippedNames {
    fn drop(&mut self) {
        let names = self.names.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = names.first() else { return };
        let (count, example) = match names.len() {
            1 => ("a name".to_owned(), String::new()),
            REMEMBERED => (format!("at least {REMEMBERED} names"), "such as ".to_owned()),
            count => (format!("{count} names"), "such as ".to_owned()),
        };
        self.notices.warn(&format!(
            "skipped {count} in {} that cannot be a result, {example}`{}`: results are regular files with UTF-8 names",
            self.root.display(),
            first.display(),
        ));
    }
}
