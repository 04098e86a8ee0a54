//! A time that does not depend on a time zone.

use super::run_instant::RunInstant;

/// The instant of a time if, without an offset, it were in UTC. It is the same in every time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcReading(RunInstant);

impl UtcReading {
    /// The reading of so many microseconds since 1970, if it is in the range of instants.
    pub fn from_microsecond(microsecond: i64) -> Option<Self> {
        RunInstant::from_microsecond(microsecond).map(Self)
    }

    /// Microseconds since 1970.
    pub fn as_microsecond(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The instant of this reading, or of this time with an offset, in UTC.
    pub fn as_if_in_utc(self) -> RunInstant {
        self.0
    }
}

impl From<RunInstant> for UtcReading {
    /// The reading of a clock in UTC.
    fn from(instant: RunInstant) -> Self {
        Self(instant)
    }
}
