//! Between a new document and its entry in the catalog.
//!
//! Whoever replaces or deletes a document removes its entry, and must not miss one that is still being written. Either
//! its writer looks whether the document is still there once the entry is, or whoever comes after waits for the entry.
//! Where looking costs a request, a writer looks only if it has taken longer than others wait: a save of a new result is
//! what happens all the time, and two writers of one run within seconds are not.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use object_store::ObjectMeta;
use object_store::path::Path;
use tokio::time::Instant;

use super::ObjectResultStore;
use super::save::pause;
use crate::result::Entry;

/// How long a writer may take from before its document until its entry is there, without looking.
const IN_TIME: Duration = Duration::from_secs(1);

/// How long others wait for the entry of a document that they have seen. Twice as long, so that no clock need be exact.
const WAIT: Duration = Duration::from_secs(2);

/// A document that is older than this is not waited for: its writer has long ended, or is of Python, which writes no
/// entries. Clocks differ by less: S3 refuses requests that are signed 15 minutes off.
const OLD: SignedDuration = SignedDuration::from_mins(20);

/// When a document was seen, and how old it was.
pub(super) struct Sighting {
    at: Instant,
    is_old: bool,
}

impl Sighting {
    /// Of a document that has been read just now.
    pub(super) fn new(meta: &ObjectMeta) -> Self {
        let age = Timestamp::now().as_millisecond().saturating_sub(meta.last_modified.timestamp_millis());
        Self { at: Instant::now(), is_old: SignedDuration::from_millis(age) > OLD }
    }
}

impl ObjectResultStore {
    /// Whether others will wait, or have waited, for the entry that is there now, of a document that was not there when
    /// its save had `begun`.
    pub(super) fn is_in_time(&self, begun: Instant) -> bool {
        self.backend.writes.looking_costs && begun.elapsed() < IN_TIME
    }

    /// The entries of a document with these facts, but not the one at `except`. Waits for one that may be on its way.
    pub(super) async fn entries_of_document(
        &self,
        facts: &Entry,
        sighting: &Sighting,
        except: &Path,
    ) -> object_store::Result<Vec<(Path, Entry)>> {
        let may_come = self.backend.writes.looking_costs && !sighting.is_old;
        let mut attempt = 0;
        loop {
            let is_late = !may_come || sighting.at.elapsed() > WAIT;
            let found = self.entries_at(facts, except).await?;
            if is_late || !found.is_empty() {
                return Ok(found);
            }
            pause(attempt).await;
            attempt += 1;
        }
    }
}
