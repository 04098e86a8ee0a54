//! PostgreSQL.
//!
//! Plain `tokio-postgres`, not diesel-async: statements are put together at runtime, so that diesel's types say nothing
//! of them, and its connection cannot be told about TLS.

mod address;
mod driver;
mod failure;
mod tls;
mod values;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use self::address::Address;
use self::driver::PostgresqlDriver;
use super::tags::{Quantifier, pairs, pattern};
use super::{Arm, Grammar, NewRow, Opened, Origin, SERVER_PATIENCE, push_limit, too_long, whole_microseconds};
use crate::error::Result;
use crate::store::contract::{Notices, OrderBy, Query, SaveMode};
use crate::store::sql::driver::FailureClass;
use crate::store::sql::failure::Doing;
use crate::store::sql::statement::{Statement, Value};
use crate::store::sql::url::{DatabaseUrl, Dialect};

/// The way to the database that `url` names. Touches nothing.
pub(in crate::store::sql) fn open(url: &DatabaseUrl, echo: Option<Notices>) -> Result<Opened> {
    let address = Address::from_url(url)?;
    Ok(Opened {
        location: url.masked(),
        patience: SERVER_PATIENCE,
        driver: Arc::new(PostgresqlDriver::new(address, echo)),
    })
}

/// The pairs of a result's tags, as an array: what the index on tags is made of. Tags too long for it are a star. Its array
/// must be a constant as it stands, or the planner does not see that a condition is about the index.
const TAGS: &str = "(CASE WHEN octet_length(tags_json) <= 2000 THEN string_to_array(btrim(tags_json, '{}'), ', ') ELSE \
                    '{*}'::text[] END)";

/// A time before all that Python knows, and not before those of PostgreSQL, which begin with the year 4714 BC.
const FIRST: Timestamp = Timestamp::constant(-125_000_000_000, 0);

/// What PostgreSQL speaks.
#[derive(Clone, Copy, Debug)]
struct PostgresqlGrammar;

