//! What differs between databases: a directory for each, with the same files in it.
//!
//! `mod` is its [`Grammar`], the SQL that only it speaks, and its table; `driver` connects and runs statements; `failure`
//! sorts its errors. Nothing above knows more of a database than these traits say.

#[cfg(any(feature = "mssql", feature = "postgres"))]
mod certificates;
#[cfg(feature = "mssql")]
mod mssql;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod parts;
#[cfg(feature = "postgres")]
mod postgresql;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod tags;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
use super::driver::Failure;
use super::driver::{Driver, FailureClass};
use super::failure::Doing;
use super::statement::{Statement, Text, Value};
use super::text::tags_text;
use super::url::{DatabaseUrl, Dialect};
#[cfg(not(all(feature = "mssql", feature = "mysql", feature = "postgres", feature = "sqlite")))]
use crate::error::ErrorKind;
use crate::error::{Error, Result};
use crate::result::Entry;
use crate::store::contract::{Notices, OrderBy, Query, SaveMode};

/// The way to a database, before anything was touched.
#[derive(Debug)]
pub(super) struct Opened {
    /// How to reach it.
    pub(super) driver: Arc<dyn Driver>,
    /// The database's own name, however the profile spells it: whose circuit breaker it is.
    pub(super) location: String,
    /// How long all in all to go on trying what fails for a moment.
    pub(super) patience: Duration,
}

/// The way to the database that `url` names. Touches nothing. Statements are shown through `notices` if `echo` says so.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) for a URL that the database cannot be reached by,
/// [`Unsupported`](crate::error::ErrorKind::Unsupported)
/// for a database that this binary cannot use.
pub(super) fn open(url: &DatabaseUrl, echo: bool, notices: &Notices) -> Result<Opened> {
    let echo = echo.then(|| notices.clone());
    match url.dialect() {
        #[cfg(feature = "mssql")]
        Dialect::Mssql => mssql::open(url, echo),
        #[cfg(not(feature = "mssql"))]
        Dialect::Mssql => Err(left_out(url.dialect(), "mssql")),
        #[cfg(feature = "mysql")]
        Dialect::Mysql => mysql::open(url, echo),
        #[cfg(not(feature = "mysql"))]
        Dialect::Mysql => Err(left_out(url.dialect(), "mysql")),
        #[cfg(feature = "postgres")]
        Dialect::Postgresql => postgresql::open(url, echo),
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgresql => Err(left_out(url.dialect(), "postgres")),
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => sqlite::open(url, echo, notices),
        #[cfg(not(feature = "sqlite"))]
        Dialect::Sqlite => Err(left_out(url.dialect(), "sqlite")),
    }
}

#[cfg(not(all(feature = "mssql", feature = "mysql", feature = "postgres", feature = "sqlite")))]
fn left_out(dialect: Dialect, feature: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("this program is built without {}", dialect.title()))
        .with_hint(format!("build it with `--features {feature}`"))
}

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
    fn time(&self, instant: Timestamp) -> Value;

    /// The smallest value of a column that stands for `instant` or a later one.
    fn earliest(&self, instant: Timestamp) -> Value;

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
    fn tag_arms(&self, table: &str, key: &str, value: &str) -> Vec<Arm>;

    /// The statement that gives a row if the table is one of ours, with all its indexes; none where we do nothing
    /// differently in them.
    fn own_table(&self, table: &str) -> Option<Statement>;

    /// What a column of text is ordered and compared by.
    fn order_key(&self, column: &'static str, origin: Origin) -> Cow<'static, str>;

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
    fn hint(&self, class: FailureClass, doing: Doing) -> Option<&'static str>;
}

/// Whose a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// One that we made: its columns compare by code points, and it has all our indexes.
    Ours,
    /// Python's or somebody else's, or it does not matter.
    Others,
}

/// One of several indexes in which, between them, certain rows are.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    /// What must be said after the table's name for it to be read.
    pub(super) hint: String,
    /// The condition for the rows in it.
    pub(super) condition: Statement,
}

/// Adds LIMIT and OFFSET.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
fn push_limit(statement: &mut Statement, size: u64, offset: u64) {
    statement.sql(" LIMIT ").bind(size);
    if offset > 0 {
        statement.sql(" OFFSET ").bind(offset);
    }
}

/// The first whole microsecond, which is what a column holds, that is not before `instant`.
#[cfg(any(feature = "mysql", feature = "postgres"))]
fn whole_microseconds(instant: Timestamp) -> Timestamp {
    let beyond = i64::from(instant.subsec_nanosecond()).rem_euclid(1_000);
    let missing = if beyond == 0 { 0 } else { 1_000 - beyond };
    instant.checked_add(jiff::SignedDuration::from_nanos(missing)).unwrap_or(instant)
}

/// That a parameter of the URL has a value that it does not take.
#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
fn bad_parameter(name: &str, takes: &str) -> Error {
    Error::usage(format!("the `{name}` in the connection URL has no valid value"))
        .with_hint(format!("it takes {takes}"))
}

