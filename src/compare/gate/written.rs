//! Reading an option that a file gives as text or as a number.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// Reads text or a number as the command line would. The error says what was expected and does not quote the value.
pub(super) fn written<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err = &'static str>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(WrittenVisitor(PhantomData)).map(Some)
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
