//! The least share of checks that pass.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The least share of checks that pass, in percent: `95` or `95%`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MinPassRate(f64);

impl MinPassRate {
    /// Whether `passed` of `total` are enough. Of no checks, none passed.
    #[expect(clippy::cast_precision_loss, reason = "a share of checks need not be exact")]
    pub fn is_met(self, passed: u64, total: u64) -> bool {
        total > 0 && passed as f64 * 100.0 / total as f64 >= self.0
    }
}

impl FromStr for MinPassRate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let percent = text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>().ok();
        let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
        percent.map(Self).ok_or("expected a share in percent such as 95 or 99.5%")
    }
}

impl fmt::Display for MinPassRate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", self.0)
    }
}

impl Serialize for MinPassRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
