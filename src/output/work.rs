//! The work of a command on many items, and its progress.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthStr as _;

use super::quantity::{duration, grouped, size};

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
    part: Mutex<WorkPart>,
    /// Finished items, whatever their outcome.
    finished: AtomicU64,
    /// Items that succeeded.
    succeeded: AtomicU64,
    /// Number of items, where it becomes known while the work goes on; 0 before.
    total: AtomicU64,
    /// Bytes of the items that succeeded, and of those that are being worked on.
    bytes: AtomicU64,
    /// Bytes of the large items that are, or were, being worked on.
    large_bytes: AtomicU64,
    /// When the first large item was begun, in milliseconds since the work began.
    large_since: AtomicU64,
    /// Bytes of the input that were read.
    input: AtomicU64,
    /// Bytes of the input, where they are known; otherwise 0.
    input_total: AtomicU64,
}

/// A part of the work.
#[derive(Clone, Copy, Debug)]
struct WorkPart {
    /// The change of an item, in the past.
    done: &'static str,
    /// When it began, since the work began.
    since: Duration,
}

impl WorkState {
    pub(super) fn new(work: Work) -> Self {
        Self {
            begun: Instant::now(),
            part: Mutex::new(WorkPart { done: work.done, since: Duration::ZERO }),
            finished: AtomicU64::new(0),
            succeeded: AtomicU64::new(0),
            total: AtomicU64::new(work.total.unwrap_or_default()),
            bytes: AtomicU64::new(0),
            large_bytes: AtomicU64::new(0),
            large_since: AtomicU64::new(0),
            input: AtomicU64::new(0),
            input_total: AtomicU64::new(0),
            work,
        }
    }

