//! The version of a row: the value of [`Grammar::row_version`](super::grammar::Grammar::row_version), which every save changes.

use super::statement::SqlValue;
use crate::result::Revision;
use crate::store::contract::ResultVersion;

/// Returns the version with this value, or `None` for a value of another type than a time or a text.
pub(super) fn version_of(value: &SqlValue) -> Option<ResultVersion> {
    let identity = match value {
        SqlValue::Null => String::new(),
        SqlValue::Text(text) => format!("text {}", text.as_str()),
        SqlValue::Time(time) => format!("time {time}"),
        SqlValue::Integer(_) | SqlValue::Real(_) | SqlValue::Bytes(_) => return None,
    };
    Some(ResultVersion::new(identity))
}

/// Returns the revision of a row with this value of `updated_at`.
pub(super) fn revision_of(value: &SqlValue) -> Option<Revision> {
    version_of(value).map(|version| Revision::of(version.identity()))
}

/// Returns the value that a version was made of; `None` for a version of another backend.
pub(super) fn value_of(version: &ResultVersion) -> Option<SqlValue> {
    match version.identity().split_once(' ') {
        None => version.identity().is_empty().then_some(SqlValue::Null),
        Some(("text", text)) => Some(text.into()),
        Some(("time", time)) => time.parse().ok().map(SqlValue::Time),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_row_comes_back_from_its_version() {
        for value in [
            SqlValue::Null,
            SqlValue::from("2026-03-01 12:00:00.000001"),
            SqlValue::from(""),
            SqlValue::Time("2026-03-01T12:00:00.000001".parse().unwrap()),
            SqlValue::Time("2026-03-01T12:00:00".parse().unwrap()),
        ] {
            assert_eq!(value_of(&version_of(&value).unwrap()), Some(value));
        }
        assert_eq!(version_of(&SqlValue::Integer(1)), None);
        assert_eq!(value_of(&ResultVersion::new("a/b.json \"etag\"")), None);
    }
}
