//! The statements of lists: the rows of a page, the end of a page, and the number of rows.

use std::borrow::Cow;

use super::filters::push_filters;
use super::grammar::{TableOwner, UnionArm};
use super::scope::TableScope;
use super::statement::{SqlRow, SqlValue, Statement};
use crate::store::contract::{OrderBy, Query};

/// The columns that a list reads.
const COLUMNS: &str = "run_id, run_time, data_asset, status, tags_json";

/// The columns that a list with revisions reads. Other programs change a row, too, but never without `updated_at`.
const COLUMNS_AND_REVISION: &str = "run_id, run_time, data_asset, status, tags_json, updated_at";

/// Rows counted at most, per index, to find the most selective index.
pub(super) const ESTIMATE_LIMIT: u64 = 500;

/// The position after the last row of a page.
#[derive(Clone, Debug)]
pub(super) struct PageCursor {
    run_id: SqlValue,
    run_time: SqlValue,
    /// The value of the column that the list is ordered by.
    pub(super) key: SqlValue,
    /// Whether the last two rows differ only in their run ids, so that many more rows of the same time may follow.
    pub(super) is_tied: bool,
}

impl PageCursor {
    /// Returns the position after the last of `rows`.
    pub(super) fn after(query: &Query, rows: &[SqlRow]) -> Option<Self> {
        let (last, before) = rows.split_last()?;
        let [run_id, run_time, data_asset, status, ..] = last.as_slice() else { return None };
        let (column, key) = match query.order_by {
            OrderBy::RunTime => (1, run_time),
            OrderBy::DataAsset => (2, data_asset),
            OrderBy::Status => (3, status),
        };
        let is_tied = *run_time != SqlValue::Null
            && before.last().is_some_and(|row| row.get(1) == Some(run_time) && row.get(column) == Some(key));
        Some(Self { run_id: run_id.clone(), run_time: run_time.clone(), key: key.clone(), is_tied })
    }

    /// Returns the same position in a list by time.
    pub(super) fn by_time(&self) -> Self {
        Self { key: self.run_time.clone(), ..self.clone() }
    }
}

/// A range of the matching rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PageRange<'a> {
    /// Starts after this row.
    pub(super) cursor: Option<&'a PageCursor>,
    /// In a list by time: only rows with the time of the cursor, or of the edge.
    pub(super) is_of_one_time: bool,
    /// In a list by time: ends at this time.
    pub(super) edge: Option<&'a SqlValue>,
    /// Only keys after this one.
    pub(super) later: Option<&'a SqlValue>,
    /// In a list by another key: only keys before this one.
    pub(super) earlier: Option<&'a SqlValue>,
    /// Maximum number of rows.
    pub(super) size: u64,
    /// Skips the first rows.
    pub(super) offset: u64,
    /// Whether the statement runs outside a snapshot and must itself see all rows at one instant.
    pub(super) is_alone: bool,
}

/// The statements of one list.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListStatements<'a> {
    /// The table and the namespace.
    pub(super) scope: &'a TableScope,
    /// The query.
    pub(super) query: &'a Query,
    /// Who created the table.
    pub(super) origin: TableOwner,
    /// The indexes that together contain all wanted rows; empty to let the database choose.
    pub(super) arms: &'a [UnionArm],
}

