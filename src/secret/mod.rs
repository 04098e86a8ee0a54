//! Text that must not be shown: secrets, characters that control a terminal, and more of a text than a message has room
//! for.

mod file;
mod shape;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

pub use self::file::{LARGEST_TEXT, read_text};
pub use self::shape::{shown_name, shown_path};

/// Shown instead of a secret.
pub const MASK: &str = "******";

/// A password, key or token, or a URL that may hold one.
///
/// It prints and serializes as [`MASK`]; [`Secret::expose`] is the only way to the text. An option is secret because
/// its field has this type: `config` finds such fields by [`Secret::TYPE_NAME`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The type name that marks a secret to a deserializer.
    pub const TYPE_NAME: &'static str = "Secret";

    /// The text itself, for the code that sends it to a server.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Self::TYPE_NAME.into()
    }

    /// A string; its title is the mark by which the options are found that are secret.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "title": Self::TYPE_NAME })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Secret;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Secret, D::Error> {
                String::deserialize(deserializer).map(Secret)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret::from(text))
            }
        }

        deserializer.deserialize_newtype_struct(Self::TYPE_NAME, Text)
    }
}

/// `text`, a URL that could not be parsed, with everything after the scheme masked: `postgresql://******`.
///
/// A text without a plain scheme is masked as a whole. A text that is one `${NAME}` is returned as it is: the name of
/// a variable is not a secret, while the default in `${NAME:-default}` may be one.
pub fn mask_unparsed_url(text: &str) -> String {
    let is_plain = |word: &str| {
        (1..=40).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+_-".contains(&byte))
    };
    let variable = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    if variable.is_some_and(is_plain) {
        return text.to_owned();
    }
    match text.split_once("://") {
        Some((scheme, _)) if is_plain(scheme) => format!("{scheme}://{MASK}"),
        _ => MASK.to_owned(),
    }
}

/// Whether `character` could control a terminal, hide itself, or reorder the text around it.
pub fn is_unsafe_to_print(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// `text` with [`char::REPLACEMENT_CHARACTER`] instead of every character that is unsafe to print.
pub fn printable(text: &str) -> String {
    text.chars().map(|it| if is_unsafe_to_print(it) { char::REPLACEMENT_CHARACTER } else { it }).collect()
}

/// `text`, or its first `head` and its last `tail` characters if it has more than both together.
pub fn excerpt(text: &str, head: usize, tail: usize) -> Cow<'_, str> {
    let after = |count| text.char_indices().nth(count).map(|(at, _)| at);
    if after(head + tail).is_none() {
        return Cow::Borrowed(text);
    }
    let end = after(head).and_then(|at| text.get(..at)).unwrap_or_default();
    let start = match tail.checked_sub(1) {
        Some(tail) => text.char_indices().nth_back(tail).and_then(|(at, _)| text.get(at..)).unwrap_or_default(),
        None => "",
    };
    Cow::Owned(format!("{end}...{start}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_parsed_shows_its_scheme_only() {
        for (text, shown) in [
            ("postgresql://me:hunter2@[db/x", "postgresql://******"),
            ("mysql+pymysql://hunter2", "mysql+pymysql://******"),
            ("me:hunter2@db://x", "******"),
            ("://hunter2", "******"),
            ("hunter2", "******"),
            ("${DATABASE_URL}", "${DATABASE_URL}"),
            ("${DATABASE_URL:-postgresql://me:hunter2@db}", "******"),
            ("${A}:hunter2${B}", "******"),
        ] {
            assert_eq!(mask_unparsed_url(text), shown, "{text}");
        }
    }

    #[test]
    fn invisible_and_reordering_characters_are_unsafe_to_print() {
        for character in ['\u{7}', '\u{9b}', '\u{200b}', '\u{200f}', '\u{202e}', '\u{2067}', '\u{feff}'] {
            assert!(is_unsafe_to_print(character), "{character:?}");
        }
        assert_eq!(printable("a\u{200b}b\u{1b}[0m"), "a\u{fffd}b\u{fffd}[0m");
        assert_eq!(printable("이름 größe 😀"), "이름 größe 😀");
    }

    #[test]
    fn an_excerpt_has_both_ends_of_a_long_text() {
        for (text, shown) in
            [("", ""), ("äöü", "äöü"), ("äöüß", "äöüß"), ("äöü12", "äöü...2"), ("äöü 0123456789", "äöü...9")]
        {
            assert_eq!(excerpt(text, 3, 1), shown);
        }
        assert_eq!(excerpt("äöü12", 3, 0), "äöü...");
    }

    #[test]
    fn a_secret_is_read_from_a_string_of_any_format() {
        assert_eq!(serde_json::from_str::<Secret>("\"hunter2\"").unwrap().expose(), "hunter2");
        let table: std::collections::BTreeMap<String, Secret> = toml::from_str("a = 'hunter2'").unwrap();
        assert_eq!(table["a"].expose(), "hunter2");
    }

    #[test]
    fn a_secret_shows_its_mask_in_every_face() {
        let secret = Secret::from("hunter2");
        let faces = [format!("{secret}"), format!("{secret:?}"), serde_json::to_string(&secret).unwrap()];
        for face in faces {
            assert!(face.contains(MASK) && !face.contains("hunter2"), "{face}");
        }
        assert_eq!(secret.expose(), "hunter2");
    }
}
