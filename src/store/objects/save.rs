//! Saving: the document first, then its entry in the catalog, then what they replace goes.

use std::time::Duration;

use object_store::path::Path;
use object_store::{Error as Failure, PutMode, PutOptions, PutPayload, UpdateVersion};
use tokio::time::Instant;

use super::catalog::{self, Moment};
use super::documents::described;
use super::layout::DocumentNames;
use super::options::PythonIndex;
use super::sighting::Sighting;
use super::translate::Access;
use super::upload::{Upload, UploadError};
use super::{ObjectResultStore, backend::Reference};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Document, Entry, RunId};
use crate::store::contract::{SaveMode, already_exists};

/// How often a document that others keep replacing is tried.
const ATTEMPTS: u32 = 64;

/// A document that has been written.
struct Written {
    e_tag: Option<String>,
    replaced: Replaced,
}

/// What lay in its place before.
enum Replaced {
    Nothing,
    /// A document that says this of itself.
    Known(Entry, Sighting),
    /// A document that cannot be read.
    Unreadable,
}

impl ObjectResultStore {
    pub(super) async fn save_document(&self, document: &Document, mode: SaveMode) -> Result<()> {
        let entry = &document.entry;
        let run_id = &entry.run_id;
        let names = self.backend.places.document(run_id)?;
        self.refuse_what_python_cannot_find(run_id, &names).await?;
        let failed = |error| self.failed_with("save", run_id, Access::Write, error);

        // Looked at before ours is written: of two writers with different settings, at most one then removes the other's.
        let other = if names.other == names.own { None } else { self.head(&names.other).await.map_err(failed)? };
        if mode == SaveMode::IfAbsent && other.is_some() {
            return Err(self.exists(run_id));
        }
        let mut upload = Upload::new(&self.backend, &document.body);
        let begun = Instant::now();
        let written = self.write(run_id, &names.own, &mut upload, mode).await?;
        let own = self.put_entry(entry).await.map_err(failed)?;
        // Whoever replaces or deletes a new document meanwhile waits for an entry that comes in time.
        let is_safe = matches!(written.replaced, Replaced::Nothing) && self.is_in_time(begun);
        if !is_safe {
            self.settle(entry, &names.own, &own, written).await.map_err(failed)?;
        }
        if other.is_some() {
            self.remove_other_document(run_id, &names.other, &own).await?;
        }
        self.add_to_python_index(entry, &names.own).await;
        Ok(())
    }

    fn exists(&self, run_id: &RunId) -> Error {
        already_exists(run_id, &self.backend.location)
    }

    /// A store that Python reads too must call the document what Python calls it.
    async fn refuse_what_python_cannot_find(&self, run_id: &RunId, names: &DocumentNames) -> Result<()> {
        if names.same_in_python {
            return Ok(());
        }
        let shared = match self.backend.python_index {
            PythonIndex::Never => false,
            PythonIndex::Always => true,
            PythonIndex::Auto => {
                let index = self.head(&self.backend.places.index()).await;
                index.map_err(|error| self.failed_with("save", run_id, Access::Write, error))?.is_some()
            }
        };
        if !shared {
            return Ok(());
        }
        Err(Error::usage(format!(
            "result `{}` cannot be saved under the name that Python would look for",
            run_id.as_str().escape_debug()
        ))
        .with_run_id(run_id.as_str())
        .with_hint("use a run id without `/`, `\\` and control characters, or set `python_index = \"never\"`"))
    }

