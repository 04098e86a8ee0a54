//! Dialect-neutral statements and rows, as they pass between the store and a driver.

use std::borrow::Cow;

use bytes::Bytes;
use jiff::civil::DateTime;

/// Text that is cheap to clone, so that a large document is not copied on its way to the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SqlText(Bytes);

impl SqlText {
    /// Converts bytes to text, or returns them if they are not UTF-8.
    pub(super) fn from_utf8(bytes: Bytes) -> Result<Self, Bytes> {
        if std::str::from_utf8(&bytes).is_ok() { Ok(Self(bytes)) } else { Err(bytes) }
    }

    /// Returns the text. It was checked when it was made, so the fallback never applies.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns the bytes of the text.
    pub(super) fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl From<String> for SqlText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for SqlText {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

/// A value in a statement or a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SqlValue {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(SqlText),
    /// A time in UTC, for databases with such a type.
    Time(DateTime),
    /// Bytes, or text that is not valid UTF-8.
    Bytes(Bytes),
}

impl SqlValue {
    /// Returns the text, if it is one.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for SqlValue {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u64> for SqlValue {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// A row of a result set, one value per column.
pub(super) type SqlRow = Vec<SqlValue>;

/// A part of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SqlFragment {
    /// Literal SQL.
    Sql(Cow<'static, str>),
    /// A bound value; each dialect has its own placeholder.
    Bind(SqlValue),
}

/// A statement with its values kept apart from its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Statement {
    pieces: Vec<SqlFragment>,
    is_short: bool,
}

impl Statement {
    /// Returns a statement that begins with `sql`.
    pub(super) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { pieces: vec![SqlFragment::Sql(sql.into())], is_short: false }
    }

    /// Appends SQL.
    pub(super) fn sql(&mut self, sql: impl Into<Cow<'static, str>>) -> &mut Self {
        self.pieces.push(SqlFragment::Sql(sql.into()));
        self
    }

    /// Appends a value.
    pub(super) fn bind(&mut self, value: impl Into<SqlValue>) -> &mut Self {
        self.pieces.push(SqlFragment::Bind(value.into()));
        self
    }

    /// Appends another statement.
    pub(super) fn push(&mut self, other: Self) -> &mut Self {
        self.pieces.extend(other.pieces);
        self
    }

    /// Appends values, separated by commas.
    pub(super) fn bind_all(&mut self, values: impl IntoIterator<Item = SqlValue>) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.sql(", ");
            }
            self.bind(value);
        }
        self
    }

    /// Puts the parts of another statement before its own.
    #[cfg(feature = "mssql")]
    pub(super) fn after(mut self, first: Option<Self>) -> Self {
        self.pieces.splice(..0, first.into_iter().flat_map(|first| first.pieces));
        self
    }

    /// Marks a statement that reads few rows, which the database finds by an index.
    pub(super) fn short(self) -> Self {
        Self { is_short: true, ..self }
    }

    /// Whether it reads few rows, which the database finds by an index.
    #[cfg(feature = "sqlite")]
    pub(super) fn is_short(&self) -> bool {
        self.is_short
    }

    /// The size of its texts and bytes, in bytes.
    #[cfg(feature = "sqlite")]
    pub(super) fn value_bytes(&self) -> usize {
        let sizes = self.pieces.iter().map(|piece| match piece {
            SqlFragment::Bind(SqlValue::Text(text)) => text.0.len(),
            SqlFragment::Bind(SqlValue::Bytes(bytes)) => bytes.len(),
            _ => 0,
        });
        sizes.sum()
    }

    /// Returns the parts in order.
    pub(super) fn pieces(&self) -> &[SqlFragment] {
        &self.pieces
    }

    /// Returns the text without values, which is sent to the database and shown by `echo`. `placeholder` returns the
    /// placeholder of a value by its number, counted from 1.
    #[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite", test))]
    pub(super) fn text(&self, placeholder: impl Fn(usize) -> Cow<'static, str>) -> String {
        let mut number = 0;
        self.pieces
            .iter()
            .map(|piece| match piece {
                SqlFragment::Sql(sql) => sql.clone(),
                SqlFragment::Bind(_) => {
                    number += 1;
                    placeholder(number)
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_given_back() {
        assert_eq!(SqlText::from_utf8(Bytes::from_static(b"\xff")).unwrap_err(), &b"\xff"[..]);
        assert_eq!(SqlText::from("é").as_str(), "é");
    }
}
