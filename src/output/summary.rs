//! How the summary of a document looks.

use super::{Cell, Table};
use crate::result::describe::Summary;

/// A result for people: what it is about, how it ended, and what failed.
pub fn summary_table(summary: &Summary) -> Table {
    let _ = summary;
    let _: Option<Cell> = None;
    Table::new(&[])
}
