//! A time on the command line.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Span, SpanRelativeTo, Timestamp, ToSpan as _};

use crate::result::{RunInstant, RunTime, TimeZone};

/// A time as users write it in a filter. Without an offset, its meaning depends on the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterTime(WrittenTime);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WrittenTime {
    /// In UTC.
    Instant(DateTime),
    /// The reading of a clock in the time zone of the profile.
    Reading(DateTime),
    /// The whole day there.
    Day(Date),
}

impl FilterTime {
    /// Parses an instant, a reading of a clock, a date, or an age.
    ///
    /// # Errors
    /// For anything else, with examples.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Self::parse_at(text, Timestamp::now())
    }

    fn parse_at(text: &str, now: Timestamp) -> Result<Self, String> {
        let unreadable =
            || "write a time as 2026-11-23T10:00:00Z or 2026-11-23, or an age as 7d, 12h or 30m".to_owned();
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(Self(WrittenTime::Instant(Offset::UTC.to_datetime(instant))));
        }
        let reading = text.parse::<DateTime>();
        if let (Ok(reading), Ok(_)) = (&reading, text.parse::<Date>())
            && text.len() <= "2026-11-23".len()
        {
            return Ok(Self(WrittenTime::Day(reading.date())));
        }
        // The last day of the year 9999 is beyond jiff's last instant. Its readings would pass over an offset.
        if let Ok(time) = text.parse::<RunTime>() {
            let utc = time.clock_in(&TimeZone::UTC);
            return Ok(Self(time.offset().map_or(WrittenTime::Reading(utc), |_| WrittenTime::Instant(utc))));
        }
        if let Ok(reading) = reading {
            return Ok(Self(WrittenTime::Reading(reading)));
        }
        let age: Span = text.parse().map_err(|_| unreadable())?;
        let age = age.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| unreadable())?;
        if age < 0.seconds().to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| unreadable())? {
            return Err(unreadable());
        }
        let instant = now.checked_sub(age).map_err(|_| unreadable())?;
        Ok(Self(WrittenTime::Instant(Offset::UTC.to_datetime(instant))))
    }

    /// The first instant that is not before this time.
    pub(super) fn since(self, zone: &TimeZone) -> RunInstant {
        let rounded_up = |time: DateTime| RunInstant::at_or_after(time).to_utc();
        match self.0 {
            WrittenTime::Instant(time) => RunInstant::at_or_after(time),
            WrittenTime::Reading(reading) => zone.instant(rounded_up(reading)),
            WrittenTime::Day(day) => zone.instant(day.at(0, 0, 0, 0)),
        }
    }

    /// The last instant that is not after this time.
    pub(super) fn until(self, zone: &TimeZone) -> RunInstant {
        match self.0 {
            WrittenTime::Instant(time) => RunInstant::at_or_before(time),
            WrittenTime::Reading(reading) => zone.instant(reading),
            // A day may end with an hour that occurs twice.
            WrittenTime::Day(day) => match day.tomorrow() {
                Ok(tomorrow) => zone.instant(tomorrow.at(0, 0, 0, 0)).previous(),
                Err(_) => RunInstant::LAST,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> FilterTime {
        FilterTime::parse_at(text, "2026-11-23T12:00:00Z".parse().unwrap()).unwrap()
    }

    fn since(text: &str, zone: &str) -> String {
        parsed(text).since(&TimeZone::named(zone).unwrap()).to_string()
    }

    fn until(text: &str, zone: &str) -> String {
        parsed(text).until(&TimeZone::named(zone).unwrap()).to_string()
    }

    #[test]
    fn times_dates_and_ages_are_read_as_users_write_them() {
        assert_eq!(until("2026-11-01T10:00:00+02:00", "UTC"), "2026-11-01T08:00:00Z");
        assert_eq!(until("2026-11-01T10:00:00", "UTC"), "2026-11-01T10:00:00Z");
        assert_eq!(since("2026-11-01", "UTC"), "2026-11-01T00:00:00Z");
        assert_eq!(until("2026-11-01", "UTC"), "2026-11-01T23:59:59.999999Z");
        assert_eq!(until("7d", "UTC"), "2026-11-16T12:00:00Z");
        assert_eq!(until("12h", "UTC"), "2026-11-23T00:00:00Z");
        assert_eq!(until("1w", "UTC"), "2026-11-16T12:00:00Z");
        assert_eq!(until("1h30m", "UTC"), "2026-11-23T10:30:00Z");
        assert_eq!(until("9999-12-31", "UTC"), "9999-12-31T23:59:59.999999Z");
        for text in ["9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999Z", "9999-12-31T20:59:59.999999-03:00"] {
            assert_eq!(until(text, "UTC"), "9999-12-31T23:59:59.999999Z", "{text}");
        }
    }

    #[test]
    fn what_has_no_offset_is_read_in_the_zone_and_the_rest_is_not() {
        assert_eq!(since("2026-11-23", "Asia/Seoul"), "2026-11-22T15:00:00Z");
        assert_eq!(until("2026-11-23", "Asia/Seoul"), "2026-11-23T14:59:59.999999Z");
        assert_eq!(since("2026-11-23T10:00", "America/New_York"), "2026-11-23T15:00:00Z");
        for text in ["2026-11-23T10:00:00Z", "2026-11-23T12:00:00+02:00", "2h"] {
            assert_eq!(since(text, "Asia/Seoul"), "2026-11-23T10:00:00Z", "{text}");
        }
        assert_eq!(until("9999-12-31", "America/New_York"), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn a_day_is_whole_although_clocks_are_changed_in_it() {
        // Cuba sets its clocks at midnight: forward in March, back from one o'clock in November.
        assert_eq!(since("2025-03-09", "America/Havana"), "2025-03-09T05:00:00Z");
        assert_eq!(until("2025-03-08", "America/Havana"), "2025-03-09T04:59:59.999999Z");
        assert_eq!(since("2025-11-02", "America/Havana"), "2025-11-02T04:00:00Z");
        assert_eq!(until("2025-11-02", "America/Havana"), "2025-11-03T04:59:59.999999Z");
        // Brazil set them back at midnight, so that the last hour of the day before occurred twice.
        assert_eq!(until("2018-02-17", "America/Sao_Paulo"), "2018-02-18T02:59:59.999999Z");
    }

    #[test]
    fn anything_else_is_refused_with_examples() {
        for text in ["", "yesterday", "7", "2026-13-01", "-7d", "999999999999d", "1 month"] {
            let error = FilterTime::parse(text).expect_err(text);
            assert!(error.contains("7d"), "{text}");
        }
    }
}
