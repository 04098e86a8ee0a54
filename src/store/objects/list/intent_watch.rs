//! Results that move while they are listed.
//!
//! A result that is saved again with another time moves: its new entry may come where a list has already been, and its
//! old one go where the list has yet to come. Each such save leaves an intent for [`LINGER`]. A list that compares the
//! intents at its end with those at its beginning knows the runs that have moved, and asks their documents.

use std::collections::HashSet;
use std::time::Duration;

use object_store::path::Path;
use tokio::time::Instant;

use crate::result::RunId;
use crate::store::objects::ObjectResultStore;
use crate::store::objects::catalog::{Intent, LINGER};

/// How old what is known of the intents may become while a list goes on.
const INTERVAL: Duration = Duration::from_secs(10);

/// The intents as a list has seen them.
pub(super) struct IntentWatch {
    known: HashSet<Path>,
    /// When the intents were last known.
    at: Instant,
    /// Whether intents may have come and gone unseen.
    pub(super) has_gap: bool,
    /// Whether nothing can have moved unseen so far: all was read at one moment, and no writer was at work.
    is_still: bool,
    /// Whether a batch has been read.
    has_begun: bool,
}

impl IntentWatch {
    /// Begins with the intents that were there before the first entry was read, at `begun` or later. `is_one_moment` says
    /// that the entries of the first batch were read with them.
    pub(super) fn new(intents: &[Intent], begun: Instant, is_one_moment: bool) -> Self {
        let known = intents.iter().map(|intent| intent.path.clone()).collect();
        let is_still = is_one_moment && intents.is_empty();
        Self { known, at: begun, has_gap: false, is_still, has_begun: false }
    }

    /// Notes that a batch has been read: every one but the first belongs to another moment.
    pub(super) fn read_batch(&mut self) {
        if std::mem::replace(&mut self.has_begun, true) {
            self.went_on();
        }
    }

    /// Notes that more has been asked for than the first batch, even if that was all.
    pub(super) fn went_on(&mut self) {
        self.is_still = false;
    }

    /// Whether the intents must be looked at before more is read.
    pub(super) fn is_due(&self) -> bool {
        self.at.elapsed() > INTERVAL
    }

    /// The runs that may have moved since the last look; always a look behind, never ahead.
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
