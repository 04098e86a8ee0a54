//! The greatest age of the newest run.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::{Serialize, Serializer};

/// The greatest age of a run: `24h`, `7d`. Days have 24 hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxAge {
    duration: SignedDuration,
    /// As it was written.
    text: String,
}

impl MaxAge {
    /// Whether a run of this age is older.
    pub fn is_exceeded(&self, age: SignedDuration) -> bool {
        age > self.duration
    }
}

impl FromStr for MaxAge {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let span = text.parse::<Span>().ok();
        let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        let duration = duration.filter(|duration| duration.is_positive());
        let duration = duration.ok_or("expected an age such as 24h, 90m or 7d")?;
        Ok(Self { duration, text: text.to_owned() })
    }
}

impl fmt::Display for MaxAge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for MaxAge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// An age in its two largest units: `3d 4h`, `5h 12m`, `40s`.
pub(super) fn age_words(age: SignedDuration) -> String {
    let seconds = age.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}
