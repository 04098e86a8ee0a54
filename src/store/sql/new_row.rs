//! A row to be saved, with the values that its statements bind.

use super::statement::{SqlText, SqlValue};
use crate::result::Entry;

/// A row to be saved.
#[derive(Debug)]
pub(super) struct NewRow<'a> {
    /// The table.
    pub(super) table: &'a str,
    /// The namespace.
    pub(super) namespace: &'a str,
    /// The columns other than the document.
    pub(super) entry: &'a Entry,
    /// The document.
    pub(super) document: &'a SqlText,
    /// The values of the columns.
    pub(super) values: RowValues,
}

/// The values of a row to be saved, which several statements bind.
#[derive(Debug)]
pub(super) struct RowValues {
    /// Data asset, run time, status, tags and document.
    pub(super) data: [SqlValue; 5],
    /// The time of the save.
    pub(super) now: SqlValue,
    /// The digest, for a table with columns for it.
    pub(super) digest: Option<SqlValue>,
}
