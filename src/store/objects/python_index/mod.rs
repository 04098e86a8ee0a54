//! Python's `_index.json`: one file that names every result, kept up to date as a courtesy.
//!
//! Lists do not read it. Its version tells whether Python has written since the catalog was last compared with the
//! documents.

mod content;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{Attribute, Attributes, Error as Failure, GetOptions, GetRange, PutMode, PutOptions, UpdateVersion};

use self::content::{BEGINNING, Members, entry, is_covered, parse, text, value};
use super::access::{optional, pause};
use super::backend::{Backend, Reference};
use super::catalog::{Catalog, Mark, Span, nonce};
use super::documents::Documents;
use super::options::PythonIndex as Setting;
use super::translate::Access;
use super::upload::{Uploaded, is_conflict};
use crate::error::{Error, ErrorKind, Result};
use crate::result::json::{Text, Value};
use crate::result::{Entry, RunId};
use crate::store::contract::Notices;

/// How often a write is tried while others write.
const ATTEMPTS: u32 = 64;

/// How many recent entries are looked at for others that the index lacks.
const RECENT: usize = 200;

/// Python's index of one namespace.
#[derive(Debug)]
pub(super) struct PythonIndex {
    backend: Arc<Backend>,
    pub(super) notices: Notices,
    /// Whether it has been said that the index is broken.
    warned: AtomicBool,
}

/// The state of the index, as far as it matters to the catalog.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// Which of the states that the index has had it is.
    pub(super) mark: Mark,
    /// Whether it was written by one who knew that the catalog covers it.
    is_covered: bool,
}

impl State {
    /// Whether the catalog holds all that Python has written by now, where it was compared in the states of `marks`.
    pub(super) fn is_covered_by(&self, marks: &[Mark]) -> bool {
        self.is_covered || marks.contains(&self.mark)
    }
}

/// The index as it was found.
enum Index {
    Absent,
    /// Neither to be read nor to be overwritten.
    Broken(Error),
    Present {
        members: Members,
        version: UpdateVersion,
        is_covered: bool,
    },
}

impl PythonIndex {
    pub(super) fn new(backend: Arc<Backend>, notices: Notices) -> Self {
        Self { backend, notices, warned: AtomicBool::new(false) }
    }

    /// The state of the index. Reads its beginning alone.
    pub(super) async fn state(&self) -> object_store::Result<State> {
        let path = self.backend.places.index();
        let options = GetOptions { range: Some(GetRange::Bounded(0..BEGINNING)), ..GetOptions::default() };
        let (version, is_covered) = match optional(self.backend.store.get_opts(&path, options).await) {
            Ok(None) => return Ok(State { mark: Mark::absent(), is_covered: false }),
            Ok(Some(found)) => (version_of(&found.meta), is_covered(&found.bytes().await?)),
            // An empty file has no such range.
            Err(error) => match self.backend.head(&path).await? {
                Some(meta) if meta.size == 0 => (version_of(&meta), false),
                _ => return Err(error),
            },
        };
        Ok(State { mark: mark_of(&version), is_covered })
    }

    /// What the index says of each run, as far as it is clear, and the state that it was in. A broken one says nothing.
    pub(super) async fn rows(&self) -> object_store::Result<(HashMap<RunId, Entry>, State)> {
        match self.read(3).await? {
            Index::Absent => Ok((HashMap::new(), State { mark: Mark::absent(), is_covered: false })),
            Index::Present { members, version, is_covered } => {
                let entries = members.iter().filter_map(|(key, value)| entry(key, value));
                let rows = entries.map(|entry| (entry.run_id.clone(), entry)).collect();
                Ok((rows, State { mark: mark_of(&version), is_covered }))
            }
            Index::Broken(error) => {
                self.warn_of_broken(&error);
                Ok((HashMap::new(), self.state().await?))
            }
        }
    }

