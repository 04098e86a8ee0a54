//! Rows of lists.

use serde::Serialize;

use super::cell::Cell;

/// One thing that is printed among others of its kind.
pub trait Row: Serialize {
    /// The columns' headings, in capitals.
    const HEADINGS: &'static [&'static str];

    /// The text of each column.
    fn cells(&self) -> Vec<Cell>;

    /// The text that stands for the row where no format was asked for: its run id, say. `None` for rows whose natural
    /// form is the table.
    fn line(&self) -> Option<&str> {
        None
    }
}
