//! Short hashes of run ids and facts, for lists that remember many of them.

use std::hash::{BuildHasher as _, RandomState};

use crate::result::{Entry, RunId};

/// Hashes of run ids, in a few bytes each. With 128 random bits, two run ids never have an equal hash in practice.
#[derive(Debug, Default)]
pub(in super::super) struct RunHasher(RandomState, RandomState);

impl RunHasher {
    pub(in super::super) fn of(&self, run_id: &RunId) -> u128 {
        u128::from(self.0.hash_one(run_id)) << 64 | u128::from(self.1.hash_one(run_id))
    }

    /// Returns a hash of the facts of an entry.
    pub(super) fn of_facts(&self, entry: &Entry) -> u64 {
        self.0.hash_one((entry.run_time, &entry.data_asset, entry.status, &entry.tags))
    }
}
