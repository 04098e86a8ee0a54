//! Reading the checks of stored runs.

use futures_util::stream::{self, Stream, StreamExt as _};

use super::read_document::read_document;
use super::selection::JOBS;
use crate::compare::RunChecks;
use crate::compare::history::{HistoryBuilder, HistoryRun};
use crate::error::{Error, ErrorKind, Result};
use crate::result::{CheckReader, Entry, ResultFacts, RunId};
use crate::store::contract::ResultStore;

/// The facts and the checks of a stored run.
pub(super) struct ReadRun {
    /// The facts, with the time of the run in the zone of the store.
    pub(super) facts: ResultFacts,
    /// The checks.
    pub(super) checks: RunChecks,
}

/// Reads the document of a run to its end.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) if there is no such run; if its document cannot be read, or has no checks to read.
pub(super) async fn read_run(run_id: &RunId, store: &dyn ResultStore) -> Result<ReadRun> {
    let stream = store.get(run_id).await?;
    let id = run_id.clone();
    let read = read_document(stream, |document| {
        let mut reader = CheckReader::new(id, document);
        let mut checks = RunChecks::default();
        for check in reader.by_ref() {
            checks.add(check?);
        }
        Ok(ReadRun { facts: reader.finish()?, checks })
    });
    let mut run = read.await.map_err(|error| error.with_run_id(run_id.as_str()))?;
    run.facts.entry = run.facts.entry.in_zone(store.time_zone());
    Ok(run)
}

/// Reads many runs, [`JOBS`] at once, and yields them in the order of `entries`. No more than that many are in memory,
/// so a caller that keeps only what it needs of each can read any number.
///
/// A run that was deleted since it was listed is left out, as a later list would leave it out. Any other failure of a
/// run, and of an entry, is yielded in its place and does not end the others.
pub(super) fn read_runs(
    entries: impl Stream<Item = Result<Entry>>,
    store: &dyn ResultStore,
) -> impl Stream<Item = Result<ReadRun>> {
    let runs = entries.map(async |entry| match read_run(&entry?.run_id, store).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    });
    runs.buffered(JOBS).filter_map(async |run| run.transpose())
}

/// Reads the newest `last` of `entries`, which come newest first, and puts their history together. Returns it with whether
/// there are older ones. An entry or a run that cannot be read is handed to `failed` and left out.
pub(super) async fn read_history(
    entries: impl Stream<Item = Result<Entry>>,
    last: usize,
    store: &dyn ResultStore,
    mut failed: impl FnMut(Error),
) -> (HistoryBuilder, bool) {
    // One more, to know whether there are older ones.
    let mut entries: Vec<_> = entries.take(last.saturating_add(1)).collect().await;
    let has_older = entries.len() > last;
    entries.truncate(last);
    let mut history = HistoryBuilder::default();
    let mut runs = std::pin::pin!(read_runs(stream::iter(entries.into_iter().rev()), store));
    while let Some(run) = runs.next().await {
        match run {
            Ok(run) => history.add(HistoryRun::new(&run.facts.entry, run.facts.suite_name), run.checks),
            Err(error) => failed(error),
        }
    }
    (history, has_older)
}
