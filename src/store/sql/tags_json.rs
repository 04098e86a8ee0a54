//! Tags in a column, spelled like Python's `json.dumps`.

use crate::result::json::JsonValue;
use crate::result::{Layout, Tags};

/// Returns tags as Python's `json.dumps` writes them.
pub(super) fn tags_text(tags: &Tags) -> String {
    let members = tags.iter().map(|(key, value)| (key.as_str(), JsonValue::from(value.as_str())));
    JsonValue::object(members).to_text(Layout::Compact)
}

/// Returns a key and its value as they appear in [`tags_text`].
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
pub(super) fn pair_text(key: &str, value: &JsonValue) -> String {
    format!("{}: {}", JsonValue::from(key).to_text(Layout::Compact), value.to_text(Layout::Compact))
}

/// Parses the tags of a column. Returns none for an empty column and for text that is not a JSON object. A value other
/// than a string becomes its JSON text.
pub(super) fn parse_tags(text: &str) -> Tags {
    let Ok(JsonValue::Object(members)) = JsonValue::parse_str(text) else { return Tags::new() };
    let value_text = |value: JsonValue| match value {
        JsonValue::String(text) => text.to_string(),
        other => other.to_text(Layout::Compact),
    };
    members.into_iter().map(|(key, value)| (key.to_string(), value_text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_written_as_python_writes_them() {
        let tags = Tags::from([("env".into(), "prod".into()), ("é\"\\".into(), "\n\u{7f}😀".into())]);
        assert_eq!(tags_text(&tags), r#"{"env": "prod", "\u00e9\"\\": "\n\u007f\ud83d\ude00"}"#);
        assert_eq!(parse_tags(&tags_text(&tags)), tags);
        assert_eq!(tags_text(&Tags::new()), "{}");
    }

    #[test]
    fn tags_of_any_shape_are_read() {
        let tags = parse_tags(r#"{"a": 1, "b": true, "c": null, "d": "x"}"#);
        let expected = [("a", "1"), ("b", "true"), ("c", "null"), ("d", "x")];
        assert_eq!(tags, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        let tags = parse_tags(r#"{"a\\ud83d": "\\ud83d\\ude00 \ud83d\ude00 \ude00\ud83d x\\"}"#);
        assert_eq!(tags, [("a\\ud83d".to_owned(), "\\ud83d\\ude00 😀 \u{fffd}\u{fffd} x\\".to_owned())].into());
        assert_eq!(parse_tags(r#"{"a": NaN}"#), [("a".to_owned(), "NaN".to_owned())].into(), "Python writes it");
        for text in ["", "null", "[1]", "{broken", "\"x\""] {
            assert!(parse_tags(text).is_empty(), "{text}");
        }
    }
}
