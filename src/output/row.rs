//! Rows of lists.

use serde::Serialize;

use super::cell::Cell;

/// A row of a list, printable as a table row, as JSON and as a line.
pub trait OutputRow: Serialize {
    /// The column headings, in capitals.
    const HEADINGS: &'static [&'static str];

    /// The text of each column.
    fn cells(&self) -> Vec<Cell>;

    /// The line that is printed without `--format`, such as the run id. `None` for rows that are printed as a table then.
    fn line(&self) -> Option<&str> {
        None
    }

    /// Whether the command did with the item what it does, and did not leave it as it is.
    fn is_done(&self) -> bool {
        true
    }
}
