//! Python's `_index.json`: one file that names every result, kept up to date as a courtesy.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{Attribute, Attributes, Error as Failure, PutMode, PutOptions, UpdateVersion};

use super::ObjectResultStore;
use super::backend::Reference;
use super::options::PythonIndex;
use super::save::pause;
use super::scan::Span;
use super::translate::Access;
use crate::error::{Error, ErrorKind, Result};
use crate::result::json::{Text, Value};
use crate::result::{Entry, Layout, RunId, RunTime, Tags};

/// How often a write is tried while others write.
const ATTEMPTS: u32 = 64;

/// How many recent entries are looked at for others that the index lacks.
const RECENT: usize = 200;

/// One line of the index.
#[derive(Debug)]
pub(super) struct Row {
    /// The run, unless it is no text.
    pub(super) run_id: Option<RunId>,
    /// What is said of it.
    pub(super) entry: Result<Entry>,
}

type Members = Vec<(Text, Value)>;

/// The index as it was found.
enum Index {
    Absent,
    /// Neither to be read nor to be overwritten.
    Broken(Error),
    Present {
        members: Members,
        version: UpdateVersion,
    },
}

impl ObjectResultStore {
    /// What Python's index says; `None` where there is none, or none that can be read.
    pub(super) async fn python_rows(&self) -> Result<Option<Vec<Row>>> {
        match self.read_index(3).await.map_err(|error| self.cannot_list(error))? {
            Index::Absent => Ok(None),
            Index::Present { members, .. } => {
                Ok(Some(members.iter().map(|(run_id, value)| self.row(run_id, value)).collect()))
            }
            Index::Broken(error) => {
                self.warn_of_broken_index(&error);
                Ok(None)
            }
        }
    }

