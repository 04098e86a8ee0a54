//! The share of runs in which a check passed.

use std::fmt;

use serde::{Serialize, Serializer};

/// The share of runs in which a check passed, among those in which it passed, failed, warned or could not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassRate {
    /// The number of runs in which it passed.
    pub passed: u64,
    /// The number of runs that count.
    pub total: u64,
}

impl PassRate {
    pub(super) fn add(&mut self, has_passed: bool) {
        self.passed += u64::from(has_passed);
        self.total += 1;
    }

    /// From 0 to 1; `None` if no run counts.
    #[expect(clippy::cast_precision_loss, reason = "a share of runs need not be exact")]
    pub fn share(self) -> Option<f64> {
        (self.total > 0).then(|| self.passed as f64 / self.total as f64)
    }
}

impl fmt::Display for PassRate {
    /// Whole percent: `100%` and `0%` only if no run differs; a dash if no run counts.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.share(), self.passed) {
            (None, _) => formatter.write_str("-"),
            (Some(_), 0) => formatter.write_str("0%"),
            (Some(_), passed) if passed == self.total => formatter.write_str("100%"),
            (Some(share), _) => write!(formatter, "{:.0}%", (share * 100.0).round().clamp(1.0, 99.0)),
        }
    }
}

impl Serialize for PassRate {
    /// A number from 0 to 1, or null.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.share().serialize(serializer)
    }
}
