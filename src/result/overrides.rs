//! What the caller says of a document.

use crate::result::{RunId, Tags};

/// What the caller says of a document, over what the document says itself.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The run id; only of a single document.
    pub run_id: Option<RunId>,
    /// The data asset.
    pub data_asset: Option<String>,
    /// Tags to be added to the document's own, each in the place of one of the same key.
    pub tags: Tags,
}
