//! The stored state of a circuit breaker.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The state, as its file holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct BreakerState {
    /// The version of the file format.
    pub(super) version: u32,
    /// When it opened; `None` while it is closed. It is half-open once the recovery time has passed.
    pub(super) opened_at: Option<Timestamp>,
    /// Consecutive failures.
    pub(super) failures: u32,
    /// The time of the last failure.
    pub(super) failed_at: Option<Timestamp>,
    /// The reason of the last failure, without secrets.
    pub(super) reason: String,
    /// Successes while half-open.
    pub(super) successes: u32,
    /// Start times of the calls that a half-open breaker has let through.
    pub(super) slots: Vec<Timestamp>,
    /// Times it has opened.
    pub(super) opens: u64,
    /// Times it has closed.
    pub(super) closes: u64,
    /// Calls it has rejected.
    pub(super) requests_rejected: u64,
}

impl BreakerState {
    /// The version that this program writes.
    pub(super) const VERSION: u32 = 1;

    /// Whether the breaker is closed and no failure is recorded.
    pub(super) fn is_untroubled(&self) -> bool {
        self.opened_at.is_none() && self.failures == 0
    }
}
