//! Conversion of values to and from tiberius.

use std::borrow::Cow;

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use tiberius::ColumnData;
use tiberius::time::{Date, DateTime2, Time};

use crate::store::sql::statement::{SqlText, SqlValue};

/// The first time that a column can hold.
const FIRST: DateTime = date(1, 1, 1).at(0, 0, 0, 0);

/// A time in the middle of those that a column can hold.
const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400_000_000_000;
/// Days from year 1 to 1900, the epoch of `DATETIME`.
const DAYS_TO_1900: i128 = 693_595;
/// Fractional digits that are sent: as many as the server has, so that a time it returned is found again.
const DIGITS: u8 = 7;

/// Converts a value to be bound.
pub(super) fn bound(value: &SqlValue) -> ColumnData<'_> {
    match value {
        SqlValue::Null => ColumnData::String(None),
        SqlValue::Integer(number) => ColumnData::I64(Some(*number)),
        SqlValue::Real(number) => ColumnData::F64(Some(*number)),
        SqlValue::Text(text) => ColumnData::String(Some(Cow::Borrowed(text.as_str()))),
        SqlValue::Time(instant) => ColumnData::DateTime2(Some(time(*instant))),
        SqlValue::Bytes(bytes) => ColumnData::Binary(Some(Cow::Borrowed(bytes))),
    }
}

/// Converts a value of a row.
pub(super) fn found(data: ColumnData<'static>) -> SqlValue {
    let integer = |number: Option<i64>| number.map_or(SqlValue::Null, SqlValue::Integer);
    match data {
        ColumnData::U8(number) => integer(number.map(i64::from)),
        ColumnData::I16(number) => integer(number.map(i64::from)),
        ColumnData::I32(number) => integer(number.map(i64::from)),
        ColumnData::I64(number) => integer(number),
        ColumnData::Bit(bit) => integer(bit.map(i64::from)),
        ColumnData::F32(number) => number.map_or(SqlValue::Null, |number| SqlValue::Real(number.into())),
        ColumnData::F64(number) => number.map_or(SqlValue::Null, SqlValue::Real),
        ColumnData::String(text) => {
            text.map_or(SqlValue::Null, |text| SqlValue::Text(SqlText::from(text.into_owned())))
        }
        ColumnData::Binary(bytes) => bytes.map_or(SqlValue::Null, |bytes| SqlValue::Bytes(bytes.into_owned().into())),
        ColumnData::DateTime2(Some(time)) => {
            let (days, time) = (time.date().days(), time.time());
            let unit = 10_i128.pow(9_u32.saturating_sub(time.scale().into()));
            instant(i128::from(days) * DAY + i128::from(time.increments()) * unit)
        }
        ColumnData::DateTime(Some(time)) => {
            // Three hundredths of a second, to seven digits: as the server compares them with a DATETIME2.
            let ticks = (i128::from(time.seconds_fragments()) * 200_000 + 3) / 6;
            instant((DAYS_TO_1900 + i128::from(time.days())) * DAY + ticks * 100)
        }
        // The table has no columns of other types.
        _ => SqlValue::Null,
    }
}

fn time(time: DateTime) -> DateTime2 {
    let nanoseconds = time.max(FIRST).duration_since(FIRST).as_nanos();
    let (days, rest) = (nanoseconds / DAY, nanoseconds % DAY);
    let date = Date::new(u32::try_from(days).unwrap_or_default());
    DateTime2::new(date, Time::new(u64::try_from(rest / 100).unwrap_or_default(), DIGITS))
}

fn instant(nanoseconds: i128) -> SqlValue {
    let time = || {
        // jiff does not add more than 8,000 years at once.
        let nanoseconds = nanoseconds - EPOCH.duration_since(FIRST).as_nanos();
        let seconds = i64::try_from(nanoseconds.div_euclid(SECOND)).ok()?;
        let rest = i32::try_from(nanoseconds.rem_euclid(SECOND)).ok()?;
        EPOCH.checked_add(SignedDuration::new(seconds, rest)).ok()
    };
    time().map_or(SqlValue::Null, SqlValue::Time)
}

#[cfg(test)]
mod tests {
    use tiberius::time::DateTime as TdsDateTime;

    use super::*;

    #[test]
    fn times_come_back() {
        for text in [
            "2026-11-23T00:56:54.158803",
            "0001-01-01T00:00:00",
            "1969-12-31T23:59:59.999999",
            "9999-12-31T23:59:59.999999",
        ] {
            let instant: DateTime = text.parse().unwrap();
            assert_eq!(found(ColumnData::DateTime2(Some(time(instant)))), SqlValue::Time(instant));
        }
    }

    #[test]
    fn a_time_that_the_server_gave_is_sent_as_it_was() {
        let third = found(ColumnData::DateTime(Some(TdsDateTime::new(1, 1))));
        let SqlValue::Time(instant) = third else { panic!("{third:?}") };
        assert_eq!(found(ColumnData::DateTime2(Some(time(instant)))), third);
    }

    #[test]
    fn a_time_of_python_is_read_as_the_server_compares_it() {
        for (fragments, text) in [(0, "00:00:00"), (1, "00:00:00.0033333"), (2, "00:00:00.0066667"), (300, "00:00:01")]
        {
            let expected: DateTime = format!("1900-01-02T{text}").parse().unwrap();
            assert_eq!(found(ColumnData::DateTime(Some(TdsDateTime::new(1, fragments)))), SqlValue::Time(expected));
        }
    }
}
