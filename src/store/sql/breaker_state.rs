//! The state of a circuit breaker, as its file holds it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The state as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct BreakerState {
    /// The version of this form.
    pub(super) version: u32,
    /// When it opened; none while it is closed. Half-open is an open one whose time has come.
    pub(super) opened_at: Option<Timestamp>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// The last of them.
    pub(super) failed_at: Option<Timestamp>,
    /// Successes while half open.
    pub(super) successes: u32,
    /// The beginnings of the calls that try while it is half open.
    pub(super) slots: Vec<Timestamp>,
    /// How often it opened.
    pub(super) opens: u64,
    /// How often it closed.
    pub(super) closes: u64,
    /// How many calls it refused.
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
