//! SQLite.

mod driver;
mod failure;
mod file;
mod identity;
mod time;
mod values;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use self::driver::SqliteDriver;
use self::file::SqliteFile;
use self::time::{earliest_text, time_text};
use super::parts::{LONGEST, PARTS, first_part};
use super::{Arm, Grammar, NewRow, Opened, Origin, push_limit};
use crate::error::Result;
use crate::store::contract::{Notices, OrderBy, Query, SaveMode};
use crate::store::sql::driver::FailureClass;
use crate::store::sql::failure::Doing;
use crate::store::sql::statement::{Statement, Value};
use crate::store::sql::url::{DatabaseUrl, Dialect};

/// The way to the file that `url` names. Touches nothing.
pub(in crate::store::sql) fn open(url: &DatabaseUrl, echo: Option<Notices>, notices: &Notices) -> Result<Opened> {
    let file = SqliteFile::from_url(url)?;
    Ok(Opened {
        // The file's, from wherever it is named.
        location: file.path().map_or_else(|| url.masked(), |path| format!("sqlite:///{}", path.display())),
        patience: file.busy_timeout(),
        driver: Arc::new(SqliteDriver::new(file, echo, notices.clone())),
    })
}

/// What SQLite speaks.
#[derive(Clone, Copy, Debug)]
pub(in crate::store::sql) struct SqliteGrammar;

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

    fn time(&self, instant: Timestamp) -> Value {
        time_text(instant).into()
    }

    fn earliest(&self, instant: Timestamp) -> Value {
        earliest_text(instant).into()
    }

    fn objection(&self, _row: &NewRow<'_>) -> Option<String> {
        None
    }

    fn save(&self, row: &NewRow<'_>, mode: SaveMode) -> Vec<Statement> {
        let mut insert = row.insert(self);
        if mode == SaveMode::IfAbsent {
            row.push_absent(self, &mut insert, "");
            return vec![insert];
        }
        vec![row.update(self), insert]
    }

    fn push_equal(&self, statement: &mut Statement, column: &'static str, value: &str) {
        statement.sql(column).sql(" = ").bind(value);
    }

    fn push_statuses(&self, statement: &mut Statement, names: &mut dyn Iterator<Item = &'static str>) {
        // The plus keeps SQLite from collecting and sorting all results of those statuses by the index on it.
        statement.sql("+status IN (").bind_all(names.map(Value::from)).sql(")");
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

    fn tag_arms(&self, table: &str, key: &str, value: &str) -> Vec<Arm> {
        let arm = |number: usize, value: &str| {
            let mut condition = Statement::new(format!("{} = ", part(number)));
            condition.bind(value);
            Arm { hint: format!(" INDEXED BY {}", self.quoted(&part_index(table, number))), condition }
        };
        let first = first_part(key, value);
        (1..=PARTS).map(|number| arm(number, &first)).chain([arm(PARTS, MORE_PARTS)]).collect()
    }

    fn own_table(&self, table: &str) -> Option<Statement> {
        let mut statement =
            Statement::new("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name COLLATE NOCASE = ");
        statement.bind(table).sql(" AND (");
        for number in 1..=PARTS {
            // Indexes of another version of this program may be on other expressions.
            statement.sql(if number == 1 { "name = " } else { " OR name = " }).bind(part_index(table, number));
            statement.sql(" AND instr(sql, ").bind(part(number)).sql(") > 0");
        }
        statement.sql(format!(") HAVING count(*) = {PARTS}"));
        Some(statement)
    }

    fn order_key(&self, column: &'static str, _origin: Origin) -> Cow<'static, str> {
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

    fn hint(&self, class: FailureClass, doing: Doing) -> Option<&'static str> {
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
            // A file with a write-ahead log has a second file beside it while it is read.
            FailureClass::Denied if doing == Doing::Reading => {
                "check the permissions of the file; one that nobody writes can be read without more as \
                 sqlite:///file:PATH?immutable=1&uri=true"
            }
            FailureClass::Denied => "check the permissions of the file and of its directory",
            FailureClass::Corrupt => {
                "check that `connection_url` names a SQLite database; `sqlite3 FILE .recover` saves what can be read"
            }
            FailureClass::InputOutput => "check the disk or the network drive that holds the file",
            _ => return None,
        })
    }
}

/// The statement that gives a row if the table is there.
fn table_exists(table: &str) -> Statement {
    let mut statement =
        Statement::new("SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name COLLATE NOCASE = ");
    statement.bind(table);
    statement
}

/// What the last index on parts holds of a result whose tags have more parts than there are indexes, are long, or are not
/// written with the separators of Python's `json.dumps`. What is found by it is looked at.
const MORE_PARTS: &str = "*";

