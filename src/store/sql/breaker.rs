//! The circuit breaker: after repeated failures, all processes of this user stop calling the database for a while.
//!
//! Its state is one small file per profile and database. While nothing has failed, a call costs one read of that file.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::breaker_file::BreakerFile;
use super::breaker_state::BreakerState;
use crate::store::contract::{CircuitBreakerMetrics, Notices};

/// After this time a call no longer occupies a slot of a half-open breaker: its process must have died.
const SLOT_LIFETIME: Duration = Duration::from_secs(60);

/// Failures further apart than this do not count as consecutive.
const MEMORY: Duration = Duration::from_secs(600);

/// The longest reason of a failure that is kept, in characters.
const LONGEST_REASON: usize = 300;

/// Thresholds and times of a breaker.
#[derive(Clone, Copy, Debug)]
pub(super) struct BreakerLimits {
    /// Consecutive failures after which it opens.
    pub(super) failures: u32,
    /// Successes after which a half-open breaker closes.
    pub(super) successes: u32,
    /// Time after which an open breaker becomes half-open.
    pub(super) recovery: Duration,
    /// Concurrent calls that a half-open breaker lets through.
    pub(super) calls: u32,
}

/// The outcome of a call, as the breaker counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallOutcome<'a> {
    /// The database answered.
    Answered,
    /// The database could not be reached, for this reason.
    Outage(&'a str),
    /// Neither is certain.
    Unknown,
}

/// Permission for one call.
#[derive(Debug)]
#[must_use = "tell the breaker how the call ended"]
pub(super) struct BreakerPermit {
    slot: Option<Timestamp>,
    was_untroubled: bool,
}

/// Why an open breaker lets no call through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BreakerRefusal {
    /// The time of the next attempt.
    pub(super) again_at: Timestamp,
    /// The last failure.
    pub(super) reason: String,
}

impl fmt::Display for BreakerRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { again_at, reason } = self;
        write!(formatter, "the circuit breaker is open after repeated failures; it will try again at {again_at:.0}")?;
        if reason.is_empty() { Ok(()) } else { write!(formatter, "; the last failure: {reason}") }
    }
}

/// A circuit breaker, shared by all processes that use the same file.
#[derive(Debug)]
pub(super) struct CircuitBreaker {
    limits: BreakerLimits,
    file: Option<BreakerFile>,
    memory: Mutex<BreakerState>,
}

impl CircuitBreaker {
    /// Returns a breaker with its state in the file at `path`, or in this process only.
    pub(super) fn new(limits: BreakerLimits, path: Option<PathBuf>, notices: Notices) -> Self {
        let file = path.map(|path| BreakerFile::new(path, notices));
        Self { limits, file, memory: Mutex::default() }
    }

    /// Lets a call through.
    ///
    /// # Errors
    /// If the breaker is open: the time of the next attempt and the failure that opened it.
    pub(super) fn admit(&self, now: Timestamp) -> Result<BreakerPermit, BreakerRefusal> {
        if self.read().is_untroubled() {
            return Ok(BreakerPermit { slot: None, was_untroubled: true });
        }
        self.change(|state| {
            let Some(opened_at) = state.opened_at else {
                return Ok(BreakerPermit { slot: None, was_untroubled: false });
            };
            let half_open_at = later(opened_at, self.limits.recovery);
            // If the clock was set back, the breaker must not stay open longer than `recovery`.
            if now < half_open_at && now >= opened_at {
                state.requests_rejected += 1;
                return Err(BreakerRefusal { again_at: half_open_at, reason: state.reason.clone() });
            }
            state.slots.retain(|slot| later(*slot, SLOT_LIFETIME) > now && *slot <= now);
            if state.slots.len() >= usize::try_from(self.limits.calls.max(1)).unwrap_or(usize::MAX) {
                state.requests_rejected += 1;
                let again_at = state.slots.iter().min().map_or(now, |slot| later(*slot, SLOT_LIFETIME));
                return Err(BreakerRefusal { again_at, reason: state.reason.clone() });
            }
            state.slots.push(now);
            Ok(BreakerPermit { slot: Some(now), was_untroubled: false })
        })
    }

