//! The statements of the store, and what their rows mean.

use std::borrow::Cow;

use jiff::Timestamp;

use super::dialects::{Grammar, NewRow, push_key};
use super::driver::{Again, Step};
use super::statement::{Row, Statement, Text, Value};
use super::text::parse_tags;
use crate::error::{Error, ErrorKind, Result};
use crate::result::{Entry, RunId, RunTime, Status};
use crate::store::contract::{OrderBy, Query, SaveMode};

/// The table and namespace that statements are about.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The table's name, which needs no quoting but gets it.
    pub(super) table: String,
    /// The namespace.
    pub(super) namespace: String,
    /// What the database speaks.
    pub(super) grammar: &'static dyn Grammar,
}

/// Where a page of a list ended.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    run_id: Value,
    run_time: Value,
    key: Value,
}

impl Scope {
    /// The change that saves a result, or why the database cannot hold it.
    pub(super) fn save(
        &self,
        entry: &Entry,
        document: &Text,
        mode: SaveMode,
        now: Timestamp,
    ) -> std::result::Result<Step, String> {
        let row = NewRow { table: &self.table, namespace: &self.namespace, entry, document, now };
        if let Some(objection) = self.grammar.objection(&row) {
            return Err(objection);
        }
        let again = match mode {
            SaveMode::Overwrite => Again::Same,
            SaveMode::IfAbsent => Again::Unless(row.claim(self.grammar)),
        };
        Ok(Step { statements: self.grammar.save(&row, mode), again })
    }

    /// The change that removes a result.
    pub(super) fn delete(&self, run_id: &RunId) -> Step {
        Step { statements: vec![self.about("DELETE", run_id)], again: Again::Gone }
    }

    /// The statement that reads a document.
    pub(super) fn get(&self, run_id: &RunId) -> Statement {
        self.about("SELECT data_json", run_id)
    }

    /// The statement that gives a row if there is a result.
    pub(super) fn exists(&self, run_id: &RunId) -> Statement {
        self.about("SELECT 1", run_id)
    }

    fn about(&self, verb: &str, run_id: &RunId) -> Statement {
        let mut statement = self.over_table(verb);
        push_key(self.grammar, &mut statement, &self.namespace, run_id.as_str());
        statement
    }

    fn over_table(&self, verb: &str) -> Statement {
        Statement::new(format!("{verb} FROM {} WHERE ", self.grammar.quoted(&self.table)))
    }

    /// The statement that counts the results of a query.
    pub(super) fn count(&self, query: &Query) -> Statement {
        let mut statement = self.over_table("SELECT count(*)");
        self.push_filters(&mut statement, query);
        statement
    }

    /// The statement that reads a page of a list: `size` rows after `cursor`, or after `offset` of the first; with `edge`,
    /// the row that [`edge`](Self::edge) found, none beyond it.
    pub(super) fn page(
        &self,
        query: &Query,
        cursor: Option<&Cursor>,
        edge: Option<&Value>,
        size: u64,
        offset: u64,
    ) -> Statement {
        let mut statement = self.over_table("SELECT run_id, run_time, data_asset, status, tags_json");
        self.push_filters(&mut statement, query);
        if let Some(cursor) = cursor {
            self.push_after(&mut statement, query, cursor);
        }
        if let Some(edge) = edge {
            let sign = if query.ascending { "<=" } else { ">=" };
            statement.sql(format!(" AND run_time {sign} ")).bind(edge.clone());
        }
        let direction = if query.ascending { "" } else { " DESC" };
        let key = self.sort_key(query.order_by);
        statement.sql(format!(" ORDER BY {key}{direction}"));
        if query.order_by != OrderBy::RunTime {
            statement.sql(", run_time DESC");
        }
        statement.sql(format!(", {}", self.grammar.order_key("run_id")));
        self.grammar.push_slice(&mut statement, size, offset);
        statement
    }

    /// The statement that finds the time of the last row of a page, where the database has to be told.
    pub(super) fn edge(&self, query: &Query, cursor: Option<&Cursor>, size: u64, offset: u64) -> Option<Statement> {
        let hint = self.grammar.edge_hint(query)?;
        if query.order_by != OrderBy::RunTime || size == 0 {
            return None;
        }
        let hint = if cursor.is_some() { hint } else { "" };
        let table = self.grammar.quoted(&self.table);
        let mut statement = Statement::new(format!("SELECT run_time FROM {table}{hint} WHERE "));
        self.push_filters(&mut statement, query);
        if let Some(cursor) = cursor {
            self.push_after(&mut statement, query, cursor);
        }
        statement.sql(if query.ascending { " ORDER BY run_time" } else { " ORDER BY run_time DESC" });
        self.grammar.push_slice(&mut statement, 1, offset.saturating_add(size - 1));
        Some(statement)
    }

