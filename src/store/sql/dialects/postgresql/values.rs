//! Conversion of values to and from PostgreSQL's binary format.

use std::error::Error as StdError;

use bytes::{BufMut as _, Bytes, BytesMut};
use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::store::sql::statement::{SqlText, SqlValue};

/// PostgreSQL's epoch.
const EPOCH: DateTime = date(2000, 1, 1).at(0, 0, 0, 0);

type PostgresqlConversionError = Box<dyn StdError + Sync + Send>;

/// A bound value.
#[derive(Debug)]
pub(super) struct BoundValue<'a>(pub(super) &'a SqlValue);

impl BoundValue<'_> {
    /// Returns the type that is declared to the server.
    pub(super) fn kind(&self) -> Type {
        match self.0 {
            SqlValue::Null | SqlValue::Text(_) => Type::TEXT,
            SqlValue::Integer(_) => Type::INT8,
            SqlValue::Real(_) => Type::FLOAT8,
            SqlValue::Time(_) => Type::TIMESTAMP,
            SqlValue::Bytes(_) => Type::BYTEA,
        }
    }
}

impl ToSql for BoundValue<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, PostgresqlConversionError> {
        match self.0 {
            SqlValue::Null => return Ok(IsNull::Yes),
            SqlValue::Text(text) => out.extend_from_slice(text.as_str().as_bytes()),
            SqlValue::Integer(number) => out.put_i64(*number),
            SqlValue::Real(number) => out.put_f64(*number),
            SqlValue::Time(time) => {
                out.put_i64(i64::try_from(time.duration_since(EPOCH).as_micros()).unwrap_or_default());
            }
            SqlValue::Bytes(bytes) => out.extend_from_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value of a row. Types other than texts, numbers and times are kept as bytes.
#[derive(Debug)]
pub(super) struct ColumnValue(pub(super) SqlValue);

impl<'a> FromSql<'a> for ColumnValue {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, PostgresqlConversionError> {
        let value = match *kind {
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON => {
                match SqlText::from_utf8(Bytes::copy_from_slice(raw)) {
                    Ok(text) => SqlValue::Text(text),
                    Err(bytes) => SqlValue::Bytes(bytes),
                }
            }
            Type::INT8 => SqlValue::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => SqlValue::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::FLOAT8 => SqlValue::Real(f64::from_be_bytes(raw.try_into()?)),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => {
                let microseconds = i64::from_be_bytes(raw.try_into()?);
                // `infinity` and times outside the calendar become NULL.
                let time = EPOCH.checked_add(SignedDuration::from_micros(microseconds));
                time.map_or(SqlValue::Null, SqlValue::Time)
            }
            _ => SqlValue::Bytes(Bytes::copy_from_slice(raw)),
        };
        Ok(Self(value))
    }

    fn from_sql_null(_: &Type) -> Result<Self, PostgresqlConversionError> {
        Ok(Self(SqlValue::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_back_as_it_was_bound() {
        for text in
            ["2026-11-23T00:56:54.158803", "2000-01-01T00:00:00", "1969-12-31T23:59:59.999999", "0001-01-01T00:00:00"]
        {
            let value = SqlValue::Time(text.parse().unwrap());
            let mut bytes = BytesMut::new();
            assert!(matches!(BoundValue(&value).to_sql(&Type::TIMESTAMP, &mut bytes), Ok(IsNull::No)));
            assert_eq!(ColumnValue::from_sql(&Type::TIMESTAMP, &bytes).unwrap().0, value);
        }
    }

    #[test]
    fn infinity_is_no_time() {
        for infinity in [i64::MAX, i64::MIN] {
            assert_eq!(ColumnValue::from_sql(&Type::TIMESTAMP, &infinity.to_be_bytes()).unwrap().0, SqlValue::Null);
        }
    }
}
