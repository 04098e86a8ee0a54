//! The pages of one list, read on one connection and, unless one statement reads them all, in one snapshot.

use std::sync::Arc;

use super::driver::SnapshotKind;
use super::failure::{FailureClass, SqlFailure};
use super::grammar::{TableOwner, UnionArm};
use super::list_statements::{ListStatements, PageCursor, PageRange};
use super::plan;
use super::reader::ReadConnection;
use super::scope::TableScope;
use super::statement::{SqlRow, SqlValue, Statement};
use crate::store::contract::{OrderBy, Query};

/// Rows that are read at once.
const PAGE: u64 = 500;

/// The same where the database sorts all that matches for each page.
const SORTED_PAGE: u64 = 5_000;

/// The pages of a list.
pub(super) struct PageReader<'a> {
    scope: &'a TableScope,
    query: Arc<Query>,
    reader: ReadConnection,
    way: Arc<PageStrategy>,
    cursor: Option<PageCursor>,
    /// Results that may still be read; none once the end was seen.
    left: u64,
}

/// How the pages of a list are read.
#[derive(Debug)]
enum PageStrategy {
    /// Each as one range of the table or of these indexes.
    Range(Vec<UnionArm>),
    /// Each as the rest of one key, the whole of others, and the beginning of another. No index ends with the time and the
    /// run id in the order that is wanted after every key.
    ByKey,
}

/// Rows that follow each other.
#[derive(Debug, Default)]
struct RowPage {
    rows: Vec<SqlRow>,
    /// Whether there were no more when it was read.
    is_last: bool,
}

impl<'a> PageReader<'a> {
    /// The pages of `query`, of which none has been read. Begins a snapshot where it is known already that more than one
    /// statement reads them.
    pub(super) async fn begin(
        scope: &'a TableScope,
        query: &Query,
        mut reader: ReadConnection,
    ) -> Result<Self, SqlFailure> {
        let query = Arc::new(without_needless_order(query.clone()));
        let (origin, arms) = plan::choose(scope, &query, &mut reader).await?;
        let is_by_key = query.order_by != OrderBy::RunTime && arms.is_empty() && origin == TableOwner::Store;
        let way = Arc::new(if is_by_key { PageStrategy::ByKey } else { PageStrategy::Range(arms) });
        let left = query.limit.unwrap_or(u64::MAX);
        let mut pages = Self { scope, query, reader, way, cursor: None, left };
        // Elsewhere the first page tells whether there are more.
        let may_go_on = left > pages.page_size() && scope.grammar.begins_snapshots_for_nothing();
        if is_by_key || may_go_on {
            pages.reader.begin_snapshot().await?;
        }
        Ok(pages)
    }

    /// Whether there are no more.
    pub(super) fn is_at_end(&self) -> bool {
        self.left == 0
    }

    /// Gives the connection back.
    pub(super) async fn end(self) {
        self.reader.end().await;
    }

    /// Whether writers wait until the snapshot has ended.
    pub(super) fn is_brief(&self) -> bool {
        self.reader.snapshot() == Some(SnapshotKind::Brief)
    }

    /// The rows of the next page.
    pub(super) async fn read_page(&mut self) -> Result<Vec<SqlRow>, SqlFailure> {
        let (query, way) = (Arc::clone(&self.query), Arc::clone(&self.way));
        let size = self.left.min(self.page_size());
        let cursor = self.cursor.take();
        let offset = if cursor.is_none() { query.offset } else { 0 };
        let span = PageRange { cursor: cursor.as_ref(), size, offset, ..PageRange::default() };
        let page = match &*way {
            PageStrategy::Range(arms) => self.range(&pages(self.scope, &query, TableOwner::Other, arms), span).await?,
            PageStrategy::ByKey if offset > 0 => {
                self.range(&pages(self.scope, &query, TableOwner::Store, &[]), span).await?
            }
            PageStrategy::ByKey => self.page_by_key(&query, cursor.as_ref(), size).await?,
        };
        let last = page.rows.last();
        self.left = if page.is_last { 0 } else { self.left.saturating_sub(page.rows.len() as u64) };
        self.cursor = last.and_then(|row| PageCursor::after(&query, row)).or(cursor);
        Ok(page.rows)
    }

