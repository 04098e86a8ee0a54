//! Run ids that are written by their beginning alone, which people may do at a terminal.

use futures_util::TryStreamExt as _;

use crate::error::{Error, Result};
use crate::result::RunId;
use crate::store::contract::{NamePattern, Query, ResultStore};

/// Run ids that are named if several begin in the same way.
const NAMED: u64 = 8;

/// The only run id that begins with `prefix`; `None` if there is none.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) if there are several, and if the store cannot be read.
pub(super) async fn whole_run_id(prefix: &RunId, store: &dyn ResultStore) -> Result<Option<RunId>> {
    let run_ids = Some(NamePattern::prefix(prefix.as_str()));
    let query = Query { run_ids, limit: Some(NAMED + 1), ..Query::default() };
    let mut found: Vec<_> = store.list(&query).try_collect().await?;
    if found.len() < 2 {
        return Ok(found.pop().map(|entry| entry.run_id));
    }
    let named: Vec<_> = found
        .iter()
        .take(usize::try_from(NAMED).unwrap_or(usize::MAX))
        .map(|entry| format!("`{}` ({}, {})", entry.run_id, entry.data_asset, entry.run_time.instant()))
        .collect();
    let others = if found.len() > named.len() { ", and others" } else { "" };
    Err(Error::usage(format!("several run ids begin with `{prefix}`"))
        .with_run_id(prefix.as_str())
        .with_hint(format!("write more of it; newest first: {}{others}", named.join(", "))))
}
