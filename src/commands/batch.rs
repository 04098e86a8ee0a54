//! Printing the outcome of many items: each is tried, each failure is reported.

use std::future;

use futures_util::stream::{self, Stream, StreamExt as _};

use crate::error::Result;
use crate::output::{Output, OutputRow, ProgressCounter};
use crate::store::contract::{Query, ResultStore};

/// Runs `outcomes` to its end. Prints the row of each success and reports each failure; an item without a row is
/// skipped in silence. Returns the number of rows, without those of items that were left as they are.
///
/// # Errors
/// If stdout cannot be written. The failure of an item does not end the others.
pub(super) async fn print_each<T: OutputRow>(
    outcomes: impl Stream<Item = Result<Option<T>>>,
    progress: Option<&ProgressCounter>,
    out: &mut Output,
) -> Result<u64> {
    let mut outcomes = std::pin::pin!(outcomes);
    let mut rows = out.rows();
    let mut count = 0;
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(Some(row)) => {
                let is_done = row.is_done();
                if let Some(progress) = progress.filter(|_| is_done) {
                    progress.succeed(0);
                }
                rows.push(&row)?;
                count += u64::from(is_done);
            }
            Ok(None) => {}
            Err(error) => rows.failure(&error),
        }
        if let Some(progress) = progress {
            progress.step();
        }
    }
    rows.finish()?;
    Ok(count)
}

/// `outcomes` of the results that match `query`. If the progress is shown, these are counted meanwhile.
pub(super) fn with_total<'a, T: 'a>(
    outcomes: impl Stream<Item = T> + 'a,
    query: &'a Query,
    progress: &'a ProgressCounter,
    store: &'a dyn ResultStore,
) -> impl Stream<Item = T> + 'a {
    let count = async move {
        // The outcomes themselves show why a store cannot be listed.
        if progress.is_shown()
            && let Ok(count) = store.count(query).await
        {
            progress.set_total(count.saturating_sub(query.offset).min(query.limit.unwrap_or(u64::MAX)));
        }
        None
    };
    stream::select(outcomes.map(Some), stream::once(count)).filter_map(future::ready)
}
