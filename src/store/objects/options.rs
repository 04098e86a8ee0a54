//! Options that all object stores share.

use std::collections::BTreeMap;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
use std::time::Duration;

#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
use http::{HeaderName, HeaderValue};
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
use object_store::{Attribute, AttributeValue, Attributes};
use serde::Deserialize;

use super::endpoint::shown_endpoint;
use super::layout::KeyLayout;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
use crate::error::Error;
use crate::error::{InvalidOption, Result};
use crate::result::DocumentLimit;
use crate::store::options::{check_namespace, known_names_hint};

/// Whether Python's `_index.json` is kept up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// The longest document, by default, in bytes.
pub(super) fn max_document_size() -> u64 {
    DocumentLimit::OF_STREAMS.bytes()
}

/// For how long a request is tried, by default.
pub(super) fn retry_timeout() -> f64 {
    30.0
}

/// How long connecting may take, by default.
pub(super) fn connect_timeout() -> f64 {
    5.0
}

/// The longest time that an option can name, in seconds: thirty years.
const LONGEST_SECONDS: f64 = 1e9;

/// Checks the two timeouts of a cloud.
pub(super) fn check_timeouts(retry_timeout: f64, connect_timeout: f64) -> Result<(), InvalidOption> {
    for (option, seconds) in [("retry_timeout", retry_timeout), ("connect_timeout", connect_timeout)] {
        if !(seconds > 0.0 && seconds <= LONGEST_SECONDS) {
            return Err(InvalidOption::value(option, "it must be seconds, more than 0 and at most 1000000000"));
        }
    }
    Ok(())
}

/// Checks that the name of a bucket or container is neither empty nor a URL.
pub(super) fn check_container(option: &str, name: &str) -> Result<(), InvalidOption> {
    let invalid = |reason: &str| InvalidOption::value(option, reason);
    if name.is_empty() {
        return Err(invalid("it is empty"));
    }
    if name.contains("://") || name.contains('/') {
        return Err(invalid("it must be a name alone").hint("write what follows the name into `prefix`"));
    }
    Ok(())
}

/// Checks that prefix and namespace make the beginning of a key.
pub(super) fn check_key_root(prefix: &str, namespace: &str) -> Result<(), InvalidOption> {
    check_namespace(namespace)?;
    check_relative("namespace", namespace)?;
    KeyLayout::in_cloud(prefix, namespace, false).map(drop).map_err(|_| {
        let option = if KeyLayout::in_cloud(prefix, "", false).is_err() { "prefix" } else { "namespace" };
        InvalidOption::value(option, "it makes keys with an empty or relative segment")
            .hint("leave out the doubled or leading `/`, and segments that are `.` or `..`")
    })
}

/// Checks that `path`, put behind a directory, stays within it.
pub(super) fn check_relative(option: &str, path: &str) -> Result<(), InvalidOption> {
    if path.starts_with('/') {
        return Err(InvalidOption::value(option, "it begins with `/`"));
    }
    match path.split(['/', '\\']).find(|segment| matches!(*segment, "." | "..")) {
        Some(segment) => Err(InvalidOption::value(option, format!("`{segment}` is not allowed in it"))),
        None => Ok(()),
    }
}

/// Checks that an optional text is not empty.
pub(super) fn check_filled(option: &str, value: Option<&str>) -> Result<(), InvalidOption> {
    match value {
        Some(value) if value.trim().is_empty() => {
            Err(InvalidOption::value(option, "it is empty")
                .hint("leave it out to use what the cloud's own chain finds"))
        }
        _ => Ok(()),
    }
}

/// Spells a storage class or tier as its cloud does. A server of another provider may have classes of its own.
pub(super) fn spell_class(
    option: &str,
    name: &mut String,
    known: &[&str],
    is_foreign: bool,
) -> Result<(), InvalidOption> {
    if let Some(canonical) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        (*canonical).clone_into(name);
        return Ok(());
    }
    if is_foreign && !name.is_empty() && name.chars().all(|character| character.is_ascii_graphic()) {
        return Ok(());
    }
    Err(InvalidOption::value(option, "unknown name").hint(known_names_hint(name, known)))
}

/// Checks the names of metadata, which become names of HTTP headers.
pub(super) fn check_metadata(metadata: &BTreeMap<String, String>, also_allowed: &str) -> Result<(), InvalidOption> {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || also_allowed.contains(character);
    match metadata.keys().find(|key| key.is_empty() || !key.chars().all(is_allowed)) {
        Some(key) => Err(InvalidOption::value(format!("metadata.{key}"), "its name cannot be the name of a header")),
        None => Ok(()),
    }
}

/// A place in a cloud, as messages show it: `s3://bucket/prefix/namespace at https://minio:9000`; `container` is the
/// beginning, `s3://bucket`.
pub(super) fn cloud_location(container: &str, prefix: &str, namespace: &str, endpoint: Option<&str>) -> String {
    let parts = [prefix.trim_end_matches('/'), namespace];
    let root = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let at = endpoint.map(|endpoint| format!(" at {}", shown_endpoint(endpoint))).unwrap_or_default();
    format!("{container}/{root}{at}")
}

/// Encodes a text for a header. Characters other than printable ASCII, and spaces that signatures or servers would remove
/// (at either end or beside another), are written as `%` and two digits; then so is a percent sign.
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
