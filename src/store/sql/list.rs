//! A running list, as a stream of results.

use std::collections::VecDeque;

use super::failure::{SqlFailure, SqlOperation};
use super::page_reader::PageReader;
use super::result_table::ResultTable;
use super::scope::entry;
use super::statement::SqlRow;
use crate::result::Entry;
use crate::store::contract::Query;

/// A running list: a stream of results from one snapshot of the table.
pub(super) struct ResultList<'a> {
    table: &'a ResultTable,
    query: Query,
    progress: ListState<'a>,
    found: VecDeque<crate::error::Result<Entry>>,
}

enum ListState<'a> {
    /// Nothing has been read.
    Begins,
    /// There are more pages, in the snapshot on this connection.
    GoesOn(Box<PageReader<'a>>),
    /// All pages have been read.
    Ended,
}

impl<'a> ResultList<'a> {
    /// Returns the list for `query`; reads nothing yet.
    pub(super) fn new(table: &'a ResultTable, query: &Query) -> Self {
        let progress = if query.limit == Some(0) { ListState::Ended } else { ListState::Begins };
        Self { table, query: query.clone(), progress, found: VecDeque::new() }
    }

    /// Returns the next result.
    pub(super) async fn next(mut self) -> Option<(crate::error::Result<Entry>, Self)> {
        while self.found.is_empty() {
            let (pages, hint) = match std::mem::replace(&mut self.progress, ListState::Ended) {
                ListState::Ended => return None,
                ListState::Begins => (begin(self.table, &self.query).await, None),
                ListState::GoesOn(pages) => (
                    go_on(self.table, *pages).await,
                    Some("list again: what was listed before this is a part of the results"),
                ),
            };
            match pages {
                Ok((rows, pages)) => {
                    self.found = rows.iter().map(entry).collect();
                    if pages.is_at_end() {
                        pages.end().await;
                    } else {
                        self.progress = ListState::GoesOn(Box::new(pages));
                    }
                }
                Err(failure) if hint.is_none() && self.table.is_empty_store(&failure) => {}
                Err(failure) => {
                    let message = format!("cannot list the results in {}", self.table.location());
                    let error = self.table.error(failure, SqlOperation::Read, &message);
                    self.found.push_back(Err(match hint {
                        Some(hint) => error.with_hint(hint),
                        None => error,
                    }));
                }
            }
        }
        self.found.pop_front().map(|entry| (entry, self))
    }
}

/// Reads the first page. It can be retried as a whole, because no result has been handed out yet.
async fn begin<'a>(table: &'a ResultTable, query: &Query) -> Result<(Vec<SqlRow>, PageReader<'a>), SqlFailure> {
    let first_page = || async {
        let reader = table.database.reader().await?;
        let mut pages = PageReader::begin(&table.scope, query, reader).await?;
        let mut rows = pages.read_page().await?;
        // Writers must not wait for the consumer of the stream.
        while pages.is_brief() && !pages.is_at_end() {
            rows.extend(pages.read_page().await?);
        }
        Ok((rows, pages))
    };
    table.database.guarded(first_page).await
}

/// Reads another page. It cannot be retried: the snapshot is lost with its connection, and in a new snapshot results
/// may have changed places.
async fn go_on<'a>(
    table: &'a ResultTable,
    mut pages: PageReader<'a>,
) -> Result<(Vec<SqlRow>, PageReader<'a>), SqlFailure> {
    match pages.read_page().await {
        Ok(rows) => Ok((rows, pages)),
        Err(failure) => {
            table.database.note(&failure);
            Err(failure)
        }
    }
}
