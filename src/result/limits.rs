//! Limits on the facts of a result. Lists hold the facts of many results at once, and so do the names of the catalog.

use crate::result::Entry;

/// Longest fact, or all tags together, that is read from a document, in bytes of its JSON. This is more than `save`
/// accepts, so that results of other programs can be listed.
pub(super) const FACT_TEXT: usize = 1 << 20;

/// Longest run id that `save` accepts, in bytes.
const RUN_ID: usize = 1_024;

/// Longest data asset that `save` accepts, in bytes.
const DATA_ASSET: usize = 64 << 10;

/// Longest keys and values of all tags together that `save` accepts, in bytes.
const TAGS: usize = 64 << 10;

/// A fact that `save` refuses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RefusedFact {
    /// Why it is refused.
    pub(super) reason: String,
    /// The next thing to try.
    pub(super) hint: &'static str,
}

/// Checks the facts of a result that is about to be saved.
pub(super) fn check(entry: &Entry) -> Result<(), RefusedFact> {
    let run_id = entry.run_id.as_str();
    if run_id.contains('\0') {
        let reason = "the run id holds the character U+0000, which no command line can name".to_owned();
        return Err(RefusedFact { reason, hint: "give it another run id with `--run-id`" });
    }
    let tags = entry.tags.iter().map(|(key, value)| key.len() + value.len()).sum();
    for (subject, length, limit, hint) in [
        ("the run id is", run_id.len(), RUN_ID, "give it a shorter run id with `--run-id`"),
        ("the data asset is", entry.data_asset.len(), DATA_ASSET, "give it a shorter data asset with `--asset`"),
        ("the tags are together", tags, TAGS, "keep long texts in the document's `metadata`"),
    ] {
        if length > limit {
            let reason = format!("{subject} {length} bytes long, and at most {limit} are allowed");
            return Err(RefusedFact { reason, hint });
        }
    }
    Ok(())
}
