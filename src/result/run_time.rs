//! The time of a run: an instant, and how its document spells it.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

/// When a run happened, to the microsecond.
///
/// Python writes `run_time` either with an offset from UTC or without one. It is compared as an instant (one without
/// an offset is taken as UTC), but the offset is remembered, because Python cannot compare the two kinds and its
/// `_index.json` must hold what the document holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunTime {
    instant: Timestamp,
    offset: Option<Offset>,
}

impl RunTime {
    /// An instant with the offset its text carries; `None` where the text has none. Rounds down to microseconds.
    pub fn new(instant: Timestamp, offset: Option<Offset>) -> Self {
        let nanoseconds = i64::from(instant.subsec_nanosecond()).rem_euclid(1_000);
        let instant = instant.checked_sub(nanoseconds.nanoseconds()).unwrap_or(instant);
        Self { instant, offset }
    }

    /// The instant, for comparing and showing.
    pub fn instant(self) -> Timestamp {
        self.instant
    }

    /// The offset from UTC that the document spells out, if it does.
    pub fn offset(self) -> Option<Offset> {
        self.offset
    }

    /// The text that Python's `datetime.isoformat()` gives for it.
    pub fn to_python_iso(self) -> String {
        let local = self.offset.unwrap_or(Offset::UTC).to_datetime(self.instant);
        let mut text = local.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        if local.subsec_nanosecond() != 0 {
            text.push_str(&format!(".{:06}", local.subsec_nanosecond() / 1_000));
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

impl fmt::Display for RunTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.instant.fmt(formatter)
    }
}

/// The text is not a time that Python's `datetime.fromisoformat` takes.
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

    /// Takes what Python's `datetime.fromisoformat` takes, a date alone included; years 1 to 9999.
    fn from_str(text: &str) -> Result<Self, InvalidRunTime> {
        let local: DateTime = text.parse().map_err(|_| InvalidRunTime)?;
        if local.year() < 1 {
            return Err(InvalidRunTime);
        }
        let pieces = jiff::fmt::temporal::DateTimeParser::new();
        let offset = match pieces.parse_timestamp(text) {
            Ok(_) => jiff::fmt::temporal::Pieces::parse(text).ok().and_then(|pieces| pieces.to_numeric_offset()),
            Err(_) => None,
        };
        let zone = TimeZone::fixed(offset.unwrap_or(Offset::UTC));
        let instant = zone.to_timestamp(local).map_err(|_| InvalidRunTime)?;
        Ok(Self::new(instant, offset))
    }
}
