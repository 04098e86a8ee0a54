//! Short hashes of run ids and facts, for lists that remember many of them.

use std::hash::{BuildHasher as _, RandomState};

use crate::result::{Entry, RunId};

/// Stands for run ids that have been seen, in a few bytes each. Two that are equal by chance are not to be expected in
/// the lifetime of the universe.
#[derive(Debug, Default)]
pub(super) struct RunHasher(RandomState, RandomState);

impl RunHasher {
    pub(super) fn of(&self, run_id: &RunId) -> u128 {
        u128::from(self.0.hash_one(run_id)) << 64 | u128::from(self.1.hash_one(run_id))
    }

    /// Stands for the facts of an entry.
    pub(super) fn of_facts(&self, entry: &Entry) -> u64 {
        self.0.hash_one((entry.run_time, &entry.data_asset, entry.status, &entry.tags))
    }
}
