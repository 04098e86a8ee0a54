//! Opening a selected result.

use super::prefixes::whole_run_id;
use super::selection::SelectedResults;
use crate::error::{ErrorKind, Result};
use crate::result::RunId;
use crate::store::contract::{ByteStream, ResultStore};

/// A selected result that was opened.
pub(super) struct OpenedResult {
    /// The run id under which it is stored.
    pub(super) run_id: RunId,
    /// The document.
    pub(super) document: ByteStream,
}

impl OpenedResult {
    /// Opens a selected result; `None` if it was deleted since it was listed.
    ///
    /// # Errors
    /// If it does not exist, or cannot be read.
    pub(super) async fn open(
        selection: &SelectedResults,
        run_id: RunId,
        store: &dyn ResultStore,
    ) -> Result<Option<Self>> {
        let not_found = match store.get(&run_id).await {
            Ok(document) => return Ok(Some(Self { run_id, document })),
            Err(error) if error.kind() == ErrorKind::NotFound => error,
            Err(error) => return Err(error.with_run_id(run_id.as_str())),
        };
        match selection {
            SelectedResults::Matching(_) => Ok(None),
            SelectedResults::RunIds(run_ids) if run_ids.may_be_prefixes() => {
                let Some(run_id) = whole_run_id(&run_id, store).await? else { return Err(not_found) };
                let document = store.get(&run_id).await?;
                Ok(Some(Self { run_id, document }))
            }
            SelectedResults::RunIds(_) => Err(not_found),
        }
    }
}