    /// Writes the document: as a new one, or in the place of exactly the one that was read before.
    async fn write(&self, run_id: &RunId, path: &Path, upload: &mut Upload<'_>, mode: SaveMode) -> Result<Written> {
        let failed = |error| self.failed_with("save", run_id, Access::Write, error);
        let refused = |error| match error {
            UploadError::Store(error) => failed(error),
            UploadError::Body(error) => {
                Error::new(ErrorKind::Other, format!("cannot read the document of result `{run_id}`"))
                    .with_run_id(run_id.as_str())
                    .with_source(error)
            }
        };
        // Only what was absent before can have been written by a lost attempt of ours.
        let fresh = mode == SaveMode::IfAbsent
            && self.backend.writes.create_may_repeat
            && self.head(path).await.map_err(failed)?.is_none();
        for attempt in 0..ATTEMPTS {
            match upload.put(path, PutMode::Create).await {
                Ok(result) => return Ok(Written { e_tag: result.e_tag, replaced: Replaced::Nothing }),
                Err(UploadError::Store(Failure::AlreadyExists { .. })) => {}
                Err(error) => return Err(refused(error)),
            }
            if mode == SaveMode::IfAbsent {
                return match fresh {
                    true => self.own_first_attempt(run_id, path, upload).await,
                    false => Err(self.exists(run_id)),
                };
            }
            for attempt in attempt..ATTEMPTS {
                // One that has vanished is made anew.
                let Some(present) = self.get_object(path).await.map_err(failed)? else { break };
                let version =
                    UpdateVersion { e_tag: present.meta.e_tag.clone(), version: present.meta.version.clone() };
                let sighting = Sighting::new(&present.meta);
                let replaced = match described(present, run_id).await {
                    Ok(facts) => Replaced::Known(facts, sighting),
                    Err(_) => Replaced::Unreadable,
                };
                match upload.put(path, PutMode::Update(version)).await {
                    Ok(result) => return Ok(Written { e_tag: result.e_tag, replaced }),
                    Err(UploadError::Store(
                        Failure::Precondition { .. } | Failure::AlreadyExists { .. } | Failure::NotFound { .. },
                    )) => pause(attempt).await,
                    Err(error) => return Err(refused(error)),
                }
            }
        }
        Err(Error::new(ErrorKind::Write, format!("cannot save result `{run_id}`: others keep replacing it"))
            .with_run_id(run_id.as_str())
            .with_hint("try again when fewer write the same run id"))
    }

    /// S3 can answer "exists" to a request that `object_store` repeated after it had landed.
    async fn own_first_attempt(&self, run_id: &RunId, path: &Path, upload: &Upload<'_>) -> Result<Written> {
        let failed = |error| self.failed_with("save", run_id, Access::Write, error);
        if let (Some(payload), Some(present)) = (upload.small(), self.get_object(path).await.map_err(failed)?) {
            let e_tag = present.meta.e_tag.clone();
            if present.meta.size == payload.content_length() as u64 {
                let stored = present.bytes().await.map_err(failed)?;
                if payload.iter().flatten().eq(stored.iter()) {
                    return Ok(Written { e_tag, replaced: Replaced::Nothing });
                }
            }
        }
        Err(self.exists(run_id))
    }

    /// Writes an entry under a name that nobody else uses.
    pub(super) async fn put_entry(&self, entry: &Entry) -> object_store::Result<Path> {
        let places = &self.backend.places;
        let (moment, content) = catalog::encode(entry, places.limits(), places.catalog().as_ref().len());
        let path = self.entry_path(&moment)?;
        // Never a second time under this name, not even where a request is repeated.
        self.backend.store.put_opts(&path, PutPayload::from(content), PutOptions::default()).await?;
        Ok(path)
    }

    pub(super) fn entry_path(&self, moment: &Moment) -> object_store::Result<Path> {
        Ok(Path::parse(format!("{}/{}/{}", self.backend.places.catalog(), moment.hour, moment.within))?)
    }

