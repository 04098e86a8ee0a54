//! Statements, rows and times in the form of diesel and SQLite.

use bytes::Bytes;
use diesel::deserialize::{self, QueryableByName};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field as _, NamedRow};
use diesel::sql_types::{BigInt, Binary, Double, Nullable, Text as DieselText, Untyped};
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType};
use diesel::{QueryResult, RunQueryDsl};
use jiff::civil::DateTime;

use crate::store::sql::statement::{SqlFragment, SqlRow, SqlText, SqlValue, Statement};

/// A dialect-neutral statement for diesel. It is cached by its text, so it is prepared once.
pub(super) struct SqliteQuery<'a>(pub(super) &'a Statement);

impl QueryFragment<Sqlite> for SqliteQuery<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for piece in self.0.pieces() {
            match piece {
                SqlFragment::Sql(sql) => pass.push_sql(sql),
                SqlFragment::Bind(SqlValue::Null) => {
                    pass.push_bind_param::<Nullable<DieselText>, _>(&None::<String>)?;
                }
                SqlFragment::Bind(SqlValue::Integer(number)) => pass.push_bind_param::<BigInt, _>(number)?,
                SqlFragment::Bind(SqlValue::Real(number)) => pass.push_bind_param::<Double, _>(number)?,
                SqlFragment::Bind(SqlValue::Text(text)) => pass.push_bind_param::<DieselText, _>(text.as_str())?,
                SqlFragment::Bind(SqlValue::Time(_)) => {
                    pass.push_bind_param::<Nullable<DieselText>, _>(&None::<String>)?;
                }
                SqlFragment::Bind(SqlValue::Bytes(bytes)) => pass.push_bind_param::<Binary, [u8]>(bytes)?,
            }
        }
        Ok(())
    }
}

impl QueryId for SqliteQuery<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SqliteQuery<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<SqliteConnection> for SqliteQuery<'_> {}

/// A row from diesel.
pub(super) struct SqliteRow(pub(super) SqlRow);

impl QueryableByName<Sqlite> for SqliteRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let values = (0..row.field_count()).map(|index| {
            let field = diesel::row::Row::get(row, index).ok_or("a column is missing")?;
            let Some(mut value) = field.value() else { return Ok(SqlValue::Null) };
            Ok(match value.value_type() {
                None => SqlValue::Null,
                Some(SqliteType::Integer | SqliteType::SmallInt | SqliteType::Long) => {
                    SqlValue::Integer(value.read_long())
                }
                Some(SqliteType::Float | SqliteType::Double) => SqlValue::Real(value.read_double()),
                Some(SqliteType::Text) => {
                    let text = value.read_text();
                    // SQLite accepts any bytes as text, and diesel replaces invalid ones by this character. Only then
                    // is the value read as bytes, which copies it once more.
                    if text.contains(char::REPLACEMENT_CHARACTER) {
                        let mut again = field.value().ok_or("a value is gone")?;
                        match SqlText::from_utf8(Bytes::copy_from_slice(again.read_blob())) {
                            Ok(text) => SqlValue::Text(text),
                            Err(bytes) => SqlValue::Bytes(bytes),
                        }
                    } else {
                        SqlValue::Text(text.into())
                    }
                }
                Some(SqliteType::Binary) => SqlValue::Bytes(Bytes::copy_from_slice(value.read_blob())),
            })
        });
        Ok(Self(values.collect::<deserialize::Result<SqlRow>>()?))
    }
}

/// Returns the text of SQLAlchemy's `DateTime` on SQLite: with six digits, so that text order is time order.
pub(super) fn time_text(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}

/// Returns the smallest text of this time. Without trailing zeros it also sorts before texts that were written with
/// fewer digits.
pub(super) fn earliest_text(time: DateTime) -> String {
    let text = time_text(time);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_has_always_six_digits() {
        for (read, text) in [
            ("2026-11-23T00:56:54.158803", "2026-11-23 00:56:54.158803"),
            ("2026-11-23T00:56:54", "2026-11-23 00:56:54.000000"),
            ("0001-01-01T00:00:00.1", "0001-01-01 00:00:00.100000"),
            ("9999-12-31T23:59:59.999999", "9999-12-31 23:59:59.999999"),
        ] {
            assert_eq!(time_text(time(read)), text);
        }
    }

    #[test]
    fn the_earliest_text_stands_before_every_spelling_of_its_time() {
        for (read, text) in [
            ("2026-11-23T00:00:00", "2026-11-23 00:00:00"),
            ("2026-11-23T00:00:10", "2026-11-23 00:00:10"),
            ("2026-11-23T00:00:00.1", "2026-11-23 00:00:00.1"),
        ] {
            let earliest = earliest_text(time(read));
            assert_eq!(earliest, text);
            assert!(earliest <= time_text(time(read)));
        }
    }
}
