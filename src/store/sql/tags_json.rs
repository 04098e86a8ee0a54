//! How a column spells tags: as Python's `json.dumps` does.

use std::fmt::Write as _;

use crate::result::Tags;

/// The text that Python's `json.dumps` gives for tags.
pub(super) fn tags_text(tags: &Tags) -> String {
    let mut text = String::from("{");
    for (index, (key, value)) in tags.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        push_json_string(&mut text, key);
        text.push_str(": ");
        push_json_string(&mut text, value);
    }
    text.push('}');
    text
}

/// The tags of a column; none where it is empty or no JSON object, which is how the filter sees it too. A value that
/// is no text is its JSON text.
pub(super) fn parse_tags(text: &str) -> Tags {
    let object: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(text);
    object
        .or_else(|_| serde_json::from_str(&without_lone_surrogates(text)))
        .unwrap_or_default()
        .into_iter()
        .map(|(key, value)| match value {
            serde_json::Value::String(value) => (key, value),
            other => (key, other.to_string()),
        })
        .collect()
}

/// Python writes half of a surrogate pair where a string holds one, which is no text anywhere else.
fn without_lone_surrogates(json: &str) -> String {
    let unit = |escape: &str| {
        let digits = escape.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(backslash) = rest.find('\\') {
        let (before, escape) = rest.split_at(backslash);
        text.push_str(before);
        let follower = escape.get(6..).and_then(unit);
        let (replacement, length) = match (unit(escape), follower) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (None, 12),
            (Some(0xd800..=0xdfff), _) => (Some("\\ufffd"), 6),
            (Some(_), _) => (None, 6),
            // An escape of one letter, which may be a backslash.
            (None, _) => (None, 1 + escape.chars().nth(1).map_or(0, char::len_utf8)),
        };
        let (whole, after) = escape.split_at(length);
        text.push_str(replacement.unwrap_or(whole));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Adds a string as `json.dumps` writes it.
pub(super) fn push_json_string(text: &mut String, value: &str) {
    text.push('"');
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            ' '..='~' => text.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text.push('"');
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
        for text in ["", "null", "[1]", "{broken", "\"x\""] {
            assert!(parse_tags(text).is_empty(), "{text}");
        }
    }
}
