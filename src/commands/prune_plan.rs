//! The plan of `prune`: which stored results are kept, and the versions of the others.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::read_run::read_run;
use super::selection::JOBS;
use crate::compare::VerdictChanges;
use crate::error::{ErrorKind, Result};
use crate::output::{Output, Work};
use crate::result::{Entry, RunId};
use crate::retention::{KeepReason, PlannedGroup, PruneOptions, group_results, plan_group};
use crate::store::contract::{Query, ResultStore, ResultVersion};

/// The fate of all results that pass the filters.
pub(super) struct PrunePlan {
    /// The groups, each with its results.
    pub(super) groups: Vec<PlannedGroup>,
    /// The versions of the results that are removed. One without a version was replaced or deleted since it was listed.
    /// Empty for a dry run.
    pub(super) versions: HashMap<RunId, ResultVersion>,
}

impl PrunePlan {
    /// Lists the results that pass the filters and applies the rules to them. The versions of the results that may be removed
    /// are read before their documents are, so that one that is saved later is not a part of the plan.
    ///
    /// # Errors
    /// If the list is not complete, or a version cannot be read: rules that see only some of the results could remove others
    /// than the user means.
    pub(super) async fn make(
        query: &Query,
        options: &PruneOptions,
        allow_empty: bool,
        needs_versions: bool,
        store: &dyn ResultStore,
        out: &mut Output,
    ) -> Result<Self> {
        let entries: Vec<Entry> = store.list(query).try_collect().await?;
        let groups = group_results(entries, options.grouping()).into_iter();
        let mut groups: Vec<_> = groups.map(|group| plan_group(group, options, store.time_zone())).collect();
        // The rule about changes can only keep more of them, except where all of a group is to go.
        let may_go = |group: &PlannedGroup| {
            let all = allow_empty && group.is_emptied();
            let results = group.results.iter().filter(move |result| all || !result.is_kept());
            results.map(|result| result.entry.clone()).collect::<Vec<_>>()
        };
        let versions = match needs_versions {
            true => versions(groups.iter().flat_map(may_go).collect(), store).await?,
            false => HashMap::new(),
        };
        if options.keeps_changes() {
            keep_changes(&mut groups, store, out).await;
        }
        if allow_empty {
            groups.iter_mut().for_each(PlannedGroup::allow_empty);
        }
        Ok(Self { groups, versions })
    }

    /// The number of results.
    pub(super) fn results(&self) -> usize {
        self.groups.iter().map(|group| group.results.len()).sum()
    }
}

async fn versions(entries: Vec<Entry>, store: &dyn ResultStore) -> Result<HashMap<RunId, ResultVersion>> {
    let reading = entries.into_iter().map(async |entry| Ok((store.version(&entry).await?, entry.run_id)));
    let read = stream::iter(reading).buffer_unordered(JOBS);
    read.try_filter_map(async |(version, run_id)| Ok(version.map(|version| (run_id, version)))).try_collect().await
}

/// Keeps the results in which a check changed its verdict. Reads the documents of each group from the oldest to the newest,
/// [`JOBS`] at once.
async fn keep_changes(groups: &mut [PlannedGroup], store: &dyn ResultStore, out: &mut Output) {
    let total = groups.iter().map(|group| group.results.len() as u64).sum();
    let place = format!("in {}", store.location());
    let progress = out.progress(Work { done: "read", place, total: Some(total), prints_results: false });
    for group in groups {
        let mut changes = VerdictChanges::default();
        let run_ids: Vec<RunId> = group.results.iter().rev().map(|result| result.entry.run_id.clone()).collect();
        let runs = run_ids.iter().map(async |run_id| read_run(run_id, store).await);
        let mut runs = std::pin::pin!(stream::iter(runs).buffered(JOBS));
        for result in group.results.iter_mut().rev() {
            match runs.next().await {
                Some(Ok(run)) if changes.add(&run.checks) => result.keep(KeepReason::Changes),
                Some(Ok(_)) | None => {}
                // It was deleted since it was listed.
                Some(Err(error)) if error.kind() == ErrorKind::NotFound => {}
                Some(Err(error)) => {
                    out.warn(&format!(
                        "result `{}` is kept, because its checks cannot be read: {error}",
                        result.entry.run_id
                    ));
                    result.keep(KeepReason::Unreadable);
                }
            }
            progress.succeed(0);
            progress.step();
        }
    }
    drop(progress.finish());
}
