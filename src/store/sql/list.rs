//! A running list, as a stream of results.

use std::collections::VecDeque;

use super::failure::{SqlFailure, SqlOperation};
use super::page_reader::PageReader;
use super::result_table::ResultTable;
use super::row_version::revision_of;
use super::scope::{COLUMNS, entry, other_columns};
use super::statement::SqlRow;
use crate::result::Entry;
use crate::store::contract::Query;

/// A running list: a stream of results from one snapshot of the table.
pub(super) struct ResultList<'a> {
    table: &'a ResultTable,
    query: Query,
    progress: ListState<'a>,
    found: VecDeque<crate::error::Result<Entry>>,
    /// The number of rows that cannot be read, and why the first of them cannot.
    left_out: (u64, String),
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
        Self { table, query: query.clone(), progress, found: VecDeque::new(), left_out: (0, String::new()) }
    }

    /// Returns the next result.
    pub(super) async fn next(mut self) -> Option<(crate::error::Result<Entry>, Self)> {
        while self.found.is_empty() {
            let (pages, hint) = match std::mem::replace(&mut self.progress, ListState::Ended) {
                ListState::Ended => {
                    self.tell_of_odd_rows();
                    return None;
                }
                ListState::Begins => (begin(self.table, &self.query).await, None),
                ListState::GoesOn(pages) => (
                    go_on(self.table, *pages).await,
                    Some("list again: what was listed before this is a part of the results"),
                ),
            };
            match pages {
                Ok((rows, pages)) => {
                    self.take(&rows);
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

    /// Takes the rows of a page. A row that another program has written oddly must not hide the others.
    fn take(&mut self, rows: &[SqlRow]) {
        let columns = COLUMNS + usize::from(self.query.with_revisions);
        for row in rows {
            let (facts, more) = row.split_at(COLUMNS.min(row.len()));
            match entry(facts, &self.table.scope.zone) {
                Ok(entry) if row.len() == columns => {
                    self.found.push_back(Ok(Entry { revision: more.first().and_then(revision_of), ..entry }));
                }
                // The server has answered another question.
                Ok(_) => self.found.push_back(Err(other_columns())),
                Err(error) if row.len() != columns => self.found.push_back(Err(error)),
                Err(error) => {
                    let (count, first) = &mut self.left_out;
                    *count += 1;
                    if *count == 1 {
                        *first = error.to_string();
                    }
                }
            }
        }
    }

    fn tell_of_odd_rows(&self) {
        let (count, first) = &self.left_out;
        let rows = if *count == 1 { "1 row is" } else { &format!("{count} rows are") };
        if *count > 0 {
            self.table.notices.warn(&format!("{rows} left out of the list: {first}"));
        }
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
