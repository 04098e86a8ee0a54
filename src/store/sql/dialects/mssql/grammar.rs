//! The SQL of SQL Server.

use std::borrow::Cow;

use jiff::civil::DateTime;

use super::table;
use crate::store::contract::{NamePattern, OrderBy, Query, SaveMode};
use crate::store::sql::dialects::common_sql::like_pattern;
use crate::store::sql::failure::{FailureClass, SqlOperation};
use crate::store::sql::grammar::{Grammar, TableOwner, UnionArm};
use crate::store::sql::inspection::{RIGHTS, SqlInspection, creation, told};
use crate::store::sql::new_row::NewRow;
use crate::store::sql::statement::{SqlValue, Statement};
use crate::store::sql::url::Dialect;

/// Locks the row, or the gap where it would be, until the end of the transaction: of two saves of the same run, one
/// waits. `MERGE` takes no such lock.
const LOCKED: &str = " WITH (UPDLOCK, SERIALIZABLE)";

/// Makes a comparison use code points. It is put on one side and applies to both.
const EXACT: &str = " COLLATE Latin1_General_100_BIN2";

/// The SQL of SQL Server.
#[derive(Clone, Copy, Debug)]
pub(super) struct MssqlGrammar;

impl Grammar for MssqlGrammar {
    fn dialect(&self) -> Dialect {
        Dialect::Mssql
    }

    fn quoted(&self, name: &str) -> String {
        format!("[{name}]")
    }

