//! The table: Python's `ValidationResultModel` (`truthound/stores/backends/database.py`), except for its keys.
//!
//! Python makes a run id unique in the whole table; here it is unique within its namespace. Python finds the table and
//! uses it as it is. The DDL of each database is in `dialects/*/table.rs`. The unique key begins with the run id, for
//! Python's lookup by run id alone. Python's single-column indexes are left out, because every query names a namespace;
//! the composite indexes end with the order of lists, so that only the newest results are read.

use super::options::check_table_prefix;
use crate::error::Result;

/// Returns the name of the table for a profile's `table_prefix`.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) for a prefix with other characters than ASCII letters, digits and
/// underscores.
pub(super) fn table_name(prefix: &str) -> Result<String> {
    check_table_prefix(prefix)?;
    Ok(format!("{prefix}validation_results"))
}

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
