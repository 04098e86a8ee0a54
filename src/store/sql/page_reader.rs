//! Reads the pages of one list on one connection, in one snapshot unless a single statement reads everything.

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

/// Rows per page.
const PAGE: u64 = 500;

/// Rows per page where the database sorts rows for each page: all that match, or those of one time where its index lacks the
/// run id.
const LONG_PAGE: u64 = 5_000;

/// Reads the pages of a list.
pub(super) struct PageReader<'a> {
    scope: &'a TableScope,
    query: Arc<Query>,
    reader: ReadConnection,
    way: Arc<PageStrategy>,
    cursor: Option<PageCursor>,
    /// Who created the table, once it was asked.
    owner: Option<TableOwner>,
    /// Rows that may still be read; 0 once the end was seen.
    left: u64,
}

/// How pages are read.
#[derive(Debug)]
enum PageStrategy {
    /// Each page is one range of the table or of these indexes.
    Range(Vec<UnionArm>),
    /// Each page is the rest of one key, whole keys, and the beginning of another key, because no index continues after
    /// the key with time and run id in the wanted order.
    ByKey,
}

/// Consecutive rows.
#[derive(Debug, Default)]
struct RowPage {
    rows: Vec<SqlRow>,
    /// Whether there were no more rows.
    is_last: bool,
}