    /// Leaves the entry that belongs to the stored document, and none that it replaces.
    ///
    /// What makes this safe: documents follow each other one at a time, each replacing exactly the one it has read;
    /// and an entry is written after its document. So if the document is still ours after a listing, every other
    /// entry of the run in that listing is out of date.
    async fn settle(&self, entry: &Entry, document: &Path, own: &Path, written: Written) -> object_store::Result<()> {
        let mut others = match &written.replaced {
            Replaced::Nothing | Replaced::Unreadable => Vec::new(),
            Replaced::Known(old, sighting) => self.entries_of_document(old, sighting, own).await?,
        };
        if !self.is_still(document, &written).await? {
            return self.step_back(entry, own, others).await;
        }
        if others.is_empty() && !matches!(written.replaced, Replaced::Nothing) {
            // A crash before this, or Python: where its entries are is not known.
            others = self.entries_of_run(&entry.run_id, own).await?;
            if !others.is_empty() && !self.is_still(document, &written).await? {
                return self.step_back(entry, own, others).await;
            }
        }
        self.remove(superseded(entry, own, others)).await
    }

    /// Whether what lies at `document` is what was written.
    async fn is_still(&self, document: &Path, written: &Written) -> object_store::Result<bool> {
        let present = self.head(document).await?;
        // Without a version there is nothing to compare.
        Ok(present.is_some_and(|meta| written.e_tag.is_none() || meta.e_tag == written.e_tag))
    }

    /// Another writer has replaced our document meanwhile: our entry goes, and what is neither theirs nor ours.
    async fn step_back(&self, entry: &Entry, own: &Path, others: Vec<(Path, Entry)>) -> object_store::Result<()> {
        let mut stale = vec![own.clone()];
        if !others.is_empty() {
            // Unreadable means that nothing is known of theirs.
            if let Ok(current) = self.facts(&entry.run_id).await {
                let theirs = |other: &Entry| current.as_ref() == Some(other);
                stale.extend(others.into_iter().filter(|(_, other)| !theirs(other)).map(|(path, _)| path));
            }
        }
        self.remove(stale).await
    }

    /// The document under the other extension is the older one: it goes, with its entries.
    async fn remove_other_document(&self, run_id: &RunId, other: &Path, own: &Path) -> Result<()> {
        let failed = |error| self.failed_with("replace", run_id, Access::Write, error);
        let Some(present) = self.get_object(other).await.map_err(failed)? else { return Ok(()) };
        let sighting = Sighting::new(&present.meta);
        let entries = match described(present, run_id).await {
            Ok(old) => self.entries_of_document(&old, &sighting, own).await,
            Err(_) => Ok(Vec::new()),
        };
        let mut entries = entries.map_err(failed)?;
        if entries.is_empty() {
            entries = self.entries_of_run(run_id, own).await.map_err(failed)?;
        }
        let mut stale: Vec<Path> = entries.into_iter().map(|(path, _)| path).collect();
        stale.push(other.clone());
        self.remove(stale).await.map_err(failed)
    }

    /// The name by which Python's index speaks of a document.
    pub(super) fn reference(&self, document: &Path) -> String {
        match self.backend.reference {
            Reference::File => document.filename().unwrap_or_default().to_owned(),
            Reference::Key | Reference::BlobName => document.to_string(),
        }
    }
}

/// Which of `others` go, where `own` is the entry of the document that is stored. Where versions repeat, two writers
/// of equal documents both think so: of entries that say the same, all leave the first by name.
fn superseded(entry: &Entry, own: &Path, others: Vec<(Path, Entry)>) -> Vec<Path> {
    let (same, mut stale): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, other)| other == entry);
    let first = same.iter().map(|(path, _)| path).chain([own]).min().cloned();
    stale.extend(
        same.into_iter().chain([(own.clone(), entry.clone())]).filter(|(path, _)| Some(path) != first.as_ref()),
    );
    stale.into_iter().map(|(path, _)| path).collect()
}

/// Waits a while, the longer the more attempts have failed, and never as long as another who waits.
pub(super) async fn pause(attempt: u32) {
    let longest = 5_u64 << attempt.min(7);
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), attempt);
    tokio::time::sleep(Duration::from_millis(random % longest + 1)).await;
}
