//! The table, as Python's `ValidationResultModel` has it (`truthound/stores/backends/database.py`), but for its keys.
//!
//! Python makes a run id unique in the whole table; here it is unique within its namespace. Python finds the table
//! and uses it as it is. How each database writes it is in `dialects`. The unique key begins with the run id, which serves Python's look-up by run id alone. Of
//! Python's other indexes those on a single column are left out, because every query names a namespace; the composite
//! ones go on with what lists are ordered by, so that the newest results are read and no others.

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