impl<'a> PageReader<'a> {
    /// Prepares a list. Begins a snapshot if it is already certain that several statements are needed.
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
        let mut pages = Self { scope, query, reader, way, cursor: None, owner: None, left };
        // On other databases the first page shows whether there are more.
        let may_go_on = left > pages.page_size() && scope.grammar.begins_snapshots_for_nothing();
        if is_by_key || may_go_on {
            pages.reader.begin_snapshot().await?;
        }
        Ok(pages)
    }

    /// Whether all rows have been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.left == 0
    }

    /// Returns the connection to the pool.
    pub(super) async fn end(self) {
        self.reader.end().await;
    }

    /// Whether writers wait until the snapshot ends.
    pub(super) fn is_brief(&self) -> bool {
        self.reader.snapshot() == Some(SnapshotKind::Brief)
    }

    /// Reads the next page.
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
        self.left = if page.is_last { 0 } else { self.left.saturating_sub(page.rows.len() as u64) };
        self.cursor = PageCursor::after(&query, &page.rows).or(cursor);
        Ok(page.rows)
    }

    fn page_size(&self) -> u64 {
        let is_sorted = matches!(*self.way, PageStrategy::Range(_)) && self.query.order_by != OrderBy::RunTime;
        let is_tied = self.cursor.as_ref().is_some_and(|cursor| cursor.is_tied);
        if is_sorted || is_tied { LONG_PAGE } else { PAGE }
    }

    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.reader.read(statement).await
    }

    /// Reads the rows of `span`: first the rest of the time that many results share, then those after it.
    async fn range(&mut self, pages: &ListStatements<'_>, span: PageRange<'_>) -> Result<RowPage, SqlFailure> {
        let is_by_time = pages.query.order_by == OrderBy::RunTime;
        let Some(cursor) = span.cursor.filter(|cursor| cursor.is_tied && is_by_time) else {
            return self.slice(pages, span).await;
        };
        let mut rows = self.read_of_one_time(pages, self.place(span)).await?;
        let left = span.size.saturating_sub(rows.len() as u64);
        if left == 0 {
            return Ok(RowPage { rows, is_last: false });
        }
        let after = PageRange { cursor: None, later: Some(&cursor.key), size: left, ..span };
        let page = self.slice(pages, after).await?;
        rows.extend(page.rows);
        Ok(RowPage { rows, is_last: page.is_last })
    }

    /// Reads rows that all have one time: that of the cursor, or of the edge.
    async fn read_of_one_time(
        &mut self,
        pages: &ListStatements<'_>,
        span: PageRange<'_>,
    ) -> Result<Vec<SqlRow>, SqlFailure> {
        // In a table of the store an index has the run ids in their order, so that a page begins where the last one ended.
        let pages = ListStatements { origin: self.owner(pages.origin).await?, ..*pages };
        self.read(pages.page(PageRange { is_of_one_time: true, ..span })).await
    }

    /// Whether it may pay to read a page as rows of one time: more pages follow, and an index that orders run ids depends on
    /// who created the table.
    fn may_be_of_one_time(&self, span: PageRange<'_>) -> bool {
        self.left > span.size && span.cursor.is_none() && span.offset == 0 && self.owner_matters()
    }

    /// Whether the first row of `span` has the time `edge`, as it had before the snapshot began.
    async fn is_of_one_time(
        &mut self,
        pages: &ListStatements<'_>,
        span: PageRange<'_>,
        edge: &SqlValue,
    ) -> Result<bool, SqlFailure> {
        let newest = pages.edge(PageRange { size: 1, ..span }).filter(|_| self.reader.snapshot().is_some());
        let Some(statement) = newest else { return Ok(false) };
        Ok(first_value(self.read(statement).await?).as_ref() == Some(edge))
    }

    fn owner_matters(&self) -> bool {
        let key = |owner| self.scope.grammar.order_key("run_id", owner);
        key(TableOwner::Store) != key(TableOwner::Other)
    }

    /// Returns who created the table, if that makes a difference to the order of run ids and is not `known`.
    async fn owner(&mut self, known: TableOwner) -> Result<TableOwner, SqlFailure> {
        if known == TableOwner::Store || !self.owner_matters() {
            return Ok(known);
        }
        if self.owner.is_none() {
            self.owner = Some(plan::origin(self.scope, &mut self.reader).await?);
        }
        Ok(self.owner.unwrap_or(known))
    }

    async fn slice(&mut self, pages: &ListStatements<'_>, span: PageRange<'_>) -> Result<RowPage, SqlFailure> {
        let asks_for_newest = self.may_be_of_one_time(span);
        let edge = match if asks_for_newest { pages.edge_and_newest(span) } else { pages.edge(span) } {
            None => None,
            Some(statement) => match self.read(statement).await {
                Ok(rows) => rows.into_iter().next(),
                // The hint is an optimization: a table that another program created may lack the index.
                Err(failure) if failure.class == FailureClass::Other => None,
                Err(failure) => return Err(failure),
            },
        };
        let is_tied = edge.as_ref().is_some_and(|edge| asks_for_newest && edge.first() == edge.get(1));
        let edge = edge.and_then(|edge| edge.into_iter().next());
        if let Some(edge) = &edge {
            if self.needs_snapshot(span.size) {
                self.reader.begin_snapshot().await?;
            }
            let page = PageRange { edge: Some(edge), ..self.place(span) };
            let rows = match is_tied && self.is_of_one_time(pages, span, edge).await? {
                true => self.read_of_one_time(pages, page).await?,
                false => self.read(pages.page(page)).await?,
            };
            // In a snapshot all rows up to the boundary exist, unless the boundary is a time that the database stores
            // but cannot compare. Outside a snapshot rows may have changed, so one statement must read the whole page.
            let is_enough = match self.reader.snapshot() {
                Some(_) => !rows.is_empty(),
                None => rows.len() as u64 == span.size,
            };
            if is_enough {
                return Ok(RowPage { rows, is_last: false });
            }
        }
        let mut rows = self.read(pages.page(self.place(span))).await?;
        // More pages follow, which must be of the same instant.
        if rows.len() as u64 == span.size && self.needs_snapshot(span.size) {
            self.reader.begin_snapshot().await?;
            rows = self.read(pages.page(span)).await?;
        }
        let is_last = (rows.len() as u64) < span.size;
        Ok(RowPage { rows, is_last })
    }

    /// Whether more pages follow a page of this size, and no snapshot has begun.
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
        // An index cannot be searched for a key that is not text: the database sorts such rows.
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

/// Returns the query for the results with this key; `None` if no result can have it.
fn with_key(query: &Query, key: &SqlValue) -> Option<Query> {
    let mut query = query.clone();
    match query.order_by {
        OrderBy::RunTime => return None,
        OrderBy::DataAsset => query.data_asset = Some(key.as_str()?.to_owned()),
        OrderBy::Status => query.statuses = vec![key.as_str()?.parse().ok()?],
    }
    Some(without_needless_order(query))
}

/// Orders by time a query that matches only one value of its order key.
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
