//! Options that all object stores share.

#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
use std::{collections::BTreeMap, time::Duration};

#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
use http::{HeaderName, HeaderValue};
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
use object_store::{Attribute, AttributeValue, Attributes};
use serde::Deserialize;

#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
use crate::error::{Error, Result};

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

/// A text as it can stand in a header. What is not printable ASCII, and what signatures or servers would take away
/// (a space at either end or beside another), is written as `%` and two digits; then so is a percent sign.
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
pub(super) fn header_text(text: &str) -> String {
    const UNPRINTABLE: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b'%');
    let is_printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_printable && text.trim() == text && !text.contains("  ") {
        return text.to_owned();
    }
    let encoded = percent_encoding::utf8_percent_encode(text, UNPRINTABLE).to_string();
    let mut kept = String::with_capacity(encoded.len());
    let mut rest = encoded.chars().peekable();
    while let Some(c) = rest.next() {
        let is_alone = !kept.is_empty() && !kept.ends_with("%20") && rest.peek().is_some_and(|next| *next != ' ');
        if c == ' ' && !is_alone { kept.push_str("%20") } else { kept.push(c) }
    }
    kept
}

/// The part of an address that prefix and namespace make.
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
pub(super) fn root(prefix: &str, namespace: &str) -> String {
    let parts = [prefix.trim_end_matches('/'), namespace];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// An option that becomes a header.
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
pub(super) fn header(option: &str, text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text)
        .map_err(|error| Error::usage(format!("`{option}` cannot be sent in a header")).with_source(error))
}

/// Adds metadata to what new documents carry; its names become headers that begin with `prefix`.
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
pub(super) fn insert_metadata(
    attributes: &mut Attributes,
    prefix: &str,
    metadata: &BTreeMap<String, String>,
) -> Result<()> {
    for (name, value) in metadata {
        HeaderName::try_from(format!("{prefix}{name}"))
            .map_err(|error| Error::usage(format!("metadata `{name}` has no name of a header")).with_source(error))?;
        let value = AttributeValue::from(header_text(value));
        attributes.insert(Attribute::Metadata(name.to_ascii_lowercase().into()), value);
    }
    Ok(())
}

#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(all(test, any(feature = "azure", feature = "gcs", feature = "s3")))]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_sent_as_it_is_where_a_header_can_hold_it() {
        for (text, sent) in [
            ("100% plain", "100% plain"),
            ("größe 5%", "gr%C3%B6%C3%9Fe 5%25"),
            ("a\nb", "a%0Ab"),
            (" a  b c ", "%20a%20%20b c%20"),
            (" ", "%20"),
            ("", ""),
        ] {
            assert_eq!(header_text(text), sent);
        }
    }
}
