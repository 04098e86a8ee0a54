//! The name of a file with one document.

use crate::result::RunId;

/// The file name of a run id, in a directory of documents. No two run ids share one.
pub(super) fn document_name(run_id: &RunId) -> String {
    format!("{}.json", run_id.to_path_segment())
}
