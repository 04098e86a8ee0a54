//! The time zone of times without an offset.

use std::borrow::Cow;
use std::fmt;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone as Rules, db};

use super::run_instant::{FIRST_READING, RunInstant};
use super::utc_reading::UtcReading;

/// The time zone in which a time without an offset is read.
///
/// A clock reading that occurs twice, because clocks are set back, is the first of the two instants. One that does not
/// occur, because clocks are set forward, is read with the offset before the change. Python reads both in the same way
/// (`fold=0`).
#[derive(Clone, Debug)]
pub struct TimeZone {
    name: Cow<'static, str>,
    /// `None` for UTC, which needs no data.
    rules: Option<Rules>,
}

/// Why there is no such time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTimeZone {
    /// The IANA database has no zone of this name.
    Unknown,
    /// The machine has a zone that cannot be found out: a variable `TZ` that names none.
    Undetermined,
}

/// The clock readings at or after an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReadings {
    /// The first of them.
    pub from: DateTime,
    /// Readings after the first that are before the instant: at or after the first of these two, and before the second.
    pub except: Option<(DateTime, DateTime)>,
}

impl TimeZone {
    /// UTC.
    pub const UTC: Self = Self { name: Cow::Borrowed("UTC"), rules: None };

    /// Stands for the zone of the machine: that of the variable `TZ`, or of `/etc/localtime`.
    pub const LOCAL: &str = "local";

