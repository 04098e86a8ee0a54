//! The statements of a save that all dialects share.

use jiff::civil::DateTime;

use super::grammar::{Grammar, push_key};
use super::new_row::{NewRow, RowValues};
use super::statement::{SqlText, SqlValue, Statement};
use super::tags_json::tags_text;
use crate::result::{DocumentDigest, Entry};

impl<'a> NewRow<'a> {
    /// Returns a row with the columns of `entry`, for a run at `run_time` that is saved `now`.
    pub(super) fn new(
        grammar: &dyn Grammar,
        (table, namespace): (&'a str, &'a str),
        (entry, run_time): (&'a Entry, DateTime),
        (document, digest): (&'a SqlText, Option<DocumentDigest>),
        now: DateTime,
    ) -> Self {
        let data = [
            SqlValue::from(entry.data_asset.as_str()),
            grammar.time(run_time),
            SqlValue::from(entry.status.name()),
            SqlValue::from(tags_text(&entry.tags)),
            SqlValue::Text(document.clone()),
        ];
        let digest = digest.map(|digest| SqlValue::from(digest.to_string()));
        let values = RowValues { data, now: grammar.time(now), digest };
        Self { table, namespace, entry, document, values }
    }

    /// Returns the statement that overwrites the row of this run.
    #[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
    pub(super) fn update(&self, grammar: &dyn Grammar) -> Statement {
        self.update_with(grammar, "")
    }

    /// Returns the same statement with a table hint.
    pub(super) fn update_with(&self, grammar: &dyn Grammar, hint: &'static str) -> Statement {
        let mut update = Statement::new(format!("UPDATE {}{hint} SET ", grammar.quoted(self.table)));
        for (column, value) in ["data_asset = ", ", run_time = ", ", status = ", ", tags_json = ", ", data_json = "]
            .into_iter()
            .zip(self.values.data.clone())
        {
            update.sql(column).bind(value);
        }
        let RowValues { now, digest, .. } = &self.values;
        update.sql(", updated_at = ").bind(now.clone());
        if let Some(digest) = digest {
            update.sql(", document_sha256 = ").bind(digest.clone());
            update.sql(", document_sha256_at = ").bind(now.clone());
        }
        update.sql(" WHERE ");
        self.push_key(grammar, &mut update);
        update
    }

    /// Returns a statement that changes nothing, but counts the row of this run if it holds exactly this document.
    pub(super) fn claim(&self, grammar: &dyn Grammar) -> Statement {
        let mut claim = Statement::new(format!("UPDATE {} SET run_id = run_id WHERE ", grammar.quoted(self.table)));
        self.push_key(grammar, &mut claim);
        claim.sql(" AND ");
        grammar.push_equal(&mut claim, "data_json", self.document.as_str());
        claim
    }

    /// Returns the beginning of the statement that adds the row, `INSERT INTO table (columns) SELECT values`, to which
    /// a condition can be added.
    #[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
    pub(super) fn insert(&self, grammar: &dyn Grammar) -> Statement {
        self.insert_of(grammar, "SELECT ")
    }

    /// Returns the statement that adds the row, `INSERT INTO table (columns) VALUES (values)`, with an `end`.
    #[cfg(feature = "sqlite")]
    pub(super) fn insert_values(&self, grammar: &dyn Grammar, end: &str) -> Statement {
        let mut insert = self.insert_of(grammar, "VALUES (");
        insert.sql(format!("){end}"));
        insert
    }

    fn insert_of(&self, grammar: &dyn Grammar, verb: &str) -> Statement {
        let mut insert = Statement::new(format!(
            "INSERT INTO {} (data_asset, run_time, status, tags_json, data_json, run_id, namespace, created_at, \
             updated_at{}) {verb}",
            grammar.quoted(self.table),
            if self.values.digest.is_some() { ", document_sha256, document_sha256_at" } else { "" },
        ));
        let RowValues { data, now, digest } = &self.values;
        let keys =
            [SqlValue::from(self.entry.run_id.as_str()), SqlValue::from(self.namespace), now.clone(), now.clone()];
        let digest = digest.iter().flat_map(|digest| [digest.clone(), now.clone()]);
        insert.bind_all(data.iter().cloned().chain(keys).chain(digest));
        insert
    }

    /// Adds the condition that this run has no row. `hint` is a table hint.
    #[cfg(any(feature = "mssql", feature = "mysql"))]
    pub(super) fn push_absent(&self, grammar: &dyn Grammar, statement: &mut Statement, hint: &'static str) {
        statement.sql(format!(" WHERE NOT EXISTS (SELECT 1 FROM {}{hint} WHERE ", grammar.quoted(self.table)));
        self.push_key(grammar, statement);
        statement.sql(")");
    }

    fn push_key(&self, grammar: &dyn Grammar, statement: &mut Statement) {
        push_key(grammar, statement, self.namespace, self.entry.run_id.as_str());
    }
}
