//! The SQL in which the databases differ.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::DateTime;

use super::failure::{FailureClass, SqlOperation};
use super::inspection::SqlInspection;
use super::new_row::NewRow;
use super::statement::{SqlValue, Statement};
use super::url::Dialect;
use crate::store::contract::{NamePattern, OrderBy, Query, SaveMode};

/// The SQL of one database, where it differs from the others.
///
/// Texts are compared and ordered by code points, whatever the collation of the database or the table: two ids that
/// differ in any way are two ids.
pub(super) trait Grammar: fmt::Debug + Send + Sync {
    /// Returns the dialect.
    fn dialect(&self) -> Dialect;

    /// Quotes the name of a table or an index.
    fn quoted(&self, name: &str) -> String;

    /// Returns the placeholder of the value with this number, counted from 1.
    fn placeholder(&self, number: usize) -> Cow<'static, str>;

    /// Converts a time to a column value.
    fn time(&self, time: DateTime) -> SqlValue;

    /// Returns the smallest column value at or after `time`.
    fn earliest(&self, time: DateTime) -> SqlValue {
        self.time(time)
    }

    /// Returns why the database cannot store this row, as far as that is known without asking it.
    fn objection(&self, row: &NewRow<'_>) -> Option<String>;

    /// Returns the statements of a save. The first that changes a row is the last to run; a statement that meets the
    /// key of another row changes nothing.
    fn save(&self, row: &NewRow<'_>, mode: SaveMode) -> Vec<Statement>;

    /// Adds the condition that a text column equals `value` exactly.
    fn push_equal(&self, statement: &mut Statement, column: &'static str, value: &str);

    /// Adds the condition that a text column matches `pattern` exactly.
    fn push_pattern(&self, statement: &mut Statement, column: &'static str, pattern: &NamePattern);

    /// Returns the expression for the length of a document, in the units of the column: at most as many as it has bytes.
    fn document_length(&self) -> &'static str;

    /// Returns the expression that tells one save of a row from every other: a time or a text.
    fn row_version(&self) -> &'static str;

    /// Adds the condition that the status is one of several.
    fn push_statuses(&self, statement: &mut Statement, names: &mut dyn Iterator<Item = &'static str>);

    /// Adds the condition that a result has this tag. A value other than a string is compared by its JSON text.
    fn push_tag(&self, statement: &mut Statement, key: &str, value: &str);

    /// Returns the indexes that together contain all rows with this tag, each with its condition; they may contain
    /// other rows too. Empty if tags have no index, or if the database finds its index without a hint.
    fn tag_arms(&self, table: &str, key: &str, value: &str) -> Vec<UnionArm>;

    /// Returns the statement that yields a row if the store created the table and all its indexes exist. `None` if that
    /// makes no difference.
    fn own_table(&self, table: &str) -> Option<Statement>;

    /// Returns the expression that orders and compares a text column.
    fn order_key(&self, column: &'static str, origin: TableOwner) -> Cow<'static, str>;

    /// Adds the clause for `size` rows after the first `offset`, behind ORDER BY.
    fn push_slice(&self, statement: &mut Statement, size: u64, offset: u64);

    /// Returns a table hint if the database sorts all matching rows although an index yields the beginning of the
    /// order. A page is then read in two steps: first the time of its last row, by the index alone, then the rows up to
    /// that time. The hint makes the first step start at the cursor.
    fn edge_hint(&self, query: &Query) -> Option<&'static str>;

    /// Returns the table hint with which a statement outside a transaction sees all rows at one instant, so that a row
    /// that moves within an index is neither missed nor read twice.
    fn alone_hint(&self) -> &'static str;

    /// Whether a snapshot begins together with its first statement, without a round trip of its own.
    fn begins_snapshots_for_nothing(&self) -> bool;

    /// Returns the table hint that makes a table of the store be read by the index on the order of a list.
    fn key_hint(&self, order_by: OrderBy) -> &'static str;

    /// Says which run ids are the same in a table that Python created: the end of a sentence that begins with "in this
    /// table".
    fn python_key(&self) -> &'static str;

    /// Returns the questions of `doctor` to the server: version, encryption, user, limits.
    fn inspections(&self) -> Vec<SqlInspection>;

    /// Returns the question of `doctor` whether this user may create the table; `None` if no user is asked.
    fn creation(&self) -> Option<SqlInspection>;

    /// Returns the least rights for a user of this table, in the form that the database takes.
    fn policy(&self, table: &str, read_only: bool) -> String;

    /// Returns this database's own hint for a failure, if it has one.
    fn hint(&self, class: FailureClass, doing: SqlOperation) -> Option<&'static str>;
}

/// Who created a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableOwner {
    /// This store: the columns compare by code points, and all indexes of the store exist.
    Store,
    /// Python or another program, or it makes no difference.
    Other,
}

/// One of several indexes that together contain all wanted rows. A statement reads each in an arm of a UNION.
#[derive(Clone, Debug)]
pub(super) struct UnionArm {
    /// The table hint that selects the index.
    pub(super) hint: String,
    /// The condition for the wanted rows in the index.
    pub(super) condition: Statement,
}

/// Adds the condition for the row of a run in a namespace.
pub(super) fn push_key(grammar: &dyn Grammar, statement: &mut Statement, namespace: &str, run_id: &str) {
    grammar.push_equal(statement, "namespace", namespace);
    statement.sql(" AND ");
    grammar.push_equal(statement, "run_id", run_id);
}
