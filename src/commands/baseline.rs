//! The runs that a run is compared with.

use futures_util::StreamExt as _;

use crate::compare::Baseline;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Entry, RunId, Status, Tags};
use crate::store::contract::{Query, ResultStore};

/// The newest result of a data asset.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) if it has none.
pub(super) async fn newest(data_asset: &str, store: &dyn ResultStore) -> Result<Entry> {
    newest_matching(Query { data_asset: Some(data_asset.to_owned()), ..Query::default() }, store).await
}

/// The newest result that passes the filters of `query`.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) if there is none.
pub(super) async fn newest_matching(query: Query, store: &dyn ResultStore) -> Result<Entry> {
    let query = Query { limit: Some(1), ..query };
    let newest = store.list(&query).next().await.transpose()?;
    newest.ok_or_else(|| no_results(&query, store))
}

/// The error for a query that no result passes.
pub(super) fn no_results(query: &Query, store: &dyn ResultStore) -> Error {
    let has_others = Query { data_asset: None, ..query.clone() }.has_filters();
    let location = store.location();
    let message = match &query.data_asset {
        Some(data_asset) if !has_others => format!("data asset `{data_asset}` has no results in {location}"),
        None if !has_others => format!("there are no results in {location}"),
        _ => format!("no result in {location} passes the filters"),
    };
    Error::new(ErrorKind::NotFound, message).with_hint("`truthound-store list` shows the data assets")
}

/// The result that `entry` is compared with, among those of its data asset that have these tags.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) if there is none.
pub(super) async fn baseline_of(
    entry: &Entry,
    baseline: &Baseline,
    tags: &Tags,
    store: &dyn ResultStore,
) -> Result<RunId> {
    let statuses = match baseline {
        Baseline::Run(run_id) => return Ok(run_id.clone()),
        Baseline::Previous => Vec::new(),
        Baseline::LastSuccess => vec![Status::Success],
    };
    // Results of the same time come by run id, so that those before the run follow it in the list.
    let query = Query {
        data_asset: Some(entry.data_asset.clone()),
        statuses,
        until: Some(entry.run_time.instant()),
        tags: tags.clone(),
        ..Query::default()
    };
    let mut results = store.list(&query);
    while let Some(other) = results.next().await {
        let other = other?;
        if precedes(&other, entry) {
            return Ok(other.run_id);
        }
    }
    let wanted = match baseline {
        Baseline::LastSuccess => "successful run",
        _ => "run",
    };
    let tags: String = tags.iter().map(|(key, value)| format!(" with tag `{key}={value}`")).collect();
    let message = format!(
        "there is no {wanted} of `{}`{tags} before `{}` in {}",
        entry.data_asset,
        entry.run_id,
        store.location()
    );
    Err(Error::new(ErrorKind::NotFound, message)
        .with_run_id(entry.run_id.as_str())
        .with_hint("name a run to compare with: `--against RUN_ID`"))
}

/// Whether `other` stands after `entry` in a list, newest first, that ends with the time of `entry`.
pub(super) fn precedes(other: &Entry, entry: &Entry) -> bool {
    let is_same_time = other.run_time.instant() == entry.run_time.instant();
    other.run_id != entry.run_id && (!is_same_time || other.run_id > entry.run_id)
}
