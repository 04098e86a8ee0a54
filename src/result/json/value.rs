//! JSON values as trees.

use std::borrow::Cow;
use std::io::Read;

use super::buffer::SIZE;
use super::error::{JsonError, TextPosition};
use super::kind::JsonKind;
use super::reader::JsonReader;
use super::text::JsonText;

/// A JSON value. Numbers and strings keep their spelling, members of objects their order.
///
/// A value that was read is nested at most [`MAX_DEPTH`](super::MAX_DEPTH) levels deep.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum JsonValue {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number in its spelling, `NaN`, `Infinity` and `-Infinity` included.
    Number(Box<str>),
    /// A string.
    String(JsonText),
    /// An array.
    Array(Vec<JsonValue>),
    /// An object without duplicate keys.
    Object(Vec<(JsonText, JsonValue)>),
}

impl JsonValue {
    /// Parses a text of one value, in Python's dialect of JSON.
    ///
    /// # Errors
    /// If the text is not valid, or more follows the value.
    pub fn parse(input: impl Read) -> Result<Self, JsonError> {
        Self::parse_from(JsonReader::new(input))
    }

    /// Reads a text in memory that is one value, in a buffer no larger than the text.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse_str(text: &str) -> Result<Self, JsonError> {
        Self::parse_from(JsonReader::with_buffer(text.as_bytes(), text.len().min(SIZE), TextPosition::START))
    }

    fn parse_from(mut reader: JsonReader<impl Read>) -> Result<Self, JsonError> {
        let value = reader.value()?;
        reader.end()?;
        Ok(value)
    }

    /// An object of these members, in their order. The caller must not give a key twice.
    pub fn object<K: Into<JsonText>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The kind of the value.
    pub fn kind(&self) -> JsonKind {
        match self {
            Self::Null => JsonKind::Null,
            Self::Bool(_) => JsonKind::Bool,
            Self::Number(_) => JsonKind::Number,
            Self::String(_) => JsonKind::String,
            Self::Array(_) => JsonKind::Array,
            Self::Object(_) => JsonKind::Object,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The bool, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The spelling of the number, if it is one.
    pub fn as_number(&self) -> Option<&str> {
        match self {
            Self::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is a non-negative integer that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.parse().ok()
    }

    /// The nearest float, if it is a number.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.parse().ok()
    }

    /// The string in its spelling, if it is one.
    pub fn as_text(&self) -> Option<&JsonText> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The decoded string, if it is one. Lone surrogates become U+FFFD.
    pub fn as_str(&self) -> Option<Cow<'_, str>> {
        self.as_text().map(JsonText::to_str_lossy)
    }

    /// The elements, if it is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements for modification, if it is an array.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Self>> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members, if it is an object.
    pub fn as_object(&self) -> Option<&[(JsonText, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The members for modification, if it is an object. The caller must not add a key twice.
    pub fn as_object_mut(&mut self) -> Option<&mut Vec<(JsonText, Self)>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The value of `key`, if it is an object that has the key. Linear in the number of members.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value of `key` for modification, if it is an object that has the key.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.as_object_mut()?.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Sets the value of `key`, in its place or at the end, and returns the value it replaces. Does nothing if the
    /// value is not an object.
    pub fn set(&mut self, key: &str, value: impl Into<Self>) -> Option<Self> {
        let value = value.into();
        if let Some(present) = self.get_mut(key) {
            return Some(std::mem::replace(present, value));
        }
        if let Self::Object(members) = self {
            members.push((key.into(), value));
        }
        None
    }

    /// Removes the member of `key` and returns its value. The order of the others is kept.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        let members = self.as_object_mut()?;
        let index = members.iter().position(|(name, _)| name == key)?;
        Some(members.remove(index).1)
    }

    /// Adds an element at the end. Does nothing if the value is not an array.
    pub fn push(&mut self, value: impl Into<Self>) {
        if let Self::Array(elements) = self {
            elements.push(value.into());
        }
    }

    /// Frees excess capacity.
    pub(super) fn shrink(&mut self) {
        match self {
            Self::Array(elements) => elements.shrink_to_fit(),
            Self::Object(members) => members.shrink_to_fit(),
            _ => {}
        }
    }
}

impl From<bool> for JsonValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for JsonValue {
    fn from(value: u64) -> Self {
        Self::Number(value.to_string().into())
    }
}

impl From<i64> for JsonValue {
    fn from(value: i64) -> Self {
        Self::Number(value.to_string().into())
    }
}

impl From<f64> for JsonValue {
    /// Spells the number as Python's `repr` does, with a point or an exponent.
    fn from(value: f64) -> Self {
        Self::Number(if value.is_nan() {
            "NaN".into()
        } else if value.is_infinite() {
            if value > 0.0 { "Infinity".into() } else { "-Infinity".into() }
        } else {
            // Rust and Python agree on the digits and on the use of an exponent, but not on its spelling.
            let text = format!("{value:?}");
            match text.split_once('e') {
                None => text.into(),
                Some((digits, exponent)) => {
                    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |less| ('-', less));
                    format!("{}e{sign}{exponent:0>2}", digits.strip_suffix(".0").unwrap_or(digits)).into()
                }
            }
        })
    }
}

impl From<JsonText> for JsonValue {
    fn from(text: JsonText) -> Self {
        Self::String(text)
    }
}

impl From<&str> for JsonValue {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for JsonValue {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Vec<Self>> for JsonValue {
    fn from(elements: Vec<Self>) -> Self {
        Self::Array(elements)
    }
}

impl<T: Into<Self>> From<Option<T>> for JsonValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