    /// Records the outcome of a call.
    pub(super) fn record(&self, permit: &BreakerPermit, end: CallOutcome<'_>, now: Timestamp) {
        let BreakerPermit { slot, was_untroubled } = *permit;
        if was_untroubled && !matches!(end, CallOutcome::Outage(_)) {
            return;
        }
        self.change(|state| {
            if let Some(slot) = slot
                && let Some(index) = state.slots.iter().position(|other| *other == slot)
            {
                state.slots.swap_remove(index);
            }
            match end {
                CallOutcome::Unknown => {}
                CallOutcome::Outage(reason) => self.failed(state, reason, now, slot.is_some()),
                CallOutcome::Answered if state.opened_at.is_none() => state.failures = 0,
                CallOutcome::Answered if slot.is_some() => {
                    state.successes += 1;
                    if state.successes >= self.limits.successes {
                        close(state);
                    }
                }
                // The call started before the breaker opened, so it proves nothing about the present.
                CallOutcome::Answered => {}
            }
        });
    }

    /// Records a failure on a connection that was admitted earlier.
    pub(super) fn record_outage(&self, reason: &str, now: Timestamp) {
        self.change(|state| self.failed(state, reason, now, false));
    }

    fn failed(&self, state: &mut BreakerState, reason: &str, now: Timestamp, tried_half_open: bool) {
        let in_a_row = state.failed_at.is_some_and(|last| later(last, MEMORY) > now);
        state.failures = if in_a_row { state.failures.saturating_add(1) } else { 1 };
        state.failed_at = Some(now);
        state.reason = reason.chars().take(LONGEST_REASON).collect();
        if tried_half_open || (state.opened_at.is_none() && state.failures >= self.limits.failures) {
            state.opened_at = Some(now);
            state.successes = 0;
            state.slots.clear();
            state.opens += 1;
        }
    }

    /// Returns why the next call would be refused, if it would.
    pub(super) fn refusal(&self, now: Timestamp) -> Option<BreakerRefusal> {
        let state = self.read();
        let again_at = later(state.opened_at?, self.limits.recovery);
        self.is_open(&state, now).then_some(BreakerRefusal { again_at, reason: state.reason })
    }

    /// Whether it is open, and not yet half-open. If the clock was set back, it must not stay open longer than `recovery`.
    fn is_open(&self, state: &BreakerState, now: Timestamp) -> bool {
        state.opened_at.is_some_and(|opened_at| now < later(opened_at, self.limits.recovery) && now >= opened_at)
    }

    /// Closes the breaker and clears its failures.
    pub(super) fn reset(&self) {
        self.change(|state| {
            if state.opened_at.is_some() {
                close(state);
            }
            state.failures = 0;
            state.failed_at = None;
            state.reason.clear();
        });
    }

    /// Returns `CLOSED`, `OPEN` or `HALF_OPEN`, and the counters.
    pub(super) fn status(&self, now: Timestamp) -> (&'static str, CircuitBreakerMetrics) {
        let state = self.read();
        let name = match state.opened_at {
            None => "CLOSED",
            Some(_) if self.is_open(&state, now) => "OPEN",
            Some(_) => "HALF_OPEN",
        };
        let metrics = CircuitBreakerMetrics {
            opens: state.opens,
            closes: state.closes,
            requests_rejected: state.requests_rejected,
        };
        (name, metrics)
    }

    fn read(&self) -> BreakerState {
        match &self.file {
            Some(file) => file.read(),
            None => self.memory.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut BreakerState) -> T) -> T {
        // Threads of this process wait here; other processes wait for the lock on the file.
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.file {
            Some(file) => file.change(change),
            None => change(&mut memory),
        }
    }
}

