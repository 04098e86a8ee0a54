//! Conversion of values to and from MySQL.

use bytes::Bytes;
use jiff::civil::DateTime;
use mysql_async::Value as MysqlValue;

use crate::store::sql::statement::{SqlText, SqlValue};

/// Converts a value to be bound.
pub(super) fn bound(value: &SqlValue) -> MysqlValue {
    match value {
        SqlValue::Null => MysqlValue::NULL,
        SqlValue::Integer(number) => MysqlValue::Int(*number),
        SqlValue::Real(number) => MysqlValue::Double(*number),
        SqlValue::Text(text) => MysqlValue::Bytes(text.as_str().as_bytes().to_vec()),
        SqlValue::Time(instant) => date(*instant),
        SqlValue::Bytes(bytes) => MysqlValue::Bytes(bytes.to_vec()),
    }
}

fn date(time: DateTime) -> MysqlValue {
    // All are small and none is negative: times of runs begin with the year 1.
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    MysqlValue::Date(
        u16::try_from(time.year()).unwrap_or_default(),
        small(time.month()),
        small(time.day()),
        small(time.hour()),
        small(time.minute()),
        small(time.second()),
        u32::try_from(time.subsec_nanosecond() / 1_000).unwrap_or_default(),
    )
}

/// Converts a value of a row. Invalid dates such as 0000-00-00 become NULL.
pub(super) fn found(value: MysqlValue) -> SqlValue {
    match value {
        MysqlValue::NULL | MysqlValue::Time(..) => SqlValue::Null,
        MysqlValue::Bytes(bytes) => match SqlText::from_utf8(Bytes::from(bytes)) {
            Ok(text) => SqlValue::Text(text),
            Err(bytes) => SqlValue::Bytes(bytes),
        },
        MysqlValue::Int(number) => SqlValue::Integer(number),
        MysqlValue::UInt(number) => SqlValue::from(number),
        MysqlValue::Float(number) => SqlValue::Real(number.into()),
        MysqlValue::Double(number) => SqlValue::Real(number),
        MysqlValue::Date(year, month, day, hour, minute, second, microsecond) => {
            let time = || {
                DateTime::new(
                    i16::try_from(year).ok()?,
                    i8::try_from(month).ok()?,
                    i8::try_from(day).ok()?,
                    i8::try_from(hour).ok()?,
                    i8::try_from(minute).ok()?,
                    i8::try_from(second).ok()?,
                    i32::try_from(microsecond.checked_mul(1_000)?).ok()?,
                )
                .ok()
            };
            time().map_or(SqlValue::Null, SqlValue::Time)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_back_as_it_was_bound() {
        for text in
            ["2026-11-23T00:56:54.158803", "2000-01-01T00:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999"]
        {
            let value = SqlValue::Time(text.parse().unwrap());
            assert_eq!(found(bound(&value)), value);
        }
    }

    #[test]
    fn a_day_that_is_none_is_no_time() {
        assert_eq!(found(MysqlValue::Date(0, 0, 0, 0, 0, 0, 0)), SqlValue::Null);
    }
}
