//! Tags, and their JSON.

use std::collections::BTreeMap;

use crate::result::Layout;
use crate::result::json::JsonValue;

/// Tags by key, as a result carries them for filtering.
pub type Tags = BTreeMap<String, String>;

/// Parses `KEY=VALUE`. The value may be empty and may contain equals signs.
///
/// # Errors
/// If the text has no equals sign, or nothing before it.
pub fn parse_tag(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a tag is KEY=VALUE"),
    }
}

/// The tags in an object, none in any other value. A tag with a value that is not a string has its JSON text.
pub fn tags_from_json(value: &JsonValue) -> Tags {
    let text = |value: &JsonValue| value.as_str().map_or_else(|| value.to_text(Layout::Compact), String::from);
    let members = value.as_object().unwrap_or_default().iter();
    members.map(|(key, value)| (key.to_string(), text(value))).collect()
}

/// The object that Python writes for tags.
pub fn tags_to_json(tags: &Tags) -> JsonValue {
    JsonValue::object(tags.iter().map(|(key, value)| (key.as_str(), JsonValue::from(value.as_str()))))
}

/// The tags of a document with the caller's over them. Tags of the document keep their values of any kind.
pub(super) fn merged_tags(present: &JsonValue, tags: &Tags) -> JsonValue {
    let mut merged = match present {
        JsonValue::Object(_) => present.clone(),
        _ => JsonValue::Object(Vec::new()),
    };
    for (key, value) in tags {
        merged.set(key, value.as_str());
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_needs_a_key_and_keeps_every_further_equals_sign() {
        assert_eq!(parse_tag("query=a=b").unwrap(), ("query".to_owned(), "a=b".to_owned()));
        assert_eq!(parse_tag("empty=").unwrap(), ("empty".to_owned(), String::new()));
        assert!(parse_tag("=x").is_err());
        assert!(parse_tag("x").is_err());
    }
}