    fn warn_of_broken_index(&self, error: &Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            self.backend_warning(&format!(
                "cannot read Python's index: {error}; results that only Python wrote are missing from lists until \
                 `truthound-store reindex --python-index` has rebuilt it"
            ));
        }
    }

    fn backend_warning(&self, message: &str) {
        self.notices.warn(&format!("{message} ({})", self.backend.location));
    }

    /// Reads the index; `patience` times more if it is broken, because Python rewrites it in place.
    async fn read_index(&self, patience: u32) -> object_store::Result<Index> {
        let path = self.backend.places.index();
        for attempt in 0.. {
            let Some(found) = self.get_object(&path).await? else { return Ok(Index::Absent) };
            let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
            let content = found.bytes().await?;
            let error = match apart(move || parse(&content)).await? {
                Ok(members) => return Ok(Index::Present { members, version }),
                Err(error) => error,
            };
            if attempt >= patience {
                return Ok(Index::Broken(error));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(Index::Absent)
    }

    fn row(&self, key: &Text, value: &Value) -> Row {
        let run_id = key.is_exact().then(|| RunId::new(key.to_str_lossy()).ok()).flatten();
        let entry = run_id.clone().and_then(|run_id| entry(run_id, value));
        let error = || {
            let error = Error::new(ErrorKind::Read, format!("Python's index says nothing clear of result `{key}`"));
            error
                .with_run_id(key.to_str_lossy())
                .with_hint("rebuild the index with `truthound-store reindex --python-index`")
        };
        Row { run_id, entry: entry.ok_or_else(error) }
    }

    /// Makes the index say what `entry` says. That it cannot is worth a warning: the result is stored and listed.
    pub(super) async fn add_to_python_index(&self, entry: &Entry, document: &Path) {
        if self.backend.python_index == PythonIndex::Never {
            return;
        }
        if let Err(error) = self.try_to_add(entry, document).await {
            self.backend_warning(&format!(
                "result `{}` is saved, but Python's index could not be brought up to date: {}",
                entry.run_id,
                whole(&error)
            ));
        }
    }

    async fn try_to_add(&self, entry: &Entry, document: &Path) -> Result<()> {
        let failed = |error| self.failed("update Python's index", Access::Write, error);
        for attempt in 0..ATTEMPTS {
            let (mut members, mode) = match self.read_index(10).await.map_err(failed)? {
                Index::Absent if self.backend.python_index == PythonIndex::Auto => return Ok(()),
                Index::Absent => (Vec::new(), PutMode::Create),
                Index::Present { members, version } => (members, PutMode::Update(version)),
                Index::Broken(error) => return Err(error),
            };
            // After the index was read: whoever deletes the result from now on gives the index another version.
            if self.head(document).await.map_err(failed)?.is_none() {
                return Ok(());
            }
            let value = self.value(entry, document);
            let own = members.iter_mut().find(|(key, _)| *key == entry.run_id.as_str());
            let mut anew = false;
            match own {
                // Somebody has folded it in already.
                Some((_, known)) if *known == value && attempt > 0 => return Ok(()),
                // It may be left from before a delete that is about to remove it: that must see another version.
                Some((_, known)) => {
                    anew = *known == value;
                    *known = value;
                }
                None => {
                    members.extend(self.missing(&members, entry).await.map_err(failed)?);
                    members.push((entry.run_id.as_str().into(), value));
                }
            }
            if self.write_index(members, mode, anew).await.map_err(failed)? {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(too_busy())
    }

    /// The latest results that `members` lacks, oldest first: other writers need not come round for them.
    async fn missing(&self, members: &Members, own: &Entry) -> object_store::Result<Members> {
        let known: HashSet<String> = members.iter().map(|(key, _)| key.to_str_lossy().into_owned()).collect();
        let mut batches = self.scan(Span::default(), false);
        let (mut missing, mut looked_at) = (Vec::new(), 0);
        while let Some(batch) = batches.try_next().await? {
            looked_at += batch.len();
            for (_, found) in self.read_entries(batch).await {
                let Ok(entry) = found else { continue };
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

    /// Makes the index say nothing of `run_id`. That it cannot is worth a warning: the result is gone.
    pub(super) async fn remove_from_python_index(&self, run_id: &RunId) {
        if self.backend.python_index == PythonIndex::Never {
            return;
        }
        if let Err(error) = self.try_to_remove(run_id).await {
            self.backend_warning(&format!(
                "result `{run_id}` is deleted, but Python's index could not be brought up to date: {}",
                whole(&error)
            ));
        }
    }

    async fn try_to_remove(&self, run_id: &RunId) -> Result<()> {
        let failed = |error| self.failed("update Python's index", Access::Write, error);
        for attempt in 0..ATTEMPTS {
            let (mut members, version) = match self.read_index(10).await.map_err(failed)? {
                Index::Absent => return Ok(()),
                Index::Present { members, version } => (members, version),
                Index::Broken(error) => return Err(error),
            };
            // Somebody may have saved it again; then it belongs there.
            if !self.is_there(run_id).await.map_err(failed)? {
                members.retain(|(key, _)| *key != run_id.as_str());
            }
            // Written even where nothing has changed: who has listed the catalog before must not fold the run in now.
            if self.write_index(members, PutMode::Update(version), true).await.map_err(failed)? {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(too_busy())
    }

    /// Makes the index say exactly this of these results, and nothing of those that have no document any more. What it
    /// names already stays in its place. A broken one is overwritten only if `even_broken`.
    pub(super) async fn rewrite_python_index(&self, results: &[(Entry, Path)], even_broken: bool) -> Result<()> {
        let failed = |error| self.failed("rewrite Python's index", Access::Write, error);
        for attempt in 0..ATTEMPTS {
            let (members, mode) = match self.read_index(10).await.map_err(failed)? {
                Index::Absent => (Vec::new(), PutMode::Create),
                Index::Present { members, version } => (members, PutMode::Update(version)),
                Index::Broken(_) if even_broken => (Vec::new(), PutMode::Overwrite),
                Index::Broken(error) => {
                    self.warn_of_broken_index(&error);
                    return Ok(());
                }
            };
            let mut values: HashMap<&str, Value> =
                results.iter().map(|(entry, path)| (entry.run_id.as_str(), self.value(entry, path))).collect();
            let mut kept = Members::new();
            for (key, value) in members {
                match values.remove(key.to_str_lossy().as_ref()) {
                    Some(value) => kept.push((key, value)),
                    // Saved after the documents were listed, or one that cannot be read.
                    None if self.has_document(&key).await.map_err(failed)? => kept.push((key, value)),
                    None => {}
                }
            }
            for (entry, _) in results {
                kept.extend(values.remove(entry.run_id.as_str()).map(|value| (entry.run_id.as_str().into(), value)));
            }
            if self.write_index(kept, mode, false).await.map_err(failed)? {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(too_busy())
    }

    async fn has_document(&self, run_id: &Text) -> object_store::Result<bool> {
        let names = RunId::new(run_id.to_str_lossy()).and_then(|run_id| self.backend.places.document(&run_id));
        match names {
            Ok(names) => Ok(self.find(&names).await?.is_some()),
            Err(_) => Ok(false),
        }
    }

    /// Writes the index as Python does. Says whether it was as `mode` wants it. `anew` gives it a version that it
    /// never had, where versions come from the content alone.
    async fn write_index(&self, members: Members, mode: PutMode, anew: bool) -> object_store::Result<bool> {
        let anew = anew && self.backend.writes.versions_repeat;
        let content = apart(move || text(members, anew)).await?;
        let mut attributes = Attributes::new();
        if self.backend.reference != Reference::File {
            attributes.insert(Attribute::ContentType, "application/json".into());
        }
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        match self.backend.store.put_opts(&self.backend.places.index(), content.into(), options).await {
            Ok(_) => Ok(true),
            Err(Failure::Precondition { .. } | Failure::AlreadyExists { .. } | Failure::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What the index says of a result.
    fn value(&self, entry: &Entry, document: &Path) -> Value {
        let reference = match self.backend.reference {
            Reference::File => "file",
            Reference::Key => "key",
            Reference::BlobName => "blob_name",
        };
        Value::object([
            ("data_asset", Value::from(entry.data_asset.as_str())),
            ("run_time", Value::from(entry.run_time.to_python_iso())),
            ("status", Value::from(entry.status.name())),
            (reference, Value::from(self.reference(document))),
            ("tags", Value::object(entry.tags.iter().map(|(key, value)| (key.as_str(), Value::from(value.as_str()))))),
        ])
    }
}

/// Does what may take long where it keeps nobody waiting.
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

fn parse(content: &Bytes) -> Result<Members> {
    let broken = |message: &str| {
        Error::new(ErrorKind::Read, message).with_hint("rebuild it with `truthound-store reindex --python-index`")
    };
    match Value::parse(content.clone().reader()) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(broken("it is no JSON object")),
        Err(error) => Err(broken(&format!("it is broken ({error})"))),
    }
}

fn text(members: Members, anew: bool) -> Vec<u8> {
    let mut content = Vec::new();
    // Writing to memory cannot fail.
    drop(Value::Object(members).write(Layout::Pretty, &mut content));
    if anew {
        // White space after the value, which no reader of JSON minds.
        let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        content.extend((0..32).map(|bit| if random >> bit & 1 == 0 { b' ' } else { b'\n' }));
    }
    content
}

fn entry(run_id: RunId, value: &Value) -> Option<Entry> {
    let run_time: RunTime = value.get("run_time")?.as_str()?.parse().ok()?;
    let data_asset = value.get("data_asset")?.as_str()?.into_owned();
    let status = value.get("status")?.as_str()?.parse().ok()?;
    let tags = match value.get("tags") {
        None | Some(Value::Null) => Tags::new(),
        Some(tags) => tags.as_object()?.iter().map(|(key, value)| (key.to_string(), tag(value))).collect(),
    };
    Some(Entry { run_id, run_time, data_asset, status, tags })
}

/// The value of a tag, which Python leaves to be anything.
fn tag(value: &Value) -> String {
    if let Some(text) = value.as_str() {
        return text.into_owned();
    }
    let mut text = Vec::new();
    drop(value.write(Layout::Compact, &mut text));
    String::from_utf8_lossy(&text).into_owned()
}
