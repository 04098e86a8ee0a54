//! Updates the index by compare-and-swap on its version, and reads it again after each conflict.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{PutMode, UpdateVersion};

use super::index_format::Members;
use super::{IndexContent, IndexState, PythonIndexFile, mark_of};
use crate::error::{Error, ErrorKind, Result};
use crate::result::json::{JsonText, JsonValue};
use crate::result::{Entry, RunId};
use crate::store::objects::access::pause;
use crate::store::objects::catalog::{IndexMark, TimeRange};
use crate::store::objects::options::PythonIndex;
use crate::store::objects::translate::Access;
use crate::store::objects::upload::Uploaded;

/// Number of attempts to write while others write.
const ATTEMPTS: u32 = 64;

/// Number of recent entries that are checked for others that the index lacks.
const RECENT: usize = 200;

impl PythonIndexFile {
    /// Puts `entry` in the index, if `written` at `document` is still the document of its run. A failure is a warning,
    /// because the result is stored and listed.
    pub(in super::super) async fn add(&self, entry: &Entry, document: &Path, written: &Uploaded) {
        if self.backend.python_index == PythonIndex::Never {
            return;
        }
        if let Err(error) = self.try_to_add(entry, document, written).await {
            self.warn(&format!(
                "result `{}` is saved, but Python's index could not be updated: {}",
                entry.run_id,
                on_one_line(&error)
            ));
        }
    }

    /// Puts `entry` in the index as [`Self::add`] does, if the index lacks it: the writer of the document may have died
    /// before it updated the index.
    pub(in super::super) async fn add_if_missing(&self, entry: &Entry, document: &Path, written: &Uploaded) {
        if self.backend.python_index == PythonIndex::Never {
            return;
        }
        if let Ok(IndexContent::Present { members, .. }) = self.read(0).await
            && !members.iter().any(|(key, _)| *key == entry.run_id.as_str())
        {
            self.add(entry, document, written).await;
        }
    }

