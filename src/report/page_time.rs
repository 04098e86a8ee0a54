//! Times on a page, in UTC.

use std::fmt;

use crate::result::RunInstant;

/// An instant on a page. It prints in RFC 3339, for the attribute `datetime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageTime(pub(super) RunInstant);

impl PageTime {
    /// The date.
    pub(super) fn day(&self) -> String {
        self.0.to_utc().strftime("%Y-%m-%d").to_string()
    }

    /// The date, and the time of day to the minute.
    pub(super) fn minute(&self) -> String {
        self.0.to_utc().strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The date, and the time of day to the second.
    pub(super) fn second(&self) -> String {
        self.0.to_utc().strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

impl fmt::Display for PageTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
