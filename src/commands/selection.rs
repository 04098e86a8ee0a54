//! The selection of results, by run ids or by filters, and the change of those that are selected.

use futures_util::stream::{self, BoxStream, StreamExt as _};

use super::batch::print_each;
use super::confirm::{ConfirmArgs, ConfirmQuestion};
use super::empty_list::tell_of_empty_list;
use super::filters::FilterArgs;
use super::preview::Preview;
use super::run_ids::{GivenRunIds, without_repeats};
use crate::error::{Error, Result};
use crate::output::{Output, OutputRow, Work};
use crate::result::RunId;
use crate::store::contract::{Query, ResultStore};

/// Number of results that are changed at once.
pub(super) const JOBS: usize = 8;

/// The results that a command is about.
#[derive(Debug)]
pub(super) enum SelectedResults {
    /// Those with these run ids.
    RunIds(GivenRunIds),
    /// Those that pass these filters.
    Matching(Query),
}

impl SelectedResults {
    /// The selection of a command line, for `command`.
    ///
    /// # Errors
    /// If both run ids and filters are given, or neither.
    pub(super) fn of(
        command: &str,
        run_ids: GivenRunIds,
        filters: &FilterArgs,
        store: &dyn ResultStore,
    ) -> Result<Self> {
        match (run_ids.is_empty(), filters.is_empty()) {
            (false, true) => Ok(Self::RunIds(run_ids)),
            (true, false) => Ok(Self::Matching(filters.query(store.time_zone()))),
            (false, false) => Err(Error::usage(format!("`{command}` takes run ids or filters, not both"))),
            (true, true) => Err(Error::usage(format!("`{command}` needs run ids or filters"))
                .with_hint(format!("give a run id or a filter: truthound-store {command} --until 90d"))),
        }
    }

    /// Whether they may be several.
    pub(super) fn are_many(&self) -> bool {
        match self {
            Self::RunIds(run_ids) => run_ids.are_many(),
            Self::Matching(_) => true,
        }
    }

    /// The number of results, if it is known before they are listed.
    pub(super) fn known_count(&self) -> Option<u64> {
        match self {
            Self::RunIds(run_ids) => run_ids.known_count(),
            Self::Matching(_) => None,
        }
    }

    /// The filter that each result must still pass when it is read or changed; `None` for a selection by run ids.
    pub(super) fn filter(&self) -> Option<&Query> {
        match self {
            Self::RunIds(_) => None,
            Self::Matching(query) => Some(query),
        }
    }

    /// The run ids, as they are read or listed.
    pub(super) fn run_ids<'a>(&'a self, store: &'a dyn ResultStore) -> BoxStream<'a, Result<RunId>> {
        match self {
            Self::RunIds(run_ids) => run_ids.stream(),
            Self::Matching(query) => {
                let listed = store.list(query).map(|entry| Ok(entry?.run_id));
                match store.capabilities().pool {
                    // A list has a connection and a snapshot until its end. Documents must not wait for the connection, nor
                    // writers for slow readers of documents.
                    true => stream::once(listed.collect::<Vec<_>>()).flat_map(stream::iter).boxed(),
                    false => listed.boxed(),
                }
            }
        }
    }
}

/// The selection of results to change.
pub(super) struct ResultSelection<'a> {
    /// The name of the command.
    pub(super) command: &'a str,
    /// The beginning of the confirmation question, before the number of results: "Delete".
    pub(super) question: &'a str,
    /// The results by run id.
    pub(super) run_ids: GivenRunIds,
    /// The results by filters.
    pub(super) filters: &'a FilterArgs,
    /// Whether to ask, and whether to change anything.
    pub(super) confirm: ConfirmArgs,
    /// The change, in the past: "deleted".
    pub(super) done: &'static str,
    /// Whether a result is printed as a line, if no format is asked for.
    pub(super) has_lines: bool,
}

/// The changes that were made.
pub(super) struct ChangeSummary {
    /// Number of results that were changed, or would be.
    pub(super) count: u64,
    /// The line at the end: "deleted 2 results in memory: in 0.1 s".
    pub(super) text: String,
}

impl ResultSelection<'_> {
    /// Changes the selected results, [`JOBS`] at once, and prints the row of each. `change` is given a run id and the
    /// filter that the result must still pass, and returns `None` for a result that needs no row.
    ///
    /// # Errors
    /// Those of [`SelectedResults::of`]; if the user says no, or there is no terminal to ask at; if stdout cannot be written. The
    /// failure of a result is reported.
    pub(super) async fn change_each<T: OutputRow>(
        self,
        store: &dyn ResultStore,
        out: &mut Output,
        change: impl AsyncFn(RunId, Option<&Query>) -> Result<Option<T>>,
    ) -> Result<ChangeSummary> {
        let mut selection = SelectedResults::of(self.command, self.run_ids.clone(), self.filters, store)?;
        if let SelectedResults::RunIds(run_ids) = &mut selection {
            self.confirm_completed(run_ids, store, out).await?;
        }
        let (run_ids, total) = match selection.filter() {
            None => (selection.run_ids(store), None),
            // All are known before the first is changed.
            Some(query) => {
                let run_ids = self.confirmed(query, store, out).await?;
                let total = run_ids.len() as u64;
                (stream::iter(run_ids).map(Ok).boxed(), Some(total))
            }
        };
        let change = async |run_id: Result<RunId>| change(run_id?, selection.filter()).await;
        let (done, place) = (self.done, format!("in {}", store.location()));
        let prints_results = out.prints_rows_at_once(self.has_lines);
        let progress = out.progress(Work { done, place, total, prints_results });
        let count = print_each(without_repeats(run_ids).map(change).buffered(JOBS), Some(&progress), out).await?;
        Ok(ChangeSummary { count, text: progress.finish() })
    }

    /// Completes the run ids that were written by their beginning alone, after a confirmation.
    async fn confirm_completed(&self, run_ids: &mut GivenRunIds, store: &dyn ResultStore, out: &Output) -> Result<()> {
        let completed = run_ids.complete(store).await?;
        for (prefix, run_id) in &completed {
            out.note(&format!("`{prefix}` is the beginning of `{run_id}`"));
        }
        if !completed.is_empty() {
            self.ask(completed.len(), &Preview::default(), store, out).await?;
        }
        Ok(())
    }

    /// The run ids of the results that pass the filters of `query`, after a confirmation.
    async fn confirmed(&self, query: &Query, store: &dyn ResultStore, out: &mut Output) -> Result<Vec<RunId>> {
        let mut entries = store.list(query);
        let (mut run_ids, mut preview) = (Vec::new(), Preview::default());
        while let Some(entry) = entries.next().await {
            match entry {
                Ok(entry) => {
                    run_ids.push(entry.run_id.clone());
                    preview.add(entry);
                }
                Err(error) => out.failure(&error),
            }
        }
        drop(entries);
        if run_ids.is_empty() && out.first_failure().is_none() {
            tell_of_empty_list(query, store, out).await?;
        } else if !run_ids.is_empty() {
            self.ask(run_ids.len(), &preview, store, out).await?;
        }
        Ok(run_ids)
    }

    async fn ask(&self, count: usize, preview: &Preview, store: &dyn ResultStore, out: &Output) -> Result<()> {
        let (results, matching) = if count == 1 { ("result", "matches") } else { ("results", "match") };
        let question = ConfirmQuestion {
            question: format!("{} {count} {results} in {}?", self.question, store.location()),
            finding: format!("{count} {results} {matching}"),
            shown: "the results",
        };
        self.confirm.confirm(question, || preview.table(), out).await
    }
}
