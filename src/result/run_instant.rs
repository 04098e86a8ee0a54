//! An instant in the range of Python's `datetime`.

use std::fmt;

use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Timestamp};

/// The time from which instants are counted.
const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

/// An instant from the year 1 to the year 9999 in UTC, to the microsecond: the range and the precision of Python's
/// `datetime`. (jiff's `Timestamp` ends a day earlier, because it can be shown in every time zone.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunInstant(i64);

impl RunInstant {
    /// 0001-01-01T00:00:00Z.
    pub const FIRST: Self = Self(-62_135_596_800_000_000);

    /// 9999-12-31T23:59:59.999999Z.
    pub const LAST: Self = Self(253_402_300_799_999_999);

    /// The instant of so many microseconds since 1970, if it is in the range.
    pub fn from_microsecond(microsecond: i64) -> Option<Self> {
        (Self::FIRST.0..=Self::LAST.0).contains(&microsecond).then_some(Self(microsecond))
    }

    /// Microseconds since 1970.
    pub fn as_microsecond(self) -> i64 {
        self.0
    }

    /// The last instant that is not after this time in UTC, if that is in the range.
    pub fn from_utc(time: DateTime) -> Option<Self> {
        let since = time.duration_since(EPOCH);
        let beyond = i64::from(since.subsec_nanos().rem_euclid(1_000));
        let since = since.checked_sub(SignedDuration::from_nanos(beyond))?;
        Self::from_microsecond(i64::try_from(since.as_micros()).ok()?)
    }

    /// The first instant that is not before this time in UTC, or the last of all.
    pub fn at_or_after(time: DateTime) -> Self {
        let time = time.saturating_add(SignedDuration::from_nanos(999));
        Self::nearest(time)
    }

    /// The last instant that is not after this time in UTC, or the first of all.
    pub fn at_or_before(time: DateTime) -> Self {
        Self::nearest(time)
    }

    fn nearest(time: DateTime) -> Self {
        Self::from_utc(time).unwrap_or(if time < EPOCH { Self::FIRST } else { Self::LAST })
    }

    /// The date and the time of day in UTC.
    pub fn to_utc(self) -> DateTime {
        EPOCH.saturating_add(SignedDuration::from_micros(self.0))
    }
}

impl From<Timestamp> for RunInstant {
    /// Rounds down to the microsecond, and to the range.
    fn from(instant: Timestamp) -> Self {
        let microsecond = i64::try_from(instant.as_nanosecond().div_euclid(1_000)).unwrap_or_default();
        Self(microsecond).clamp(Self::FIRST, Self::LAST)
    }
}

impl fmt::Display for RunInstant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}Z", self.to_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_as_a_timestamp_is() {
        for text in ["2026-11-23T00:56:54.158803Z", "1969-12-31T23:59:59.1Z", "0001-01-01T00:00:00Z"] {
            let instant: Timestamp = text.parse().unwrap();
            assert_eq!(RunInstant::from(instant).to_string(), text);
            assert_eq!(RunInstant::from(instant).to_string(), instant.to_string());
        }
        assert_eq!(RunInstant::LAST.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(RunInstant::FIRST.to_string(), "0001-01-01T00:00:00Z");
    }

    #[test]
    fn a_time_comes_back_and_is_rounded_to_the_asked_side() {
        let time = |text: &str| text.parse::<DateTime>().unwrap();
        let shown = |instant: RunInstant| instant.to_utc().to_string();
        for text in ["9999-12-31T23:59:59.999999", "0001-01-01T00:00:00", "1969-12-31T23:59:59.999999"] {
            assert_eq!(shown(RunInstant::from_utc(time(text)).unwrap()), text);
        }
        for text in ["2026-01-01T00:00:00.0000001", "1960-01-01T00:00:00.0000001"] {
            let whole = &text[.."2026-01-01T00:00:00".len()];
            assert_eq!(shown(RunInstant::at_or_before(time(text))), whole);
            assert_eq!(shown(RunInstant::at_or_after(time(text))), format!("{whole}.000001"));
        }
        assert_eq!(RunInstant::from_utc(time("0000-12-31T23:59:00")), None);
        assert_eq!(RunInstant::at_or_before(time("0000-12-31T23:59:00")), RunInstant::FIRST);
        assert_eq!(RunInstant::at_or_after(time("9999-12-31T23:59:59.999999999")), RunInstant::LAST);
    }
}