    fn placeholder(&self, number: usize) -> Cow<'static, str> {
        format!("@P{number}").into()
    }

    fn time(&self, time: DateTime) -> SqlValue {
        SqlValue::Time(time)
    }

    fn objection(&self, row: &NewRow<'_>) -> Option<String> {
        let texts = [
            ("run id", row.entry.run_id.as_str(), table::RUN_ID),
            ("data asset", row.entry.data_asset.as_str(), table::DATA_ASSET),
            ("namespace", row.namespace, table::NAMESPACE),
        ];
        texts.into_iter().find_map(|(what, text, most)| {
            let length = text.encode_utf16().count();
            (length > most)
                .then(|| format!("the {what} has {length} UTF-16 units, and the column of SQL Server takes {most}"))
        })
    }

    fn save(&self, row: &NewRow<'_>, mode: SaveMode) -> Vec<Statement> {
        let guard = table::guard(row);
        let mut insert = row.insert(self);
        match mode {
            SaveMode::Overwrite => vec![row.update_with(self, LOCKED).after(guard), insert],
            SaveMode::IfAbsent => {
                row.push_absent(self, &mut insert, LOCKED);
                vec![insert.after(guard)]
            }
        }
    }

    fn push_equal(&self, statement: &mut Statement, column: &'static str, value: &str) {
        // Python's columns are VARCHAR. Comparing them with an NVARCHAR converts every row, so no index is used;
        // comparing an NVARCHAR column with a VARCHAR value converts only the value.
        if value.is_ascii() && column != "data_json" {
            statement.sql(column).sql(" = CAST(").bind(value).sql(" AS VARCHAR(8000)) AND ");
        } else if column != "data_json" {
            statement.sql(column).sql(" = ").bind(value).sql(" AND ");
        }
        // SQL Server ignores trailing spaces when it compares texts, and in a table that Python created also the case.
        // The appended period makes the spaces count.
        statement.sql(column).sql(" + N'.' = ").bind(value).sql(" + N'.'").sql(EXACT);
    }

    fn push_pattern(&self, statement: &mut Statement, column: &'static str, pattern: &NamePattern) {
        let pattern = like_pattern(pattern, &['%', '_', '[']);
        statement.sql(column).sql(" + N'.' LIKE ").bind(pattern + ".").sql(EXACT).sql(" ESCAPE N'!'");
    }

    fn document_length(&self) -> &'static str {
        "DATALENGTH(data_json) / 2"
    }

    fn row_version(&self) -> &'static str {
        "updated_at"
    }

    fn push_statuses(&self, statement: &mut Statement, names: &mut dyn Iterator<Item = &'static str>) {
        statement.sql("status IN (").bind_all(names.map(SqlValue::from)).sql(")");
    }

    fn push_tag(&self, statement: &mut Statement, key: &str, value: &str) {
        statement
            .sql(
                "EXISTS (SELECT 1 FROM OPENJSON(CASE WHEN ISJSON(tags_json) = 1 AND LEFT(LTRIM(tags_json), 1) = N'{' \
                 THEN tags_json ELSE N'{}' END) AS tag WHERE tag.[key] + N'.' = ",
            )
            .bind(key)
            .sql(" + N'.'")
            .sql(EXACT)
            // 0 is the type of null, which has no value.
            .sql(" AND CASE tag.[type] WHEN 0 THEN N'null' ELSE tag.[value] END + N'.' = ")
            .bind(value)
            .sql(" + N'.'")
            .sql(EXACT)
            .sql(")");
    }

    fn tag_arms(&self, _table: &str, _key: &str, _value: &str) -> Vec<UnionArm> {
        Vec::new()
    }

    fn own_table(&self, _table: &str) -> Option<Statement> {
        None
    }

    fn order_key(&self, column: &'static str, _origin: TableOwner) -> Cow<'static, str> {
        format!("{column}{EXACT}").into()
    }

    fn push_slice(&self, statement: &mut Statement, size: u64, offset: u64) {
        statement.sql(" OFFSET ").bind(offset).sql(" ROWS FETCH NEXT ").bind(size).sql(" ROWS ONLY");
    }

    fn edge_hint(&self, _query: &Query) -> Option<&'static str> {
        Some("")
    }

    fn alone_hint(&self) -> &'static str {
        // READ COMMITTED locks and releases row by row.
        " WITH (SERIALIZABLE)"
    }

    fn begins_snapshots_for_nothing(&self) -> bool {
        false
    }

    fn key_hint(&self, _order_by: OrderBy) -> &'static str {
        ""
    }

    fn python_key(&self) -> &'static str {
        "a run id is unique in all namespaces, whatever the case of its letters and the blanks at its end"
    }

    fn inspections(&self) -> Vec<SqlInspection> {
        vec![
            SqlInspection::new("version", "SELECT @@VERSION AS data_asset", told),
            SqlInspection::new("user", "SELECT SUSER_SNAME() AS data_asset", told),
        ]
    }

    fn creation(&self) -> Option<SqlInspection> {
        let statement = "SELECT CASE WHEN HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE') = 1 AND \
                         HAS_PERMS_BY_NAME(SCHEMA_NAME(), 'SCHEMA', 'ALTER') = 1 THEN 'yes' ELSE 'no' END AS data_asset";
        Some(SqlInspection::new(RIGHTS, statement, creation))
    }

    fn policy(&self, table: &str, read_only: bool) -> String {
        let quoted = self.quoted(table);
        match read_only {
            true => format!("GRANT SELECT ON dbo.{quoted} TO [USER];"),
            false => format!(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.{quoted} TO [USER];\n-- Until the table exists:\nGRANT \
                 CREATE TABLE TO [USER];\nGRANT ALTER ON SCHEMA::dbo TO [USER];"
            ),
        }
    }

    fn hint(&self, class: FailureClass, doing: SqlOperation) -> Option<&'static str> {
        Some(match class {
            FailureClass::UnknownDatabase => {
                "check the database in `connection_url`, and that its user may open it; SQL Server does not tell which"
            }
            FailureClass::Unreachable => {
                "check the server and the port in `connection_url`, and that the way to it is open"
            }
            FailureClass::Untrusted => {
                "let the server encrypt; name the certificate of its issuer with ?sslrootcert=FILE in `connection_url`, or the \
                 name in its own with HostNameInCertificate=NAME; TrustServerCertificate=yes takes any certificate"
            }
            FailureClass::Denied if doing == SqlOperation::Read => {
                "check the user and the password (`connection_url`, option `password`), and that the user may \
                 SELECT from the table"
            }
            FailureClass::Denied => {
                "check the user and the password (`connection_url`, option `password`), and that the user may \
                 INSERT, UPDATE and DELETE, and make the table if it is not there"
            }
            FailureClass::UnsupportedValue => {
                "save into a table of our own, with a `table_prefix` that no other table has; its columns take any text"
            }
            FailureClass::TooLarge => "keep a document of that size on disk or in an object store",
            FailureClass::Full => "make room in the database or in its log, then save again",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Statement)) -> String {
        let mut statement = Statement::new("");
        write(&mut statement);
        statement.text(|number| MssqlGrammar.placeholder(number))
    }

    #[test]
    fn a_value_of_ascii_is_compared_as_a_column_of_python_can_look_it_up() {
        assert_eq!(
            text(|statement| MssqlGrammar.push_equal(statement, "run_id", "a")),
            "run_id = CAST(@P1 AS VARCHAR(8000)) AND run_id + N'.' = @P2 + N'.' COLLATE Latin1_General_100_BIN2"
        );
        assert_eq!(
            text(|statement| MssqlGrammar.push_equal(statement, "run_id", "é")),
            "run_id = @P1 AND run_id + N'.' = @P2 + N'.' COLLATE Latin1_General_100_BIN2"
        );
    }

    #[test]
    fn a_document_is_never_cut_for_a_comparison() {
        assert_eq!(
            text(|statement| MssqlGrammar.push_equal(statement, "data_json", "{}")),
            "data_json + N'.' = @P1 + N'.' COLLATE Latin1_General_100_BIN2"
        );
    }
}
