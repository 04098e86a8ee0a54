//! Finds results that move while they are listed.
//!
//! A result that is saved again with another time moves: its new entry may appear in the part of the catalog that the
//! list has read, and its old entry may vanish from the part that is still to be read. Each such save leaves an intent
//! for [`LINGER`]. A list compares the intents at its end with those at its start, and asks the documents of the runs
//! with new intents.

use std::collections::HashSet;
use std::time::Duration;

use object_store::path::Path;
use tokio::time::Instant;

use crate::result::RunId;
use crate::store::objects::ObjectResultStore;
use crate::store::objects::catalog::{Intent, LINGER};

/// Maximum age of the known intents while a list goes on.
const INTERVAL: Duration = Duration::from_secs(10);

/// The intents that a list has seen.
pub(super) struct IntentWatch {
    known: HashSet<Path>,
    /// Time of the last look at the intents.
    at: Instant,
    /// Whether an intent may have come and gone unseen.
    pub(super) has_gap: bool,
    /// Whether nothing can have moved so far: everything was read at one moment, and no writer was at work.
    is_still: bool,
    /// Whether a batch has been read.
    has_begun: bool,
}

impl IntentWatch {
    /// Starts with the intents that existed before the first entry was read, at `begun` or later. `is_one_moment` says
    /// that the first batch of entries was read in the same answer.
    pub(super) fn new(intents: &[Intent], begun: Instant, is_one_moment: bool) -> Self {
        let known = intents.iter().map(|intent| intent.path.clone()).collect();
        let is_still = is_one_moment && intents.is_empty();
        Self { known, at: begun, has_gap: false, is_still, has_begun: false }
    }

    /// Notes that a batch has been read. Every batch after the first belongs to a later moment.
    pub(super) fn read_batch(&mut self) {
        if std::mem::replace(&mut self.has_begun, true) {
            self.went_on();
        }
    }

    /// Notes that more than the first batch was asked for, even if there was no more.
    pub(super) fn went_on(&mut self) {
        self.is_still = false;
    }

    /// Returns whether the intents must be looked at before more is read.
    pub(super) fn is_due(&self) -> bool {
        self.at.elapsed() > INTERVAL
    }

    /// Returns the runs that may have moved since the last look. It may return a run that has not moved, but misses
    /// none.
    pub(super) async fn moved(&mut self, store: &ObjectResultStore) -> object_store::Result<HashSet<RunId>> {
        if self.is_still {
            return Ok(HashSet::new());
        }
        let begun = Instant::now();
        let intents = store.catalog.intents().await?;
        self.has_gap |= self.at.elapsed() >= LINGER;
        self.at = begun;
        let new = intents.into_iter().filter(|intent| self.known.insert(intent.path.clone()));
        Ok(new.flat_map(|intent| intent.runs).map(|(run_id, _)| run_id).collect())
    }
}
