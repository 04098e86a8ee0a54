//! Statements and rows as diesel has them.

use bytes::Bytes;
use diesel::deserialize::{self, QueryableByName};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field as _, NamedRow};
use diesel::sql_types::{BigInt, Binary, Double, Nullable, Text as SqlText, Untyped};
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType};
use diesel::{QueryResult, RunQueryDsl};

use crate::store::sql::statement::{Piece, Row, Statement, Text, Value};

/// A neutral statement as diesel runs it. Its text alone identifies it, so that it is prepared once.
pub(super) struct Runnable<'a>(pub(super) &'a Statement);

impl QueryFragment<Sqlite> for Runnable<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for piece in self.0.pieces() {
            match piece {
                Piece::Sql(sql) => pass.push_sql(sql),
                Piece::Bind(Value::Null) => pass.push_bind_param::<Nullable<SqlText>, _>(&None::<String>)?,
                Piece::Bind(Value::Integer(number)) => pass.push_bind_param::<BigInt, _>(number)?,
                Piece::Bind(Value::Real(number)) => pass.push_bind_param::<Double, _>(number)?,
                Piece::Bind(Value::Text(text)) => pass.push_bind_param::<SqlText, _>(text.as_str())?,
                Piece::Bind(Value::Time(_)) => pass.push_bind_param::<Nullable<SqlText>, _>(&None::<String>)?,
                Piece::Bind(Value::Bytes(bytes)) => pass.push_bind_param::<Binary, [u8]>(bytes)?,
            }
        }
        Ok(())
    }
}

impl QueryId for Runnable<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Runnable<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<SqliteConnection> for Runnable<'_> {}

/// A row as diesel gives it.
pub(super) struct LoadedRow(pub(super) Row);

impl QueryableByName<Sqlite> for LoadedRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let values = (0..row.field_count()).map(|index| {
            let field = diesel::row::Row::get(row, index).ok_or("a column is missing")?;
            let Some(mut value) = field.value() else { return Ok(Value::Null) };
            Ok(match value.value_type() {
                None => Value::Null,
                Some(SqliteType::Integer | SqliteType::SmallInt | SqliteType::Long) => {
                    Value::Integer(value.read_long())
                }
                Some(SqliteType::Float | SqliteType::Double) => Value::Real(value.read_double()),
                Some(SqliteType::Text) => {
                    let text = value.read_text();
                    // SQLite keeps any bytes as text, and diesel puts this sign where they are none. Only then are
                    // they read as bytes, for which it copies the whole value once more.
                    if text.contains(char::REPLACEMENT_CHARACTER) {
                        let mut again = field.value().ok_or("a value is gone")?;
                        match Text::from_utf8(Bytes::copy_from_slice(again.read_blob())) {
                            Ok(text) => Value::Text(text),
                            Err(bytes) => Value::Bytes(bytes),
                        }
                    } else {
                        Value::Text(text.into())
                    }
                }
                Some(SqliteType::Binary) => Value::Bytes(Bytes::copy_from_slice(value.read_blob())),
            })
        });
        Ok(Self(values.collect::<deserialize::Result<Row>>()?))
    }
}
