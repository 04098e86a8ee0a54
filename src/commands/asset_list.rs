//! The newest results of each data asset.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZeroUsize;

use futures_util::StreamExt as _;

use crate::error::Error;
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
    newest_assets(query, last, store, |error| out.failure(&error)).await.into_iter().collect()
}

/// As [`list_assets`], in the order of the list: the data asset with the newest result is first. `failed` is given what
/// cannot be read.
pub(super) async fn newest_assets(
    query: &Query,
    last: NonZeroUsize,
    store: &dyn ResultStore,
    mut failed: impl FnMut(Error),
) -> Vec<(String, ListedAsset)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut assets: Vec<(String, ListedAsset)> = Vec::new();
    let mut entries = store.list(query);
    while let Some(entry) = entries.next().await {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                failed(error);
                continue;
            }
        };
        let place = match places.get(&entry.data_asset) {
            Some(place) => *place,
            None => {
                places.insert(entry.data_asset.clone(), assets.len());
                assets.push((entry.data_asset.clone(), ListedAsset::default()));
                assets.len() - 1
            }
        };
        let Some((_, asset)) = assets.get_mut(place) else { continue };
        if asset.entries.len() < last.get() {
            asset.entries.push_front(entry);
        } else {
            asset.has_older = true;
        }
    }
    assets
}
