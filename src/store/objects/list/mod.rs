//! Listing: the catalog, in the order that is asked for, with the documents asked where the catalog proves nothing.
//!
//! Newest first comes straight from the names, one batch at a time ([`newest_first`]). An order that needs all
//! entries before the first can be delivered is in [`sorted`].

mod intent_watch;
mod newest_first;
mod run_hasher;
mod sorted;
mod start;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::ObjectResultStore;
use crate::error::Result;
use crate::store::contract::{EntryStream, OrderBy, Query};

impl ObjectResultStore {
    /// The results that match `query`, in its order, between its offset and its limit.
    pub(super) fn entries<'a>(&'a self, query: &'a Query) -> EntryStream<'a> {
        let state = (stream::once(self.matching(query)).try_flatten().boxed(), query.offset, query.limit);
        stream::unfold(state, |(mut items, mut skip, left)| async move {
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
        })
        .boxed()
    }

    pub(super) async fn count_entries(&self, query: &Query) -> Result<u64> {
        // No order and no end: names need not wait for each other.
        let query = Query { limit: None, offset: 0, order_by: OrderBy::RunTime, ascending: false, ..query.clone() };
        let entries = self.entries(&query);
        entries.try_fold(0, |count, _| std::future::ready(Ok(count + 1))).await
    }

    async fn matching<'a>(&'a self, query: &'a Query) -> Result<EntryStream<'a>> {
        let newest_first = query.order_by == OrderBy::RunTime && !query.ascending;
        let begun = self.begin(query, !newest_first || query.limit.is_none()).await?;
        if newest_first {
            return Ok(self.merged(query, begun));
        }
        Ok(stream::iter(self.collected(query, begun).await?).boxed())
    }
}
