//! Printing the outcome of many items: each is tried, each failure is reported.

use futures_util::{Stream, StreamExt as _};

use crate::error::Result;
use crate::output::{Output, OutputRow, ProgressCounter};

/// Runs `outcomes` to its end. Prints the row of each success and reports each failure; an item without a row is
/// skipped in silence. Returns the number of rows.
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
                if let Some(progress) = progress {
                    progress.succeed(0);
                }
                rows.push(&row)?;
                count += 1;
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
