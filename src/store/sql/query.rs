//! The statements of the store, and what their rows mean.

use jiff::Timestamp;

use super::statement::{Row, Statement, Text, Value};
use super::text::{earliest_text, parse_tags, tags_text, time_text};
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
}

/// Where a page of a list ended.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    run_id: Value,
    run_time: Value,
    key: Value,
}

impl Scope {
    /// The statements of a save, of which the first that changes a row is the last to run.
    pub(super) fn save(&self, entry: &Entry, document: &Text, mode: SaveMode, now: Timestamp) -> Vec<Statement> {
        let now = Value::from(time_text(now));
        let data = || {
            [
                Value::from(entry.data_asset.as_str()),
                Value::from(time_text(entry.run_time.instant())),
                Value::from(entry.status.name()),
                Value::from(tags_text(&entry.tags)),
                Value::Text(document.clone()),
            ]
        };
        let mut insert = Statement::new(format!(
            "INSERT INTO \"{}\" (data_asset, run_time, status, tags_json, data_json, run_id, namespace, created_at, \
             updated_at) SELECT ",
            self.table
        ));
        let keys = [Value::from(entry.run_id.as_str()), Value::from(self.namespace.as_str()), now.clone(), now.clone()];
        insert.bind_all(data().into_iter().chain(keys));
        if mode == SaveMode::IfAbsent {
            insert.sql(" WHERE NOT EXISTS (SELECT 1").sql(format!(" FROM \"{}\"", self.table));
            self.push_key(&mut insert, &entry.run_id);
            insert.sql(")");
            return vec![insert];
        }
        let mut update = Statement::new(format!("UPDATE \"{}\" SET ", self.table));
        for (column, value) in ["data_asset = ", ", run_time = ", ", status = ", ", tags_json = ", ", data_json = "]
            .into_iter()
            .zip(data())
        {
            update.sql(column).bind(value);
        }
        update.sql(", updated_at = ").bind(now);
        self.push_key(&mut update, &entry.run_id);
        vec![update, insert]
    }

    /// The statement that reads a document.
    pub(super) fn get(&self, run_id: &RunId) -> Statement {
        let mut statement = Statement::new(format!("SELECT data_json FROM \"{}\"", self.table));
        self.push_key(&mut statement, run_id);
        statement
    }

    /// The statement that removes a result.
    pub(super) fn delete(&self, run_id: &RunId) -> Statement {
        let mut statement = Statement::new(format!("DELETE FROM \"{}\"", self.table));
        self.push_key(&mut statement, run_id);
        statement
    }

    /// The statement that counts the results of a query.
    pub(super) fn count(&self, query: &Query) -> Statement {
        let mut statement = Statement::new(format!("SELECT count(*) FROM \"{}\"", self.table));
        self.push_filters(&mut statement, query);
        statement
    }

    /// The statement that reads a page of a list: `size` rows after `cursor`, or after `offset` of the first.
    pub(super) fn page(&self, query: &Query, cursor: Option<&Cursor>, size: u64, offset: u64) -> Statement {
        let mut statement =
            Statement::new(format!("SELECT run_id, run_time, data_asset, status, tags_json FROM \"{}\"", self.table));
        self.push_filters(&mut statement, query);
        if let Some(cursor) = cursor {
            push_after(&mut statement, query, cursor);
        }
        let direction = if query.ascending { "" } else { " DESC" };
        statement.sql(match query.order_by {
            OrderBy::RunTime => format!(" ORDER BY run_time{direction}, run_id"),
            OrderBy::DataAsset => format!(" ORDER BY data_asset{direction}, run_time DESC, run_id"),
            OrderBy::Status => format!(" ORDER BY status{direction}, run_time DESC, run_id"),
        });
        statement.sql(" LIMIT ").bind(size);
        if offset > 0 {
            statement.sql(" OFFSET ").bind(offset);
        }
        statement
    }

    fn push_key(&self, statement: &mut Statement, run_id: &RunId) {
        statement.sql(" WHERE namespace = ").bind(self.namespace.as_str());
        statement.sql(" AND run_id = ").bind(run_id.as_str());
    }

    fn push_filters(&self, statement: &mut Statement, query: &Query) {
        statement.sql(" WHERE namespace = ").bind(self.namespace.as_str());
        if let Some(asset) = &query.data_asset {
            statement.sql(" AND data_asset = ").bind(asset.as_str());
        }
        match query.statuses.as_slice() {
            [] => {}
            [status] => {
                statement.sql(" AND status = ").bind(status.name());
            }
            statuses => {
                // The plus keeps SQLite from collecting and sorting all results of those statuses by the index on it.
                let names = statuses.iter().map(|status| Value::from(status.name()));
                statement.sql(" AND +status IN (").bind_all(names).sql(")");
            }
        }
        if let Some(since) = query.since {
            statement.sql(" AND run_time >= ").bind(earliest_text(since));
        }
        if let Some(until) = query.until {
            statement.sql(" AND run_time <= ").bind(time_text(until));
        }
        for (key, value) in &query.tags {
            statement
                .sql(
                    " AND EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(tags_json) THEN tags_json ELSE '{}' \
                     END) AS tag WHERE tag.key = ",
                )
                .bind(key.as_str())
                .sql(
                    " AND CASE tag.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' \
                     ELSE CAST(tag.value AS TEXT) END = ",
                )
                .bind(value.as_str())
                .sql(")");
        }
    }
}

/// Adds the condition for rows after a page's last one, led by a range that an index can begin at.
fn push_after(statement: &mut Statement, query: &Query, cursor: &Cursor) {
    let (key, strict) = match query.order_by {
        OrderBy::RunTime => ("run_time", query.ascending),
        OrderBy::DataAsset => ("data_asset", query.ascending),
        OrderBy::Status => ("status", query.ascending),
    };
    let sign = if strict { ">" } else { "<" };
    statement.sql(format!(" AND {key} {sign}= ")).bind(cursor.key.clone());
    statement.sql(format!(" AND ({key} {sign} ")).bind(cursor.key.clone());
    if query.order_by == OrderBy::RunTime {
        statement.sql(" OR run_id > ").bind(cursor.run_id.clone());
    } else {
        statement.sql(" OR run_time < ").bind(cursor.run_time.clone());
        statement.sql(" OR (run_time = ").bind(cursor.run_time.clone());
        statement.sql(" AND run_id > ").bind(cursor.run_id.clone()).sql(")");
    }
    statement.sql(")");
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
    let time: RunTime =
        run_time.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| unreadable("run time", run_time))?;
    let kind: Status =
        status.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| unreadable("status", status))?;
    let asset = data_asset.as_str().ok_or_else(|| unreadable("data asset", data_asset))?.to_owned();
    let tags = tags.as_str().map(parse_tags).unwrap_or_default();
    Ok(Entry { run_id, run_time: time, data_asset: asset, status: kind, tags })
}
