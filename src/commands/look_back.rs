//! The history of a data asset up to one of its runs.

use futures_util::future::ready;
use futures_util::stream::{self, StreamExt as _};

use super::baseline::precedes;
use super::read_run::{ReadRun, read_runs};
use crate::compare::history::{AssetHistory, HistoryBuilder, HistoryRun};
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
    let mut earlier: Vec<_> = earlier.take(LOOK_BACK).collect().await;
    let has_older = earlier.len() == LOOK_BACK;
    earlier.truncate(LOOK_BACK - 1);
    let (mut history, mut problems) = (HistoryBuilder::default(), Vec::new());
    let mut runs = std::pin::pin!(read_runs(stream::iter(earlier.into_iter().rev()), store));
    while let Some(earlier) = runs.next().await {
        match earlier {
            Ok(earlier) => {
                history.add(HistoryRun::new(&earlier.facts.entry, earlier.facts.suite_name), earlier.checks);
            }
            Err(error) => problems.push(format!("a run before `{}` is left out: {error}", facts.entry.run_id)),
        }
    }
    history.add(HistoryRun::new(&facts.entry, facts.suite_name), checks);
    (history.finish(has_older), problems)
}
