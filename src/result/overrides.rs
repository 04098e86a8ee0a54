//! The caller's values for a document.

use crate::result::{RunId, RunTime, Tags};

/// The caller's values for a document. They replace the document's own.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The run id. Allowed for a single document only.
    pub run_id: Option<RunId>,
    /// The time of the run.
    pub run_time: Option<RunTime>,
    /// The data asset.
    pub data_asset: Option<String>,
    /// Tags to add to the document's own. A tag replaces one with the same key.
    pub tags: Tags,
}

impl Overrides {
    /// Whether the caller gives no value.
    pub fn is_empty(&self) -> bool {
        self.run_id.is_none() && self.run_time.is_none() && self.data_asset.is_none() && self.tags.is_empty()
    }
}
