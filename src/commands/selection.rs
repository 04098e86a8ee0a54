//! Which results a changing command means: run ids, or filters and a confirmation.

use std::collections::HashSet;

use futures_util::StreamExt as _;

use super::filters::FilterArgs;
use crate::error::{Error, ErrorKind, Result};
use crate::output::Output;
use crate::result::RunId;
use crate::store::contract::{Query, ResultStore};

/// How many results are changed at once.
pub(super) const JOBS: usize = 8;

/// What the user named.
pub(super) enum Selection {
    /// These results.
    RunIds(Vec<RunId>),
    /// Every result that passes.
    Filters(Query),
}

impl Selection {
    /// Takes run ids or filters, and neither both nor none.
    pub(super) fn new(mut run_ids: Vec<RunId>, filters: &FilterArgs, command: &str) -> Result<Self> {
        // Named twice is meant once; two changes of one result would be in each other's way.
        let mut seen = HashSet::new();
        run_ids.retain(|run_id| seen.insert(run_id.clone()));
        match (run_ids.is_empty(), filters.is_empty()) {
            (false, true) => Ok(Self::RunIds(run_ids)),
            (true, false) => Ok(Self::Filters(filters.query())),
            (false, false) => Err(Error::usage(format!("`{command}` takes run ids or filters, not both"))),
            (true, true) => Err(Error::usage(format!("`{command}` needs run ids or filters"))
                .with_hint(format!("name a run id, or filter: truthound-store {command} --until 90d"))),
        }
    }
}

/// The run ids of all results that match, before any of them is changed.
pub(super) async fn matching(query: &Query, store: &dyn ResultStore, out: &mut Output) -> Result<Vec<RunId>> {
    let mut entries = store.list(query);
    let mut run_ids = Vec::new();
    while let Some(entry) = entries.next().await {
        match entry {
            Ok(entry) => run_ids.push(entry.run_id),
            Err(error) => out.failure(&error),
        }
    }
    Ok(run_ids)
}

/// Whether there is such a result.
pub(super) async fn exists(run_id: &RunId, store: &dyn ResultStore) -> Result<bool> {
    match store.get(run_id).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Asks whether `count` results are meant, unless `yes` says so.
///
/// # Errors
/// If the user says no, or there is nobody to ask.
pub(super) fn confirm(yes: bool, action: &str, count: usize, store: &dyn ResultStore, out: &Output) -> Result<()> {
    if yes {
        return Ok(());
    }
    let results = if count == 1 { "result" } else { "results" };
    match out.confirm(&format!("{action} {count} {results} in {}?", store.location())) {
        Some(true) => Ok(()),
        Some(false) => Err(Error::new(ErrorKind::Interrupted, "nothing was changed")),
        None => Err(Error::usage(format!("{count} {results} match, and there is no terminal to ask at"))
            .with_hint("give --yes to go ahead, or --dry-run to see which they are")),
    }
}
