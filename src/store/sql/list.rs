//! A list, read page by page.

use std::collections::VecDeque;

use super::driver::{Failure, FailureClass};
use super::failure::Doing;
use super::query::{Cursor, cursor_after, entry};
use super::statement::Row;
use super::store::SqlResultStore;
use crate::result::Entry;
use crate::store::contract::{Query, ResultStore as _};

/// Rows that are read at once.
const PAGE: u64 = 500;

/// A list under way.
pub(super) struct Listing<'a> {
    store: &'a SqlResultStore,
    query: &'a Query,
    cursor: Option<Cursor>,
    /// Results that may still be read; none once the end was seen.
    left: u64,
    found: VecDeque<crate::error::Result<Entry>>,
}

impl<'a> Listing<'a> {
    /// A list of what matches `query`; nothing is read yet.
    pub(super) fn new(store: &'a SqlResultStore, query: &'a Query) -> Self {
        Self { store, query, cursor: None, left: query.limit.unwrap_or(u64::MAX), found: VecDeque::new() }
    }

    /// The next result.
    pub(super) async fn next(mut self) -> Option<(crate::error::Result<Entry>, Self)> {
        if self.found.is_empty() && self.left > 0 {
            self.read_page().await;
        }
        self.found.pop_front().map(|entry| (entry, self))
    }

    async fn read_page(&mut self) {
        let size = self.left.min(PAGE);
        let offset = if self.cursor.is_none() { self.query.offset } else { 0 };
        let rows = match self.page(size, offset).await {
            Ok(rows) => rows,
            Err(failure) => {
                self.left = 0;
                if !self.store.is_empty_store(&failure) {
                    let message = format!("cannot list the results in {}", self.store.location());
                    self.found.push_back(Err(self.store.error(failure, Doing::Reading, &message)));
                }
                return;
            }
        };
        self.cursor = rows.last().and_then(|row| cursor_after(self.query, row));
        let count = rows.len() as u64;
        self.left = if count < size || self.cursor.is_none() { 0 } else { self.left - count };
        self.found = rows.iter().map(entry).collect();
    }

    async fn page(&self, size: u64, offset: u64) -> Result<Vec<Row>, Failure> {
        let SqlResultStore { database, scope, .. } = self.store;
        let cursor = self.cursor.as_ref();
        let edge = match scope.edge(self.query, cursor, size, offset) {
            None => None,
            Some(statement) => match database.read(&statement).await {
                Ok(rows) => rows.into_iter().next().and_then(|row| row.into_iter().next()),
                // It is for speed alone: a table that somebody else made may lack the index that it names.
                Err(failure) if failure.class == FailureClass::Other => None,
                Err(failure) => return Err(failure),
            },
        };
        database.read(&scope.page(self.query, cursor, edge.as_ref(), size, offset)).await
    }
}
