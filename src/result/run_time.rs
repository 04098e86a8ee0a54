//! The time of a run.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday};
use jiff::tz::Offset;

use super::run_instant::RunInstant;
use super::time_zone::TimeZone;
use super::utc_reading::UtcReading;

/// The time of a run, to the microsecond: the reading of a clock, with or without its offset from UTC.
///
/// Python writes both kinds. Times are compared as instants, and without an offset the [`TimeZone`] of the profile
/// decides which instant that is. Stores keep the reading, so that it can be read in any zone, and because Python cannot
/// compare the two kinds and its `_index.json` must agree with the document.
#[derive(Clone, Copy, Debug)]
pub struct RunTime {
    clock: DateTime,
    offset: Option<Offset>,
    /// Depends on the zone, if there is no offset.
    instant: RunInstant,
}

impl RunTime {
    /// An instant, and the offset in its text, if it has one; else the text is in UTC.
    pub fn new(instant: RunInstant, offset: Option<Offset>) -> Self {
        Self { clock: instant.to_clock(offset.unwrap_or(Offset::UTC)), offset, instant }
    }

    /// The reading of a clock in this zone. Digits beyond the microsecond are cut off.
    pub fn without_offset(clock: DateTime, zone: &TimeZone) -> Self {
        Self::new(RunInstant::at_or_before(clock), None).in_zone(zone)
    }

    /// The same time. If it has no offset, it is read in this zone.
    pub fn in_zone(self, zone: &TimeZone) -> Self {
        match self.offset {
            Some(_) => self,
            None => Self { instant: zone.instant(self.clock), ..self },
        }
    }

    /// The instant, for comparison and display: the first or the last, if it is beyond the years 1 to 9999 in UTC.
    pub fn instant(self) -> RunInstant {
        self.instant
    }

    /// The instant if a time without an offset were in UTC: the time by which a store finds it again.
    pub fn as_utc(self) -> UtcReading {
        RunInstant::at(self.clock, self.offset.unwrap_or(Offset::UTC)).into()
    }

    /// The offset from UTC, if the document has one.
    pub fn offset(self) -> Option<Offset> {
        self.offset
    }

    /// The reading of a clock in `zone`: the text itself, if it has no offset.
    pub fn clock_in(self, zone: &TimeZone) -> DateTime {
        self.offset.map_or(self.clock, |_| zone.clock(self.instant))
    }

    /// The text of Python's `datetime.isoformat()`.
    pub fn to_python_iso(self) -> String {
        let mut text = self.clock.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        if self.clock.subsec_nanosecond() != 0 {
            text.push_str(&format!(".{:06}", self.clock.subsec_nanosecond() / 1_000));
        }
        if let Some(offset) = self.offset {
            let seconds = offset.seconds();
            let (sign, seconds) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
            text.push_str(&format!("{sign}{:02}:{:02}", seconds / 3_600, seconds / 60 % 60));
            if seconds % 60 != 0 {
                text.push_str(&format!(":{:02}", seconds % 60));
            }
        }
        text
    }
}

/// Two times are the same if their texts are, in whatever zone they are read.
impl PartialEq for RunTime {
    fn eq(&self, other: &Self) -> bool {
        (self.clock, self.offset) == (other.clock, other.offset)
    }
}

impl Eq for RunTime {}

impl Hash for RunTime {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.clock, self.offset).hash(hasher);
    }
}

impl fmt::Display for RunTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.instant.fmt(formatter)
    }
}

/// A text that is not a time which Python's `datetime.fromisoformat` accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRunTime;

impl fmt::Display for InvalidRunTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not an ISO 8601 time such as 2026-11-23T00:56:54.158803 or 2026-11-23T00:56:54+01:00")
    }
}

impl std::error::Error for InvalidRunTime {}

impl FromStr for RunTime {
    type Err = InvalidRunTime;