    async fn try_to_add(&self, entry: &Entry, document: &Path, written: &Uploaded) -> Result<()> {
        let failed = |error| self.backend.failed("update Python's index", Access::Write, error);
        for attempt in 0..ATTEMPTS {
            let read = match self.backend.python_index {
                PythonIndex::Auto if attempt == 0 => {
                    let is_absent = |content: &IndexContent| matches!(content, IndexContent::Absent);
                    self.shared_look.take(self.read(10), is_absent).await.map_err(failed)?
                }
                _ => Some(self.read(10).await.map_err(failed)?),
            };
            let (mut members, mode, is_covered) = match read.unwrap_or(IndexContent::Absent) {
                IndexContent::Absent if self.backend.python_index == PythonIndex::Auto => return Ok(()),
                IndexContent::Absent => {
                    let is_covered = self.catalog.marks().await.map_err(failed)?.contains(&IndexMark::absent());
                    (Vec::new(), PutMode::Create, is_covered)
                }
                IndexContent::Present { members, version, is_covered } => {
                    let is_covered = self.is_covered(is_covered, &version).await.map_err(failed)?;
                    (members, PutMode::Update(version), is_covered)
                }
                IndexContent::Broken(error) => return Err(error),
            };
            // Checked after the index was read: a writer that replaces or deletes the result from now on gives the
            // index another version.
            if !self.documents.is(document, written).await.map_err(failed)? {
                return Ok(());
            }
            let value = self.value(entry, document);
            let own = members.iter_mut().find(|(key, _)| *key == entry.run_id.as_str());
            let mut is_new_version = false;
            match own {
                // Another writer has already included it.
                Some((_, known)) if *known == value && attempt > 0 => return Ok(()),
                // The value may be left from before a delete that is about to remove it. That delete must see another
                // version.
                Some((_, known)) => {
                    is_new_version = *known == value;
                    *known = value;
                }
                None => {
                    let mut missing = self.missing(&members, entry).await.map_err(failed)?;
                    if !is_covered {
                        // Python has written since, and may have deleted some.
                        missing = self.with_documents(missing).await.map_err(failed)?;
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

    /// Returns whether the catalog covers the index of this version.
    async fn is_covered(&self, is_covered: bool, version: &UpdateVersion) -> object_store::Result<bool> {
        Ok(is_covered || self.catalog.marks().await?.contains(&mark_of(version)))
    }

    /// Returns the latest results that `members` lacks, oldest first, so that their writers need not try again.
    async fn missing(&self, members: &Members, own: &Entry) -> object_store::Result<Members> {
        let known: HashSet<String> = members.iter().map(|(key, _)| key.to_str_lossy().into_owned()).collect();
        let mut batches = self.catalog.scan(TimeRange::default(), false);
        let (mut missing, mut looked_at) = (Vec::new(), 0);
        while let Some(batch) = batches.try_next().await? {
            looked_at += batch.len();
            for read in self.catalog.read(batch).await {
                let Ok(entry) = read.entry else { continue };
                let Ok(names) = self.backend.keys.document(&entry.run_id) else { continue };
                if names.same_in_python && entry.run_id != own.run_id && !known.contains(entry.run_id.as_str()) {
                    missing.push((JsonText::from(entry.run_id.as_str()), self.value(&entry, &names.own)));
                }
            }
            if looked_at >= RECENT {
                break;
            }
        }
        // Newest first, so the older of two entries of a run is the stale one.
        let mut taken = HashSet::new();
        missing.retain(|(key, _)| taken.insert(key.clone()));
        missing.reverse();
        Ok(missing)
    }

    /// Removes `run_id` from the index. A failure is a warning, because the result is deleted.
    pub(in super::super) async fn remove(&self, run_id: &RunId) {
        if self.backend.python_index == PythonIndex::Never {
            return;
        }
        if let Err(error) = self.try_to_remove(run_id).await {
            self.warn(&format!(
                "result `{run_id}` is deleted, but Python's index could not be updated: {}",
                on_one_line(&error)
            ));
        }
    }

    async fn try_to_remove(&self, run_id: &RunId) -> Result<()> {
        let failed = |error| self.backend.failed("update Python's index", Access::Write, error);
        for attempt in 0..ATTEMPTS {
            let (mut members, version, is_covered) = match self.read(10).await.map_err(failed)? {
                IndexContent::Absent => return Ok(()),
                IndexContent::Present { members, version, is_covered } => {
                    let is_covered = self.is_covered(is_covered, &version).await.map_err(failed)?;
                    (members, version, is_covered)
                }
                IndexContent::Broken(error) => return Err(error),
            };
            // If it has been saved again, it belongs in the index.
            if !self.documents.exists(run_id).await.map_err(failed)? {
                members.retain(|(key, _)| *key != run_id.as_str());
            }
            // Write the index even if nothing has changed: a writer that read the catalog before must not include the
            // run now.
            if self.write(members, PutMode::Update(version), is_covered, true).await.map_err(failed)? {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(too_busy())
    }

    /// Makes the index name exactly `results`, and removes members without a document. Existing members keep their
    /// position. Overwrites a broken index only if `even_broken`.
    ///
    /// The catalog must have all of `results`. `compared` is the state of the index before all documents were found in
    /// `results`, or `None` if some were not.
    pub(in super::super) async fn rewrite(
        &self,
        results: &[(Entry, Path)],
        compared: Option<&IndexState>,
        even_broken: bool,
    ) -> Result<()> {
        let failed = |error| self.backend.failed("rewrite Python's index", Access::Write, error);
        for attempt in 0..ATTEMPTS {
            let (members, mode, is_covered) = match self.read(10).await.map_err(failed)? {
                IndexContent::Absent => {
                    (Vec::new(), PutMode::Create, compared.is_some_and(|state| state.mark == IndexMark::absent()))
                }
                IndexContent::Present { members, version, is_covered } => {
                    let is_covered = is_covered || compared.is_some_and(|state| state.mark == mark_of(&version));
                    (members, PutMode::Update(version), is_covered)
                }
                IndexContent::Broken(_) if even_broken => (Vec::new(), PutMode::Overwrite, false),
                IndexContent::Broken(error) => {
                    self.warn_of_broken(&error);
                    return Ok(());
                }
            };
            let mut values: HashMap<&str, JsonValue> =
                results.iter().map(|(entry, path)| (entry.run_id.as_str(), self.value(entry, path))).collect();
            if !matches!(mode, PutMode::Create) {
                self.ask_where_it_differs(&members, results, &mut values).await?;
            }
            let mut kept = Members::new();
            for (key, value) in members {
                match values.remove(key.to_str_lossy().as_ref()) {
                    Some(value) => kept.push((key, value)),
                    // The document was saved after the documents were listed, or cannot be read.
                    None if self.has_document(&key).await.map_err(failed)? => kept.push((key, value)),
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

    /// Updates the values that `members` lacks or contradicts with the current facts of the documents. Others may have
    /// saved and deleted results since `results` was read, and have updated the index.
    async fn ask_where_it_differs<'a>(
        &self,
        members: &Members,
        results: &'a [(Entry, Path)],
        values: &mut HashMap<&'a str, JsonValue>,
    ) -> Result<()> {
        let known: HashMap<String, &JsonValue> =
            members.iter().map(|(key, value)| (key.to_str_lossy().into_owned(), value)).collect();
        for (entry, path) in results {
            let run_id = entry.run_id.as_str();
            if known.get(run_id).copied() == values.get(run_id) {
                continue;
            }
            match self.documents.facts(&entry.run_id).await {
                Ok(Some(facts)) => drop(values.insert(run_id, self.value(&facts, path))),
                Ok(None) => drop(values.remove(run_id)),
                // The document cannot be read, for example because it is archived. Keep the facts in the catalog.
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Returns the `members` with existing documents.
    async fn with_documents(&self, members: Members) -> object_store::Result<Members> {
        let mut kept = Members::new();
        for (key, value) in members {
            if self.has_document(&key).await? {
                kept.push((key, value));
            }
        }
        Ok(kept)
    }

    async fn has_document(&self, run_id: &JsonText) -> object_store::Result<bool> {
        match RunId::new(run_id.to_str_lossy()) {
            Ok(run_id) => self.documents.exists(&run_id).await,
            Err(_) => Ok(false),
        }
    }
}

fn too_busy() -> Error {
    Error::new(ErrorKind::Write, "other writers keep rewriting it")
        .with_hint("rebuild the index with `truthound-store reindex --python-index`")
}

/// Returns an error with its causes and hint, on one line.
fn on_one_line(error: &Error) -> String {
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
