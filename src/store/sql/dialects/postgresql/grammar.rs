//! The SQL of PostgreSQL.

use std::borrow::Cow;

use jiff::civil::DateTime;

use super::table::{TAGS, tags_index};
use crate::store::contract::{Finding, NamePattern, OrderBy, Query, SaveMode};
use crate::store::sql::dialects::common_sql::{ESCAPE, like_pattern, push_limit, too_long};
use crate::store::sql::dialects::tag_patterns::{Quantifier, pairs, pattern};
use crate::store::sql::failure::{FailureClass, SqlOperation};
use crate::store::sql::grammar::{Grammar, TableOwner, UnionArm};
use crate::store::sql::inspection::{RIGHTS, SqlInspection, creation, encryption, first_row, told};
use crate::store::sql::new_row::NewRow;
use crate::store::sql::statement::{SqlValue, Statement};
use crate::store::sql::url::Dialect;

/// The SQL of PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub(super) struct PostgresqlGrammar;

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

    fn time(&self, time: DateTime) -> SqlValue {
        SqlValue::Time(time)
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
        // A duplicate key must not be an error, which would abort the transaction with all other saves in it.
        insert.sql(" ON CONFLICT DO NOTHING");
        match mode {
            SaveMode::IfAbsent => vec![insert],
            // Most results are new. The last statement is for a row that another client removes after the first one has
            // met it.
            SaveMode::Overwrite => vec![insert.clone(), row.update(self), insert],
        }
    }

    fn push_equal(&self, statement: &mut Statement, column: &'static str, value: &str) {
        statement.sql(column).sql(" = ").bind(value);
    }

    fn push_pattern(&self, statement: &mut Statement, column: &'static str, pattern: &NamePattern) {
        // The collation of a table that Python created may take two texts for one.
        let pattern = like_pattern(pattern, &['%', '_']);
        statement.sql(column).sql(" COLLATE \"C\" LIKE ").bind(pattern).sql(ESCAPE);
    }

    fn document_length(&self) -> &'static str {
        "octet_length(data_json)"
    }

    fn row_version(&self) -> &'static str {
        "updated_at"
    }

    fn push_statuses(&self, statement: &mut Statement, names: &mut dyn Iterator<Item = &'static str>) {
        statement.sql("status IN (").bind_all(names.map(SqlValue::from)).sql(")");
    }

    fn push_tag(&self, statement: &mut Statement, key: &str, value: &str) {
        let pairs = pairs(key, value);
        statement.sql("(");
        for pair in &pairs {
            statement.sql(TAGS).sql(" @> string_to_array(").bind(pair.as_str()).sql(", ', ') OR ");
        }
        statement.sql(TAGS).sql(" @> '{*}'::text[]) AND tags_json ~ ").bind(pattern(&pairs, Quantifier::Plain));
    }

    fn tag_arms(&self, _table: &str, _key: &str, _value: &str) -> Vec<UnionArm> {
        Vec::new()
    }

    fn own_table(&self, table: &str) -> Option<Statement> {
        let mut statement = Statement::new("SELECT 1 FROM pg_index WHERE indrelid = to_regclass(CAST(");
        statement.bind(self.quoted(table)).sql(" AS text)) AND indexrelid = to_regclass(CAST(");
        statement.bind(self.quoted(&tags_index(table))).sql(" AS text))");
        Some(statement)
    }

    fn order_key(&self, column: &'static str, _origin: TableOwner) -> Cow<'static, str> {
        // The collation of tables that this store creates. Python's may have another one.
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

    fn inspections(&self) -> Vec<SqlInspection> {
        vec![
            SqlInspection::new("version", "SELECT 'PostgreSQL ' || current_setting('server_version')", told),
            SqlInspection::new("user", "SELECT current_user::text", told),
            SqlInspection::new(
                "encryption",
                "SELECT coalesce(version, '') FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
                encryption,
            ),
            SqlInspection::new("encoding", "SELECT current_setting('server_encoding')", |check, rows| match first_row(
                rows,
            )
            .as_str()
            {
                "UTF8" => Finding::good(check, "UTF8"),
                other => Finding::doubtful(
                    check,
                    format!("`{other}` lacks letters that results may have"),
                    "use a database with the encoding UTF8",
                ),
            }),
        ]
    }

    fn creation(&self) -> Option<SqlInspection> {
        let statement = "SELECT CASE WHEN has_schema_privilege(current_schema(), 'CREATE') THEN 'yes' ELSE 'no' END";
        Some(SqlInspection::new(RIGHTS, statement, creation))
    }

    fn policy(&self, table: &str, read_only: bool) -> String {
        let quoted = self.quoted(table);
        let mut text =
            "GRANT CONNECT ON DATABASE \"DATABASE\" TO \"USER\";\nGRANT USAGE ON SCHEMA public TO \"USER\";\n"
                .to_owned();
        match read_only {
            true => text.push_str(&format!("GRANT SELECT ON {quoted} TO \"USER\";")),
            false => text.push_str(&format!(
                "-- Until the table exists:\nGRANT CREATE ON SCHEMA public TO \"USER\";\n-- If another user made it:\nGRANT \
                 SELECT, INSERT, UPDATE, DELETE ON {quoted} TO \"USER\";"
            )),
        }
        text
    }

    fn hint(&self, class: FailureClass, _doing: SqlOperation) -> Option<&'static str> {
        Some(match class {
            FailureClass::UnknownDatabase => "check `connection_url`, or make the database: `createdb NAME`",
            FailureClass::Denied => {
                "check the user and the password (`connection_url`, option `password`, PGPASSWORD, ~/.pgpass), and what \
                 that user is granted: CONNECT on the database, USAGE and CREATE on the schema, SELECT, INSERT, UPDATE and DELETE on the table"
            }
            FailureClass::Untrusted => {
                "check `sslmode` and `sslrootcert` in `connection_url`: the certificate must name the host, and its \
                 issuer must be in that file"
            }
            FailureClass::Overloaded => {
                "lower `pool_size` and `max_overflow`, or raise `max_connections` of the server"
            }
            FailureClass::UnsupportedValue => "use a database whose encoding is UTF8",
            FailureClass::TooLarge => {
                "keep a document of that size on disk or in an object store: PostgreSQL takes 1 GB at most"
            }
            _ => return None,
        })
    }
}
