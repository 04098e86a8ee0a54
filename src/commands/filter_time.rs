//! A time on the command line.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, ToSpan as _};

use crate::result::{RunInstant, RunTime, TimeZone};

/// A time as users write it in a filter. Without an offset, its meaning depends on the profile.
#[derive(Clone, Copy, Debug)]
pub struct FilterTime {
    written: WrittenTime,
    /// When it was written: days and ages count back from here.
    now: Timestamp,
}

#[derive(Clone, Copy, Debug)]
enum WrittenTime {
    /// In UTC.
    Instant(DateTime),
    /// The reading of a clock in the time zone of the profile.
    Reading(DateTime),
    /// The whole day there.
    Day(Date),
    /// The whole month there that begins with this day.
    Month(Date),
    /// The whole day there, so many days before today.
    DaysAgo(i64),
    /// The same time of day there, so many months before, then this much earlier.
    MonthsAgo(i32, SignedDuration),
}

impl FilterTime {
    /// Parses an instant, a reading of a clock, a date, a month, seconds since 1970, or an age.
    ///
    /// # Errors
    /// For anything else, with examples.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Self::parse_at(text, Timestamp::now())
    }

    fn parse_at(text: &str, now: Timestamp) -> Result<Self, String> {
        let written = WrittenTime::parse(text, now).ok_or(
            "write a time as 2026-11-23T10:00:00Z, 2026-11-23, 2026-11, today, yesterday or 1795428000 (seconds since \
             1970), or an age as 30m, 12h, 7d or 1mo",
        )?;
        Ok(Self { written, now })
    }

    /// The first instant that is not before this time.
    pub(super) fn since(self, zone: &TimeZone) -> RunInstant {
        let rounded_up = |time: DateTime| RunInstant::at_or_after(time).to_utc();
        match self.written {
            WrittenTime::Instant(time) => RunInstant::at_or_after(time),
            WrittenTime::Reading(reading) => zone.instant(rounded_up(reading)),
            WrittenTime::Day(day) | WrittenTime::Month(day) => start_of(day, zone),
            WrittenTime::DaysAgo(days) => start_of(self.days_ago(days, zone), zone),
            WrittenTime::MonthsAgo(months, rest) => self.months_ago(months, rest, zone),
        }
    }

    /// The last instant that is not after this time.
    pub(super) fn until(self, zone: &TimeZone) -> RunInstant {
        match self.written {
            WrittenTime::Instant(time) => RunInstant::at_or_before(time),
            WrittenTime::Reading(reading) => zone.instant(reading),
            WrittenTime::Day(day) => before(day.tomorrow(), zone),
            WrittenTime::Month(day) => before(day.checked_add(1.month()), zone),
            WrittenTime::DaysAgo(days) => before(self.days_ago(days, zone).tomorrow(), zone),
            WrittenTime::MonthsAgo(months, rest) => self.months_ago(months, rest, zone),
        }
    }

    fn days_ago(self, days: i64, zone: &TimeZone) -> Date {
        zone.clock(self.now.into()).date().saturating_sub(days.days())
    }

    fn months_ago(self, months: i32, rest: SignedDuration, zone: &TimeZone) -> RunInstant {
        zone.instant(zone.clock(self.now.into()).saturating_sub(months.months())).later_by(-rest)
    }
}

impl WrittenTime {
    fn parse(text: &str, now: Timestamp) -> Option<Self> {
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Some(Self::Instant(Offset::UTC.to_datetime(instant)));
        }
        if let Some(instant) = epoch_seconds(text) {
            return Some(Self::Instant(Offset::UTC.to_datetime(instant)));
        }
        match text {
            "today" => return Some(Self::DaysAgo(0)),
            "yesterday" => return Some(Self::DaysAgo(1)),
            _ => {}
        }
        if let Some(month) = month(text) {
            return Some(Self::Month(month));
        }
        let reading = text.parse::<DateTime>();
        if let (Ok(reading), Ok(_)) = (&reading, text.parse::<Date>())
            && text.len() <= "2026-11-23".len()
        {
            return Some(Self::Day(reading.date()));
        }
        // The last day of the year 9999 is beyond jiff's last instant. Its readings would pass over an offset.
        if let Ok(time) = text.parse::<RunTime>() {
            let utc = time.clock_in(&TimeZone::UTC);
            return Some(time.offset().map_or(Self::Reading(utc), |_| Self::Instant(utc)));
        }
        if let Ok(reading) = reading {
            return Some(Self::Reading(reading));
        }
        Self::age(text.parse().ok()?, now)
    }

    /// The time that `age` was ago. Days have 24 hours; months are those of the calendar.
    fn age(age: Span, now: Timestamp) -> Option<Self> {
        if age.is_negative() {
            return None;
        }
        let months = i32::from(age.get_years()) * 12 + age.get_months();
        let rest = age.years(0).months(0).to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        if months > 0 {
            return Some(Self::MonthsAgo(months, rest));
        }
        Some(Self::Instant(Offset::UTC.to_datetime(now.checked_sub(rest).ok()?)))
    }
}

