//! An instant in the range of Python's `datetime`.

use std::fmt;

use jiff::civil::{DateTime, date};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The time from which instants are counted.
const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

/// The range of clock readings: that of Python's `datetime`.
pub(super) const FIRST_READING: DateTime = date(1, 1, 1).at(0, 0, 0, 0);
const LAST_READING: DateTime = date(9999, 12, 31).at(23, 59, 59, 999_999_000);

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

    /// The last instant that is not after this reading of a clock with this offset from UTC, or the nearest in the range.
    pub fn at(clock: DateTime, offset: Offset) -> Self {
        let since = clock.duration_since(EPOCH);
        let is_rounded_up = since.is_negative() && since.subsec_nanos() % 1_000 != 0;
        let microseconds = since.as_micros() - i128::from(is_rounded_up);
        let microseconds = microseconds - i128::from(offset.seconds()) * 1_000_000;
        // The readings of jiff end with the years -9999 and 9999.
        Self(i64::try_from(microseconds).unwrap_or_default()).clamp(Self::FIRST, Self::LAST)
    }

    /// The first instant that is not before this time in UTC, or the last of all.
    pub fn at_or_after(time: DateTime) -> Self {
        Self::at(time.saturating_add(SignedDuration::from_nanos(999)), Offset::UTC)
    }

    /// The last instant that is not after this time in UTC, or the first of all.
    pub fn at_or_before(time: DateTime) -> Self {
        Self::at(time, Offset::UTC)
    }

    /// The date and the time of day in UTC.
    pub fn to_utc(self) -> DateTime {
        self.to_clock(Offset::UTC)
    }

    /// The reading of a clock with this offset from UTC, within the years 1 to 9999.
    pub fn to_clock(self, offset: Offset) -> DateTime {
        let ahead = SignedDuration::from_secs(offset.seconds().into());
        EPOCH
            .saturating_add(SignedDuration::from_micros(self.0))
            .saturating_add(ahead)
            .clamp(FIRST_READING, LAST_READING)
    }

    /// The instant that is later by this duration, within the range.
    pub fn later_by(self, duration: SignedDuration) -> Self {
        let microseconds = i128::from(self.0).saturating_add(duration.as_micros());
        Self(i64::try_from(microseconds).unwrap_or(if microseconds < 0 { i64::MIN } else { i64::MAX }))
            .clamp(Self::FIRST, Self::LAST)
    }

    /// The next instant, a microsecond later; `None` for the last.
    pub fn next(self) -> Option<Self> {
        (self < Self::LAST).then_some(Self(self.0 + 1))
    }

    /// The instant before, by a microsecond; the first has none and stays.
    pub fn previous(self) -> Self {
        Self(self.0 - 1).max(Self::FIRST)
    }

    /// The nearest instant that jiff has.
    pub fn to_timestamp(self) -> Timestamp {
        let nearest = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_microsecond(self.0).unwrap_or(nearest)
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
            assert_eq!(shown(RunInstant::at_or_before(time(text))), text);
            assert_eq!(shown(RunInstant::at_or_after(time(text))), text);
        }
        for text in ["2026-01-01T00:00:00.0000001", "1960-01-01T00:00:00.0000001"] {
            let whole = &text[.."2026-01-01T00:00:00".len()];
            assert_eq!(shown(RunInstant::at_or_before(time(text))), whole);
            assert_eq!(shown(RunInstant::at_or_after(time(text))), format!("{whole}.000001"));
        }
        assert_eq!(RunInstant::at_or_before(time("0000-12-31T23:59:00")), RunInstant::FIRST);
        assert_eq!(RunInstant::at_or_after(time("9999-12-31T23:59:59.999999999")), RunInstant::LAST);
    }
}
