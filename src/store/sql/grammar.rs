//! What differs between the SQL of the databases.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;

use super::failure::{FailureClass, SqlOperation};
use super::statement::{SqlText, SqlValue, Statement};
use super::url::Dialect;
use crate::result::Entry;
use crate::store::contract::{OrderBy, Query, SaveMode};

/// The SQL of one database, where it differs from that of the others.
///
/// Texts are compared and ordered by their code points, whatever the database or the table is set to: two ids that differ
/// in anything are two.
pub(super) trait Grammar: fmt::Debug + Send + Sync {
    /// Which database it is.
    fn dialect(&self) -> Dialect;

    /// A name of a table or an index as it stands in a statement.
    fn quoted(&self, name: &str) -> String;

    /// What stands for the value with this number, counted from 1.
    fn placeholder(&self, number: usize) -> Cow<'static, str>;

    /// An instant as a column holds it.
    fn time(&self, instant: Timestamp) -> SqlValue;

    /// The smallest value of a column that stands for `instant` or a later one.
    fn earliest(&self, instant: Timestamp) -> SqlValue;

    /// Why the database cannot hold this row, where that is known without asking it.
    fn objection(&self, row: &NewRow<'_>) -> Option<String>;

    /// The statements of a save. The first that changes a row is the last to run; one that meets the key of another row
    /// changes none.
    fn save(&self, row: &NewRow<'_>, mode: SaveMode) -> Vec<Statement>;

    /// Adds the condition that a column of text is exactly `value`.
    fn push_equal(&self, statement: &mut Statement, column: &'static str, value: &str);

    /// Adds the condition that the status is one of several.
    fn push_statuses(&self, statement: &mut Statement, names: &mut dyn Iterator<Item = &'static str>);

    /// Adds the condition that a result has this tag. A value that is no text is compared by its JSON text.
    fn push_tag(&self, statement: &mut Statement, key: &str, value: &str);

    /// The indexes in which all rows with this tag are, with what a row in them must be for that; other rows may be the same.
    /// None where no index is on tags, and where one is that the database finds by itself.
    fn tag_arms(&self, table: &str, key: &str, value: &str) -> Vec<UnionArm>;

    /// The statement that gives a row if the table is one of ours, with all its indexes; none where we do nothing
    /// differently in them.
    fn own_table(&self, table: &str) -> Option<Statement>;

    /// What a column of text is ordered and compared by.
    fn order_key(&self, column: &'static str, origin: TableOwner) -> Cow<'static, str>;

    /// Adds, after the order, that `size` rows are wanted after the first `offset`.
    fn push_slice(&self, statement: &mut Statement, size: u64, offset: u64);

    /// Something where the database sorts all that matches when an index gives only the beginning of an order. Then a page is
    /// read in two steps: where it ends, by the index alone, and what lies before that. It is what must be said after the
    /// table's name for the first step to begin at the cursor.
    fn edge_hint(&self, query: &Query) -> Option<&'static str>;

    /// What must be said after the table's name for a statement outside of a transaction to see all rows as they are at one
    /// instant, so that a row that changes its place in an index meanwhile is neither missed nor read twice.
    fn alone_hint(&self) -> &'static str;

    /// Whether a snapshot begins together with the first statement in it, and does not take a round trip of its own.
    fn begins_snapshots_for_nothing(&self) -> bool;

    /// What must be said after the name of a table of ours for its rows to be read by the index on what a list is ordered by.
    fn key_hint(&self, order_by: OrderBy) -> &'static str;

    /// What is one run id in a table that Python made: the end of a sentence that begins with "in this table".
    fn python_key(&self) -> &'static str;

    /// What to do next about a failure, where this database has an advice of its own.
    fn hint(&self, class: FailureClass, doing: SqlOperation) -> Option<&'static str>;
}

/// Whose a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableOwner {
    /// One that we made: its columns compare by code points, and it has all our indexes.
    Store,
    /// Python's or somebody else's, or it does not matter.
    Other,
}

/// One of several indexes in which, between them, certain rows are.
#[derive(Clone, Debug)]
pub(super) struct UnionArm {
    /// What must be said after the table's name for it to be read.
    pub(super) hint: String,
    /// The condition for the rows in it.
    pub(super) condition: Statement,
}

/// A row to be saved.
#[derive(Debug)]
pub(super) struct NewRow<'a> {
    /// The table.
    pub(super) table: &'a str,
    /// The namespace.
    pub(super) namespace: &'a str,
    /// What is known of the result.
    pub(super) entry: &'a Entry,
    /// The document.
    pub(super) document: &'a SqlText,
    /// When it is saved.
    pub(super) now: Timestamp,
}

/// Adds the condition that a row is that of a run in a namespace.
pub(super) fn push_key(grammar: &dyn Grammar, statement: &mut Statement, namespace: &str, run_id: &str) {
    grammar.push_equal(statement, "namespace", namespace);
    statement.sql(" AND ");
    grammar.push_equal(statement, "run_id", run_id);
}
