//! An age on the calendar: `90d`, `6mo`, `1y`.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Span};
use serde::{Serialize, Serializer};

use crate::result::{RunInstant, TimeZone};

/// A time such as `90d`, `6mo`, `1y` or `1y 6mo`: years, months, weeks, days and hours.
///
/// Minutes are refused, because `6m` are six months for restic, and a rule that takes six minutes in their place would
/// remove or move almost everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarAge {
    /// Years, months, weeks and days, which have the length that the calendar gives them.
    calendar: (i64, i64),
    hours: SignedDuration,
    /// As it was written.
    text: String,
}

impl CalendarAge {
    /// The instant that is this long before `end`. Years to days count back on the calendar of `zone`; the 31st of a month
    /// with fewer days is its last day.
    pub fn before(&self, end: RunInstant, zone: &TimeZone) -> RunInstant {
        let (months, days) = self.calendar;
        // Each is in the range of a span: it was made of one.
        let span = Span::new().try_months(months).and_then(|span| span.try_days(days));
        let clock = span.ok().and_then(|span| zone.clock(end).checked_sub(span).ok());
        // Counted back to before the first year.
        let Some(clock) = clock else { return RunInstant::FIRST };
        let moved = if months == 0 && days == 0 { end } else { zone.instant(clock) };
        moved.later_by(-self.hours)
    }
}

impl FromStr for CalendarAge {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected years, months, weeks, days or hours such as 90d, 6mo or 1y";
        let span: Span = text.parse().map_err(|_| EXPECTED)?;
        let months = i64::from(span.get_years()) * 12 + i64::from(span.get_months());
        let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
        let has_less = span.get_minutes() != 0
            || span.get_seconds() != 0
            || span.get_milliseconds() != 0
            || span.get_microseconds() != 0
            || span.get_nanoseconds() != 0;
        let is_in_range = Span::new().try_months(months).and_then(|span| span.try_days(days)).is_ok();
        if has_less || !span.is_positive() || !is_in_range {
            return Err(EXPECTED);
        }
        let hours = SignedDuration::from_hours(i64::from(span.get_hours()));
        Ok(Self { calendar: (months, days), hours, text: text.to_owned() })
    }
}

impl fmt::Display for CalendarAge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for CalendarAge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(text: &str, newest: &str, zone: &str) -> String {
        let newest: jiff::Timestamp = newest.parse().unwrap();
        text.parse::<CalendarAge>().unwrap().before(newest.into(), &TimeZone::named(zone).unwrap()).to_string()
    }

    #[test]
    fn days_and_months_count_back_on_the_calendar_of_the_zone() {
        assert_eq!(before("90d", "2026-11-28T10:00:00Z", "UTC"), "2026-08-30T10:00:00Z");
        assert_eq!(before("1y 6mo", "2026-11-28T10:00:00Z", "UTC"), "2025-05-28T10:00:00Z");
        assert_eq!(before("1mo", "2026-03-31T10:00:00Z", "UTC"), "2026-02-28T10:00:00Z");
        assert_eq!(before("2w", "2026-11-28T10:00:00Z", "UTC"), "2026-11-14T10:00:00Z");
        // Clocks were set back in between: the same time of day, and 24 hours.
        assert_eq!(before("1d", "2026-10-25T12:00:00Z", "Europe/Berlin"), "2026-10-24T11:00:00Z");
        assert_eq!(before("24h", "2026-10-25T12:00:00Z", "Europe/Berlin"), "2026-10-24T12:00:00Z");
        assert!(before("9000y", "2026-10-25T12:00:00Z", "UTC").starts_with("0001-01-01"));
    }

    #[test]
    fn what_may_mean_minutes_or_months_is_refused() {
        for text in ["6m", "90 minutes", "10s", "0d", "-1d", "", "7", "soon", "1d 30m", "P1DT1M"] {
            assert!(text.parse::<CalendarAge>().is_err(), "{text}");
        }
        for text in ["6mo", "90 days", "12h", "P1Y", "1 year 2 months"] {
            assert_eq!(text.parse::<CalendarAge>().unwrap().to_string(), text);
        }
    }
}
