//! The table and its indexes on SQLite.

use crate::store::sql::dialects::tag_parts::{LONGEST, PARTS};
use crate::store::sql::statement::Statement;

/// The statement that gives a row if the table is there.
pub(super) fn table_exists(table: &str) -> Statement {
    let mut statement =
        Statement::new("SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name COLLATE NOCASE = ");
    statement.bind(table);
    statement
}

/// What the last index on parts holds of a result whose tags have more parts than there are indexes, are long, or are not
/// written with the separators of Python's `json.dumps`. What is found by it is looked at.
pub(super) const MORE_PARTS: &str = "*";

/// A part of a result's tags, as the index on it has it; NULL where there is none. Statements must spell it as the index does.
///
/// Files are shared with other versions of SQLite, Python's own. An index is damaged for one version if another evaluates its
/// expression differently, as JSON in JSON, which may be too deep for one of them, and whether NULL is JSON.
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

/// The name of the index on a part.
pub(super) fn part_index(table: &str, number: usize) -> String {
    format!("ix_{}tag_{number}", table.strip_suffix("validation_results").unwrap_or_default())
}

/// The statements that make the table and its indexes.
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
