//! The table and its indexes on SQL Server.
//!
//! SQLAlchemy creates Python's table as `id INTEGER NOT NULL IDENTITY`, `run_id VARCHAR(255)`, `data_asset
//! VARCHAR(500)`, `run_time DATETIME`, `status VARCHAR(50)`, `namespace VARCHAR(255)`, `tags_json` and `data_json
//! VARCHAR(max)`, `created_at` and `updated_at DATETIME`. Its texts compare by the database's collation, usually
//! ignoring case, and `run_id` alone is unique. The table of this store holds any text and distinguishes any two texts.

use crate::store::sql::new_row::NewRow;
use crate::store::sql::statement::Statement;

/// Maximum length of a run id in UTF-16 units, the same as Python's. With these lengths every row fits into an index
/// key of 1,700 bytes.
pub(super) const RUN_ID: usize = 255;
/// Maximum length of an asset in UTF-16 units.
pub(super) const DATA_ASSET: usize = 500;
/// Maximum length of a namespace in UTF-16 units.
pub(super) const NAMESPACE: usize = 255;

/// The number of the error that [`guard`] raises. User-defined errors begin at 50000.
pub(super) const UNFIT: u32 = 50_208;

/// Returns the batch that creates the table unless it exists.
pub(super) fn new_table(table: &str) -> String {
    let prefix = table.strip_suffix("validation_results").unwrap_or_default();
    // A unique key ignores trailing spaces; the lengths make them count.
    format!(
        "IF OBJECT_ID(N'[{table}]') IS NULL
BEGIN
BEGIN TRANSACTION;
CREATE TABLE [{table}] (
\tid INTEGER IDENTITY(1,1) NOT NULL,
\trun_id NVARCHAR({RUN_ID}) COLLATE Latin1_General_100_BIN2 NOT NULL,
\tdata_asset NVARCHAR({DATA_ASSET}) COLLATE Latin1_General_100_BIN2 NOT NULL,
\trun_time DATETIME2(6) NOT NULL,
\tstatus NVARCHAR(50) COLLATE Latin1_General_100_BIN2 NOT NULL,
\tnamespace NVARCHAR({NAMESPACE}) COLLATE Latin1_General_100_BIN2 NOT NULL,
\ttags_json NVARCHAR(MAX) COLLATE Latin1_General_100_BIN2 NULL,
\tdata_json NVARCHAR(MAX) COLLATE Latin1_General_100_BIN2 NOT NULL,
\tcreated_at DATETIME2(6) NULL,
\tupdated_at DATETIME2(6) NULL,
\tdocument_sha256 VARCHAR(64) NULL,
\tdocument_sha256_at DATETIME2(6) NULL,
\trun_id_bytes AS DATALENGTH(run_id),
\tnamespace_bytes AS DATALENGTH(namespace),
\tPRIMARY KEY (id),
\tUNIQUE (run_id, namespace, run_id_bytes, namespace_bytes)
);
CREATE INDEX [ix_{prefix}namespace_run_time] ON [{table}] (namespace, run_time DESC, run_id);
CREATE INDEX [ix_{prefix}namespace_status] ON [{table}] (namespace, status, run_time DESC, run_id);
CREATE INDEX [ix_{prefix}namespace_data_asset] ON [{table}] (namespace, data_asset, run_time DESC) INCLUDE (run_id);
COMMIT TRANSACTION;
END;"
    )
}

/// Returns the statement that refuses to save a row into columns of a single code page, such as Python's, which would
/// replace other letters by question marks. `None` for a row that is all ASCII.
pub(super) fn guard(row: &NewRow<'_>) -> Option<Statement> {
    let texts = [
        ("run_id", row.entry.run_id.as_str()),
        ("data_asset", row.entry.data_asset.as_str()),
        ("namespace", row.namespace),
        ("data_json", row.document.as_str()),
    ];
    let columns: Vec<_> =
        texts.iter().filter(|(_, text)| !text.is_ascii()).map(|(column, _)| format!("N'{column}'")).collect();
    if columns.is_empty() {
        return None;
    }
    // char, text and varchar.
    Some(Statement::new(format!(
        "IF EXISTS (SELECT 1 FROM sys.columns WHERE object_id = OBJECT_ID(N'[{}]') AND name IN ({}) AND system_type_id IN \
         (35, 167, 175) AND collation_name NOT LIKE N'%[_]UTF8') THROW {UNFIT}, N'a column of this table, which Python \
         made, holds the letters of one code page only', 1; ",
        row.table,
        columns.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_longer_than_an_index_takes() {
        let bytes = 2;
        let (run_id, asset, namespace, time, length) = (RUN_ID * bytes, DATA_ASSET * bytes, NAMESPACE * bytes, 8, 4);
        for key in [run_id + namespace + 2 * length, namespace + asset + time, namespace + 50 * bytes + time + run_id] {
            assert!(key <= 1_700, "{key}");
        }
    }
}