    /// Accepts the texts that Python's `datetime.fromisoformat` accepts: dates by month or week, with or without a time,
    /// in the extended or the basic format. Digits beyond the microsecond are cut off. An offset must be in whole
    /// seconds. Without one the time is in UTC, until [`in_zone`](RunTime::in_zone) says otherwise.
    fn from_str(text: &str) -> Result<Self, InvalidRunTime> {
        let (clock, offset) = parse(text).ok_or(InvalidRunTime)?;
        Ok(Self { clock, offset, instant: RunInstant::at(clock, offset.unwrap_or(Offset::UTC)) })
    }
}

/// A port of CPython 3.11's `datetime.fromisoformat` (Lib/datetime.py), so that both programs read the same times. Its
/// grammar is neither a subset nor a superset of ISO 8601.
fn parse(text: &str) -> Option<(DateTime, Option<Offset>)> {
    let separator = date_length(text)?;
    let (date, rest) = text.split_at_checked(separator)?;
    let date = parse_date(date)?;
    // Any single character may separate date and time.
    let mut after = rest.chars();
    let (time, offset) = match after.next() {
        None => (Time::midnight(), None),
        Some(_) => parse_time_and_offset(after.as_str())?,
    };
    Some((date.to_datetime(time), offset))
}

/// The length of the date, which the separator follows.
fn date_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    match (bytes.len(), bytes.get(4)?, bytes.get(5)?) {
        (..7, ..) => None,
        (7, ..) => Some(7),
        // 2026-W48 or 2026-W48-1. A hyphen after 2026-W48 may also separate the time.
        (length, b'-', b'W') => match bytes.get(8) {
            Some(b'-') if length == 9 => None,
            Some(b'-') if is_digit(10) => Some(8),
            Some(b'-') => Some(10),
            _ => Some(8),
        },
        (_, b'-', _) => Some(10),
        // 2026W48 or 2026W481, depending on the number of digits that follow.
        (length, b'W', _) => {
            let end = (7..length).find(|index| !is_digit(*index)).unwrap_or(length);
            Some(if end < 9 { end } else { 7 + end % 2 })
        }
        _ => Some(8),
    }
}

fn parse_date(text: &str) -> Option<Date> {
    let mut rest = text;
    let year = i16::from_str(digits(&mut rest, 4)?).ok()?;
    let extended = take(&mut rest, '-');
    let date = if take(&mut rest, 'W') {
        let week = i8::from_str(digits(&mut rest, 2)?).ok()?;
        let mut day = 1;
        if !rest.is_empty() {
            if take(&mut rest, '-') != extended {
                return None;
            }
            day = i8::from_str(digits(&mut rest, 1)?).ok()?;
        }
        ISOWeekDate::new(year, week, Weekday::from_monday_one_offset(day).ok()?).ok()?.date()
    } else {
        let month = i8::from_str(digits(&mut rest, 2)?).ok()?;
        if take(&mut rest, '-') != extended {
            return None;
        }
        Date::new(year, month, i8::from_str(digits(&mut rest, 2)?).ok()?).ok()?
    };
    (rest.is_empty() && date.year() > 0 && year > 0).then_some(date)
}

fn parse_time_and_offset(text: &str) -> Option<(Time, Option<Offset>)> {
    let sign = text.find('-').or_else(|| text.find('+')).or_else(|| text.find('Z'));
    let (time, zone) = sign.and_then(|sign| text.split_at_checked(sign)).unwrap_or((text, ""));
    let [hour, minute, second, microsecond] = parse_clock(time)?;
    let small = |number: i32| i8::try_from(number).ok();
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, microsecond * 1_000).ok()?;
    if second == 60 {
        return None;
    }
    let offset = match (zone.chars().next(), zone.get(1..)) {
        (None, _) => None,
        (Some('Z'), Some("")) => Some(Offset::UTC),
        (Some(sign @ ('+' | '-')), Some(clock)) if !matches!(clock.len(), 0 | 1 | 3) => {
            let [hours, minutes, seconds, microseconds] = parse_clock(clock)?;
            let seconds = hours * 3_600 + minutes * 60 + seconds;
            if microseconds != 0 || seconds >= 24 * 3_600 {
                return None;
            }
            Some(Offset::from_seconds(if sign == '-' { -seconds } else { seconds }).ok()?)
        }
        _ => return None,
    };
    Some((time, offset))
}