/// A part of a result's tags, as the index on it has it; NULL where there is none. Statements must spell it as the index does.
///
/// Files are shared with other versions of SQLite, Python's own. An index is damaged for one version if another evaluates its
/// expression differently, as JSON in JSON, which may be too deep for one of them, and whether NULL is JSON.
fn part(number: usize) -> String {
    let unquoted = "replace(tags_json, '\"', '')";
    let parts =
        format!("'[' || replace(json_quote(substr({unquoted}, 2, length({unquoted}) - 2)), ', ', '\", \"') || ']'");
    let part = format!("json_extract({parts}, '$[{}]')", number - 1);
    let has_parts = format!("tags_json <> '{{}}' AND length(tags_json) <= {LONGEST}");
    if number < PARTS {
        return format!("CASE WHEN {has_parts} THEN {part} END");
    }
    format!(
        "CASE WHEN tags_json IS NULL OR tags_json = '{{}}' THEN NULL \
         WHEN {has_parts} AND tags_json NOT GLOB '*[[{{]*[[{{]*' AND length(tags_json) = length(CAST(tags_json AS BLOB)) \
         AND CASE WHEN json_valid(tags_json) THEN json_array_length({parts}) <= {PARTS} \
         AND replace(replace(json(tags_json), '\":', '\": '), ',\"', ', \"') = tags_json END \
         THEN {part} ELSE '{MORE_PARTS}' END"
    )
}

/// The name of the index on a part.
fn part_index(table: &str, number: usize) -> String {
    format!("ix_{}tag_{number}", table.strip_suffix("validation_results").unwrap_or_default())
}

/// The statements that make the table and its indexes.
fn new_table(table: &str) -> String {
    let prefix = table.strip_suffix("validation_results").unwrap_or_default();
    let index_of_part = |number: usize| {
        let (name, part) = (part_index(table, number), part(number));
        format!(
            "
CREATE INDEX IF NOT EXISTS \"{name}\"
\tON \"{table}\" (namespace, {part}, run_time DESC, run_id)
\tWHERE {part} IS NOT NULL;"
        )
    };
    let indexes_of_parts: String = (1..=PARTS).map(index_of_part).collect();
    // The key is a part of the table, because an index of that name may be left from a table that was renamed.
    // No id is given twice: Python updates the row of an id that it has read, which may have been deleted meanwhile.
    format!(
        "CREATE TABLE \"{table}\" (
\tid INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
\trun_id VARCHAR(255) NOT NULL,
\tdata_asset VARCHAR(500) NOT NULL,
\trun_time DATETIME NOT NULL,
\tstatus VARCHAR(50) NOT NULL,
\tnamespace VARCHAR(255) NOT NULL,
\ttags_json TEXT,
\tdata_json TEXT NOT NULL,
\tcreated_at DATETIME,
\tupdated_at DATETIME,
\tUNIQUE (run_id, namespace)
);
CREATE INDEX IF NOT EXISTS \"ix_{prefix}namespace_run_time\" ON \"{table}\" (namespace, run_time DESC, run_id);
CREATE INDEX IF NOT EXISTS \"ix_{prefix}namespace_status\" ON \"{table}\" (namespace, status, run_time DESC, run_id);
CREATE INDEX IF NOT EXISTS \"ix_{prefix}namespace_data_asset\"
\tON \"{table}\" (namespace, data_asset, run_time DESC, run_id);{indexes_of_parts}"
    )
}

/// The statements with which SQLAlchemy 2.1 makes Python's table, for tests.
#[cfg(test)]
pub(in crate::store::sql) const PYTHON_TABLE: &str = "
CREATE TABLE validation_results (
	id INTEGER NOT NULL,
	run_id VARCHAR(255) NOT NULL,
	data_asset VARCHAR(500) NOT NULL,
	run_time DATETIME NOT NULL,
	status VARCHAR(50) NOT NULL,
	namespace VARCHAR(255) NOT NULL,
	tags_json TEXT,
	data_json TEXT NOT NULL,
	created_at DATETIME,
	updated_at DATETIME,
	PRIMARY KEY (id)
);
CREATE INDEX ix_validation_results_status ON validation_results (status);
CREATE INDEX ix_validation_results_data_asset ON validation_results (data_asset);
CREATE UNIQUE INDEX ix_validation_results_run_id ON validation_results (run_id);
CREATE INDEX ix_validation_results_run_time ON validation_results (run_time);
CREATE INDEX ix_namespace_run_time ON validation_results (namespace, run_time);
CREATE INDEX ix_validation_results_namespace ON validation_results (namespace);
CREATE INDEX ix_namespace_data_asset ON validation_results (namespace, data_asset);";
