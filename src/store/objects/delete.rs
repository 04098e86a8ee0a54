//! Deleting: the entries first, then the document, then what Python's index says of it.

use object_store::path::Path;

use super::ObjectResultStore;
use super::documents::described;
use super::translate::Access;
use crate::error::Result;
use crate::result::RunId;

impl ObjectResultStore {
    pub(super) async fn delete_document(&self, run_id: &RunId) -> Result<bool> {
        let failed = |error| self.failed_with("delete", run_id, Access::Write, error);
        // A run id that no name can hold may still stand in Python's index.
        let Ok(names) = self.backend.places.document(run_id) else {
            self.remove_from_python_index(run_id).await;
            return Ok(false);
        };
        let (mut documents, mut entries, mut unknown, mut last) = (Vec::new(), Vec::new(), false, None);
        for path in names.all() {
            let Some(present) = self.get_object(path).await.map_err(failed)? else { continue };
            documents.push(path.clone());
            let found = match described(present, run_id).await {
                Ok(facts) => {
                    let found = self.entries_at(&facts, &Path::ROOT).await.map_err(failed)?;
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
        self.remove(entries.into_iter().map(|(path, _)| path).collect()).await.map_err(failed)?;
        let there_was_one = !documents.is_empty();
        self.remove(documents).await.map_err(failed)?;
        if let Some(facts) = last {
            // Somebody may have replaced the document in between: then their document is what went, and their entry
            // is what is left.
            let left = self.entries_at(&facts, &Path::ROOT).await.map_err(failed)?;
            if !left.is_empty() && !self.is_there(run_id).await.map_err(failed)? {
                self.remove(left.into_iter().map(|(path, _)| path).collect()).await.map_err(failed)?;
            }
        }
        self.remove_from_python_index(run_id).await;
        Ok(there_was_one)
    }
}
