//! Selecting the results to change: by run ids, or by filters with a confirmation.

use std::collections::HashSet;

use futures_util::stream::{self, StreamExt as _};

use super::batch::print_each;
use super::filters::FilterArgs;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Output, OutputRow};
use crate::result::RunId;
use crate::store::contract::{Query, ResultStore};

/// Number of results that are changed at once.
pub(super) const JOBS: usize = 8;

/// The selection of the user.
pub(super) struct ResultSelection<'a> {
    /// The name of the command.
    pub(super) command: &'a str,
    /// The beginning of the confirmation question, before the number of results: "Delete".
    pub(super) question: &'a str,
    /// The results by run id.
    pub(super) run_ids: Vec<RunId>,
    /// The results by filters.
    pub(super) filters: &'a FilterArgs,
    /// Whether to skip the confirmation.
    pub(super) yes: bool,
    /// Whether nothing is changed.
    pub(super) dry_run: bool,
}

impl ResultSelection<'_> {
    /// Changes the selected results, [`JOBS`] at once, and prints the row of each. `change` is given a run id and the
    /// filter that the result must still pass, and returns `None` for a result that needs no row.
    ///
    /// # Errors
    /// Those of [`resolve`](Self::resolve), and if stdout cannot be written. The failure of a result is reported.
    pub(super) async fn change_each<T: OutputRow>(
        self,
        verb: &'static str,
        store: &dyn ResultStore,
        out: &mut Output,
        change: impl AsyncFn(RunId, Option<&Query>) -> Result<Option<T>>,
    ) -> Result<()> {
        let filter = self.filter(store);
        let run_ids = self.resolve(store, out).await?;
        let progress = out.progress(verb);
        let changes = stream::iter(run_ids).map(|run_id| change(run_id, filter.as_ref())).buffered(JOBS);
        print_each(changes, Some(&progress), out).await
    }

    /// The filter that each result must still pass when it is changed; `None` for a selection by run ids.
    fn filter(&self, store: &dyn ResultStore) -> Option<Query> {
        (!self.filters.is_empty()).then(|| self.filters.query(store.time_zone()))
    }

    /// The selected run ids, all known before the first result is changed.
    ///
    /// # Errors
    /// If both run ids and filters are given, or neither; if the user says no, or there is no terminal to ask at.
    async fn resolve(mut self, store: &dyn ResultStore, out: &mut Output) -> Result<Vec<RunId>> {
        let command = self.command;
        // Two changes of the same result would be in each other's way.
        let mut seen = HashSet::new();
        self.run_ids.retain(|run_id| seen.insert(run_id.clone()));
        match (self.run_ids.is_empty(), self.filters.is_empty()) {
            (false, true) => Ok(self.run_ids),
            (false, false) => Err(Error::usage(format!("`{command}` takes run ids or filters, not both"))),
            (true, true) => Err(Error::usage(format!("`{command}` needs run ids or filters"))
                .with_hint(format!("give a run id or a filter: truthound-store {command} --until 90d"))),
            (true, false) => {
                let run_ids = matching(&self.filters.query(store.time_zone()), store, out).await?;
                if !(self.dry_run || self.yes || run_ids.is_empty()) {
                    confirm(self.question, run_ids.len(), store, out).await?;
                }
                Ok(run_ids)
            }
        }
    }
}

async fn matching(query: &Query, store: &dyn ResultStore, out: &mut Output) -> Result<Vec<RunId>> {
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

async fn confirm(question: &str, count: usize, store: &dyn ResultStore, out: &Output) -> Result<()> {
    let (results, matching) = if count == 1 { ("result", "matches") } else { ("results", "match") };
    match out.confirm(&format!("{question} {count} {results} in {}?", store.location())).await {
        Some(true) => Ok(()),
        Some(false) => Err(Error::new(ErrorKind::Other, "nothing was changed")),
        None => {
            Err(Error::usage(format!("{count} {results} {matching}, and there is no terminal to ask for confirmation"))
                .with_hint("use --yes to go ahead, or --dry-run to see the results"))
        }
    }
}

/// Fails if the store has no tiers.
pub(super) fn refuse_without_tiers(store: &dyn ResultStore) -> Result<()> {
    if !store.capabilities().tiers.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, format!("{} has no tiers", store.location()))
        .with_hint("S3, Google Cloud Storage and Azure Blob have tiers"))
}

/// Whether the result exists.
pub(super) async fn exists(run_id: &RunId, store: &dyn ResultStore) -> Result<bool> {
    match store.get(run_id).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
