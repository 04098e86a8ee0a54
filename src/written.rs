//! Reading options that a file gives as text or as numbers.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads text or a number as the command line would.
///
/// # Errors
/// For a value that is not one. The error says what was expected and does not quote the value.
pub fn written_value<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = &'static str>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(WrittenVisitor(PhantomData))
}

/// Reads an option that may be missing as [`written_value`] reads it.
///
/// # Errors
/// As [`written_value`].
pub fn written<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err = &'static str>,
    D: Deserializer<'de>,
{
    written_value(deserializer).map(Some)
}

/// Reads a list of texts or numbers, each as [`written_value`] reads it.
///
/// # Errors
/// As [`written_value`].
pub fn written_list<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: FromStr<Err = &'static str>,
    D: Deserializer<'de>,
{
    let items = Vec::<WrittenItem<T>>::deserialize(deserializer)?;
    Ok(items.into_iter().map(|WrittenItem(item)| item).collect())
}

struct WrittenItem<T>(T);

impl<'de, T: FromStr<Err = &'static str>> Deserialize<'de> for WrittenItem<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        written_value(deserializer).map(Self)
    }
}

struct WrittenVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err = &'static str>> Visitor<'_> for WrittenVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|expected: &str| {
            E::invalid_value(Unexpected::Other("another value"), &expected.trim_start_matches("expected "))
        })
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<T, E> {
        self.visit_str(&boolean.to_string())
    }
}

/// The values that [`written_value`] reads, for the schema of the configuration.
#[cfg(feature = "schema")]
pub enum AsWritten {}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for AsWritten {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AsWritten".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "number", "boolean"] })
    }
}
