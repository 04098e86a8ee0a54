//! A digest of what a value means, whatever its spelling.

use std::io::Read;

use sha2::{Digest as _, Sha256};

use super::scalar::Sink;
use super::text::JsonText;
use super::{JsonError, JsonKind, JsonReader};

/// A digest of the meaning of a JSON value.
pub type ContentHash = [u8; 32];

/// Longest string, as it is spelled, that is compared by its meaning. A longer one counts as it is spelled.
const MAX_COMPARED: usize = 1 << 20;

impl<R: Read> JsonReader<R> {
    /// Reads the next value and returns a digest of what it means: the order of keys, white space, escapes in strings
    /// and the spelling of numbers make no difference. Memory holds one digest for each key of the open objects.
    ///
    /// # Errors
    /// If it is not valid.
    pub fn content_hash(&mut self) -> Result<ContentHash, JsonError> {
        let mut open: Vec<OpenHash> = Vec::new();
        loop {
            let mut closed = match self.peek()? {
                JsonKind::Object => {
                    self.begin_object()?;
                    open.push(OpenHash::Object { members: Vec::new(), key: Vec::new() });
                    None
                }
                JsonKind::Array => {
                    self.begin_array()?;
                    open.push(OpenHash::Array(Sha256::new_with_prefix(b"[")));
                    None
                }
                kind => Some(self.scalar_hash(kind)?),
            };
            loop {
                if let Some(hash) = closed.take() {
                    match open.last_mut() {
                        Some(parent) => parent.add(hash),
                        None => return Ok(hash),
                    }
                }
                if self.next_member()? {
                    if let Some(OpenHash::Object { key, .. }) = open.last_mut() {
                        *key = self.key().canonical().raw().as_bytes().to_vec();
                    }
                    break;
                }
                closed = open.pop().map(OpenHash::finish);
            }
        }
    }

    fn scalar_hash(&mut self, kind: JsonKind) -> Result<ContentHash, JsonError> {
        if kind == JsonKind::String {
            let mut sink = TextHash { short: Vec::new(), long: None };
            self.scalar(kind, &mut sink)?;
            return Ok(sink.finish());
        }
        let value = self.value()?;
        let text = match value.as_number() {
            Some(number) => number_value(number),
            None => value.to_text(crate::result::Layout::Compact),
        };
        Ok(Sha256::digest(text).into())
    }
}

/// An open array or object.
enum OpenHash {
    Array(Sha256),
    Object { members: Vec<(Vec<u8>, ContentHash)>, key: Vec<u8> },
}

impl OpenHash {
    fn add(&mut self, hash: ContentHash) {
        match self {
            Self::Array(elements) => elements.update(hash),
            Self::Object { members, key } => members.push((std::mem::take(key), hash)),
        }
    }

    fn finish(self) -> ContentHash {
        match self {
            Self::Array(elements) => elements.finalize().into(),
            Self::Object { mut members, .. } => {
                members.sort_unstable();
                let mut hash = Sha256::new_with_prefix(b"{");
                for (key, value) in members {
                    hash.update((key.len() as u64).to_be_bytes());
                    hash.update(key);
                    hash.update(value);
                }
                hash.finalize().into()
            }
        }
    }
}

/// The spelling of a string while it is short enough to be compared by its meaning, else a digest of its spelling.
struct TextHash {
    short: Vec<u8>,
    long: Option<Sha256>,
}

impl Sink for TextHash {
    fn take(&mut self, bytes: &[u8]) {
        if let Some(long) = &mut self.long {
            long.update(bytes);
        } else if self.short.len() + bytes.len() <= MAX_COMPARED {
            self.short.extend_from_slice(bytes);
        } else {
            let mut long = Sha256::new_with_prefix(b"\"");
            long.update(std::mem::take(&mut self.short));
            long.update(bytes);
            self.long = Some(long);
        }
    }
}

impl TextHash {
    fn finish(self) -> ContentHash {
        match self.long {
            Some(long) => long.finalize().into(),
            None => {
                let text = JsonText::from_raw(String::from_utf8(self.short).unwrap_or_default()).canonical();
                Sha256::new_with_prefix(b"\"").chain_update(text.raw()).finalize().into()
            }
        }
    }
}

/// One spelling for all numbers of the same value: 1, 1.0 and 10e-1 are one. Integers keep all their digits.
fn number_value(text: &str) -> String {
    let is_integer = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match text.parse::<f64>() {
        Ok(0.0) => "0".to_owned(),
        Ok(number) if !is_integer && number.is_finite() => format!("{number}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hash(text: &str) -> ContentHash {
        JsonReader::new(text.as_bytes()).content_hash().unwrap()
    }

    #[test]
    fn values_that_mean_the_same_have_one_hash() {
        for (one, other) in [
            (r#"{"a": 1, "b": [true, null]}"#, "{\"b\":[true,null],\n\"a\":1}"),
            (r#"{"\u0061": "\u00e9\/"}"#, r#"{"a": "é/"}"#),
            ("[1.0, 100, -0.0, 2e3]", "[1, 1e2, 0, 2000.0]"),
            ("[1e21, 0.1]", "[1000000000000000000000, 0.10]"),
            (r#"{"a": {"c": {}, "b": []}}"#, r#"{"a": {"b": [], "c": {}}}"#),
        ] {
            assert_eq!(hash(one), hash(other), "{one} {other}");
        }
    }

    #[test]
    fn values_that_mean_something_else_have_another_hash() {
        let texts = [
            "null",
            "true",
            "false",
            "0",
            "1",
            "\"1\"",
            "\"\"",
            "[]",
            "{}",
            "[[]]",
            "[1]",
            "[1, 1]",
            "[[1], 1]",
            "[1, [1]]",
            "[2, 1]",
            "[1, 2]",
            r#"{"a": 1}"#,
            r#"{"b": 1}"#,
            r#"{"a": "1"}"#,
            r#"{"a": {"b": 1}}"#,
            r#"["a", 1]"#,
            "NaN",
            "\"NaN\"",
            "Infinity",
            "-Infinity",
            "-1",
            "0.1",
            "12345678901234567890123",
            "12345678901234567890124",
        ];
        for (index, one) in texts.iter().enumerate() {
            for other in &texts[index + 1..] {
                assert_ne!(hash(one), hash(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn a_very_long_string_counts_in_full() {
        let long = |end: char| format!("\"{}{end}\"", "x".repeat(3 * MAX_COMPARED));
        assert_ne!(hash(&long('a')), hash(&long('b')));
        assert_eq!(hash(&long('a')), hash(&format!(" {}", long('a'))));
    }

    #[test]
    fn what_is_not_json_is_an_error_and_deep_nesting_ends() {
        for text in ["", "{", "[1,", "{\"a\"}", "[1 2]"] {
            assert!(JsonReader::new(text.as_bytes()).content_hash().is_err(), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(900), "]".repeat(900));
        assert_ne!(hash(&deep), hash("[]"));
    }

    proptest! {
        #[test]
        fn the_order_of_keys_makes_no_difference(
            keys in prop::collection::btree_set("[a-z]{1,4}", 1..12), turn in 0_usize..12
        ) {
            let mut members = keys.iter().enumerate().map(|(n, key)| format!("{key:?}: {n}")).collect::<Vec<_>>();
            let straight = hash(&format!("{{{}}}", members.join(", ")));
            let turn = turn % members.len();
            members.rotate_left(turn);
            prop_assert_eq!(straight, hash(&format!("{{{}}}", members.join(","))));
        }
    }
}