fn close(state: &mut BreakerState) {
    state.opened_at = None;
    state.failures = 0;
    state.failed_at = None;
    state.reason.clear();
    state.successes = 0;
    state.slots.clear();
    state.closes += 1;
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BreakerLimits =
        BreakerLimits { failures: 5, successes: 3, recovery: Duration::from_secs(60), calls: 3 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn breaker(directory: &tempfile::TempDir) -> CircuitBreaker {
        CircuitBreaker::new(LIMITS, Some(directory.path().join("breakers/p.json")), Notices::new(|_| {}))
    }

    fn call(breaker: &CircuitBreaker, end: CallOutcome<'_>, seconds: i64) -> bool {
        match breaker.admit(at(seconds)) {
            Ok(permit) => {
                breaker.record(&permit, end, at(seconds));
                true
            }
            Err(_) => false,
        }
    }

    #[test]
    fn it_opens_after_five_failures_in_a_row_and_closes_after_three_successes() {
        let directory = tempfile::tempdir().unwrap();
        let breaker = breaker(&directory);
        for second in 0..4 {
            assert!(call(&breaker, CallOutcome::Outage("connection refused"), second));
        }
        assert!(call(&breaker, CallOutcome::Answered, 4), "a success in between starts the count again");
        for second in 5..10 {
            assert_eq!(breaker.status(at(second)).0, "CLOSED");
            assert!(call(&breaker, CallOutcome::Outage("connection refused"), second));
        }
        assert_eq!(breaker.status(at(10)).0, "OPEN");
        let refusal = breaker.admit(at(10)).unwrap_err();
        assert_eq!(refusal, BreakerRefusal { again_at: at(9 + 60), reason: "connection refused".to_owned() });
        assert_eq!(breaker.refusal(at(10)), Some(refusal));
        assert_eq!(breaker.status(at(69)).0, "HALF_OPEN");
        for second in 69..72 {
            assert!(call(&breaker, CallOutcome::Answered, second));
        }
        let (state, metrics) = breaker.status(at(72));
        assert_eq!(breaker.refusal(at(72)), None);
        assert_eq!((state, metrics.opens, metrics.closes, metrics.requests_rejected), ("CLOSED", 1, 1, 1));
    }

    #[test]
    fn a_failure_while_half_open_opens_it_again() {
        let breaker = CircuitBreaker::new(LIMITS, None, Notices::new(|_| {}));
        for _ in 0..5 {
            assert!(call(&breaker, CallOutcome::Outage("connection refused"), 0));
        }
        assert!(call(&breaker, CallOutcome::Answered, 60));
        assert!(call(&breaker, CallOutcome::Outage("connection refused"), 61));
        assert!(!call(&breaker, CallOutcome::Answered, 62));
        assert_eq!(breaker.status(at(62)).1.opens, 2);
    }

    #[test]
    fn three_calls_at_once_try_a_half_open_breaker_and_lost_ones_expire() {
        let directory = tempfile::tempdir().unwrap();
        let first = breaker(&directory);
        for _ in 0..5 {
            assert!(call(&first, CallOutcome::Outage("connection refused"), 0));
        }
        let others = [breaker(&directory), breaker(&directory)];
        let permits: Vec<_> = (0..3).map(|second| others[0].admit(at(60 + second)).unwrap()).collect();
        assert!(others[1].admit(at(63)).is_err());
        drop(permits);
        assert!(others[1].admit(at(120)).is_ok(), "the slot taken at 60 has expired");
        assert!(others[1].admit(at(120)).is_err());
    }

    #[test]
    fn what_says_nothing_of_the_connection_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let breaker = breaker(&directory);
        for _ in 0..9 {
            assert!(call(&breaker, CallOutcome::Answered, 0) && call(&breaker, CallOutcome::Unknown, 0));
        }
        assert!(!directory.path().join("breakers").exists(), "an untroubled breaker writes nothing");
    }

    #[test]
    fn failures_far_apart_are_not_in_a_row() {
        let breaker = CircuitBreaker::new(LIMITS, None, Notices::new(|_| {}));
        for day in 0..9 {
            assert!(call(&breaker, CallOutcome::Outage("connection refused"), day * 86_400));
        }
        assert_eq!(breaker.status(at(8 * 86_400)).0, "CLOSED");
    }

    #[test]
    fn a_reset_closes_it_and_a_clock_set_back_does_not_hold_it_open() {
        let directory = tempfile::tempdir().unwrap();
        let breaker = breaker(&directory);
        for _ in 0..5 {
            assert!(call(&breaker, CallOutcome::Outage("connection refused"), 0));
        }
        assert!(call(&breaker, CallOutcome::Unknown, -3_600));
        assert!(!call(&breaker, CallOutcome::Answered, 1));
        breaker.reset();
        assert_eq!(breaker.status(at(1)).0, "CLOSED");
        assert!(call(&breaker, CallOutcome::Answered, 1));
    }
}
