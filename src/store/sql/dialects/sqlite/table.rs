//! The table and its indexes on SQLite.

use crate::store::sql::dialects::tag_parts::{LONGEST, PARTS};
use crate::store::sql::statement::Statement;

/// Returns the statement that yields a row if the table exists.
pub(super) fn table_exists(table: &str) -> Statement {
    let mut statement =
        Statement::new("SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name COLLATE NOCASE = ");
    statement.bind(table);
    statement
}

/// The value in the last tag index for a result with more parts than indexes, with long tags, or with tags in another
/// form than that of Python's `json.dumps`. Rows found by it are checked again.
pub(super) const MORE_PARTS: &str = "*";

/// Returns the expression of the index on a part of the tags; NULL if there is no such part. Statements must spell it
/// exactly as the index does.
///
/// Files are shared with other versions of SQLite, such as Python's. Versions that evaluate the expression differently
/// corrupt the index for each other. They differ in the depth limit of JSON within JSON and in whether NULL is valid
/// JSON.
pub(super) fn part(number: usize) -> String {
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

/// Returns the name of the index on a part.
pub(super) fn part_index(table: &str, number: usize) -> String {
    format!("ix_{}tag_{number}", table.strip_suffix("validation_results").unwrap_or_default())
}

/// Returns the statements that create the table and its indexes.
pub(super) fn new_table(table: &str) -> String {
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
    // The key is a table constraint, because an index of the same name may be left from a renamed table. AUTOINCREMENT
    // never reuses an id: Python updates a row by the id that it has read, and that row may have been deleted
    // meanwhile.
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
\tdocument_sha256 TEXT,
\tdocument_sha256_at DATETIME,
\tUNIQUE (run_id, namespace)
);
CREATE INDEX IF NOT EXISTS \"ix_{prefix}namespace_run_time\" ON \"{table}\" (namespace, run_time DESC, run_id);
CREATE INDEX IF NOT EXISTS \"ix_{prefix}namespace_status\" ON \"{table}\" (namespace, status, run_time DESC, run_id);
CREATE INDEX IF NOT EXISTS \"ix_{prefix}namespace_data_asset\"
\tON \"{table}\" (namespace, data_asset, run_time DESC, run_id);{indexes_of_parts}"
    )
}
