//! The SQL of MySQL and MariaDB.

use std::borrow::Cow;

use jiff::civil::DateTime;

use super::table::MORE_PARTS;
use crate::store::contract::{Finding, NamePattern, OrderBy, Query, SaveMode};
use crate::store::sql::dialects::common_sql::{ESCAPE, like_pattern, push_limit, too_long};
use crate::store::sql::dialects::tag_parts::{PARTS, first_part};
use crate::store::sql::dialects::tag_patterns::{Quantifier, pairs, pattern};
use crate::store::sql::failure::{FailureClass, SqlOperation};
use crate::store::sql::grammar::{Grammar, TableOwner, UnionArm};
use crate::store::sql::inspection::{RIGHTS, SqlInspection, creation, encryption, first_row, told};
use crate::store::sql::new_row::NewRow;
use crate::store::sql::statement::{SqlValue, Statement};
use crate::store::sql::url::Dialect;

/// The smallest `max_allowed_packet` that ordinary documents need, in bytes: MariaDB's default.
const LARGE_PACKET: u64 = 16 << 20;

/// The SQL of MySQL and MariaDB.
#[derive(Clone, Copy, Debug)]
pub(super) struct MysqlGrammar;

impl Grammar for MysqlGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn quoted(&self, name: &str) -> String {
        format!("`{name}`")
    }

    fn placeholder(&self, _number: usize) -> Cow<'static, str> {
        "?".into()
    }

    fn time(&self, time: DateTime) -> SqlValue {
        SqlValue::Time(time)
    }

    fn objection(&self, row: &NewRow<'_>) -> Option<String> {
        too_long(row)
    }

    fn save(&self, row: &NewRow<'_>, mode: SaveMode) -> Vec<Statement> {
        // Checks before it inserts: a duplicate key leaves a lock on the existing row, and two saves that then update
        // that row would deadlock.
        let mut insert = row.insert(self);
        insert.sql(" FROM DUAL");
        row.push_absent(self, &mut insert, "");
        match mode {
            SaveMode::IfAbsent => vec![insert],
            // Most results are new. The last statement is for a row that another client removes after the first one has
            // met it.
            SaveMode::Overwrite => vec![insert.clone(), row.update(self), insert],
        }
    }

    fn push_equal(&self, statement: &mut Statement, column: &'static str, value: &str) {
        // The first comparison can use the index. In Python's tables it treats `A`, `á` and `a ` like `a`.
        statement.sql(column).sql(" = ").bind(value);
        statement.sql(format!(" AND {} = ", bytes_of(column))).bind(value);
    }

    fn push_pattern(&self, statement: &mut Statement, column: &'static str, pattern: &NamePattern) {
        // The first comparison can use the index.
        let pattern = like_pattern(pattern, &['%', '_']);
        statement.sql(column).sql(" LIKE ").bind(pattern.as_str()).sql(ESCAPE);
        statement.sql(format!(" AND {} LIKE ", bytes_of(column))).bind(pattern).sql(ESCAPE);
    }

    fn document_length(&self) -> &'static str {
        "OCTET_LENGTH(data_json)"
    }

    fn row_version(&self) -> &'static str {
        // Python's column has whole seconds: two saves within one are told apart by their documents.
        "CONCAT_WS(' ', updated_at, SHA2(data_json, 256))"
    }

    fn push_statuses(&self, statement: &mut Statement, names: &mut dyn Iterator<Item = &'static str>) {
        // `IS TRUE` keeps it from collecting and sorting all results of those statuses by the index on the status.
        statement.sql("(status IN (").bind_all(names.map(SqlValue::from)).sql(")) IS TRUE");
    }

    fn push_tag(&self, statement: &mut Statement, key: &str, value: &str) {
        let pairs = pairs(key, value);
        let column = "CONVERT(tags_json USING utf8mb4) COLLATE utf8mb4_bin";
        statement.sql("(");
        for (index, pair) in pairs.iter().enumerate() {
            statement.sql(if index == 0 { "LOCATE(" } else { " OR LOCATE(" });
            statement.bind(pair.as_str()).sql(format!(", {column}) > 0"));
        }
        statement.sql(format!(") AND {column} REGEXP ")).bind(pattern(&pairs, Quantifier::Possessive));
    }

    fn tag_arms(&self, _table: &str, key: &str, value: &str) -> Vec<UnionArm> {
        let arm = |number: usize, condition: &dyn Fn(&mut Statement)| {
            let mut statement = Statement::new(format!("tag_{number} = "));
            condition(&mut statement);
            UnionArm { hint: format!(" FORCE INDEX (ix_tag_{number})"), condition: statement }
        };
        let part = first_part(key, value);
        let of_part = |statement: &mut Statement| {
            statement.sql("CRC32(").bind(part.as_str()).sql(")");
        };
        let of_more = |statement: &mut Statement| {
            statement.sql(MORE_PARTS);
        };
        (1..=PARTS).map(|number| arm(number, &of_part)).chain([arm(PARTS, &of_more)]).collect()
    }

    fn own_table(&self, table: &str) -> Option<Statement> {
        let mut names: Vec<_> = (1..=PARTS).map(|number| format!("ix_tag_{number}")).collect();
        names.extend(["ix_namespace_data_asset", "ix_namespace_run_time", "ix_namespace_status"].map(str::to_owned));
        let count = names.len();
        // With a collation that pads or folds, columns are not ordered by code points.
        let mut statement = Statement::new(
            "SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = 'data_asset' AND \
             COLLATION_NAME IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin') AND TABLE_NAME = ",
        );
        statement.bind(table).sql(
            " AND (SELECT count(DISTINCT INDEX_NAME) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND \
             TABLE_NAME = ",
        );
        statement.bind(table).sql(" AND INDEX_NAME IN (").bind_all(names.into_iter().map(SqlValue::from));
        statement.sql(format!(")) = {count}"));
        Some(statement)
    }

    fn order_key(&self, column: &'static str, origin: TableOwner) -> Cow<'static, str> {
        // The names of statuses sort the same under every collation.
        if column == "status" || origin == TableOwner::Store { column.into() } else { bytes_of(column).into() }
    }

    fn push_slice(&self, statement: &mut Statement, size: u64, offset: u64) {
        push_limit(statement, size, offset);
    }

    fn edge_hint(&self, query: &Query) -> Option<&'static str> {
        // Without a hint it walks the index from the newest row, which is an order as well.
        Some(match (&query.data_asset, query.statuses.as_slice()) {
            (Some(_), _) => " FORCE INDEX (ix_namespace_data_asset)",
            (None, [_]) => " FORCE INDEX (ix_namespace_status)",
            (None, _) => " FORCE INDEX (ix_namespace_run_time)",
        })
    }

    fn alone_hint(&self) -> &'static str {
        ""
    }

    fn begins_snapshots_for_nothing(&self) -> bool {
        false
    }

    fn key_hint(&self, order_by: OrderBy) -> &'static str {
        match order_by {
            OrderBy::RunTime => "",
            OrderBy::DataAsset => " FORCE INDEX (ix_namespace_data_asset)",
            OrderBy::Status => " FORCE INDEX (ix_namespace_status)",
        }
    }

    fn python_key(&self) -> &'static str {
        "a run id is unique in all namespaces, and ids that differ only in case, in accents, in control characters or in \
         spaces at the end may be one"
    }

    fn inspections(&self) -> Vec<SqlInspection> {
        vec![
            SqlInspection::new("version", "SELECT VERSION()", told),
            SqlInspection::new("user", "SELECT CURRENT_USER()", told),
            SqlInspection::new("encryption", "SHOW SESSION STATUS LIKE 'Ssl_version'", |check, rows| {
                encryption(check, &rows.iter().map(|row| row.iter().skip(1).cloned().collect()).collect::<Vec<_>>())
            }),
            SqlInspection::new("max_allowed_packet", "SELECT @@max_allowed_packet", |check, rows| {
                let bytes: u64 = first_row(rows).parse().unwrap_or_default();
                let message = format!("documents of up to {bytes} bytes can be saved");
                match bytes < LARGE_PACKET {
                    true => Finding::doubtful(check, message, "raise `max_allowed_packet` of the server (1G at most)"),
                    false => Finding::good(check, message),
                }
            }),
        ]
    }

    fn creation(&self) -> Option<SqlInspection> {
        // Rights are granted for every database, or for those with a name like a pattern.
        let statement = "SELECT COALESCE(MAX('yes'), 'unknown') FROM (SELECT grantee, privilege_type FROM \
                         information_schema.user_privileges UNION ALL SELECT grantee, privilege_type FROM \
                         information_schema.schema_privileges WHERE DATABASE() LIKE table_schema) AS granted WHERE \
                         privilege_type = 'CREATE' AND grantee = CONCAT('''', SUBSTRING(CURRENT_USER(), 1, \
                         CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), \
                         '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";
        Some(SqlInspection::new(RIGHTS, statement, creation))
    }

    fn policy(&self, table: &str, read_only: bool) -> String {
        let quoted = self.quoted(table);
        match read_only {
            true => format!("GRANT SELECT ON `DATABASE`.{quoted} TO 'USER'@'HOST';"),
            false => format!(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON `DATABASE`.{quoted} TO 'USER'@'HOST';\n-- Until the table \
                 exists:\nGRANT CREATE, INDEX ON `DATABASE`.{quoted} TO 'USER'@'HOST';"
            ),
        }
    }

    fn hint(&self, class: FailureClass, _doing: SqlOperation) -> Option<&'static str> {
        Some(match class {
            FailureClass::UnknownDatabase => {
                "check that `connection_url` ends with the name of a database, or make it: CREATE DATABASE NAME"
            }
            FailureClass::Denied => {
                "check the user and the password (`connection_url`, option `password`, MYSQL_PWD), that `ssl_mode` \
                 encrypts if the server insists on it, and what that user is granted: SELECT, INSERT, UPDATE, DELETE, CREATE and INDEX on the database"
            }
            FailureClass::Untrusted => {
                "check `ssl_mode` and `ssl_ca` in `connection_url`: the certificate must name the host, and its issuer \
                 must be in that file"
            }
            FailureClass::Overloaded => {
                "lower `pool_size` and `max_overflow`, or raise `max_connections` of the server"
            }
            FailureClass::UnsupportedValue => "use a database whose character set is utf8mb4",
            FailureClass::TooLarge => {
                "raise `max_allowed_packet` of the server (1G at most); in a table that Python made the column ends at 64 \
                 KB: use a `table_prefix` of your own, or ALTER TABLE validation_results MODIFY data_json LONGTEXT NOT NULL"
            }
            _ => return None,
        })
    }
}

/// Returns a text column as its UTF-8 bytes, which are equal only if the texts are identical.
fn bytes_of(column: &str) -> String {
    format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY)")
}
