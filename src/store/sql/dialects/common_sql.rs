//! SQL and column limits shared by several dialects.

#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
use crate::store::contract::NamePattern;
#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::store::sql::new_row::NewRow;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
use crate::store::sql::statement::Statement;

/// Adds LIMIT and OFFSET.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
pub(super) fn push_limit(statement: &mut Statement, size: u64, offset: u64) {
    statement.sql(" LIMIT ").bind(size);
    if offset > 0 {
        statement.sql(" OFFSET ").bind(offset);
    }
}

/// The end of a LIKE with a pattern of [`like_pattern`].
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) const ESCAPE: &str = " ESCAPE '!'";

/// Returns `pattern` for LIKE with the escape character `!`, which means nothing in the texts of any database. A backslash
/// does in MySQL. `special` are the characters to escape.
#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
pub(super) fn like_pattern(pattern: &NamePattern, special: &[char]) -> String {
    pattern.translated("%", |letter| (letter == '!' || special.contains(&letter)).then(|| format!("!{letter}")))
}

/// Returns which column is too short for a row. Python's columns have the same lengths.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn too_long(row: &NewRow<'_>) -> Option<String> {
    let texts = [
        ("run id", row.entry.run_id.as_str(), 255),
        ("data asset", row.entry.data_asset.as_str(), 500),
        ("namespace", row.namespace, 255),
    ];
    texts.into_iter().find_map(|(what, text, most)| {
        let length = text.chars().count();
        (length > most).then(|| format!("the {what} has {length} characters, and the column takes {most}"))
    })
}
