//! The severity of a check.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The severity of a check, as truthound names it (`truthound/types.py`). In order: the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The least one.
    Low,
    /// Between low and high.
    Medium,
    /// Between medium and critical.
    High,
    /// The worst one.
    Critical,
}

impl Severity {
    /// All severities, the worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The name in documents and options.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl FromStr for Severity {
    type Err = &'static str;

    /// Reads a name in any case.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let named = Self::ALL.into_iter().find(|severity| severity.name().eq_ignore_ascii_case(text));
        named.ok_or("expected critical, high, medium or low")
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
