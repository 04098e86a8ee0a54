//! Tags, and their JSON.

use std::collections::BTreeMap;

use crate::result::Layout;
use crate::result::json::JsonValue;

/// Tags by key, as a result carries them for filtering.
pub type Tags = BTreeMap<String, String>;

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
