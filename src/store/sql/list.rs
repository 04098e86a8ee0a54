//! A list, read page by page.

use std::collections::VecDeque;

use super::dialects::{Arm, Origin};
use super::driver::{Failure, FailureClass};
use super::failure::Doing;
use super::pages::{Cursor, Pages, Span};
use super::query::entry;
use super::statement::{Row, Statement, Value};
use super::store::SqlResultStore;
use super::ways;
use crate::result::Entry;
use crate::store::contract::{OrderBy, Query, ResultStore as _};

/// Rows that are read at once.
const PAGE: u64 = 500;

/// The same where the database sorts all that matches for each page.
const SORTED_PAGE: u64 = 5_000;

/// A list under way.
pub(super) struct Listing<'a> {
    store: &'a SqlResultStore,
    query: Query,
    /// How its pages are read, once that is known.
    way: Option<Way>,
    cursor: Option<Cursor>,
    /// Results that may still be read; none once the end was seen.
    left: u64,
    found: VecDeque<crate::error::Result<Entry>>,
}

/// How the pages of a list are read.
#[derive(Debug)]
enum Way {
    /// Each as one range of the table or of these indexes.
    Ranges(Vec<Arm>),
    /// Each as the rest of one key, the whole of others, and the beginning of another. No index ends with the time and the
    /// run id in the order that is wanted after every key.
    ByKey,
}

/// Rows that follow each other.
#[derive(Debug, Default)]
struct Page {
    rows: Vec<Row>,
    /// Whether there were no more when it was read.
    is_last: bool,
}

impl<'a> Listing<'a> {
    /// A list of what matches `query`; nothing is read yet.
    pub(super) fn new(store: &'a SqlResultStore, query: &Query) -> Self {
        Self {
            store,
            query: without_needless_order(query.clone()),
            way: None,
            cursor: None,
            left: query.limit.unwrap_or(u64::MAX),
            found: VecDeque::new(),
        }
    }

    /// The next result.
    pub(super) async fn next(mut self) -> Option<(crate::error::Result<Entry>, Self)> {
        while self.found.is_empty() && self.left > 0 {
            if let Err(failure) = self.read_page().await {
                self.left = 0;
                if !self.store.is_empty_store(&failure) {
                    let message = format!("cannot list the results in {}", self.store.location());
                    self.found.push_back(Err(self.store.error(failure, Doing::Reading, &message)));
                }
            }
        }
        self.found.pop_front().map(|entry| (entry, self))
    }

    async fn read_page(&mut self) -> Result<(), Failure> {
        let way = match self.way.take() {
            Some(way) => way,
            None => self.find_way().await?,
        };
        let is_sorted = matches!(way, Way::Ranges(_)) && self.query.order_by != OrderBy::RunTime;
        let size = self.left.min(if is_sorted { SORTED_PAGE } else { PAGE });
        let cursor = self.cursor.take();
        let offset = if cursor.is_none() { self.query.offset } else { 0 };
        let span = Span { cursor: cursor.as_ref(), size, offset, ..Span::default() };
        let page = match &way {
            Way::Ranges(arms) => self.range(&self.pages(&self.query, Origin::Others, arms), span).await?,
            Way::ByKey if offset > 0 => self.range(&self.pages(&self.query, Origin::Ours, &[]), span).await?,
            Way::ByKey => self.page_by_key(cursor.as_ref(), size).await?,
        };
        let last = page.rows.last();
        self.left = if page.is_last { 0 } else { self.left.saturating_sub(page.rows.len() as u64) };
        self.cursor = last.and_then(|row| Cursor::after(&self.query, row)).or(cursor);
        self.way = Some(way);
        self.found = page.rows.iter().map(entry).collect();
        Ok(())
    }

    async fn find_way(&self) -> Result<Way, Failure> {
        let (origin, arms) = ways::choose(self.store, &self.query).await?;
        let is_by_key = self.query.order_by != OrderBy::RunTime && arms.is_empty();
        Ok(if is_by_key && origin == Origin::Ours { Way::ByKey } else { Way::Ranges(arms) })
    }

    fn pages<'p>(&'p self, query: &'p Query, origin: Origin, arms: &'p [Arm]) -> Pages<'p> {
        Pages { scope: &self.store.scope, query, origin, arms }
    }

    async fn read(&self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        self.store.database.read(statement).await
    }

    async fn range(&self, pages: &Pages<'_>, span: Span<'_>) -> Result<Page, Failure> {
        let edge = match pages.edge(span) {
            None => None,
            Some(statement) => match self.read(&statement).await {
                Ok(rows) => first_value(rows),
                // It is for speed alone: a table that somebody else made may lack the index that it names.
                Err(failure) if failure.class == FailureClass::Other => None,
                Err(failure) => return Err(failure),
            },
        };
        if edge.is_some() {
            let rows = self.read(&pages.page(Span { edge: edge.as_ref(), ..span })).await?;
            // There were enough rows: if there are fewer now, others were removed meanwhile. If there is none, the edge may be
            // a time that the database finds but does not compare.
            if !rows.is_empty() {
                return Ok(Page { rows, is_last: false });
            }
        }
        let rows = self.read(&pages.page(span)).await?;
        let is_last = (rows.len() as u64) < span.size;
        Ok(Page { rows, is_last })
    }

    async fn page_by_key(&self, cursor: Option<&Cursor>, size: u64) -> Result<Page, Failure> {
        let pages = self.pages(&self.query, Origin::Ours, &[]);
        let mut found = Vec::new();
        if let Some(cursor) = cursor {
            let Some(query) = with_key(&self.query, &cursor.key) else {
                return self.range(&pages, Span { cursor: Some(cursor), size, ..Span::default() }).await;
            };
            let by_time = cursor.by_time();
            let span = Span { cursor: Some(&by_time), size, ..Span::default() };
            let Page { rows, is_last } = self.range(&self.pages(&query, Origin::Ours, &[]), span).await?;
            if !is_last {
                return Ok(Page { rows, is_last });
            }
            found = rows;
        }
        let later = cursor.map(|cursor| &cursor.key);
        let span = Span { later, size: size - found.len() as u64, ..Span::default() };
        let last_key = first_value(self.read(&pages.last_key(span)).await?);
        // A key that is no text is not for an index: the database sorts such rows.
        if let Some((key, query)) = last_key.as_ref().and_then(|key| Some((key, with_key(&self.query, key)?))) {
            found.extend(self.read(&pages.page(Span { earlier: Some(key), ..span })).await?);
            let left = Span { size: size.saturating_sub(found.len() as u64), ..Span::default() };
            if left.size > 0 {
                found.extend(self.range(&self.pages(&query, Origin::Ours, &[]), left).await?.rows);
            }
            if !found.is_empty() {
                return Ok(Page { rows: found, is_last: false });
            }
        }
        let Page { rows, is_last } = self.range(&pages, span).await?;
        found.extend(rows);
        Ok(Page { rows: found, is_last })
    }
}

/// The query for the results that have this key; none where it is none that a result can have.
fn with_key(query: &Query, key: &Value) -> Option<Query> {
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

fn first_value(rows: Vec<Row>) -> Option<Value> {
    rows.into_iter().next()?.into_iter().next()
}
