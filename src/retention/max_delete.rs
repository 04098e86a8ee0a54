//! The most results that may be removed at once.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A number of results, or a share of all that the rules are applied to, in whole percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxDelete {
    /// So many results.
    Count(u64),
    /// So many of a hundred.
    Percent(u64),
}

impl MaxDelete {
    /// Whether it is exceeded if `removed` of `all` results are removed.
    pub fn is_exceeded(self, removed: u64, all: u64) -> bool {
        match self {
            Self::Count(count) => removed > count,
            Self::Percent(percent) => u128::from(removed) * 100 > u128::from(all) * u128::from(percent),
        }
    }
}

impl FromStr for MaxDelete {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected a number, or a share such as 10%";
        let number = |text: &str| text.parse().map_err(|_| EXPECTED);
        match text.strip_suffix('%') {
            Some(percent) => number(percent).and_then(|percent| match percent {
                0..=100 => Ok(Self::Percent(percent)),
                _ => Err(EXPECTED),
            }),
            None => number(text).map(Self::Count),
        }
    }
}

impl fmt::Display for MaxDelete {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(formatter, "{count}"),
            Self::Percent(percent) => write!(formatter, "{percent}%"),
        }
    }
}

impl Serialize for MaxDelete {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_all_results() {
        let exceeded = |text: &str, removed, all| text.parse::<MaxDelete>().unwrap().is_exceeded(removed, all);
        assert!(!exceeded("10", 10, 10) && exceeded("10", 11, 1_000));
        assert!(!exceeded("10%", 10, 100) && exceeded("10%", 11, 100) && exceeded("10%", 1, 9));
        assert!(!exceeded("0", 0, 0) && !exceeded("0%", 0, 0) && exceeded("0%", 1, 1_000_000));
        for text in ["", "%", "-1", "101%", "1.5%", "all"] {
            assert!(text.parse::<MaxDelete>().is_err(), "{text}");
        }
    }
}
