//! Filters and order of a list.

use super::name_pattern::NamePattern;
use crate::result::{Entry, RunInstant, Status, Tags};

/// Filters, order and page of a list. The default matches every result, newest first.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only this data asset.
    pub data_asset: Option<String>,
    /// Only data assets of this pattern.
    pub data_assets: Option<NamePattern>,
    /// Only run ids of this pattern.
    pub run_ids: Option<NamePattern>,
    /// Only these statuses; an empty list means all.
    pub statuses: Vec<Status>,
    /// Only runs at or after this instant.
    pub since: Option<RunInstant>,
    /// Only runs at or before this instant.
    pub until: Option<RunInstant>,
    /// Only results that carry every one of these tags.
    pub tags: Tags,
    /// Maximum number of results.
    pub limit: Option<u64>,
    /// Skip the first N results.
    pub offset: u64,
    /// The sort key.
    pub order_by: OrderBy,
    /// Sort in ascending order. By default the newest result, or the last name, comes first.
    pub ascending: bool,
    /// Tell the [revision](Entry::revision) of each entry, as far as it is known without a further request. Without
    /// this, a backend tells it only if it costs nothing.
    pub with_revisions: bool,
}

impl Query {
    /// Returns whether any result may fail to pass.
    pub fn has_filters(&self) -> bool {
        self.data_asset.is_some()
            || self.data_assets.is_some()
            || self.run_ids.is_some()
            || !self.statuses.is_empty()
            || self.since.is_some()
            || self.until.is_some()
            || !self.tags.is_empty()
    }

    /// Returns whether `entry` passes every filter.
    pub fn matches(&self, entry: &Entry) -> bool {
        let instant = entry.run_time.instant();
        self.data_asset.as_ref().is_none_or(|asset| *asset == entry.data_asset)
            && self.data_assets.as_ref().is_none_or(|pattern| pattern.matches(&entry.data_asset))
            && self.run_ids.as_ref().is_none_or(|pattern| pattern.matches(entry.run_id.as_str()))
            && (self.statuses.is_empty() || self.statuses.contains(&entry.status))
            && self.since.is_none_or(|since| instant >= since)
            && self.until.is_none_or(|until| instant <= until)
            && self.tags.iter().all(|(key, value)| entry.tags.get(key) == Some(value))
    }

    /// Compares two entries in the order of this query.
    pub fn compare(&self, left: &Entry, right: &Entry) -> std::cmp::Ordering {
        let newest_first = right.run_time.instant().cmp(&left.run_time.instant());
        let order = match self.order_by {
            OrderBy::RunTime => left.run_time.instant().cmp(&right.run_time.instant()),
            OrderBy::DataAsset => left.data_asset.cmp(&right.data_asset),
            OrderBy::Status => left.status.name().cmp(right.status.name()),
        };
        let order = if self.ascending { order } else { order.reverse() };
        order.then(newest_first).then_with(|| left.run_id.cmp(&right.run_id))
    }
}

/// The sort key of a list. Ties are broken by run time, newest first, then by run id, ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// Time of the run.
    #[default]
    RunTime,
    /// Name of the data asset, by code point.
    DataAsset,
    /// Name of the status.
    Status,
}