impl Grammar for PostgresqlGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::Postgresql
    }

    fn quoted(&self, name: &str) -> String {
        format!("\"{name}\"")
    }

    fn placeholder(&self, number: usize) -> Cow<'static, str> {
        format!("${number}").into()
    }

    fn time(&self, instant: Timestamp) -> Value {
        Value::Time(instant.max(FIRST))
    }

    fn earliest(&self, instant: Timestamp) -> Value {
        self.time(whole_microseconds(instant))
    }

    fn objection(&self, row: &NewRow<'_>) -> Option<String> {
        let holds_nul = [row.entry.run_id.as_str(), &row.entry.data_asset, row.namespace, row.document.as_str()]
            .iter()
            .any(|text| text.contains('\0'));
        if holds_nul {
            return Some("PostgreSQL keeps no text with a NUL character in it".to_owned());
        }
        too_long(row)
    }

    fn save(&self, row: &NewRow<'_>, mode: SaveMode) -> Vec<Statement> {
        let mut insert = row.insert(self);
        // No error for a key that is taken, which would end the transaction and all other saves in it.
        insert.sql(" ON CONFLICT DO NOTHING");
        match mode {
            SaveMode::IfAbsent => vec![insert],
            // Most results are new. The last is for a row that somebody else takes away after the first has met it.
            SaveMode::Overwrite => vec![insert.clone(), row.update(self), insert],
        }
    }

    fn push_equal(&self, statement: &mut Statement, column: &'static str, value: &str) {
        statement.sql(column).sql(" = ").bind(value);
    }

    fn push_statuses(&self, statement: &mut Statement, names: &mut dyn Iterator<Item = &'static str>) {
        statement.sql("status IN (").bind_all(names.map(Value::from)).sql(")");
    }

    fn push_tag(&self, statement: &mut Statement, key: &str, value: &str) {
        let pairs = pairs(key, value);
        statement.sql("(");
        for pair in &pairs {
            statement.sql(TAGS).sql(" @> string_to_array(").bind(pair.as_str()).sql(", ', ') OR ");
        }
        statement.sql(TAGS).sql(" @> '{*}'::text[]) AND tags_json ~ ").bind(pattern(&pairs, Quantifier::Plain));
    }

    fn tag_arms(&self, _table: &str, _key: &str, _value: &str) -> Vec<Arm> {
        Vec::new()
    }

    fn own_table(&self, table: &str) -> Option<Statement> {
        let mut statement = Statement::new("SELECT 1 FROM pg_index WHERE indrelid = to_regclass(CAST(");
        statement.bind(self.quoted(table)).sql(" AS text)) AND indexrelid = to_regclass(CAST(");
        statement.bind(self.quoted(&tags_index(table))).sql(" AS text))");
        Some(statement)
    }

    fn order_key(&self, column: &'static str, _origin: Origin) -> Cow<'static, str> {
        // The collation of our tables, and not always that of Python's.
        format!("{column} COLLATE \"C\"").into()
    }

    fn push_slice(&self, statement: &mut Statement, size: u64, offset: u64) {
        push_limit(statement, size, offset);
    }

    fn edge_hint(&self, _query: &Query) -> Option<&'static str> {
        None
    }

    fn alone_hint(&self) -> &'static str {
        ""
    }

    fn begins_snapshots_for_nothing(&self) -> bool {
        true
    }

    fn key_hint(&self, _order_by: OrderBy) -> &'static str {
        ""
    }

    fn python_key(&self) -> &'static str {
        "a run id is unique in all namespaces"
    }

    fn hint(&self, class: FailureClass, _doing: Doing) -> Option<&'static str> {
        Some(match class {
            FailureClass::UnknownDatabase => "check `connection_url`, or make the database: `createdb NAME`",
            FailureClass::Denied => {
                "check the user and the password in `connection_url`, and what that user is granted: CONNECT on the \
                 database, USAGE and CREATE on the schema, SELECT, INSERT, UPDATE and DELETE on the table"
            }
            FailureClass::Untrusted => {
                "check `sslmode` and `sslrootcert` in `connection_url`: the certificate must name the host, and its \
                 issuer must be in that file"
            }
            FailureClass::Overloaded => {
                "lower `pool_size` and `max_overflow`, or raise `max_connections` of the server"
            }
            FailureClass::Unfit => "use a database whose encoding is UTF8",
            FailureClass::TooLarge => {
                "keep a document of that size on disk or in an object store: PostgreSQL takes 1 GB at most"
            }
            _ => return None,
        })
    }
}

/// The name of the index on tags.
fn tags_index(table: &str) -> String {
    format!("ix_{}tags", table.strip_suffix("validation_results").unwrap_or_default())
}

/// The statements that make the table and its indexes.
///
/// Without `fastupdate`, with which new rows wait in a list that every search reads until a vacuum, which may be far off.
fn new_table(table: &str) -> String {
    let prefix = table.strip_suffix("validation_results").unwrap_or_default();
    let tags = tags_index(table);
    format!(
        "CREATE TABLE \"{table}\" (
\tid BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
\trun_id VARCHAR(255) COLLATE \"C\" NOT NULL,
\tdata_asset VARCHAR(500) COLLATE \"C\" NOT NULL,
\trun_time TIMESTAMP WITHOUT TIME ZONE NOT NULL,
\tstatus VARCHAR(50) COLLATE \"C\" NOT NULL,
\tnamespace VARCHAR(255) COLLATE \"C\" NOT NULL,
\ttags_json TEXT,
\tdata_json TEXT NOT NULL,
\tcreated_at TIMESTAMP WITHOUT TIME ZONE,
\tupdated_at TIMESTAMP WITHOUT TIME ZONE,
\tUNIQUE (run_id, namespace)
);
CREATE INDEX \"ix_{prefix}namespace_run_time\" ON \"{table}\" (namespace, run_time DESC, run_id);
CREATE INDEX \"ix_{prefix}namespace_status\" ON \"{table}\" (namespace, status, run_time DESC, run_id);
CREATE INDEX \"ix_{prefix}namespace_data_asset\" ON \"{table}\" (namespace, data_asset, run_time DESC, run_id);
CREATE INDEX \"{tags}\" ON \"{table}\" USING gin ({TAGS}) WITH (fastupdate = off);"
    )
}