/// Hours, minutes, seconds and microseconds of `HH[:MM[:SS[.ffffff]]]`, with or without colons.
fn parse_clock(text: &str) -> Option<[i32; 4]> {
    let mut rest = text;
    let mut clock = [0; 4];
    let [hour, minute, second, microsecond] = &mut clock;
    *hour = digits(&mut rest, 2)?.parse().ok()?;
    let colons = rest.starts_with(':');
    for part in [minute, second] {
        // Python reads a fraction of any of the three as a fraction of a second.
        if rest.is_empty() || rest.starts_with(['.', ',']) {
            break;
        }
        if take(&mut rest, ':') != colons {
            return None;
        }
        *part = digits(&mut rest, 2)?.parse().ok()?;
    }
    if !rest.is_empty() {
        if !take(&mut rest, '.') && !take(&mut rest, ',') {
            return None;
        }
        if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *microsecond = format!("{rest:0<6.6}").parse().ok()?;
    }
    Some(clock)
}

/// Takes exactly `count` digits from the beginning of `rest`.
fn digits<'a>(rest: &mut &'a str, count: usize) -> Option<&'a str> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    head.bytes().all(|byte| byte.is_ascii_digit()).then_some(head)
}

/// Takes `character` from the beginning of `rest`, if it is there.
fn take(rest: &mut &str, character: char) -> bool {
    let Some(tail) = rest.strip_prefix(character) else { return false };
    *rest = tail;
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_that_python_accepts_is_accepted() {
        // Each line was made by Python 3.11: the text, and `datetime.fromisoformat(text).isoformat()`.
        for (text, canonical) in [
            ("2026-11-23T00:56:54.158803", "2026-11-23T00:56:54.158803"),
            ("2026-11-23T00:56:54.158803+00:00", "2026-11-23T00:56:54.158803+00:00"),
            ("2026-11-23T00:56:54Z", "2026-11-23T00:56:54+00:00"),
            ("2026-11-23 00:56:54-05:30", "2026-11-23T00:56:54-05:30"),
            ("2026-11-23T00:56:54+0100", "2026-11-23T00:56:54+01:00"),
            ("2026-11-23T00:56:54+01", "2026-11-23T00:56:54+01:00"),
            ("2026-11-23T00:56:54+01:00:30", "2026-11-23T00:56:54+01:00:30"),
            ("2026-11-23T00:56:54-00:00", "2026-11-23T00:56:54+00:00"),
            ("2026-11-23T00:56:54,5", "2026-11-23T00:56:54.500000"),
            ("2026-11-23T00:56:54.123456789", "2026-11-23T00:56:54.123456"),
            ("2026-11-23T00:56:54.999999999Z", "2026-11-23T00:56:54.999999+00:00"),
            ("2026-11-23T00:56", "2026-11-23T00:56:00"),
            ("2026-11-23T00", "2026-11-23T00:00:00"),
            ("2026-11-23", "2026-11-23T00:00:00"),
            ("20261123", "2026-11-23T00:00:00"),
            ("20261123T005654.438519Z", "2026-11-23T00:56:54.438519+00:00"),
            ("20261123T005654", "2026-11-23T00:56:54"),
            ("2026-W48-1", "2026-11-23T00:00:00"),
            ("2026-W48", "2026-11-23T00:00:00"),
            ("2026W48", "2026-11-23T00:00:00"),
            ("2026W481T12", "2026-11-23T12:00:00"),
            ("2026-11-23ü05", "2026-11-23T05:00:00"),
            ("0001-01-01", "0001-01-01T00:00:00"),
            ("0001-01-01T00:01:00+00:01", "0001-01-01T00:01:00+00:01"),
            ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"),
            ("9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59.999999+00:00"),
            ("9999-12-31T20:59:59.999999-03:00", "9999-12-31T20:59:59.999999-03:00"),
        ] {
            let run_time: RunTime = text.parse().unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(run_time.to_python_iso(), canonical, "{text}");
        }
    }

    #[test]
    fn what_python_refuses_is_refused() {
        for text in [
            "",
            "now",
            "2026-11-23T",
            "2026",
            "2026-11",
            "0000-01-01",
            "2026-02-29",
            "2026-13-01",
            "2026-11-23T24:00",
            "2026-11-23T00:60",
            "2026-11-23T23:59:60",
            "2026-11-23T1",
            "2026-11-23T00:5654",
            "2026-1123",
            "202611-23",
            "2026-11-23T00:56:54+24:00",
            "2026-11-23T00:56:54+1",
            "2026-11-23T00:56:54ZZ",
            "2026-11-23T00:56:54 UTC",
            "2026-11-23T00:56:54.",
            "+2026-11-23",
            "2026-11-23T00:56:54[Europe/Berlin]",
            "2026-W54-1",
            "2026-W48-8",
            "1795395414",
            "２０２６-11-23",
            "2026-11-2ü",
        ] {
            assert_eq!(text.parse::<RunTime>(), Err(InvalidRunTime), "{text}");
        }
    }

    #[test]
    fn a_time_that_is_beyond_pythons_range_in_utc_is_its_first_or_last_instant() {
        for (text, instant) in [
            ("0001-01-01T00:00:00+00:01", RunInstant::FIRST),
            ("0001-01-01T23:00:00+23:59", RunInstant::FIRST),
            ("9999-12-31T23:59:59.999999-00:01", RunInstant::LAST),
            ("9999-12-31T23:59:59.999999-23:59", RunInstant::LAST),
        ] {
            let time: RunTime = text.parse().unwrap();
            assert_eq!(time.instant(), instant, "{text}");
            assert_eq!(time.as_utc(), instant.into(), "{text}");
            assert_eq!(time.to_python_iso(), text);
        }
    }

    #[test]
    fn a_time_without_an_offset_is_another_instant_in_another_zone_and_the_same_time() {
        let zone = TimeZone::named("Asia/Seoul").unwrap();
        let time: RunTime = "2026-11-23T00:56:54.158803".parse().unwrap();
        let there = time.in_zone(&zone);
        assert_eq!(time.instant().to_string(), "2026-11-23T00:56:54.158803Z");
        assert_eq!(there.instant().to_string(), "2026-11-22T15:56:54.158803Z");
        assert_eq!(there, time);
        assert_eq!((there.to_python_iso(), there.as_utc()), (time.to_python_iso(), time.as_utc()));
        assert_eq!(there.clock_in(&zone), time.clock_in(&TimeZone::UTC));

        let time: RunTime = "2026-11-23T00:56:54+01:00".parse().unwrap();
        assert_eq!(time.in_zone(&zone).instant(), time.instant());
        assert_eq!(time.clock_in(&zone).to_string(), "2026-11-23T08:56:54");
        assert_eq!(time.clock_in(&TimeZone::UTC).to_string(), "2026-11-22T23:56:54");
    }

    proptest! {
        #[test]
        fn the_canonical_form_reads_back(
            micro in RunInstant::FIRST.as_microsecond() + 86_400_000_000..RunInstant::LAST.as_microsecond() - 86_400_000_000,
            offset in prop::option::of(-86_399_i32..86_400)
        ) {
            let instant = RunInstant::from_microsecond(micro).unwrap();
            let run_time = RunTime::new(instant, offset.map(|seconds| Offset::from_seconds(seconds).unwrap()));
            prop_assert_eq!(run_time.to_python_iso().parse::<RunTime>().unwrap(), run_time);
        }

        #[test]
        fn any_text_is_taken_or_refused_without_a_panic(text in prop_oneof![any::<String>(), "[0-9TWZ:+. ü-]{0,32}"]) {
            let _ = text.parse::<RunTime>();
        }
    }
}
