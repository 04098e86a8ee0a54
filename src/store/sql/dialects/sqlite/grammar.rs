//! The SQL of SQLite.

use std::borrow::Cow;

use jiff::civil::DateTime;

use super::table::{MORE_PARTS, part, part_index};
use super::values::{earliest_text, time_text};
use crate::store::contract::{Finding, NamePattern, OrderBy, Query, SaveMode};
use crate::store::sql::dialects::common_sql::push_limit;
use crate::store::sql::dialects::tag_parts::{PARTS, first_part};
use crate::store::sql::failure::{FailureClass, SqlOperation};
use crate::store::sql::grammar::{Grammar, TableOwner, UnionArm};
use crate::store::sql::inspection::{SqlInspection, first_row, told};
use crate::store::sql::new_row::NewRow;
use crate::store::sql::statement::{SqlValue, Statement};
use crate::store::sql::url::Dialect;

/// The SQL of SQLite.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SqliteGrammar;

impl Grammar for SqliteGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn quoted(&self, name: &str) -> String {
        format!("\"{name}\"")
    }

    fn placeholder(&self, _number: usize) -> Cow<'static, str> {
        "?".into()
    }

    fn time(&self, time: DateTime) -> SqlValue {
        time_text(time).into()
    }

    fn earliest(&self, time: DateTime) -> SqlValue {
        earliest_text(time).into()
    }

    fn objection(&self, _row: &NewRow<'_>) -> Option<String> {
        None
    }

    fn save(&self, row: &NewRow<'_>, mode: SaveMode) -> Vec<Statement> {
        // Of VALUES and not of SELECT, for which SQLite keeps a copy of every page that the statement changes.
        let insert = row.insert_values(self, " ON CONFLICT DO NOTHING");
        match mode {
            SaveMode::IfAbsent => vec![insert],
            // Most results are new.
            SaveMode::Overwrite => vec![insert, row.update(self)],
        }
    }

    fn push_equal(&self, statement: &mut Statement, column: &'static str, value: &str) {
        statement.sql(column).sql(" = ").bind(value);
    }

    fn push_pattern(&self, statement: &mut Statement, column: &'static str, pattern: &NamePattern) {
        let pattern =
            pattern.translated("*", |letter| matches!(letter, '*' | '?' | '[').then(|| format!("[{letter}]")));
        statement.sql(column).sql(" GLOB ").bind(pattern);
    }

    fn document_length(&self) -> &'static str {
        "octet_length(data_json)"
    }

    fn row_version(&self) -> &'static str {
        "updated_at"
    }

    fn push_statuses(&self, statement: &mut Statement, names: &mut dyn Iterator<Item = &'static str>) {
        // The plus keeps SQLite from collecting and sorting all results of those statuses by the index on the status.
        statement.sql("+status IN (").bind_all(names.map(SqlValue::from)).sql(")");
    }

    fn push_tag(&self, statement: &mut Statement, key: &str, value: &str) {
        statement
            .sql(
                "EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(tags_json) THEN tags_json ELSE '{}' END) AS tag \
                 WHERE tag.key = ",
            )
            .bind(key)
            .sql(
                " AND CASE tag.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' ELSE \
                 CAST(tag.value AS TEXT) END = ",
            )
            .bind(value)
            .sql(")");
    }

    fn tag_arms(&self, table: &str, key: &str, value: &str) -> Vec<UnionArm> {
        let arm = |number: usize, value: &str| {
            let mut condition = Statement::new(format!("{} = ", part(number)));
            condition.bind(value);
            UnionArm { hint: format!(" INDEXED BY {}", self.quoted(&part_index(table, number))), condition }
        };
        let first = first_part(key, value);
        (1..=PARTS).map(|number| arm(number, &first)).chain([arm(PARTS, MORE_PARTS)]).collect()
    }

    fn own_table(&self, table: &str) -> Option<Statement> {
        let mut statement =
            Statement::new("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name COLLATE NOCASE = ");
        statement.bind(table).sql(" AND (");
        for number in 1..=PARTS {
            // Another version of this program may have created indexes on other expressions.
            statement.sql(if number == 1 { "name = " } else { " OR name = " }).bind(part_index(table, number));
            statement.sql(" AND instr(sql, ").bind(part(number)).sql(") > 0");
        }
        statement.sql(format!(") HAVING count(*) = {PARTS}"));
        Some(statement)
    }

    fn order_key(&self, column: &'static str, _origin: TableOwner) -> Cow<'static, str> {
        column.into()
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
            SqlInspection::new("version", "SELECT 'SQLite ' || sqlite_version()", told),
            SqlInspection::new(
                "journal",
                "SELECT journal_mode FROM pragma_journal_mode",
                |check, rows| match first_row(rows).as_str() {
                    "wal" => Finding::good(check, "write-ahead log"),
                    other => Finding::doubtful(
                        check,
                        format!("`{other}`: readers and writers wait for each other"),
                        "save with this program once, which switches the file to a write-ahead log",
                    ),
                },
            ),
        ]
    }

    fn creation(&self) -> Option<SqlInspection> {
        None
    }

    fn policy(&self, _table: &str, read_only: bool) -> String {
        match read_only {
            true => "read on the file, and write on its directory for the files beside it (-wal, -shm)".to_owned(),
            false => "read and write on the file and on its directory, for the files beside it (-wal, -shm)".to_owned(),
        }
    }

    fn hint(&self, class: FailureClass, doing: SqlOperation) -> Option<&'static str> {
        Some(match class {
            FailureClass::MissingDatabase => {
                "check `connection_url`, or set `create_tables = true`, with which the first save makes the file"
            }
            FailureClass::TooLarge => {
                "keep a document of that size on disk or in an object store: SQLite takes 1,000,000,000 bytes at most"
            }
            FailureClass::Busy => {
                "find the process that holds the lock, or wait longer: ?timeout=SECONDS in `connection_url`"
            }
            FailureClass::ConnectionLost => "let the file and those beside it stay where they are, then try again",
            FailureClass::NotAFile => "check that `connection_url` names a file",
            FailureClass::Unreachable => "check `connection_url`, and that the network drive is there",
            // A file with a write-ahead log needs a second file beside it, even for reading.
            FailureClass::Denied if doing == SqlOperation::Read => {
                "check the permissions of the file; one that nobody writes can be read without more as \
                 sqlite:///file:PATH?immutable=1&uri=true"
            }
            FailureClass::Denied => "check the permissions of the file and of its directory",
            FailureClass::Corrupt => {
                "check that `connection_url` names a SQLite database; `sqlite3 FILE .recover` saves what can be read"
            }
            FailureClass::Hollow => {
                "put back a copy of the file; or remove it, or save into it, to begin with an empty store"
            }
            FailureClass::InputOutput => "check the disk or the network drive that holds the file",
            _ => return None,
        })
    }
}
