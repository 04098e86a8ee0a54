//! Deleting: the entries first, then the document, then what Python's index says of it.

use object_store::Error as Failure;
use object_store::path::Path;

use super::ObjectResultStore;
use super::documents::described;
use super::layout::DocumentNames;
use super::save::pause;
use super::sighting::Sighting;
use super::translate::Access;
use crate::error::{Error, ErrorKind, Result};
use crate::result::RunId;

/// How often a document that others keep replacing is tried.
const ATTEMPTS: u32 = 64;

impl ObjectResultStore {
    pub(super) async fn delete_document(&self, run_id: &RunId) -> Result<bool> {
        // A run id that no name can hold may still stand in Python's index.
        let Ok(names) = self.backend.places.document(run_id) else {
            self.remove_from_python_index(run_id).await;
            return Ok(false);
        };
        for attempt in 0..ATTEMPTS {
            let there_was_one = match self.delete_what_is_there(run_id, &names).await? {
                Outcome::Absent => false,
                Outcome::Deleted => true,
                // What came in between is deleted in its turn, and its own entry with it.
                Outcome::Replaced => {
                    pause(attempt).await;
                    continue;
                }
            };
            self.remove_from_python_index(run_id).await;
            return Ok(there_was_one);
        }
        Err(Error::new(ErrorKind::Write, format!("cannot delete result `{run_id}`: others keep replacing it"))
            .with_run_id(run_id.as_str())
            .with_hint("try again when fewer write the same run id"))
    }

    /// Deletes the documents that lie under these names now, and their entries.
    async fn delete_what_is_there(&self, run_id: &RunId, names: &DocumentNames) -> Result<Outcome> {
        let failed = |error| self.failed_with("delete", run_id, Access::Write, error);
        let (mut documents, mut entries, mut unknown, mut last) = (Vec::new(), Vec::new(), false, None);
        for path in names.all() {
            let Some(present) = self.get_object(path).await.map_err(failed)? else { continue };
            documents.push((path, present.meta.e_tag.clone()));
            let sighting = Sighting::new(&present.meta);
            let found = match described(present, run_id).await {
                Ok(facts) => {
                    let found = self.entries_of_document(&facts, &sighting, &Path::ROOT).await.map_err(failed)?;
                    last = Some(facts);
                    found
                }
                Err(_) => Vec::new(),
            };
            unknown |= found.is_empty();
            entries.extend(found);
        }
        if documents.is_empty() || unknown {
            // Left by a crash, or by Python, which knows nothing of the catalog: what is listed must not outlive this.
            entries.extend(self.entries_of_run(run_id, &Path::ROOT).await.map_err(failed)?);
        }
        // An entry is written after its document: one that is there now may be what the listing has found the entry of.
        if documents.is_empty() && !entries.is_empty() && self.is_there(run_id).await.map_err(failed)? {
            return Ok(Outcome::Replaced);
        }
        self.remove(entries.into_iter().map(|(path, _)| path).collect()).await.map_err(failed)?;
        for (path, e_tag) in &documents {
            if !self.remove_version(path, e_tag.as_deref()).await.map_err(failed)? {
                return Ok(Outcome::Replaced);
            }
        }
        if let Some(facts) = last {
            // Its writer may have listed it only now, and have found it still there. A document that has come since, and
            // says the same, has an entry that looks the same.
            let left = self.entries_at(&facts, &Path::ROOT).await.map_err(failed)?;
            if !left.is_empty() && self.facts(run_id).await.is_ok_and(|current| current != Some(facts)) {
                self.remove(left.into_iter().map(|(path, _)| path).collect()).await.map_err(failed)?;
            }
        }
        Ok(if documents.is_empty() { Outcome::Absent } else { Outcome::Deleted })
    }

    /// Removes the document at `path` if it is still the one with this tag, or gone. Says whether it was.
    async fn remove_version(&self, path: &Path, e_tag: Option<&str>) -> object_store::Result<bool> {
        if let (Some(removal), Some(e_tag)) = (&self.backend.removal, e_tag) {
            return match removal.remove_if(path, e_tag).await {
                Ok(()) | Err(Failure::NotFound { .. }) => Ok(true),
                Err(Failure::Precondition { .. }) => Ok(false),
                Err(error) => Err(error),
            };
        }
        let present = self.head(path).await?;
        if present.is_some_and(|meta| meta.e_tag.as_deref() != e_tag) {
            return Ok(false);
        }
        self.remove(vec![path.clone()]).await?;
        Ok(true)
    }
}

/// What became of the documents that were there.
enum Outcome {
    /// There was none.
    Absent,
    /// They are gone.
    Deleted,
    /// Others have taken their place meanwhile.
    Replaced,
}
