//! Values as PostgreSQL sends and takes them, in its binary form.

use std::error::Error as StdError;

use bytes::{BufMut as _, Bytes, BytesMut};
use jiff::Timestamp;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::store::sql::statement::{Text, Value};

/// 2000-01-01, from which PostgreSQL counts microseconds, in those of Unix.
const EPOCH: i64 = 946_684_800_000_000;

type Failed = Box<dyn StdError + Sync + Send>;

/// A value that is bound.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub(super) &'a Value);

impl Bound<'_> {
    /// The type as which it is sent.
    pub(super) fn kind(&self) -> Type {
        match self.0 {
            Value::Null | Value::Text(_) => Type::TEXT,
            Value::Integer(_) => Type::INT8,
            Value::Real(_) => Type::FLOAT8,
            Value::Time(_) => Type::TIMESTAMP,
            Value::Bytes(_) => Type::BYTEA,
        }
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failed> {
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Text(text) => out.extend_from_slice(text.as_str().as_bytes()),
            Value::Integer(number) => out.put_i64(*number),
            Value::Real(number) => out.put_f64(*number),
            Value::Time(instant) => out.put_i64(instant.as_microsecond() - EPOCH),
            Value::Bytes(bytes) => out.extend_from_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value of a row. What is neither text nor number nor time is the bytes that came.
#[derive(Debug)]
pub(super) struct Found(pub(super) Value);

impl<'a> FromSql<'a> for Found {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Failed> {
        let value = match *kind {
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON => {
                match Text::from_utf8(Bytes::copy_from_slice(raw)) {
                    Ok(text) => Value::Text(text),
                    Err(bytes) => Value::Bytes(bytes),
                }
            }
            Type::INT8 => Value::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Value::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::FLOAT8 => Value::Real(f64::from_be_bytes(raw.try_into()?)),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => {
                let microseconds = i64::from_be_bytes(raw.try_into()?);
                // `infinity` and what lies beyond our calendar is no time of a run.
                let instant = microseconds.checked_add(EPOCH).and_then(|unix| Timestamp::from_microsecond(unix).ok());
                instant.map_or(Value::Null, Value::Time)
            }
            _ => Value::Bytes(Bytes::copy_from_slice(raw)),
        };
        Ok(Self(value))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failed> {
        Ok(Self(Value::Null))
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
        for text in ["2026-11-23T00:56:54.158803Z", "2000-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z"] {
            let value = Value::Time(text.parse().unwrap());
            let mut bytes = BytesMut::new();
            assert!(matches!(Bound(&value).to_sql(&Type::TIMESTAMP, &mut bytes), Ok(IsNull::No)));
            assert_eq!(Found::from_sql(&Type::TIMESTAMP, &bytes).unwrap().0, value);
        }
    }

    #[test]
    fn infinity_is_no_time() {
        for infinity in [i64::MAX, i64::MIN] {
            assert_eq!(Found::from_sql(&Type::TIMESTAMP, &infinity.to_be_bytes()).unwrap().0, Value::Null);
        }
    }
}
