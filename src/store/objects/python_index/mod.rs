//! Python's `_index.json`: one file that names every result, kept up to date for Python's sake.
//!
//! Lists do not read it. Its version tells whether Python has written since catalog and documents were last compared.

mod index_format;
mod shared_look;
mod updates;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use object_store::path::Path;
use object_store::{Attribute, Attributes, Error as Failure, GetOptions, GetRange, PutMode, PutOptions, UpdateVersion};

use self::index_format::{BEGINNING, Members, entry, is_covered, parse, text, value};
use self::shared_look::SharedLook;
use super::access::{age, optional, pause, read_whole};
use super::backend::{Backend, Reference};
use super::catalog::{Catalog, IndexMark, random_number};
use super::documents::Documents;
use super::options::PythonIndex;
use super::upload::is_conflict;
use crate::error::Error;
use crate::result::json::JsonValue;
use crate::result::{Entry, RunId};
use crate::store::contract::Notices;

/// Reads any bytes as an index, for the fuzzer. Returns its complete entries, and the index as it would be written.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn read_any(content: &bytes::Bytes) -> Option<(Vec<Entry>, Vec<u8>)> {
    let members = parse(content).ok()?;
    let covered = is_covered(content);
    let entries = members.iter().filter_map(|(run_id, facts)| entry(run_id, facts)).collect();
    Some((entries, text(members, covered, None)))
}

/// Number of attempts to read the start of the index while Python is writing it.
const ATTEMPTS: u32 = 10;

/// The longest index that is read, in bytes: that of a million results.
const LONGEST: usize = 256 << 20;

/// Age from which an index was written before the current list started. Clocks differ by less.
const RECENT: SignedDuration = SignedDuration::from_mins(20);

/// Python's index of one namespace.
#[derive(Debug)]
pub(super) struct PythonIndexFile {
    backend: Arc<Backend>,
    /// Asked for existing documents before the index names them.
    documents: Documents,
    /// Asked for results that the index lacks, and for the versions in which it was compared.
    catalog: Catalog,
    pub(super) notices: Notices,
    /// Whether a warning about a broken index has been sent.
    warned: AtomicBool,
    /// Finds out for saves whether there is an index.
    shared_look: SharedLook,
}

/// State of the index, as far as it matters to the catalog.
#[derive(Clone, Debug)]
pub(super) struct IndexState {
    /// Its version.
    pub(super) mark: IndexMark,
    /// Whether it was written by a process that knew that the catalog covers it.
    is_covered: bool,
    /// Whether it was written less than [`RECENT`] ago, and so perhaps after the catalog was read.
    is_recent: bool,
}

impl IndexState {
    /// The index does not exist, or its state is unknown.
    fn absent() -> Self {
        Self { mark: IndexMark::absent(), is_covered: false, is_recent: false }
    }

    /// Returns whether the catalog has everything that Python has written so far, if it was compared in the versions of
    /// `marks`.
    pub(super) fn is_covered_by(&self, marks: &[IndexMark]) -> bool {
        self.is_covered || marks.contains(&self.mark)
    }

    /// Returns whether the catalog with these marks had everything that Python has written so far, even if it was read
    /// before the index.
    pub(super) fn is_covered_since(&self, marks: &[IndexMark]) -> bool {
        self.is_covered && !self.is_recent || marks.contains(&self.mark)
    }
}

/// The index as it was read.
enum IndexContent {
    Absent,
    /// It can be neither parsed nor overwritten.
    Broken(Error),
    Present {
        members: Members,
        version: UpdateVersion,
        is_covered: bool,
    },
}

impl PythonIndexFile {
    pub(super) fn new(backend: Arc<Backend>, notices: Notices) -> Self {
        let (documents, catalog) = (Documents::new(Arc::clone(&backend)), Catalog::new(Arc::clone(&backend)));
        Self {
            backend,
            documents,
            catalog,
            notices,
            warned: AtomicBool::new(false),
            shared_look: SharedLook::default(),
        }
    }

    /// Reads the state of the index from its first bytes.
    pub(super) async fn state(&self) -> object_store::Result<IndexState> {
        let path = self.backend.keys.index();
        for attempt in 0.. {
            let error = match self.beginning(&path).await {
                Ok(state) => return Ok(state.unwrap_or_else(IndexState::absent)),
                Err(error) => error,
            };
            // A range request fails on an empty file, and Python empties the file before it writes it.
            match self.backend.head(&path).await? {
                None => break,
                Some(meta) if meta.size == 0 => {
                    return Ok(IndexState { mark: mark_of(&version_of(&meta)), ..IndexState::absent() });
                }
                Some(_) if attempt < ATTEMPTS => pause(attempt).await,
                Some(_) => return Err(error),
            }
        }
        Ok(IndexState::absent())
    }

