//! The history of a data asset up to one of its runs.

use futures_util::future::ready;
use futures_util::stream::StreamExt as _;

use super::baseline::precedes;
use super::read_run::{ReadRun, read_history};
use crate::compare::history::{AssetHistory, HistoryRun};
use crate::result::{Entry, Tags};
use crate::store::contract::{Query, ResultStore};

/// The number of runs in the history, `run` among them. A check that fails for longer fails since one of them or before.
const LOOK_BACK: usize = 30;

/// The history of the data asset of `run` up to `run`, from runs with these tags; at most [`LOOK_BACK`] are read.
/// Returns the reasons why runs are left out, too: an older run that cannot be read says nothing of this one.
pub(super) async fn history_until(run: ReadRun, tags: Tags, store: &dyn ResultStore) -> (AssetHistory, Vec<String>) {
    let ReadRun { facts, checks } = run;
    let query = Query {
        data_asset: Some(facts.entry.data_asset.clone()),
        tags,
        until: Some(facts.entry.run_time.instant()),
        ..Query::default()
    };
    let is_earlier = |other: &Entry| precedes(other, &facts.entry);
    let earlier = store.list(&query).filter(|other| ready(other.as_ref().map_or(true, is_earlier)));
    let mut problems = Vec::new();
    let failed = |error| problems.push(format!("a run before `{}` is left out: {error}", facts.entry.run_id));
    let (mut history, has_older) = read_history(earlier, LOOK_BACK - 1, store, failed).await;
    history.add(HistoryRun::new(&facts.entry, facts.suite_name), checks);
    (history.finish(has_older), problems)
}
