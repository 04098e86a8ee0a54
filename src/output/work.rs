//! The work of a command on many items, and its progress.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{DecimalBytes, HumanCount};

/// The work of a command on many items.
#[derive(Clone, Debug)]
pub struct Work {
    /// The change of an item, in the past: "saved".
    pub done: &'static str,
    /// Where: "to sqlite:///.truthound/store.db".
    pub place: String,
    /// Number of items, if it is known before.
    pub total: Option<u64>,
    /// Whether results are printed while the work goes on. On the same terminal, they show how far it is.
    pub prints_results: bool,
}

/// How far the work is.
#[derive(Debug)]
pub(super) struct WorkState {
    work: Work,
    begun: Instant,
    /// Finished items, whatever their outcome.
    finished: AtomicU64,
    /// Items that succeeded.
    succeeded: AtomicU64,
    /// Number of items, where it becomes known while the work goes on; 0 before.
    total: AtomicU64,
    /// Bytes of the items that succeeded, and of those that are being worked on.
    bytes: AtomicU64,
    /// Bytes of a single item, where they are known before it is done; 0 before.
    total_bytes: AtomicU64,
}

impl WorkState {
    pub(super) fn new(work: Work) -> Self {
        Self {
            begun: Instant::now(),
            finished: AtomicU64::new(0),
            succeeded: AtomicU64::new(0),
            total: AtomicU64::new(work.total.unwrap_or_default()),
            bytes: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
            work,
        }
    }

    /// Sets the number of finished items, and of all.
    pub(super) fn set(&self, finished: u64, total: u64) {
        self.finished.store(finished, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// Sets the number of all items.
    pub(super) fn set_total(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Counts more bytes.
    pub(super) fn advance(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Sets the bytes of the item that is worked on.
    pub(super) fn set_total_bytes(&self, bytes: u64) {
        self.total_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Ends the turn of one more item.
    pub(super) fn step(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one more item with which it was done.
    pub(super) fn succeed(&self, bytes: u64) {
        self.succeeded.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// One line about the work so far.
    pub(super) fn facts(&self, elapsed: Duration) -> String {
        let [finished, total, bytes] =
            [&self.finished, &self.total, &self.bytes].map(|number| number.load(Ordering::Relaxed));
        let mut text = format!("{} {}", self.work.done, HumanCount(finished));
        // A failure to write to a text does not happen.
        if total > 0 {
            let _ = write!(text, " of {}", HumanCount(total));
        }
        let total_bytes = if finished == 0 { self.total_bytes.load(Ordering::Relaxed) } else { 0 };
        if bytes > 0 {
            let _ = write!(text, ", {}", DecimalBytes(bytes));
        }
        if total_bytes > bytes {
            let _ = write!(text, " of {}", DecimalBytes(total_bytes));
        }
        let seconds = elapsed.as_secs_f64();
        if finished == 0 && bytes > 0 && seconds >= 1.0 {
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let (rate, left) = (bytes as f64 / seconds, total_bytes.saturating_sub(bytes) as f64);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
            let _ = write!(text, ", {}/s", DecimalBytes(rate as u64));
            if left > 0.0 {
                let _ = write!(text, ", {} left", duration((left / rate).ceil()));
            }
        }
        if finished > 0 && seconds >= 1.0 {
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let rate = finished as f64 / seconds;
            let _ = if rate < 10.0 { write!(text, ", {rate:.1}/s") } else { write!(text, ", {rate:.0}/s") };
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let left = total.saturating_sub(finished) as f64 / rate;
            if left > 0.0 {
                let _ = write!(text, ", {} left", duration(left.ceil()));
            }
        }
        text
    }

    /// The line at the end: "saved 20,000 results to sqlite:///store.db in 3.1 s".
    pub(super) fn summary(&self) -> String {
        let seconds = self.begun.elapsed().as_secs_f64();
        let Work { done, place, .. } = &self.work;
        format!("{done} {} {place} in {}", self.results(), duration(seconds))
    }

    /// The message about work that was interrupted.
    pub(super) fn interruption(&self) -> String {
        let Work { done, place, .. } = &self.work;
        let verb = if self.succeeded.load(Ordering::Relaxed) == 1 { "was" } else { "were" };
        format!("interrupted: until then, {} {verb} {done} {place}", self.results())
    }

    /// The number of results with which it was done.
    fn results(&self) -> String {
        match self.succeeded.load(Ordering::Relaxed) {
            1 => "1 result".to_owned(),
            count => format!("{} results", HumanCount(count)),
        }
    }
}

/// A time in seconds, as a person says it.
fn duration(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let whole = seconds as u64;
    match whole {
        0..=9 if seconds.fract() > 0.0 => format!("{seconds:.1} s"),
        0..=119 => format!("{whole} s"),
        120..=7_199 => format!("{} min", whole / 60),
        _ => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(total: Option<u64>) -> WorkState {
        WorkState::new(Work { done: "saved", place: "to memory".to_owned(), total, prints_results: false })
    }

    #[test]
    fn the_progress_has_what_is_known() {
        let unknown = state(None);
        assert_eq!(unknown.facts(Duration::ZERO), "saved 0");
        unknown.set(1_500, 0);
        assert_eq!(unknown.facts(Duration::from_secs(10)), "saved 1,500, 150/s");
        unknown.set(0, 0);
        unknown.advance(30_000_000);
        assert_eq!(unknown.facts(Duration::from_secs(10)), "saved 0, 30.00 MB, 3.00 MB/s");
        unknown.set_total_bytes(60_000_000);
        let facts = unknown.facts(Duration::from_secs(10));
        assert_eq!(facts, "saved 0, 30.00 MB of 60.00 MB, 3.00 MB/s, 10 s left");
        let known = state(Some(2_000));
        known.set(100, 2_000);
        known.bytes.store(12_345_678, Ordering::Relaxed);
        assert_eq!(known.facts(Duration::from_secs(100)), "saved 100 of 2,000, 12.35 MB, 1.0/s, 31 min left");
    }

    #[test]
    fn a_result_is_not_called_results() {
        let state = state(None);
        assert_eq!(state.interruption(), "interrupted: until then, 0 results were saved to memory");
        state.succeeded.store(1, Ordering::Relaxed);
        assert!(state.summary().starts_with("saved 1 result to memory in "), "{}", state.summary());
        state.succeeded.store(20_000, Ordering::Relaxed);
        assert!(state.summary().starts_with("saved 20,000 results to memory in "), "{}", state.summary());
    }

    #[test]
    fn times_are_as_exact_as_they_are_of_interest() {
        for (seconds, text) in
            [(0.0, "0 s"), (3.125, "3.1 s"), (9.0, "9 s"), (59.9, "59 s"), (600.0, "10 min"), (7_260.0, "2 h 1 min")]
        {
            assert_eq!(duration(seconds), text);
        }
    }
}