/// The first instant of a day.
fn start_of(day: Date, zone: &TimeZone) -> RunInstant {
    zone.instant(day.at(0, 0, 0, 0))
}

/// The last instant before a day; the last of all without such a day.
fn before(day: Result<Date, jiff::Error>, zone: &TimeZone) -> RunInstant {
    // A day may end with an hour that occurs twice.
    day.map_or(RunInstant::LAST, |day| start_of(day, zone).previous())
}

/// The first day of a month such as `2026-11`.
fn month(text: &str) -> Option<Date> {
    let (year, month) = text.split_once('-').filter(|(year, month)| (year.len(), month.len()) == (4, 2))?;
    Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()
}

/// The instant of seconds since 1970, with a fraction or not. Fewer digits would be a year or a date.
fn epoch_seconds(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(9..=11).contains(&seconds.len()) || !are_digits(seconds) || !are_digits(fraction) {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Timestamp::new(seconds.parse().ok()?, nanoseconds).ok()
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
    fn days_and_months_are_those_of_the_zone() {
        // It is 21 o'clock of this day in Seoul.
        assert_eq!(since("today", "UTC"), "2026-11-23T00:00:00Z");
        assert_eq!(since("today", "Asia/Seoul"), "2026-11-22T15:00:00Z");
        assert_eq!(until("today", "Asia/Seoul"), "2026-11-23T14:59:59.999999Z");
        // On the other side of the date line it is the next day.
        assert_eq!(since("today", "Pacific/Kiritimati"), "2026-11-23T10:00:00Z");
        assert_eq!(since("yesterday", "Asia/Seoul"), "2026-11-21T15:00:00Z");
        assert_eq!(until("yesterday", "Asia/Seoul"), "2026-11-22T14:59:59.999999Z");
        assert_eq!(since("2026-11", "Europe/Berlin"), "2026-10-31T23:00:00Z");
        assert_eq!(until("2026-11", "Europe/Berlin"), "2026-11-30T22:59:59.999999Z");
        assert_eq!(until("2024-02", "UTC"), "2024-02-29T23:59:59.999999Z");
        assert_eq!(until("9999-12", "UTC"), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn an_age_in_months_or_years_counts_by_the_calendar_of_the_zone() {
        assert_eq!(since("1mo", "UTC"), "2026-10-23T12:00:00Z");
        assert_eq!(until("9mo", "UTC"), "2026-02-23T12:00:00Z");
        assert_eq!(since("1y", "UTC"), "2025-11-23T12:00:00Z");
        assert_eq!(since("1mo 1d", "UTC"), "2026-10-22T12:00:00Z");
        // A month ago clocks in Berlin were an hour ahead of those of today.
        assert_eq!(since("1mo", "Europe/Berlin"), "2026-10-23T11:00:00Z");
        let march = FilterTime::parse_at("1mo", "2026-03-31T12:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(march.since(&TimeZone::UTC).to_string(), "2026-02-28T12:00:00Z");
        assert_eq!(since("9000y", "UTC"), "0001-01-01T00:00:00Z");
    }

    #[test]
    fn seconds_since_1970_may_have_a_fraction() {
        for zone in ["UTC", "Asia/Seoul"] {
            assert_eq!(since("1795428000", zone), "2026-11-23T10:00:00Z");
            assert_eq!(until("1795428000.25", zone), "2026-11-23T10:00:00.25Z");
            assert_eq!(since("1795428000.123456789", zone), "2026-11-23T10:00:00.123457Z");
        }
    }

    #[test]
    fn anything_else_is_refused_with_examples() {
        for text in [
            "",
            "tomorrow",
            "7",
            "2026",
            "2026-13",
            "2026-13-01",
            "-7d",
            "-1mo",
            "999999999999d",
            "1795428000000",
            "1.5",
        ] {
            let error = FilterTime::parse(text).expect_err(text);
            assert!(error.contains("7d"), "{text}");
        }
    }
}