    /// Finds a zone by its IANA name, or that of the machine for [`LOCAL`](Self::LOCAL). Case does not matter.
    ///
    /// # Errors
    /// If there is none.
    pub fn named(name: &str) -> Result<Self, NoTimeZone> {
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Self::UTC);
        }
        if !name.eq_ignore_ascii_case(Self::LOCAL) {
            let rules = db().get(name).map_err(|_| NoTimeZone::Unknown)?;
            return Ok(Self::of(rules.iana_name().unwrap_or(name).to_owned(), rules));
        }
        match Rules::try_system() {
            Ok(rules) => Ok(Self::of(rules.iana_name().unwrap_or(Self::LOCAL).to_owned(), rules)),
            // As the C library does.
            Err(_) if std::env::var_os("TZ").is_none() => Ok(Self::UTC),
            Err(_) => Err(NoTimeZone::Undetermined),
        }
    }

    fn of(name: String, rules: Rules) -> Self {
        Self { name: name.into(), rules: Some(rules).filter(|rules| *rules != Rules::UTC) }
    }

    /// Whether a profile can name this zone. Does not look for the zone of the machine.
    pub fn is_known(name: &str) -> bool {
        name.eq_ignore_ascii_case(Self::LOCAL) || Self::named(name).is_ok()
    }

    /// The names of all zones.
    pub fn names() -> impl Iterator<Item = String> {
        db().available().map(|name| name.to_string())
    }

    /// The instant of a clock reading. Before the year 1 and after the year 9999 in UTC it is the first or the last.
    pub fn instant(&self, clock: DateTime) -> RunInstant {
        let offset = match self.rules.as_ref().map(|rules| rules.to_ambiguous_timestamp(clock).offset()) {
            None => Offset::UTC,
            Some(AmbiguousOffset::Unambiguous { offset }) => offset,
            Some(AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. }) => before,
        };
        RunInstant::at(clock, offset)
    }

    /// The reading of a clock at this instant, within the years 1 to 9999.
    pub fn clock(&self, instant: RunInstant) -> DateTime {
        instant.to_clock(self.offset(instant))
    }

    fn offset(&self, instant: RunInstant) -> Offset {
        self.rules.as_ref().map_or(Offset::UTC, |rules| rules.to_offset(instant.to_timestamp()))
    }

    /// The clock readings at or after an instant. They are not always one range: those that do not occur count as an
    /// hour later, which other readings stand for too.
    pub fn readings_from(&self, instant: RunInstant) -> ClockReadings {
        if instant == RunInstant::FIRST {
            // Readings that are before it count as this one.
            return ClockReadings { from: FIRST_READING, except: None };
        }
        let usual = ClockReadings { from: self.clock(instant), except: None };
        let Some(rules) = &self.rules else { return usual };
        let Ok(after_instant) = instant.to_timestamp().checked_add(SignedDuration::from_micros(1)) else {
            return usual;
        };
        let Some(change) = rules.preceding(after_instant).next().map(|change| change.timestamp()) else {
            return usual;
        };
        let Ok(before_change) = change.checked_sub(SignedDuration::from_micros(1)) else { return usual };
        let (before, after) = (rules.to_offset(before_change), rules.to_offset(change));
        let change = RunInstant::from(change);
        let since = instant.as_microsecond() - change.as_microsecond();
        let forward = i64::from(after.seconds() - before.seconds()) * 1_000_000;
        if since >= forward.abs() {
            usual
        } else if forward < 0 {
            // The readings of this instant stand for those before the change.
            ClockReadings { from: change.to_clock(before), except: None }
        } else {
            ClockReadings {
                from: instant.to_clock(before),
                except: Some((change.to_clock(after), instant.to_clock(after))),
            }
        }
    }

    /// The clock readings after an instant; `None` if the years end before.
    pub fn readings_after(&self, instant: RunInstant) -> Option<ClockReadings> {
        let after = instant.next()?;
        Some(self.readings_from(after)).filter(|readings| self.instant(readings.from) >= after)
    }

    /// Bounds of the times about an instant, with and without an offset: those at or after it are not before the first,
    /// and those at or before it are not after the second.
    pub fn reach(&self, instant: RunInstant) -> (UtcReading, UtcReading) {
        let readings = self.shifts_around(instant).map(|shift| instant.later_by(shift));
        let (first, last) = (readings.iter().copied().min(), readings.iter().copied().max());
        (
            first.map_or(instant, |first| first.min(instant)).into(),
            last.map_or(instant, |last| last.max(instant)).into(),
        )
    }

    /// The latest instant of all times, with and without an offset, that are at or before `reading`.
    pub fn latest_of(&self, reading: UtcReading) -> RunInstant {
        let reading = reading.as_if_in_utc();
        let instants = self.shifts_around(reading).map(|shift| reading.later_by(-shift));
        instants.into_iter().fold(reading, RunInstant::max)
    }

    /// The offsets that are in use about this instant. All offsets are less than a day.
    fn shifts_around(&self, instant: RunInstant) -> [SignedDuration; 3] {
        let day = SignedDuration::from_hours(24);
        [-day, SignedDuration::ZERO, day]
            .map(|distance| SignedDuration::from_secs(self.offset(instant.later_by(distance)).seconds().into()))
    }

    /// Whether this is UTC.
    pub fn is_utc(&self) -> bool {
        self.rules.is_none()
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::result::RunTime;

    fn zone(name: &str) -> TimeZone {
        TimeZone::named(name).unwrap()
    }

    fn reading(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    fn instant(text: &str) -> RunInstant {
        RunInstant::from(text.parse::<Timestamp>().unwrap())
    }

    #[test]
    fn readings_are_those_of_python() {
        // Made by Python 3.11: `datetime.fromisoformat(reading).replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)`.
        for (name, text, utc) in [
            ("America/New_York", "2026-11-23T00:56:54.158803", "2026-11-23T05:56:54.158803Z"),
            ("America/New_York", "2026-07-01T12:00:00", "2026-07-01T16:00:00Z"),
            // Clocks are set forward.
            ("America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59Z"),
            ("America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),
            ("America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00Z"),
            // Clocks are set back.
            ("America/New_York", "2026-11-01T00:59:59", "2026-11-01T04:59:59Z"),
            ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
            ("America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00Z"),
            ("Asia/Seoul", "2026-11-23T00:00:00", "2026-11-22T15:00:00Z"),
            ("Asia/Kathmandu", "2026-11-23T00:00:00", "2026-11-22T18:15:00Z"),
            ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z"),
            ("America/New_York", "1850-01-01T00:00:00", "1850-01-01T04:56:02Z"),
            ("Europe/London", "2100-07-01T12:00:00", "2100-07-01T11:00:00Z"),
            ("UTC", "2026-11-23T00:00:00", "2026-11-23T00:00:00Z"),
        ] {
            assert_eq!(zone(name).instant(reading(text)).to_string(), utc, "{name} {text}");
        }
    }

    #[test]
    fn readings_beyond_the_range_are_its_first_or_last_instant() {
        let last = reading("9999-12-31T23:59:59.999999");
        let first = reading("0001-01-01T00:00:00");
        assert_eq!(zone("America/New_York").instant(last), RunInstant::LAST);
        assert_eq!(zone("Asia/Seoul").instant(last).to_string(), "9999-12-31T14:59:59.999999Z");
        assert_eq!(zone("Asia/Seoul").instant(first), RunInstant::FIRST);
        for name in ["America/New_York", "Asia/Seoul", "UTC"] {
            for instant in [RunInstant::FIRST, RunInstant::LAST] {
                let clock = zone(name).clock(instant);
                assert!((1..=9999).contains(&clock.year()), "{name} {clock}");
            }
            assert_eq!(zone(name).readings_from(RunInstant::FIRST), ClockReadings { from: first, except: None });
            assert_eq!(zone(name).readings_after(zone(name).instant(last)), None, "{name}");
        }
    }

    /// Every reading, a quarter of an hour apart, about the changes of these zones.
    fn readings_about_changes() -> impl Iterator<Item = (TimeZone, DateTime)> {
        let changes = [
            ("America/New_York", "2026-03-08T00:00:00"),
            ("America/New_York", "2026-11-01T00:00:00"),
            ("Asia/Seoul", "1988-05-08T00:00:00"),
            ("Australia/Lord_Howe", "2026-04-05T00:00:00"),
            ("Australia/Lord_Howe", "2026-10-04T00:00:00"),
            ("Pacific/Apia", "2011-12-29T12:00:00"),
            ("Europe/Dublin", "2026-10-25T00:00:00"),
            ("Africa/Casablanca", "2026-02-15T00:00:00"),
        ];
        changes.into_iter().flat_map(|(name, start)| {
            (0..200).map(move |quarter| (zone(name), reading(start) + SignedDuration::from_mins(15 * quarter)))
        })
    }

    #[test]
    fn the_readings_from_an_instant_on_are_exactly_those_that_stand_for_later_ones() {
        for (zone, start) in readings_about_changes() {
            let from = RunInstant::at_or_before(start);
            let ClockReadings { from: first, except } = zone.readings_from(from);
            for minutes in (-2_000..=2_000).step_by(15) {
                let clock = start + SignedDuration::from_mins(minutes);
                let is_in = clock >= first && !except.is_some_and(|(begin, end)| clock >= begin && clock < end);
                assert_eq!(is_in, zone.instant(clock) >= from, "{zone}: {clock} at or after {from}");
            }
        }
    }

    #[test]
    fn the_reach_of_an_instant_has_all_readings_at_or_after_and_at_or_before_it() {
        for (zone, start) in readings_about_changes() {
            let limit = RunInstant::at_or_before(start);
            let (earliest, latest) = zone.reach(limit);
            assert!(earliest <= limit.into() && latest >= limit.into());
            let bound = zone.latest_of(limit.into());
            assert!(bound >= limit);
            for minutes in (-2_000..=2_000).step_by(15) {
                let clock = start + SignedDuration::from_mins(minutes);
                let (instant, as_utc) = (zone.instant(clock), RunTime::without_offset(clock, &zone).as_utc());
                assert!(instant < limit || as_utc >= earliest, "{zone}: {clock}");
                assert!(instant > limit || as_utc <= latest, "{zone}: {clock}");
                assert!(as_utc > limit.into() || instant <= bound, "{zone}: {clock}");
            }
        }
    }

    #[test]
    fn utc_needs_no_data_and_reaches_no_further() {
        let some = instant("2026-11-23T00:00:00Z");
        for name in ["UTC", "utc"] {
            assert!(zone(name).is_utc());
            assert_eq!(zone(name).reach(some), (some.into(), some.into()));
            assert_eq!(zone(name).latest_of(some.into()), some);
        }
    }

    #[test]
    fn a_name_is_found_whatever_its_case_and_shown_as_the_database_spells_it() {
        assert_eq!(zone("america/new_york").to_string(), "America/New_York");
        for name in ["", "Mars/Olympus", "New York", "+01:00", "../etc/passwd"] {
            assert_eq!(TimeZone::named(name).unwrap_err(), NoTimeZone::Unknown, "{name}");
            assert!(!TimeZone::is_known(name));
        }
        assert!(TimeZone::is_known("local"));
    }
}