    /// Whether there is an index that is kept up to date.
    pub(super) async fn is_kept(&self) -> object_store::Result<bool> {
        Ok(self.backend.python_index != Setting::Never
            && self.backend.head(&self.backend.places.index()).await?.is_some())
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

    /// Reads the index; `patience` times more if it is broken, because Python rewrites it in place.
    async fn read(&self, patience: u32) -> object_store::Result<Index> {
        let path = self.backend.places.index();
        for attempt in 0.. {
            let Some(found) = self.backend.get(&path).await? else { return Ok(Index::Absent) };
            let version = version_of(&found.meta);
            let content = found.bytes().await?;
            let is_covered = is_covered(&content);
            let error = match apart(move || parse(&content)).await? {
                Ok(members) => return Ok(Index::Present { members, version, is_covered }),
                Err(error) => error,
            };
            if attempt >= patience {
                return Ok(Index::Broken(error));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(Index::Absent)
    }

    /// Makes the index say what `entry` says, if `written` at `document` is still the document of its run. A failure is
    /// a warning: the result is stored and listed.
    pub(super) async fn add(
        &self,
        entry: &Entry,
        document: &Path,
        written: &Uploaded,
        documents: &Documents,
        catalog: &Catalog,
    ) {
        if self.backend.python_index == Setting::Never {
            return;
        }
        if let Err(error) = self.try_to_add(entry, document, written, documents, catalog).await {
            self.warn(&format!(
                "result `{}` is saved, but Python's index could not be brought up to date: {}",
                entry.run_id,
                whole(&error)
            ));
        }
    }

    async fn try_to_add(
        &self,
        entry: &Entry,
        document: &Path,
        written: &Uploaded,
        documents: &Documents,
        catalog: &Catalog,
    ) -> Result<()> {
        let failed = |error| self.backend.failed("update Python's index", Access::Write, error);
        for attempt in 0..ATTEMPTS {
            let (mut members, mode, is_covered) = match self.read(10).await.map_err(failed)? {
                Index::Absent if self.backend.python_index == Setting::Auto => return Ok(()),
                Index::Absent => {
                    let is_covered = catalog.marks().await.map_err(failed)?.contains(&Mark::absent());
                    (Vec::new(), PutMode::Create, is_covered)
                }
                Index::Present { members, version, is_covered } => {
                    let is_covered = self.is_covered(is_covered, &version, catalog).await.map_err(failed)?;
                    (members, PutMode::Update(version), is_covered)
                }
                Index::Broken(error) => return Err(error),
            };
            // After the index was read: one who replaces or deletes the result from now on gives the index another
            // version.
            if !documents.is(document, written).await.map_err(failed)? {
                return Ok(());
            }
            let value = self.value(entry, document);
            let own = members.iter_mut().find(|(key, _)| *key == entry.run_id.as_str());
            let mut is_new_version = false;
            match own {
                // Another writer has folded it in already.
                Some((_, known)) if *known == value && attempt > 0 => return Ok(()),
                // It may be left from before a delete that is about to remove it: that must see another version.
                Some((_, known)) => {
                    is_new_version = *known == value;
                    *known = value;
                }
                None => {
                    let mut missing = self.missing(&members, entry, catalog).await.map_err(failed)?;
                    if !is_covered {
                        // Python has written since, and may have deleted some.
                        missing = with_documents(missing, documents).await.map_err(failed)?;
                    }
                    members.extend(missing);
                    members.push((entry.run_id.as_str().into(), value));
                }
            }
            if self.write(members, mode, is_covered, is_new_version).await.map_err(failed)? {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(too_busy())
    }

    /// Whether the catalog holds all that the index of this version stands for.
    async fn is_covered(
        &self,
        is_covered: bool,
        version: &UpdateVersion,
        catalog: &Catalog,
    ) -> object_store::Result<bool> {
        Ok(is_covered || catalog.marks().await?.contains(&mark_of(version)))
    }

    /// The latest results that `members` lacks, oldest first: other writers need not come round for them.
    async fn missing(&self, members: &Members, own: &Entry, catalog: &Catalog) -> object_store::Result<Members> {
        let known: HashSet<String> = members.iter().map(|(key, _)| key.to_str_lossy().into_owned()).collect();
        let mut batches = catalog.scan(Span::default(), false);
        let (mut missing, mut looked_at) = (Vec::new(), 0);
        while let Some(batch) = batches.try_next().await? {
            looked_at += batch.len();
            for read in catalog.read(batch).await {
                let Ok(entry) = read.entry else { continue };
                let Ok(names) = self.backend.places.document(&entry.run_id) else { continue };
                if names.same_in_python && entry.run_id != own.run_id && !known.contains(entry.run_id.as_str()) {
                    missing.push((Text::from(entry.run_id.as_str()), self.value(&entry, &names.own)));
                }
            }
            if looked_at >= RECENT {
                break;
            }
        }
        // Newest first, the older entry of a run that has two is the stale one.
        let mut taken = HashSet::new();
        missing.retain(|(key, _)| taken.insert(key.clone()));
        missing.reverse();
        Ok(missing)
    }

    /// Makes the index say nothing of `run_id`. A failure is a warning: the result is gone.
    pub(super) async fn remove(&self, run_id: &RunId, documents: &Documents, catalog: &Catalog) {
        if self.backend.python_index == Setting::Never {
            return;
        }
        if let Err(error) = self.try_to_remove(run_id, documents, catalog).await {
            self.warn(&format!(
                "result `{run_id}` is deleted, but Python's index could not be brought up to date: {}",
                whole(&error)
            ));
        }
    }

    async fn try_to_remove(&self, run_id: &RunId, documents: &Documents, catalog: &Catalog) -> Result<()> {
        let failed = |error| self.backend.failed("update Python's index", Access::Write, error);
        for attempt in 0..ATTEMPTS {
            let (mut members, version, is_covered) = match self.read(10).await.map_err(failed)? {
                Index::Absent => return Ok(()),
                Index::Present { members, version, is_covered } => {
                    let is_covered = self.is_covered(is_covered, &version, catalog).await.map_err(failed)?;
                    (members, version, is_covered)
                }
                Index::Broken(error) => return Err(error),
            };
            // It may have been saved again; then it belongs there.
            if !documents.exists(run_id).await.map_err(failed)? {
                members.retain(|(key, _)| *key != run_id.as_str());
            }
            // Written even where nothing has changed: one who listed the catalog before must not fold the run in now.
            if self.write(members, PutMode::Update(version), is_covered, true).await.map_err(failed)? {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(too_busy())
    }

    /// Makes the index say exactly this of these results, and nothing of those that have no document any more. What it
    /// names already stays in its place. A broken one is overwritten only if `even_broken`. The catalog must hold all of
    /// `results`, and these be all that there were when the index was in the state of `compared`.
    pub(super) async fn rewrite(
        &self,
        results: &[(Entry, Path)],
        compared: &State,
        even_broken: bool,
        documents: &Documents,
    ) -> Result<()> {
        let failed = |error| self.backend.failed("rewrite Python's index", Access::Write, error);
        for attempt in 0..ATTEMPTS {
            let (members, mode, is_covered) = match self.read(10).await.map_err(failed)? {
                Index::Absent => (Vec::new(), PutMode::Create, compared.mark == Mark::absent()),
                Index::Present { members, version, is_covered } => {
                    let is_covered = is_covered || compared.mark == mark_of(&version);
                    (members, PutMode::Update(version), is_covered)
                }
                Index::Broken(_) if even_broken => (Vec::new(), PutMode::Overwrite, false),
                Index::Broken(error) => {
                    self.warn_of_broken(&error);
                    return Ok(());
                }
            };
            let mut values: HashMap<&str, Value> =
                results.iter().map(|(entry, path)| (entry.run_id.as_str(), self.value(entry, path))).collect();
            if !matches!(mode, PutMode::Create) {
                self.ask_where_it_differs(&members, results, &mut values, documents).await?;
            }
            let mut kept = Members::new();
            for (key, value) in members {
                match values.remove(key.to_str_lossy().as_ref()) {
                    Some(value) => kept.push((key, value)),
                    // Saved after the documents were listed, or one that cannot be read.
                    None if has_document(&key, documents).await.map_err(failed)? => kept.push((key, value)),
                    None => {}
                }
            }
            for (entry, _) in results {
                kept.extend(values.remove(entry.run_id.as_str()).map(|value| (entry.run_id.as_str().into(), value)));
            }
            if self.write(kept, mode, is_covered, false).await.map_err(failed)? {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(too_busy())
    }

    /// Replaces values that `members` contradicts, or lacks, with what the documents say by now: others may have saved
    /// and deleted since `results` were read, and have brought the index up to date.
    async fn ask_where_it_differs<'a>(
        &self,
        members: &Members,
        results: &'a [(Entry, Path)],
        values: &mut HashMap<&'a str, Value>,
        documents: &Documents,
    ) -> Result<()> {
        let known: HashMap<String, &Value> =
            members.iter().map(|(key, value)| (key.to_str_lossy().into_owned(), value)).collect();
        for (entry, path) in results {
            let run_id = entry.run_id.as_str();
            if known.get(run_id).copied() == values.get(run_id) {
                continue;
            }
            match documents.facts(&entry.run_id).await {
                Ok(Some(facts)) => drop(values.insert(run_id, self.value(&facts, path))),
                Ok(None) => drop(values.remove(run_id)),
                // It is archived, say: what the catalog says of it stands.
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Writes the index. Returns whether it was as `mode` wants it.
    async fn write(
        &self,
        members: Members,
        mode: PutMode,
        is_covered: bool,
        is_new_version: bool,
    ) -> object_store::Result<bool> {
        let new_version = (is_new_version && self.backend.writes.versions_repeat).then(nonce);
        let content = apart(move || text(members, is_covered, new_version)).await?;
        let mut attributes = Attributes::new();
        if self.backend.reference != Reference::File {
            attributes.insert(Attribute::ContentType, "application/json".into());
        }
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        match self.backend.store.put_opts(&self.backend.places.index(), content.into(), options).await {
            Ok(_) => Ok(true),
            Err(error) if is_conflict(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What the index says of a result.
    fn value(&self, entry: &Entry, document: &Path) -> Value {
        let reference = self.backend.reference;
        match reference {
            Reference::File => value(entry, &document.filename().unwrap_or_default(), reference),
            Reference::Key | Reference::BlobName => value(entry, document, reference),
        }
    }
}

/// Those of `members` whose documents exist.
async fn with_documents(members: Members, documents: &Documents) -> object_store::Result<Members> {
    let mut kept = Members::new();
    for (key, value) in members {
        if has_document(&key, documents).await? {
            kept.push((key, value));
        }
    }
    Ok(kept)
}

async fn has_document(run_id: &Text, documents: &Documents) -> object_store::Result<bool> {
    match RunId::new(run_id.to_str_lossy()) {
        Ok(run_id) => documents.exists(&run_id).await,
        Err(_) => Ok(false),
    }
}

fn version_of(meta: &object_store::ObjectMeta) -> UpdateVersion {
    UpdateVersion { e_tag: meta.e_tag.clone(), version: meta.version.clone() }
}

fn mark_of(version: &UpdateVersion) -> Mark {
    Mark::version(version.e_tag.as_deref().or(version.version.as_deref()).unwrap_or_default())
}

/// Runs work that takes long where it delays nothing else.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> object_store::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::Generic { store: "thread", source: error.into() })
}

fn too_busy() -> Error {
    Error::new(ErrorKind::Write, "others keep rewriting it")
        .with_hint("rebuild the index with `truthound-store reindex --python-index`")
}

/// All that an error says, on one line.
fn whole(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in error.causes() {
        text.push_str(": ");
        text.push_str(&cause);
    }
    if let Some(hint) = error.hint() {
        text.push_str("; ");
        text.push_str(hint);
    }
    text
}