/// How long to wait for a server before a connection can be used, unless the URL says otherwise.
#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long all in all to go on trying what fails for a moment.
#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
const SERVER_PATIENCE: Duration = Duration::from_secs(30);

/// What connecting gives, or that it took too long.
#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
async fn connect_in_time<T>(
    timeout: Duration,
    connecting: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(timeout, connecting).await.unwrap_or_else(|_| {
        let reason = format!("the server has not let us in within {} s", timeout.as_secs_f64());
        Err(Failure::new(FailureClass::Unreachable, reason))
    })
}

/// Whether this happens to a connection that was there.
#[cfg(any(feature = "mysql", feature = "postgres"))]
fn was_there(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Says which column is too short for a row; Python's are as long as ours.
#[cfg(any(feature = "mysql", feature = "postgres"))]
fn too_long(row: &NewRow<'_>) -> Option<String> {
    let texts = [
        ("run id", row.entry.run_id.as_str(), 255),
        ("data asset", row.entry.data_asset.as_str(), 500),
        ("namespace", row.namespace, 255),
    ];
    texts.into_iter().find_map(|(what, text, most)| {
        let length = text.chars().count();
        (length > most).then(|| format!("the {what} has {length} characters, and the column takes {most}"))
    })
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
    pub(super) document: &'a Text,
    /// When it is saved.
    pub(super) now: Timestamp,
}

impl NewRow<'_> {
    fn data(&self, grammar: &dyn Grammar) -> [Value; 5] {
        [
            Value::from(self.entry.data_asset.as_str()),
            grammar.time(self.entry.run_time.instant()),
            Value::from(self.entry.status.name()),
            Value::from(tags_text(&self.entry.tags)),
            Value::Text(self.document.clone()),
        ]
    }

    /// The statement that overwrites the row of this run.
    #[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
    pub(super) fn update(&self, grammar: &dyn Grammar) -> Statement {
        self.update_with(grammar, "")
    }

    /// The same, `hint` being what the database wants said after the table's name.
    pub(super) fn update_with(&self, grammar: &dyn Grammar, hint: &'static str) -> Statement {
        let mut update = Statement::new(format!("UPDATE {}{hint} SET ", grammar.quoted(self.table)));
        for (column, value) in ["data_asset = ", ", run_time = ", ", status = ", ", tags_json = ", ", data_json = "]
            .into_iter()
            .zip(self.data(grammar))
        {
            update.sql(column).bind(value);
        }
        update.sql(", updated_at = ").bind(grammar.time(self.now)).sql(" WHERE ");
        self.push_key(grammar, &mut update);
        update
    }

    /// The statement that changes nothing of the row of this run, but finds it if it holds this very document.
    pub(super) fn claim(&self, grammar: &dyn Grammar) -> Statement {
        let mut claim = Statement::new(format!("UPDATE {} SET run_id = run_id WHERE ", grammar.quoted(self.table)));
        self.push_key(grammar, &mut claim);
        claim.sql(" AND ");
        grammar.push_equal(&mut claim, "data_json", self.document.as_str());
        claim
    }

    /// The beginning of the statement that adds the row: `INSERT INTO table (columns) SELECT values`, to which a condition
    /// can be added.
    pub(super) fn insert(&self, grammar: &dyn Grammar) -> Statement {
        let mut insert = Statement::new(format!(
            "INSERT INTO {} (data_asset, run_time, status, tags_json, data_json, run_id, namespace, created_at, \
             updated_at) SELECT ",
            grammar.quoted(self.table)
        ));
        let now = grammar.time(self.now);
        let keys = [Value::from(self.entry.run_id.as_str()), Value::from(self.namespace), now.clone(), now];
        insert.bind_all(self.data(grammar).into_iter().chain(keys));
        insert
    }

    /// Adds the condition that this run has no row, `hint` being what the database wants said after the table's name.
    #[cfg(any(feature = "mssql", feature = "mysql", feature = "sqlite"))]
    pub(super) fn push_absent(&self, grammar: &dyn Grammar, statement: &mut Statement, hint: &'static str) {
        statement.sql(format!(" WHERE NOT EXISTS (SELECT 1 FROM {}{hint} WHERE ", grammar.quoted(self.table)));
        self.push_key(grammar, statement);
        statement.sql(")");
    }

    fn push_key(&self, grammar: &dyn Grammar, statement: &mut Statement) {
        push_key(grammar, statement, self.namespace, self.entry.run_id.as_str());
    }
}

/// Adds the condition that a row is that of a run in a namespace.
pub(super) fn push_key(grammar: &dyn Grammar, statement: &mut Statement, namespace: &str, run_id: &str) {
    grammar.push_equal(statement, "namespace", namespace);
    statement.sql(" AND ");
    grammar.push_equal(statement, "run_id", run_id);
}
