//! The filters that `list`, `delete` and `set-tier` share.

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Span, SpanRelativeTo, Timestamp, ToSpan as _};

use crate::result::{RunInstant, RunTime, Status};
use crate::store::contract::Query;

/// Filters on results.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Filters")]
pub struct FilterArgs {
    /// Only results of this data asset
    #[arg(long, value_name = "NAME")]
    pub asset: Option<String>,
    /// Only results with this status; repeat for several
    #[arg(long, value_name = "STATUS", value_parser = status_parser())]
    pub status: Vec<Status>,
    /// Only runs at or after this time: RFC 3339, a date, or an age such as 7d or 12h
    #[arg(long, value_name = "WHEN", value_parser = since, allow_hyphen_values = true)]
    pub since: Option<RunInstant>,
    /// Only runs at or before this time; a date includes its whole day
    #[arg(long, value_name = "WHEN", value_parser = until, allow_hyphen_values = true)]
    pub until: Option<RunInstant>,
    /// Only results with this tag; repeat to require several
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub tag: Vec<(String, String)>,
}

impl FilterArgs {
    /// Whether no filter was given.
    pub fn is_empty(&self) -> bool {
        self.asset.is_none()
            && self.status.is_empty()
            && self.since.is_none()
            && self.until.is_none()
            && self.tag.is_empty()
    }

    /// The query for the results that pass.
    pub fn query(&self) -> Query {
        Query {
            data_asset: self.asset.clone(),
            statuses: self.status.clone(),
            since: self.since,
            until: self.until,
            tags: self.tag.iter().cloned().collect(),
            ..Query::default()
        }
    }
}

fn status_parser() -> impl clap::builder::TypedValueParser<Value = Status> {
    PossibleValuesParser::new(Status::ALL.map(Status::name)).try_map(|name| name.parse::<Status>())
}

/// Parses `KEY=VALUE`. The value may be empty and may contain equals signs.
pub(super) fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a tag is KEY=VALUE".to_owned()),
    }
}

fn since(text: &str) -> Result<RunInstant, String> {
    when(text, Timestamp::now(), |date| date.at(0, 0, 0, 0)).map(RunInstant::at_or_after)
}

fn until(text: &str) -> Result<RunInstant, String> {
    when(text, Timestamp::now(), |date| date.at(23, 59, 59, 999_999_999)).map(RunInstant::at_or_before)
}

/// Parses a time as users write it: an instant, a local time or a date (both in UTC), or an age. Returns it in UTC.
fn when(text: &str, now: Timestamp, of_date: impl Fn(Date) -> DateTime) -> Result<DateTime, String> {
    let unreadable = || "write a time as 2026-11-23T10:00:00Z or 2026-11-23, or an age as 7d, 12h or 30m".to_owned();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(Offset::UTC.to_datetime(instant));
    }
    let local = text.parse::<DateTime>();
    if let (Ok(local), Ok(_)) = (&local, text.parse::<Date>())
        && text.len() <= "2026-11-23".len()
    {
        return Ok(of_date(local.date()));
    }
    // The last day of the year 9999 is beyond jiff's last instant. Its local times would pass over an offset.
    if let Some(time) = RunTime::of_stored(text) {
        return Ok(time.instant().to_utc());
    }
    if let Ok(local) = local {
        return Ok(local);
    }
    let age: Span = text.parse().map_err(|_| unreadable())?;
    let age = age.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| unreadable())?;
    if age < 0.seconds().to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| unreadable())? {
        return Err(unreadable());
    }
    now.checked_sub(age).map(|instant| Offset::UTC.to_datetime(instant)).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn read(text: &str) -> String {
        when(text, now(), |date| date.at(23, 59, 59, 0)).unwrap().to_string() + "Z"
    }

    #[test]
    fn times_dates_and_ages_are_read_as_users_write_them() {
        assert_eq!(read("2026-11-01T10:00:00+02:00"), "2026-11-01T08:00:00Z");
        assert_eq!(read("2026-11-01T10:00:00"), "2026-11-01T10:00:00Z");
        assert_eq!(read("2026-11-01"), "2026-11-01T23:59:59Z");
        assert_eq!(read("7d"), "2026-11-16T12:00:00Z");
        assert_eq!(read("12h"), "2026-11-23T00:00:00Z");
        assert_eq!(read("1w"), "2026-11-16T12:00:00Z");
        assert_eq!(read("1h30m"), "2026-11-23T10:30:00Z");
        assert_eq!(read("9999-12-31"), "9999-12-31T23:59:59Z");
        for text in ["9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999Z", "9999-12-31T20:59:59.999999-03:00"] {
            assert_eq!(read(text), "9999-12-31T23:59:59.999999Z", "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_examples() {
        for text in ["", "yesterday", "7", "2026-13-01", "-7d", "999999999999d", "1 month"] {
            let error = when(text, now(), |date| date.at(0, 0, 0, 0)).expect_err(text);
            assert!(error.contains("7d"), "{text}");
        }
    }

    #[test]
    fn a_tag_needs_a_key_and_keeps_every_further_equals_sign() {
        assert_eq!(tag("query=a=b").unwrap(), ("query".to_owned(), "a=b".to_owned()));
        assert_eq!(tag("empty=").unwrap(), ("empty".to_owned(), String::new()));
        assert!(tag("=x").is_err());
        assert!(tag("x").is_err());
    }
}