    async fn beginning(&self, path: &Path) -> object_store::Result<Option<IndexState>> {
        let options = GetOptions { range: Some(GetRange::Bounded(0..BEGINNING)), ..GetOptions::default() };
        let Some(found) = optional(self.backend.store.get_opts(path, options).await)? else { return Ok(None) };
        let (mark, is_recent) = (mark_of(&version_of(&found.meta)), age(&found.meta) < RECENT);
        Ok(Some(IndexState {
            mark,
            is_covered: is_covered(&read_whole(found, BEGINNING.try_into().unwrap_or(usize::MAX)).await?),
            is_recent,
        }))
    }

    /// Returns the entries in the index, by run, and its state. Incomplete members are skipped, and a broken index has
    /// none.
    pub(super) async fn rows(&self) -> object_store::Result<(HashMap<RunId, Entry>, IndexState)> {
        match self.read(3).await? {
            IndexContent::Absent => Ok((HashMap::new(), IndexState::absent())),
            IndexContent::Present { members, version, is_covered } => {
                let entries = members.iter().filter_map(|(key, value)| entry(key, value));
                let rows = entries.map(|entry| (entry.run_id.clone(), entry)).collect();
                Ok((rows, IndexState { mark: mark_of(&version), is_covered, is_recent: true }))
            }
            IndexContent::Broken(error) => {
                self.warn_of_broken(&error);
                Ok((HashMap::new(), self.state().await?))
            }
        }
    }

    /// Returns whether there is an index to keep up to date.
    pub(super) async fn is_kept(&self) -> object_store::Result<bool> {
        Ok(self.backend.python_index != PythonIndex::Never
            && self.backend.head(&self.backend.keys.index()).await?.is_some())
    }

    fn warn_of_broken(&self, error: &Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            self.warn(&format!(
                "cannot read Python's index: {error}; Python lists nothing until `truthound-store reindex \
                 --python-index` has rebuilt it"
            ));
        }
    }

    fn warn(&self, message: &str) {
        self.notices.warn(&format!("{message} ({})", self.backend.location));
    }

    /// Reads the index. Retries up to `patience` times if it is broken, because Python rewrites it in place.
    async fn read(&self, patience: u32) -> object_store::Result<IndexContent> {
        let path = self.backend.keys.index();
        for attempt in 0.. {
            let Some(found) = self.backend.get(&path).await? else { return Ok(IndexContent::Absent) };
            let version = version_of(&found.meta);
            match read_whole(found, LONGEST).await {
                Ok(content) => {
                    let is_covered = is_covered(&content);
                    match on_blocking_thread(move || parse(&content)).await? {
                        Ok(members) => return Ok(IndexContent::Present { members, version, is_covered }),
                        Err(error) if attempt >= patience => return Ok(IndexContent::Broken(error)),
                        Err(_) => {}
                    }
                }
                // The file has become shorter since it was opened.
                Err(error) if attempt >= patience => return Err(error),
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(IndexContent::Absent)
    }

    /// Writes the index. Returns `false` if its version does not meet `mode`.
    async fn write(
        &self,
        members: Members,
        mode: PutMode,
        is_covered: bool,
        is_new_version: bool,
    ) -> object_store::Result<bool> {
        let new_version = (is_new_version && self.backend.writes.versions_repeat).then(random_number);
        let content = on_blocking_thread(move || text(members, is_covered, new_version)).await?;
        let mut attributes = Attributes::new();
        if self.backend.reference != Reference::File {
            attributes.insert(Attribute::ContentType, "application/json".into());
        }
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        match self.backend.store.put_opts(&self.backend.keys.index(), content.into(), options).await {
            Ok(_) => Ok(true),
            Err(error) if is_conflict(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the facts of a result in the format of the index.
    fn value(&self, entry: &Entry, document: &Path) -> JsonValue {
        let reference = self.backend.reference;
        match reference {
            Reference::File => value(entry, &document.filename().unwrap_or_default(), reference),
            Reference::Key | Reference::BlobName => value(entry, document, reference),
        }
    }
}

fn version_of(meta: &object_store::ObjectMeta) -> UpdateVersion {
    UpdateVersion { e_tag: meta.e_tag.clone(), version: meta.version.clone() }
}

fn mark_of(version: &UpdateVersion) -> IndexMark {
    IndexMark::version(version.e_tag.as_deref().or(version.version.as_deref()).unwrap_or_default())
}

/// Runs long work on another thread, where it delays nothing else.
async fn on_blocking_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> object_store::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::Generic { store: "thread", source: error.into() })
}
