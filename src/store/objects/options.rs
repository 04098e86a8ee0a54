//! Options that all object stores share.

#[cfg(any(feature = "gcs", feature = "s3"))]
use std::time::Duration;

use serde::Deserialize;

/// Whether Python's `_index.json` is kept up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PythonIndex {
    /// Where it exists.
    #[default]
    Auto,
    /// Everywhere; it is created where it is missing.
    Always,
    /// Nowhere.
    Never,
}

pub(super) fn default_namespace() -> String {
    "default".to_owned()
}

pub(super) fn cloud_prefix() -> String {
    "truthound/".to_owned()
}

pub(super) fn yes() -> bool {
    true
}

/// For how long a request is tried, by default.
pub(super) fn retry_timeout() -> f64 {
    30.0
}

/// How long connecting may take, by default.
pub(super) fn connect_timeout() -> f64 {
    5.0
}

/// A text as it can stand in a header: what is not printable, and a percent sign, as `%` and two digits.
#[cfg(any(feature = "gcs", feature = "s3"))]
pub(super) fn printable(text: &str) -> String {
    const UNPRINTABLE: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b'%');
    let encoded = percent_encoding::utf8_percent_encode(text, UNPRINTABLE).to_string();
    match text.is_ascii() && !text.contains(|c: char| c.is_ascii_control()) && text.trim() == text {
        true => text.to_owned(),
        false => encoded,
    }
}

#[cfg(any(feature = "gcs", feature = "s3"))]
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(all(test, any(feature = "gcs", feature = "s3")))]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_sent_as_it_is_where_a_header_can_hold_it() {
        for (text, sent) in [("100% plain", "100% plain"), ("größe 5%", "gr%C3%B6%C3%9Fe 5%25"), ("a\nb", "a%0Ab")] {
            assert_eq!(printable(text), sent);
        }
    }
}
