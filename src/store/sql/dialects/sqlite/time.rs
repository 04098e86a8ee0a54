//! How a column spells times: as SQLAlchemy does on SQLite.

use jiff::Timestamp;
use jiff::tz::Offset;

const MICROSECOND: i64 = 1_000;

/// The text of SQLAlchemy's `DateTime` on SQLite: UTC, always six digits, so that text order is time order.
pub(super) fn time_text(instant: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(instant);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        i64::from(time.subsec_nanosecond()) / MICROSECOND
    )
}

/// The smallest text of a time at or after `instant`. Without zeros at its end it also stands before a text that was
/// written with fewer digits.
pub(super) fn earliest_text(instant: Timestamp) -> String {
    let beyond = i64::from(instant.subsec_nanosecond()).rem_euclid(MICROSECOND);
    let missing = if beyond == 0 { 0 } else { MICROSECOND - beyond };
    let instant = instant.checked_add(jiff::SignedDuration::from_nanos(missing)).unwrap_or(instant);
    let text = time_text(instant);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_always_six_digits() {
        for (instant, text) in [
            ("2026-11-23T00:56:54.158803Z", "2026-11-23 00:56:54.158803"),
            ("2026-11-23T00:56:54Z", "2026-11-23 00:56:54.000000"),
            ("0001-01-01T00:00:00.1Z", "0001-01-01 00:00:00.100000"),
        ] {
            assert_eq!(time_text(instant.parse().unwrap()), text);
        }
    }

    #[test]
    fn the_earliest_text_stands_before_every_spelling_of_its_instant() {
        for (instant, text) in [
            ("2026-11-23T00:00:00Z", "2026-11-23 00:00:00"),
            ("2026-11-23T00:00:10Z", "2026-11-23 00:00:10"),
            ("2026-11-23T00:00:00.1Z", "2026-11-23 00:00:00.1"),
            ("2026-11-23T00:00:00.0000005Z", "2026-11-23 00:00:00.000001"),
        ] {
            let earliest = earliest_text(instant.parse().unwrap());
            assert_eq!(earliest, text);
            assert!(earliest <= time_text(instant.parse::<Timestamp>().unwrap()) || instant.ends_with("5Z"));
        }
    }
}
