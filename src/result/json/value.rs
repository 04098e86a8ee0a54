//! A value as a tree.

use std::borrow::Cow;
use std::io::Read;

use super::error::JsonError;
use super::kind::JsonKind;
use super::reader::JsonReader;
use super::text::JsonText;

/// A JSON value. Numbers and strings are kept as they were spelled, members of objects in their order.
///
/// One that was read is nested at most [`MAX_DEPTH`](super::MAX_DEPTH) levels deep.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum JsonValue {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is spelled, `NaN`, `Infinity` and `-Infinity` included.
    Number(Box<str>),
    /// A string.
    String(JsonText),
    /// An array.
    Array(Vec<JsonValue>),
    /// An object; no key stands in it twice.
    Object(Vec<(JsonText, JsonValue)>),
}

impl JsonValue {
    /// Reads a text that is one value, in Python's dialect of JSON.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(input: impl Read) -> Result<Self, JsonError> {
        let mut reader = JsonReader::new(input);
        let value = reader.value()?;
        reader.end()?;
        Ok(value)
    }

    /// An object of these members, in their order. The caller sees to it that no key stands twice.
    pub fn object<K: Into<JsonText>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// What sort of value it is.
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

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number as it is spelled, if it is one.
    pub fn as_number(&self) -> Option<&str> {
        match self {
            Self::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is a whole one that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.parse().ok()
    }

    /// The number to the precision of a float, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.parse().ok()
    }

    /// The string as it is spelled, if it is one.
    pub fn as_text(&self) -> Option<&JsonText> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// What the string means, if it is one; lone surrogates show as U+FFFD.
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

    /// The elements to be changed, if it is an array.
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

    /// The members to be changed, if it is an object. The caller sees to it that no key stands twice.
    pub fn as_object_mut(&mut self) -> Option<&mut Vec<(JsonText, Self)>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The value under `key`, if it is an object that has it. Looks at one member after the other.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value under `key` to be changed, if it is an object that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.as_object_mut()?.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Puts `value` under `key`, in the place of what stands there or else at the end, and returns what stood there.
    /// What is no object is left as it is.
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

    /// Takes out the member of `key`; those after it move up.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        let members = self.as_object_mut()?;
        let index = members.iter().position(|(name, _)| name == key)?;
        Some(members.remove(index).1)
    }

    /// Adds an element at the end. What is no array is left as it is.
    pub fn push(&mut self, value: impl Into<Self>) {
        if let Self::Array(elements) = self {
            elements.push(value.into());
        }
    }

    /// Gives back the memory that growing has left over.
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
            // Rust and Python agree on the digits and on when to use an exponent, not on how to spell one.
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