    fn page_size(&self) -> u64 {
        let is_sorted = matches!(*self.way, PageStrategy::Range(_)) && self.query.order_by != OrderBy::RunTime;
        if is_sorted { SORTED_PAGE } else { PAGE }
    }

    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.reader.read(statement).await
    }

    async fn range(&mut self, pages: &ListStatements<'_>, span: PageRange<'_>) -> Result<RowPage, SqlFailure> {
        let edge = match pages.edge(span) {
            None => None,
            Some(statement) => match self.read(statement).await {
                Ok(rows) => first_value(rows),
                // It is for speed alone: a table that somebody else made may lack the index that it names.
                Err(failure) if failure.class == FailureClass::Other => None,
                Err(failure) => return Err(failure),
            },
        };
        if edge.is_some() {
            if self.needs_snapshot(span.size) {
                self.reader.begin_snapshot().await?;
            }
            let rows = self.read(pages.page(PageRange { edge: edge.as_ref(), ..self.place(span) })).await?;
            // In a snapshot there are enough rows up to the edge, unless it is a time that the database finds but does not
            // compare. Outside of one the rows may have changed meanwhile: then one statement has to read them all.
            let is_enough = match self.reader.snapshot() {
                Some(_) => !rows.is_empty(),
                None => rows.len() as u64 == span.size,
            };
            if is_enough {
                return Ok(RowPage { rows, is_last: false });
            }
        }
        let mut rows = self.read(pages.page(self.place(span))).await?;
        // Others will follow, which must be of the same instant.
        if rows.len() as u64 == span.size && self.needs_snapshot(span.size) {
            self.reader.begin_snapshot().await?;
            rows = self.read(pages.page(span)).await?;
        }
        let is_last = (rows.len() as u64) < span.size;
        Ok(RowPage { rows, is_last })
    }

    /// Whether a page of so many rows is not the last, and there is no snapshot yet.
    fn needs_snapshot(&self, size: u64) -> bool {
        self.left > size && self.reader.snapshot().is_none()
    }

    fn place<'s>(&self, span: PageRange<'s>) -> PageRange<'s> {
        PageRange { is_alone: self.reader.snapshot().is_none(), ..span }
    }

    async fn page_by_key(
        &mut self,
        query: &Query,
        cursor: Option<&PageCursor>,
        size: u64,
    ) -> Result<RowPage, SqlFailure> {
        let scope = self.scope;
        let all = pages(scope, query, TableOwner::Store, &[]);
        let mut found = Vec::new();
        if let Some(cursor) = cursor {
            let Some(of_key) = with_key(query, &cursor.key) else {
                return self.range(&all, PageRange { cursor: Some(cursor), size, ..PageRange::default() }).await;
            };
            let by_time = cursor.by_time();
            let span = PageRange { cursor: Some(&by_time), size, ..PageRange::default() };
            let RowPage { rows, is_last } = self.range(&pages(scope, &of_key, TableOwner::Store, &[]), span).await?;
            if !is_last {
                return Ok(RowPage { rows, is_last });
            }
            found = rows;
        }
        let later = cursor.map(|cursor| &cursor.key);
        let span = PageRange { later, size: size - found.len() as u64, ..PageRange::default() };
        let last_key = first_value(self.read(all.last_key(span)).await?);
        // A key that is no text is not for an index: the database sorts such rows.
        if let Some((key, of_key)) = last_key.as_ref().and_then(|key| Some((key, with_key(query, key)?))) {
            found.extend(self.read(all.page(PageRange { earlier: Some(key), ..span })).await?);
            let left = PageRange { size: size.saturating_sub(found.len() as u64), ..PageRange::default() };
            if left.size > 0 {
                found.extend(self.range(&pages(scope, &of_key, TableOwner::Store, &[]), left).await?.rows);
            }
            if !found.is_empty() {
                return Ok(RowPage { rows: found, is_last: false });
            }
        }
        let RowPage { rows, is_last } = self.range(&all, span).await?;
        found.extend(rows);
        Ok(RowPage { rows: found, is_last })
    }
}

fn pages<'p>(scope: &'p TableScope, query: &'p Query, origin: TableOwner, arms: &'p [UnionArm]) -> ListStatements<'p> {
    ListStatements { scope, query, origin, arms }
}

/// The query for the results that have this key; none where it is none that a result can have.
fn with_key(query: &Query, key: &SqlValue) -> Option<Query> {
    let mut query = query.clone();
    match query.order_by {
        OrderBy::RunTime => return None,
        OrderBy::DataAsset => query.data_asset = Some(key.as_str()?.to_owned()),
        OrderBy::Status => query.statuses = vec![key.as_str()?.parse().ok()?],
    }
    Some(without_needless_order(query))
}

/// The query in the order of time, if all that match are alike in what it is ordered by.
fn without_needless_order(query: Query) -> Query {
    let is_needless = match query.order_by {
        OrderBy::RunTime => false,
        OrderBy::DataAsset => query.data_asset.is_some(),
        OrderBy::Status => query.statuses.len() == 1,
    };
    if is_needless { Query { order_by: OrderBy::RunTime, ascending: false, ..query } } else { query }
}

fn first_value(rows: Vec<SqlRow>) -> Option<SqlValue> {
    rows.into_iter().next()?.into_iter().next()
}
