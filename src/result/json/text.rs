//! Strings in the spelling of their literals.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A string of a JSON text. It keeps its spelling, so that it is written back exactly, lone surrogates included. Strings
/// with the same meaning are equal.
#[derive(Clone)]
pub struct JsonText(Box<str>);

impl JsonText {
    /// A string from the text between the quotes of a valid literal.
    pub(super) fn from_raw(raw: impl Into<Box<str>>) -> Self {
        Self(raw.into())
    }

    /// The text between the quotes of the literal, with its escapes.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The decoded text, with U+FFFD for each lone surrogate.
    pub fn to_str_lossy(&self) -> Cow<'_, str> {
        if !self.0.contains('\\') {
            return Cow::Borrowed(&self.0);
        }
        let mut text = String::with_capacity(self.0.len());
        for character in Characters::new(&self.0) {
            text.push(char::from_u32(character).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Cow::Owned(text)
    }

    /// Whether it has no lone surrogates.
    pub fn is_exact(&self) -> bool {
        !self.0.contains('\\') || Characters::new(&self.0).all(|character| char::from_u32(character).is_some())
    }

    /// Whether it is the empty string.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same text, spelled as Python's `json.dumps` spells it.
    pub(super) fn canonical(&self) -> Self {
        let mut raw = String::with_capacity(self.0.len());
        for code_point in Characters::new(&self.0) {
            match char::from_u32(code_point) {
                Some(character) => spell(character, &mut raw),
                None => raw.push_str(&format!("\\u{code_point:04x}")),
            }
        }
        Self(raw.into())
    }

    /// Compares by code points, as Python compares strings.
    pub fn compare(&self, other: &Self) -> std::cmp::Ordering {
        match (self.0.contains('\\'), other.0.contains('\\')) {
            // The order of UTF-8 bytes is that of code points.
            (false, false) => self.0.cmp(&other.0),
            _ => Characters::new(&self.0).cmp(Characters::new(&other.0)),
        }
    }
}

/// Decodes the escapes of `raw` into `bytes`: UTF-8, in which a lone surrogate has the three bytes that the scheme of
/// UTF-8 gives it.
pub(super) fn decode(raw: &str, bytes: &mut Vec<u8>) {
    for character in Characters::new(raw) {
        match char::from_u32(character) {
            Some(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => bytes.extend(
                [0xe0 | character >> 12, 0x80 | character >> 6 & 0x3f, 0x80 | character & 0x3f]
                    .map(|byte| u8::try_from(byte).unwrap_or(0)),
            ),
        }
    }
}

/// The code points of a raw literal, lone surrogates included.
struct Characters<'a>(std::str::Chars<'a>);

impl<'a> Characters<'a> {
    fn new(raw: &'a str) -> Self {
        Self(raw.chars())
    }

    fn unit(&mut self) -> u32 {
        (0..4).fold(0, |unit, _| unit << 4 | self.0.next().and_then(|digit| digit.to_digit(16)).unwrap_or(0))
    }
}

impl Iterator for Characters<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let character = self.0.next()?;
        if character != '\\' {
            return Some(character.into());
        }
        let meant = match self.0.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.unit();
                if !(0xd800..0xdc00).contains(&high) || !self.0.as_str().starts_with("\\u") {
                    return Some(high);
                }
                let before = self.0.clone();
                self.0.nth(1);
                let low = self.unit();
                if (0xdc00..0xe000).contains(&low) {
                    return Some(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                }
                self.0 = before;
                return Some(high);
            }
            other => other,
        };
        Some(meant.into())
    }
}

impl From<&str> for JsonText {
    /// Spells `text` as Python's `json.dumps` does: all characters except printable ASCII are escaped.
    fn from(text: &str) -> Self {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
            return Self(text.into());
        }
        let mut raw = String::with_capacity(text.len() + 16);
        for character in text.chars() {
            spell(character, &mut raw);
        }
        Self(raw.into())
    }
}

/// Adds a character of a string as Python's `json.dumps` spells it.
fn spell(character: char, raw: &mut String) {
    match character {
        '"' => raw.push_str("\\\""),
        '\\' => raw.push_str("\\\\"),
        '\n' => raw.push_str("\\n"),
        '\r' => raw.push_str("\\r"),
        '\t' => raw.push_str("\\t"),
        '\u{8}' => raw.push_str("\\b"),
        '\u{c}' => raw.push_str("\\f"),
        ' '..='~' => raw.push(character),
        _ => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                raw.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
}

impl From<String> for JsonText {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.compare(other).is_eq()
    }
}

impl Eq for JsonText {}

impl PartialEq<str> for JsonText {
    fn eq(&self, other: &str) -> bool {
        if !self.0.contains('\\') {
            return *self.0 == *other;
        }
        Characters::new(&self.0).eq(other.chars().map(u32::from))
    }
}

impl PartialEq<&str> for JsonText {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl Hash for JsonText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for character in Characters::new(&self.0) {
            state.write_u32(character);
        }
    }
}

impl fmt::Display for JsonText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_str_lossy())
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lone_surrogates_are_kept_as_spelled_and_shown_as_replacement_characters() {
        for (raw, shown) in [
            ("\\ud800", "\u{fffd}"),
            ("a\\uDC00b", "a\u{fffd}b"),
            ("\\ud800\\ud83d\\ude00", "\u{fffd}\u{1f600}"),
            ("\\ud83dx", "\u{fffd}x"),
        ] {
            let text = JsonText::from_raw(raw);
            assert_eq!(text.raw(), raw);
            assert_eq!(text.to_str_lossy(), shown);
            assert!(!text.is_exact());
        }
        assert!(JsonText::from_raw("\\ud83d\\ude00").is_exact());
    }

    #[test]
    fn texts_with_the_same_meaning_are_equal_in_any_spelling() {
        assert_eq!(JsonText::from_raw("\\u0061\\/"), JsonText::from_raw("a/"));
        assert_eq!(JsonText::from_raw("\\u00fc"), "ü");
        assert_ne!(JsonText::from_raw("\\ud800"), JsonText::from_raw("\\ud801"));
        assert_ne!(JsonText::from_raw("\\ud800"), JsonText::from_raw("\u{fffd}"));
    }

    #[test]
    fn a_lone_surrogate_sorts_between_the_code_points_around_it() {
        let surrogate = JsonText::from_raw("\\udfff");
        assert!(surrogate.compare(&"\u{d7ff}".into()).is_gt());
        assert!(surrogate.compare(&"\u{e000}".into()).is_lt());
    }

    #[test]
    fn text_is_spelled_as_python_spells_it() {
        assert_eq!(
            JsonText::from("a\"\\/\u{8}\u{c}\n\r\t\u{0}\u{7f}ü\u{1f600}").raw(),
            "a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u007f\\u00fc\\ud83d\\ude00"
        );
    }

    proptest! {
        #[test]
        fn any_text_means_itself_again(text in any::<String>(), other in any::<String>()) {
            let spelled = JsonText::from(text.as_str());
            prop_assert_eq!(&spelled.to_str_lossy(), &text);
            prop_assert!(spelled.is_exact());
            prop_assert_eq!(&spelled, text.as_str());
            prop_assert_eq!(spelled.compare(&JsonText::from(other.as_str())), text.cmp(&other));
        }
    }
}