    /// Sets the change of an item, the number of finished items, which all succeeded, and of all, and the bytes of those
    /// finished.
    pub(super) fn set(&self, done: &'static str, finished: u64, total: u64, bytes: u64) {
        let mut part = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        if part.done != done {
            *part = WorkPart { done, since: self.elapsed() };
        }
        self.finished.store(finished, Ordering::Relaxed);
        self.succeeded.store(finished, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Sets the number of all items.
    pub(super) fn set_total(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Counts more bytes.
    pub(super) fn advance(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Begins an item of so many bytes, which are counted as they pass.
    pub(super) fn begin_large(&self, bytes: u64) {
        if self.large_bytes.fetch_add(bytes, Ordering::Relaxed) == 0 {
            let since = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.large_since.store(since, Ordering::Relaxed);
        }
    }

    /// Counts more bytes of the input.
    pub(super) fn read(&self, bytes: u64) {
        self.input.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Sets the bytes of the input.
    pub(super) fn set_input_total(&self, bytes: u64) {
        self.input_total.store(bytes, Ordering::Relaxed);
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

    /// The time since the work began.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The known facts about the work after this time, as far as they fit into so many columns.
    pub(super) fn facts(&self, elapsed: Duration, columns: usize) -> String {
        let facts = self.known(elapsed);
        let all = [Some(&facts.count), facts.bytes.as_ref(), facts.rate.as_ref(), facts.left.as_ref()];
        // The count says that it goes on, and the time left is what a person waits for.
        let without = |left_out: &[usize]| {
            let kept = all.iter().enumerate().filter(|(place, _)| !left_out.contains(place));
            kept.filter_map(|(_, fact)| fact.map(String::as_str)).collect::<Vec<_>>().join(", ")
        };
        let choices: [&[usize]; 3] = [&[], &[1], &[1, 2]];
        let fitting = choices.into_iter().map(without).find(|text| text.width() <= columns);
        fitting.unwrap_or_else(|| without(&[1, 2, 3]))
    }

    #[expect(clippy::cast_precision_loss, reason = "estimates")]
    fn known(&self, elapsed: Duration) -> Facts {
        let [finished, total, bytes, large_bytes, large_since, input, input_total] = [
            &self.finished,
            &self.total,
            &self.bytes,
            &self.large_bytes,
            &self.large_since,
            &self.input,
            &self.input_total,
        ]
        .map(|number| number.load(Ordering::Relaxed));
        let WorkPart { done, since } = self.part();
        let is_only_read = finished == 0 && bytes == 0 && input > 0;
        let is_large = finished == 0 && bytes > 0 && large_bytes > bytes;
        let seconds = elapsed.saturating_sub(since).as_secs_f64();
        let of_large = seconds - large_since as f64 / 1_000.0;
        // Estimates from less than a second jump about.
        let rate = match () {
            () if seconds < 1.0 => None,
            () if finished > 0 => Some((finished as f64 / seconds, items_a_second(finished as f64 / seconds))),
            () if is_only_read => Some(bytes_a_second(input, seconds)),
            () if bytes > 0 && of_large >= 1.0 => Some(bytes_a_second(bytes, of_large)),
            () => None,
        };
        let left = match rate {
            None => 0.0,
            // The input tells more than the number of its files, which may differ in size.
            Some(_) if !is_large && input > 0 && input_total > input => {
                seconds * (input_total - input) as f64 / input as f64
            }
            Some((rate, _)) if finished > 0 => total.saturating_sub(finished) as f64 / rate,
            Some((rate, _)) if is_large => (large_bytes - bytes) as f64 / rate,
            Some(_) => 0.0,
        };
        Facts {
            count: if total > 0 {
                format!("{done} {} of {}", grouped(finished), grouped(total))
            } else {
                format!("{done} {}", grouped(finished))
            },
            bytes: match () {
                () if is_large => Some(format!("{} of {}", size(bytes), size(large_bytes))),
                () if input_total > input || is_only_read && input_total > 0 => {
                    Some(format!("read {} of {}", size(input), size(input_total)))
                }
                () if is_only_read => Some(format!("read {}", size(input))),
                () => (bytes > 0).then(|| size(bytes)),
            },
            rate: rate.map(|(_, text)| text),
            left: (left > 0.0).then(|| format!("{} left", duration(left.ceil()))),
        }
    }

    /// The line at the end: "saved 20,000 results to sqlite:///store.db in 3.1 s".
    pub(super) fn summary(&self) -> String {
        let seconds = self.elapsed().as_secs_f64();
        let (done, place) = (self.part().done, &self.work.place);
        format!("{done} {} {place} in {}", self.results(), duration(seconds))
    }

    /// The message about work that was interrupted.
    pub(super) fn interruption(&self) -> String {
        let (done, place) = (self.part().done, &self.work.place);
        let verb = if self.succeeded.load(Ordering::Relaxed) == 1 { "was" } else { "were" };
        format!("interrupted: until then, {} {verb} {done} {place}", self.results())
    }

    fn part(&self) -> WorkPart {
        *self.part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of results with which it was done.
    fn results(&self) -> String {
        match self.succeeded.load(Ordering::Relaxed) {
            1 => "1 result".to_owned(),
            number => format!("{} results", grouped(number)),
        }
    }
}

/// The known facts about the work.
struct Facts {
    count: String,
    bytes: Option<String>,
    rate: Option<String>,
    left: Option<String>,
}

fn items_a_second(rate: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let whole = rate.round() as u64;
    if rate < 10.0 { format!("{rate:.1}/s") } else { format!("{}/s", grouped(whole)) }
}

fn bytes_a_second(bytes: u64, seconds: f64) -> (f64, String) {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let rate = bytes as f64 / seconds;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    (rate, format!("{}/s", size(rate as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(total: Option<u64>) -> WorkState {
        WorkState::new(Work { done: "saved", place: "to memory".to_owned(), total, prints_results: false })
    }

    fn facts(state: &WorkState, seconds: u64) -> String {
        state.facts(Duration::from_secs(seconds), 80)
    }

    #[test]
    fn the_progress_has_what_is_known() {
        let unknown = state(None);
        assert_eq!(facts(&unknown, 0), "saved 0");
        unknown.set("saved", 15_000, 0, 0);
        assert_eq!(facts(&unknown, 10), "saved 15,000, 1,500/s");
        let known = state(Some(2_000));
        known.set("saved", 100, 2_000, 0);
        known.advance(12_345_678);
        assert_eq!(facts(&known, 100), "saved 100 of 2,000, 12.35 MB, 1.0/s, 31 min left");
    }

    #[test]
    fn the_progress_of_large_items_is_in_bytes() {
        let large = state(None);
        large.begin_large(60_000_000);
        large.advance(30_000_000);
        assert_eq!(facts(&large, 10), "saved 0, 30.00 MB of 60.00 MB, 3.00 MB/s, 10 s left");
        large.begin_large(60_000_000);
        assert_eq!(facts(&large, 10), "saved 0, 30.00 MB of 120.00 MB, 3.00 MB/s, 30 s left");
    }

    #[test]
    fn an_input_whose_documents_are_not_counted_says_how_far_it_was_read() {
        let reading = state(None);
        reading.read(30_000_000);
        assert_eq!(facts(&reading, 10), "saved 0, read 30.00 MB, 3.00 MB/s");
        reading.set_input_total(40_000_000);
        assert_eq!(facts(&reading, 10), "saved 0, read 30.00 MB of 40.00 MB, 3.00 MB/s, 4 s left");
        reading.set("saved", 1_500, 0, 0);
        reading.advance(29_000_000);
        assert_eq!(facts(&reading, 10), "saved 1,500, read 30.00 MB of 40.00 MB, 150/s, 4 s left");
        reading.read(10_000_000);
        assert_eq!(facts(&reading, 10), "saved 1,500, 29.00 MB, 150/s");
    }

    #[test]
    fn a_narrow_terminal_keeps_the_count_and_the_time_left() {
        let state = state(Some(100_000));
        state.set("saved", 26_375, 100_000, 0);
        state.advance(38_750_000);
        let at = |columns| state.facts(Duration::from_secs(10), columns);
        assert_eq!(at(60), "saved 26,375 of 100,000, 38.75 MB, 2,638/s, 28 s left");
        assert_eq!(at(50), "saved 26,375 of 100,000, 2,638/s, 28 s left");
        assert_eq!(at(37), "saved 26,375 of 100,000, 28 s left");
        assert_eq!(at(30), "saved 26,375 of 100,000");
    }

    #[test]
    fn the_next_part_of_the_work_begins_anew() {
        let mut state = state(None);
        state.begun = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
        state.set("read", 5_000, 5_000, 7_000_000);
        assert_eq!(state.interruption(), "interrupted: until then, 5,000 results were read to memory");
        state.set("entered", 200, 1_000, 0);
        let after = |seconds| facts(&state, seconds);
        assert_eq!(after(104), "entered 200 of 1,000, 50/s, 16 s left");
        assert_eq!(state.interruption(), "interrupted: until then, 200 results were entered to memory");
        assert_eq!(state.summary(), "entered 200 results to memory in 100 s");
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
}
