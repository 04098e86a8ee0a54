//! The table, as Python's `ValidationResultModel` has it (`truthound/stores/backends/database.py`), but for its keys.
//!
//! Python makes a run id unique in the whole table; here it is unique within its namespace. Python finds the table
//! and uses it as it is. The unique key begins with the run id, which serves Python's look-up by run id alone. Of
//! Python's other indexes those on a single column are left out, because every query names a namespace; the composite
//! ones go on with what lists are ordered by, so that the newest results are read and no others.

use super::statement::Statement;
use crate::error::{Error, Result};

/// Longest prefix: PostgreSQL cuts names after 63 bytes.
const PREFIX_LIMIT: usize = 30;

/// The name of the table for a profile's `table_prefix`.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) for a prefix that is not made of ASCII letters, digits and underscores.
pub(super) fn table_name(prefix: &str) -> Result<String> {
    let is_plain = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_plain || prefix.len() > PREFIX_LIMIT || prefix.to_ascii_lowercase().starts_with("sqlite_") {
        return Err(Error::usage(format!("`table_prefix` cannot be `{}`", prefix.escape_debug())).with_hint(format!(
            "use at most {PREFIX_LIMIT} letters, digits and underscores, not beginning with `sqlite_`"
        )));
    }
    Ok(format!("{prefix}validation_results"))
}

/// The statement that gives a row if the table is there.
pub(super) fn sqlite_table_exists(table: &str) -> Statement {
    let mut statement =
        Statement::new("SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name COLLATE NOCASE = ");
    statement.bind(table);
    statement
}

/// The statements that make the table and its indexes on SQLite.
pub(super) fn sqlite_table(table: &str) -> String {
    let prefix = table.strip_suffix("validation_results").unwrap_or_default();
    // The key is a part of the table, because an index of that name may be left from a table that was renamed.
    format!(
        "CREATE TABLE \"{table}\" (
\tid INTEGER NOT NULL,
\trun_id VARCHAR(255) NOT NULL,
\tdata_asset VARCHAR(500) NOT NULL,
\trun_time DATETIME NOT NULL,
\tstatus VARCHAR(50) NOT NULL,
\tnamespace VARCHAR(255) NOT NULL,
\ttags_json TEXT,
\tdata_json TEXT NOT NULL,
\tcreated_at DATETIME,
\tupdated_at DATETIME,
\tPRIMARY KEY (id),
\tUNIQUE (run_id, namespace)
);
CREATE INDEX IF NOT EXISTS \"ix_{prefix}namespace_run_time\" ON \"{table}\" (namespace, run_time DESC, run_id);
CREATE INDEX IF NOT EXISTS \"ix_{prefix}namespace_status\" ON \"{table}\" (namespace, status, run_time DESC, run_id);
CREATE INDEX IF NOT EXISTS \"ix_{prefix}namespace_data_asset\"
\tON \"{table}\" (namespace, data_asset, run_time DESC, run_id);"
    )
}

/// The statements with which SQLAlchemy 2.1 makes Python's table, for tests.
#[cfg(test)]
pub(super) const PYTHON_TABLE: &str = "
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_that_is_no_plain_word_is_refused() {
        assert_eq!(table_name("").unwrap(), "validation_results");
        assert_eq!(table_name("team_a_").unwrap(), "team_a_validation_results");
        for prefix in ["a\"b", "a b", "ü", "sqlite_", "a.b", &"x".repeat(31)] {
            assert!(table_name(prefix).is_err(), "{prefix}");
        }
    }
}
