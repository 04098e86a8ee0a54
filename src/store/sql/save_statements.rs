//! The statements of a save that all dialects share.

use super::grammar::{Grammar, NewRow, push_key};
use super::statement::{SqlValue, Statement};
use super::tags_json::tags_text;

impl NewRow<'_> {
    fn data(&self, grammar: &dyn Grammar) -> [SqlValue; 5] {
        [
            SqlValue::from(self.entry.data_asset.as_str()),
            grammar.time(self.run_time),
            SqlValue::from(self.entry.status.name()),
            SqlValue::from(tags_text(&self.entry.tags)),
            SqlValue::Text(self.document.clone()),
        ]
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
            .zip(self.data(grammar))
        {
            update.sql(column).bind(value);
        }
        update.sql(", updated_at = ").bind(grammar.time(self.now));
        if let Some(digest) = self.digest {
            update.sql(", document_sha256 = ").bind(digest.to_string());
            update.sql(", document_sha256_at = ").bind(grammar.time(self.now));
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
    pub(super) fn insert(&self, grammar: &dyn Grammar) -> Statement {
        let mut insert = Statement::new(format!(
            "INSERT INTO {} (data_asset, run_time, status, tags_json, data_json, run_id, namespace, created_at, \
             updated_at{}) SELECT ",
            grammar.quoted(self.table),
            if self.digest.is_some() { ", document_sha256, document_sha256_at" } else { "" },
        ));
        let now = grammar.time(self.now);
        let keys =
            [SqlValue::from(self.entry.run_id.as_str()), SqlValue::from(self.namespace), now.clone(), now.clone()];
        let digest = self.digest.map(|digest| [SqlValue::from(digest.to_string()), now]);
        insert.bind_all(self.data(grammar).into_iter().chain(keys).chain(digest.into_iter().flatten()));
        insert
    }

    /// Adds the condition that this run has no row. `hint` is a table hint.
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
