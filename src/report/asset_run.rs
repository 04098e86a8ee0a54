//! A run of a data asset, as far as the pages of others show it.

use super::page_name::run_page_name;
use crate::result::{CheckCounts, Entry};

/// A run of a data asset.
#[derive(Clone, Debug)]
pub struct AssetRun {
    /// The facts that a list shows.
    pub entry: Entry,
    /// The number of its checks; `None` if its document could not be read. Such a run has no page.
    pub counts: Option<CheckCounts>,
}

impl AssetRun {
    /// The number of checks that failed, warned or could not run.
    pub(super) fn finding_count(&self) -> u64 {
        self.counts.map_or(0, |counts| counts.findings())
    }

    /// The number of checks that fail, and of those that could not run: "2 of 21, 1 errored".
    pub(super) fn failing_text(&self) -> String {
        self.counts.map_or_else(|| "-".to_owned(), |counts| counts.failing_text())
    }

    /// The number of checks by their outcome.
    pub(super) fn counts_text(&self) -> String {
        self.counts.map_or_else(|| "the document could not be read".to_owned(), |counts| counts.to_string())
    }

    /// The page of the run, relative to the directory of the site.
    pub(super) fn page(&self) -> Option<String> {
        self.counts.map(|_| run_page_name(&self.entry.run_id))
    }
}
