//! The warning about times that lie ahead because they are read in the wrong zone.

use std::cell::RefCell;

use jiff::{SignedDuration, Timestamp};

use crate::result::{Entry, RunInstant, TimeZone};

/// Distance from which a time lies ahead: clocks of two machines are less apart.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Saved results with a time that has no offset and lies ahead of now.
#[derive(Default)]
pub(super) struct TimesAhead(RefCell<Option<(Entry, RunInstant, usize)>>);

impl TimesAhead {
    /// Takes note of `entry`, in the zone of its profile, if its time lies ahead.
    pub(super) fn note(&self, entry: &Entry) {
        let now = RunInstant::from(Timestamp::now());
        if entry.run_time.offset().is_none() && entry.run_time.instant() > now.later_by(AHEAD) {
            let mut first = self.0.borrow_mut();
            let (_, _, count) = first.get_or_insert_with(|| (entry.clone(), now, 0));
            *count += 1;
        }
    }

    /// The warning, if there is reason for one.
    pub(super) fn warning(&self, zone: &TimeZone) -> Option<String> {
        let first = self.0.borrow();
        let (Entry { run_id, run_time, .. }, now, count) = first.as_ref()?;
        let minutes = (run_time.instant().as_microsecond() - now.as_microsecond()) / 60_000_000;
        let ahead = match minutes {
            ..120 => format!("{minutes} minutes"),
            120..2_880 => format!("{} hours", minutes / 60),
            _ => format!("{} days", minutes / 1_440),
        };
        let others = match count - 1 {
            0 => String::new(),
            1 => ", and so does another".to_owned(),
            others => format!(", and so do {others} others"),
        };
        Some(format!(
            "the time of result `{run_id}`, {}, has no offset and, read in the time zone {zone}, lies {ahead} \
             ahead{others}: set `time_zone` in the profile to the zone that it was written in",
            run_time.to_python_iso()
        ))
    }
}
