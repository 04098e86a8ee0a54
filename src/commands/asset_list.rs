//! The newest results of each data asset.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;

use futures_util::StreamExt as _;

use crate::output::Output;
use crate::result::Entry;
use crate::store::contract::{Query, ResultStore};

/// The newest results of a data asset.
#[derive(Debug, Default)]
pub(super) struct ListedAsset {
    /// From the oldest to the newest.
    pub(super) entries: VecDeque<Entry>,
    /// Whether the store has older ones.
    pub(super) has_older: bool,
}

/// Lists the newest results of each data asset with one list, which must be newest first. Memory holds the facts of
/// `last` results per data asset, however many the store has. An entry that cannot be read is reported to `out`.
pub(super) async fn list_assets(
    query: &Query,
    last: NonZeroUsize,
    store: &dyn ResultStore,
    out: &mut Output,
) -> BTreeMap<String, ListedAsset> {
    let mut assets: BTreeMap<String, ListedAsset> = BTreeMap::new();
    let mut entries = store.list(query);
    while let Some(entry) = entries.next().await {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                out.failure(&error);
                continue;
            }
        };
        let asset = match assets.get_mut(&entry.data_asset) {
            Some(asset) => asset,
            None => assets.entry(entry.data_asset.clone()).or_default(),
        };
        if asset.entries.len() < last.get() {
            asset.entries.push_front(entry);
        } else {
            asset.has_older = true;
        }
    }
    assets
}