    fn sort_key(&self, order_by: OrderBy) -> Cow<'static, str> {
        match order_by {
            OrderBy::RunTime => "run_time".into(),
            OrderBy::DataAsset => self.grammar.order_key("data_asset"),
            OrderBy::Status => self.grammar.order_key("status"),
        }
    }

    fn push_filters(&self, statement: &mut Statement, query: &Query) {
        let grammar = self.grammar;
        grammar.push_equal(statement, "namespace", &self.namespace);
        if let Some(asset) = &query.data_asset {
            statement.sql(" AND ");
            grammar.push_equal(statement, "data_asset", asset);
        }
        match query.statuses.as_slice() {
            [] => {}
            [status] => {
                statement.sql(" AND status = ").bind(status.name());
            }
            statuses => {
                statement.sql(" AND ");
                grammar.push_statuses(statement, &mut statuses.iter().map(|status| status.name()));
            }
        }
        if let Some(since) = query.since {
            statement.sql(" AND run_time >= ").bind(grammar.earliest(since));
        }
        if let Some(until) = query.until {
            statement.sql(" AND run_time <= ").bind(grammar.time(until));
        }
        for (key, value) in &query.tags {
            statement.sql(" AND ");
            grammar.push_tag(statement, key, value);
        }
    }

    /// Adds the condition for rows after a page's last one, led by a range that an index can begin at.
    fn push_after(&self, statement: &mut Statement, query: &Query, cursor: &Cursor) {
        let key = self.sort_key(query.order_by);
        let run_id = self.grammar.order_key("run_id");
        let sign = if query.ascending { ">" } else { "<" };
        statement.sql(format!(" AND {key} {sign}= ")).bind(cursor.key.clone());
        statement.sql(format!(" AND ({key} {sign} ")).bind(cursor.key.clone());
        if query.order_by == OrderBy::RunTime {
            statement.sql(format!(" OR {run_id} > ")).bind(cursor.run_id.clone());
        } else {
            statement.sql(" OR run_time < ").bind(cursor.run_time.clone());
            statement.sql(" OR (run_time = ").bind(cursor.run_time.clone());
            statement.sql(format!(" AND {run_id} > ")).bind(cursor.run_id.clone()).sql(")");
        }
        statement.sql(")");
    }
}

/// Where the list is after `row`.
pub(super) fn cursor_after(query: &Query, row: &Row) -> Option<Cursor> {
    let [run_id, run_time, data_asset, status, _] = row.as_slice() else { return None };
    let key = match query.order_by {
        OrderBy::RunTime => run_time,
        OrderBy::DataAsset => data_asset,
        OrderBy::Status => status,
    };
    Some(Cursor { run_id: run_id.clone(), run_time: run_time.clone(), key: key.clone() })
}

/// What a row of a page says.
///
/// # Errors
/// [`Read`](ErrorKind::Read) for a row that cannot be understood.
pub(super) fn entry(row: &Row) -> Result<Entry> {
    let [run_id, run_time, data_asset, status, tags] = row.as_slice() else {
        return Err(Error::new(ErrorKind::Read, "a row has other columns than were asked for"));
    };
    let run_id = match run_id {
        Value::Text(text) => RunId::new(text.as_str()).ok(),
        _ => None,
    };
    let Some(run_id) = run_id else {
        return Err(Error::new(ErrorKind::Read, "cannot read a row: its run id is not a text, or is empty"));
    };
    let unreadable = |what: &str, value: &Value| {
        let value = match value {
            Value::Text(text) => format!("`{}`", text.as_str().chars().take(80).collect::<String>().escape_debug()),
            other => format!("{other:?}").chars().take(80).collect(),
        };
        Error::new(ErrorKind::Read, format!("cannot read the row of result `{run_id}`: its {what} is {value}"))
            .with_run_id(run_id.as_str())
            .with_hint("save it again, or remove it with `truthound-store delete`")
    };
    let time = match run_time {
        Value::Time(instant) => Some(RunTime::new(*instant, None)),
        other => other.as_str().and_then(|text| text.parse().ok()),
    };
    let time = time.ok_or_else(|| unreadable("run time", run_time))?;
    let kind: Status =
        status.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| unreadable("status", status))?;
    let asset = data_asset.as_str().ok_or_else(|| unreadable("data asset", data_asset))?.to_owned();
    let tags = tags.as_str().map(parse_tags).unwrap_or_default();
    Ok(Entry { run_id, run_time: time, data_asset: asset, status: kind, tags })
}
