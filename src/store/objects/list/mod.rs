//! Listing from the catalog, in the order of a query. Documents are asked if the catalog proves nothing about them.
//!
//! The newest results come straight from the names, batch by batch ([`newest_first`]). An order that needs all entries
//! before the first result is in [`sorted`].

mod intent_watch;
mod newest_first;
mod run_hasher;
mod sorted;
mod start;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

pub(super) use self::run_hasher::RunHasher;
use super::ObjectResultStore;
use crate::error::Result;
use crate::store::contract::{EntryStream, OrderBy, Query};

impl ObjectResultStore {
    /// Returns the results that match `query`, in its order, between its offset and its limit.
    pub(super) fn entries<'a>(&'a self, query: &'a Query) -> EntryStream<'a> {
        let state = (stream::once(self.matching(query)).try_flatten().boxed(), query.offset, query.limit);
        let entries = stream::unfold(state, |(mut items, mut skip, left)| async move {
            if left == Some(0) {
                return None;
            }
            loop {
                match items.next().await? {
                    Ok(_) if skip > 0 => skip -= 1,
                    Ok(entry) => return Some((Ok(entry), (items, skip, left.map(|left| left - 1)))),
                    Err(error) => return Some((Err(error), (items, skip, left))),
                }
            }
        });
        let end = stream::once(async { self.warn_of_foreign_names() });
        entries.map(Some).chain(end.map(|()| None)).filter_map(std::future::ready).boxed()
    }

    /// Returns the matching results as the catalog has them, newest first. Where Python has never written an index,
    /// entries that differ from their documents are neither corrected nor completed.
    pub(super) fn cataloged<'a>(&'a self, query: &'a Query) -> EntryStream<'a> {
        let listed =
            async move { self.begin_with(query, true, true).await.map(|begun| self.list_newest_first(query, begun)) };
        stream::once(listed).try_flatten().boxed()
    }

    pub(super) async fn count_entries(&self, query: &Query) -> Result<u64> {
        // Without order and limit, names can be read in parallel.
        let query = Query { limit: None, offset: 0, order_by: OrderBy::RunTime, ascending: false, ..query.clone() };
        let entries = self.entries(&query);
        entries.try_fold(0, |count, _| std::future::ready(Ok(count + 1))).await
    }

    async fn matching<'a>(&'a self, query: &'a Query) -> Result<EntryStream<'a>> {
        let newest_first = query.order_by == OrderBy::RunTime && !query.ascending;
        let begun = self.begin(query, !newest_first || query.limit.is_none()).await?;
        if newest_first {
            return Ok(self.list_newest_first(query, begun));
        }
        Ok(stream::iter(self.list_sorted(query, begun).await?).boxed())
    }
}
