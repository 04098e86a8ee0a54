//! The table and its indexes on MySQL and MariaDB.

use crate::store::sql::dialects::tag_parts::{LONGEST, PARTS};

/// The value of the last tag column for tags with more parts than columns.
pub(super) const MORE_PARTS: &str = "0";

/// Returns the columns for the parts of the tags, and their indexes. A column holds the checksum of a part, because the
/// longest tag would not fit into a key. Rows found by it are checked again.
fn parts() -> (String, String) {
    let unquoted = "REPLACE(tags_json, '\"', '')";
    let body = format!("SUBSTRING({unquoted}, 2, CHAR_LENGTH({unquoted}) - 2)");
    let count = format!("((CHAR_LENGTH({body}) - CHAR_LENGTH(REPLACE({body}, ', ', ''))) DIV 2 + 1)");
    let column = |number: usize| {
        let part = format!("CRC32(SUBSTRING_INDEX(SUBSTRING_INDEX({body}, ', ', {number}), ', ', -1))");
        let (value, of_long) = match number {
            1 => (format!("IF({body} = '', NULL, {part})"), "NULL"),
            PARTS => (format!("IF({count} > {PARTS}, {MORE_PARTS}, IF({count} = {PARTS}, {part}, NULL))"), MORE_PARTS),
            _ => (format!("IF({count} < {number}, NULL, {part})"), "NULL"),
        };
        format!("\ttag_{number} INT UNSIGNED AS (IF(CHAR_LENGTH(tags_json) > {LONGEST}, {of_long}, {value})) STORED,\n")
    };
    let index = |number: usize| format!(",\n\tKEY ix_tag_{number} (namespace, tag_{number}, run_time)");
    ((1..=PARTS).map(column).collect(), (1..=PARTS).map(index).collect())
}

/// Returns the statement that creates the table and its indexes if the table does not exist.
///
/// The indexes end with the time. With the longest asset, a run id would not fit into a key of 3,072 bytes, and it
/// would not help, because an index is read in one direction only.
pub(super) fn new_table(table: &str, collation: &str) -> String {
    let (columns_of_parts, indexes_of_parts) = parts();
    format!(
        "CREATE TABLE IF NOT EXISTS `{table}` (
\tid BIGINT NOT NULL AUTO_INCREMENT,
\trun_id VARCHAR(255) NOT NULL,
\tdata_asset VARCHAR(500) NOT NULL,
\trun_time DATETIME(6) NOT NULL,
\tstatus VARCHAR(50) NOT NULL,
\tnamespace VARCHAR(255) NOT NULL,
\ttags_json LONGTEXT,
\tdata_json LONGTEXT NOT NULL,
\tcreated_at DATETIME(6),
\tupdated_at DATETIME(6),
\tdocument_sha256 VARCHAR(64),
\tdocument_sha256_at DATETIME(6),
{columns_of_parts}\tPRIMARY KEY (id),
\tUNIQUE KEY ix_run_id_namespace (run_id, namespace),
\tKEY ix_namespace_run_time (namespace, run_time),
\tKEY ix_namespace_status (namespace, status, run_time),
\tKEY ix_namespace_data_asset (namespace, data_asset, run_time){indexes_of_parts}
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC, DEFAULT CHARACTER SET = utf8mb4, COLLATE = {collation}"
    )
}

/// Returns the collation that distinguishes any two texts, for the version of the server. Before MySQL 8 no collation
/// distinguishes trailing spaces.
pub(super) fn collation(version: &str) -> &'static str {
    let mut numbers = version.split(['.', '-']).map_while(|number| number.parse::<u32>().ok());
    if version.contains("MariaDB") {
        "utf8mb4_nopad_bin"
    } else if (numbers.next(), numbers.next(), numbers.next()) >= (Some(8), Some(0), Some(17)) {
        "utf8mb4_0900_bin"
    } else {
        "utf8mb4_bin"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collation_tells_spaces_at_the_end_apart_where_the_server_can() {
        for (version, name) in [
            ("10.11.14-MariaDB-0+deb12u2", "utf8mb4_nopad_bin"),
            ("8.0.17", "utf8mb4_0900_bin"),
            ("8.4.3-log", "utf8mb4_0900_bin"),
            ("9.1.0", "utf8mb4_0900_bin"),
            ("8.0.16", "utf8mb4_bin"),
            ("5.7.44-log", "utf8mb4_bin"),
        ] {
            assert_eq!(collation(version), name, "{version}");
        }
    }
}
