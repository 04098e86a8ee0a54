//! The growth of a count that is no change for the worse.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The growth of a count of failures that is tolerated: a number, or a share of the count before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// So many more.
    Count(u64),
    /// So many percent more.
    Percent(f64),
}

impl Default for Tolerance {
    fn default() -> Self {
        Self::Count(0)
    }
}

impl Tolerance {
    /// Whether `after` is more than `before` by more than is tolerated.
    #[expect(clippy::cast_precision_loss, reason = "a share of a count need not be exact")]
    pub fn is_exceeded(self, before: u64, after: u64) -> bool {
        match self {
            Self::Count(count) => after > before.saturating_add(count),
            Self::Percent(percent) => after > before && (after - before) as f64 > before as f64 * percent / 100.0,
        }
    }
}

impl FromStr for Tolerance {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected a number such as 5, or a share such as 10%";
        match text.strip_suffix('%') {
            None => text.parse().map(Self::Count).map_err(|_| EXPECTED),
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| EXPECTED)?;
                if percent.is_finite() && percent >= 0.0 { Ok(Self::Percent(percent)) } else { Err(EXPECTED) }
            }
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(formatter, "{count}"),
            Self::Percent(percent) => write!(formatter, "{percent}%"),
        }
    }
}

impl Serialize for Tolerance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
