//! Numbers with their noun.

use std::fmt;

/// A number with its noun: "1 run", "2 runs".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NounCount {
    pub(super) count: u64,
    noun: &'static str,
}

impl NounCount {
    /// `count` of `noun`, which is in the singular and has a regular plural.
    pub(super) fn new(count: u64, noun: &'static str) -> Self {
        Self { count, noun }
    }

    /// The number of items in a list.
    pub(super) fn of<T>(items: &[T], noun: &'static str) -> Self {
        Self::new(u64::try_from(items.len()).unwrap_or(u64::MAX), noun)
    }
}

impl fmt::Display for NounCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, noun } = self;
        write!(formatter, "{count} {noun}{}", if *count == 1 { "" } else { "s" })
    }
}