impl ListStatements<'_> {
    /// Returns the statement that reads a page.
    pub(super) fn page(&self, span: PageRange<'_>) -> Statement {
        let hint = if span.is_alone { self.scope.grammar.alone_hint() } else { "" };
        let columns = if self.query.with_revisions { COLUMNS_AND_REVISION } else { COLUMNS };
        let mut statement = self.over_arms(columns, columns, hint, span, |arm| {
            self.push_order(arm);
            self.push_slice(arm, span.offset.saturating_add(span.size), 0);
        });
        self.push_order(&mut statement);
        self.push_slice(&mut statement, span.size, span.offset);
        let is_by_index = self.query.order_by == OrderBy::RunTime && !self.query.has_filters() && span.offset == 0;
        if is_by_index { statement.short() } else { statement }
    }

    /// Returns the statement that finds the time of a page's last row, in a list by time on a database that needs this
    /// step.
    pub(super) fn edge(&self, span: PageRange<'_>) -> Option<Statement> {
        let hint = self.scope.grammar.edge_hint(self.query)?;
        if self.query.order_by != OrderBy::RunTime || span.size == 0 {
            return None;
        }
        let hint = if span.cursor.is_some() || span.later.is_some() { hint } else { "" };
        let order = if self.query.ascending { " ORDER BY run_time" } else { " ORDER BY run_time DESC" };
        let end = span.offset.saturating_add(span.size);
        let mut statement = self.over_arms("run_time", "id, run_time", hint, span, |arm| {
            arm.sql(order);
            self.push_slice(arm, end, 0);
        });
        statement.sql(order);
        self.push_slice(&mut statement, 1, end.saturating_sub(1));
        Some(statement)
    }

    /// Returns the statement that finds the time of a page's last row, and that of its first row.
    pub(super) fn edge_and_newest(&self, span: PageRange<'_>) -> Option<Statement> {
        let (edge, newest) = (self.edge(span)?, self.edge(PageRange { size: 1, ..span })?);
        let mut statement = Statement::new("SELECT run_time AS edge, (");
        statement.push(newest).sql(") AS newest FROM (").push(edge).sql(") AS last");
        Some(statement)
    }

    /// Returns the statement that finds the key of the last row of `span`, in a list by another key than the time.
    pub(super) fn last_key(&self, span: PageRange<'_>) -> Statement {
        let order_by = self.query.order_by;
        let mut statement = self.rows(column(order_by), self.scope.grammar.key_hint(order_by), span);
        statement.sql(format!(" ORDER BY {}{}", self.sort_key(), self.direction()));
        self.push_slice(&mut statement, 1, span.offset.saturating_add(span.size).saturating_sub(1));
        statement
    }

    /// Returns the statement that counts the matching rows.
    pub(super) fn count(&self) -> Statement {
        self.over_arms("count(*)", "id", "", PageRange::default(), |_| {})
    }

    /// Returns the statement that counts the candidate rows up to [`ESTIMATE_LIMIT`], for each tag and for the asset
    /// and status filters if there are any.
    pub(super) fn estimate(&self, tags: &[Vec<UnionArm>]) -> Statement {
        let slice = |arm: &mut Statement| self.push_slice(arm, ESTIMATE_LIMIT, 0);
        let mut statement = Statement::new("SELECT ");
        for (index, arms) in tags.iter().enumerate() {
            let tagged = ListStatements { query: &Query::default(), arms, ..*self };
            statement.sql(if index == 0 { "(" } else { ", (" });
            statement.push(tagged.over_arms("count(*)", "id", "", PageRange::default(), slice)).sql(")");
        }
        let Query { data_asset, statuses, .. } = self.query.clone();
        if data_asset.is_some() || statuses.len() == 1 {
            let untagged = Query { data_asset, statuses, ..Query::default() };
            let mut rows = ListStatements { query: &untagged, arms: &[], ..*self }.rows("id", "", PageRange::default());
            slice(&mut rows);
            statement.sql(", (SELECT count(*) FROM (").push(rows).sql(") AS untagged)");
        }
        statement
    }

    /// Combines the rows of `span` from all arms, without duplicates. `finish` completes the statement of each arm;
    /// without arms there is one statement, which is not completed.
    fn over_arms(
        &self,
        columns: &'static str,
        columns_of_arm: &'static str,
        hint: &str,
        span: PageRange<'_>,
        finish: impl Fn(&mut Statement),
    ) -> Statement {
        if self.arms.is_empty() {
            return self.rows(columns, hint, span);
        }
        let mut statement = Statement::new(format!("SELECT {columns} FROM ("));
        for (index, UnionArm { hint, condition }) in self.arms.iter().enumerate() {
            let mut arm = self.rows(columns_of_arm, hint, span);
            arm.sql(" AND ").push(condition.clone());
            finish(&mut arm);
            statement.sql(if index == 0 { "SELECT * FROM (" } else { " UNION SELECT * FROM (" }).push(arm);
            statement.sql(format!(") AS arm_{index}"));
        }
        statement.sql(") AS tagged");
        statement
    }

    /// Unordered and unlimited; the caller adds ORDER BY and LIMIT.
    fn rows(&self, columns: &'static str, hint: &str, span: PageRange<'_>) -> Statement {
        let table = self.scope.grammar.quoted(&self.scope.table);
        let mut statement = Statement::new(format!("SELECT {columns} FROM {table}{hint} WHERE "));
        self.scope.grammar.push_equal(&mut statement, "namespace", &self.scope.namespace);
        push_filters(self.scope.grammar, &mut statement, self.query, &self.scope.zone);
        if let Some(cursor) = span.cursor {
            match span.is_of_one_time {
                true => self.push_after_of_one_time(&mut statement, cursor),
                false => self.push_after(&mut statement, cursor),
            }
        }
        let (later, earlier) = if self.query.ascending { (">", "<") } else { ("<", ">") };
        if let Some(edge) = span.edge {
            let sign = if span.is_of_one_time { "" } else { earlier };
            statement.sql(format!(" AND run_time {sign}= ")).bind(edge.clone());
        }
        for (sign, key) in [(later, span.later), (earlier, span.earlier)] {
            if let Some(key) = key {
                statement.sql(format!(" AND {} {sign} ", self.sort_key())).bind(key.clone());
            }
        }
        statement
    }

    /// Adds the condition for rows after the cursor, starting with a range condition that an index can seek to.
    fn push_after(&self, statement: &mut Statement, cursor: &PageCursor) {
        let key = self.sort_key();
        let run_id = self.scope.grammar.order_key("run_id", self.origin);
        let sign = if self.query.ascending { ">" } else { "<" };
        statement.sql(format!(" AND {key} {sign}= ")).bind(cursor.key.clone());
        statement.sql(format!(" AND ({key} {sign} ")).bind(cursor.key.clone());
        if self.query.order_by == OrderBy::RunTime {
            statement.sql(format!(" OR {run_id} > ")).bind(cursor.run_id.clone());
        } else {
            statement.sql(" OR run_time < ").bind(cursor.run_time.clone());
            statement.sql(" OR (run_time = ").bind(cursor.run_time.clone());
            statement.sql(format!(" AND {run_id} > ")).bind(cursor.run_id.clone()).sql(")");
        }
        statement.sql(")");
    }

    /// Adds the condition for rows after the cursor with its time. An index on time and run id can seek to the first of
    /// them, whereas the range condition of [`push_after`](Self::push_after) walks all rows of that time from the first.
    fn push_after_of_one_time(&self, statement: &mut Statement, cursor: &PageCursor) {
        let run_id = self.scope.grammar.order_key("run_id", self.origin);
        statement.sql(" AND run_time = ").bind(cursor.run_time.clone());
        statement.sql(format!(" AND {run_id} > ")).bind(cursor.run_id.clone());
    }

    fn push_order(&self, statement: &mut Statement) {
        statement.sql(format!(" ORDER BY {}{}", self.sort_key(), self.direction()));
        if self.query.order_by != OrderBy::RunTime {
            statement.sql(", run_time DESC");
        }
        statement.sql(format!(", {}", self.scope.grammar.order_key("run_id", self.origin)));
    }

    fn push_slice(&self, statement: &mut Statement, size: u64, offset: u64) {
        self.scope.grammar.push_slice(statement, size, offset);
    }

    fn direction(&self) -> &'static str {
        if self.query.ascending { "" } else { " DESC" }
    }

    fn sort_key(&self) -> Cow<'static, str> {
        match self.query.order_by {
            OrderBy::RunTime => "run_time".into(),
            order_by => self.scope.grammar.order_key(column(order_by), self.origin),
        }
    }
}

fn column(order_by: OrderBy) -> &'static str {
    match order_by {
        OrderBy::RunTime => "run_time",
        OrderBy::DataAsset => "data_asset",
        OrderBy::Status => "status",
    }
}
