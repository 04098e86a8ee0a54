//! Questions of `doctor` to a server, one list per dialect.

use std::fmt::Write as _;

use super::statement::{SqlRow, SqlValue, Statement};
#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
use crate::error::ErrorKind;
use crate::store::contract::Finding;

/// A question to the database, and the judgment of its answer.
pub(super) struct SqlInspection {
    /// The subject.
    pub(super) check: &'static str,
    /// A statement that only reads.
    pub(super) statement: Statement,
    /// Judges the rows.
    pub(super) judge: fn(&'static str, &[SqlRow]) -> Finding,
}

impl SqlInspection {
    pub(super) fn new(
        check: &'static str,
        statement: &'static str,
        judge: fn(&'static str, &[SqlRow]) -> Finding,
    ) -> Self {
        Self { check, statement: Statement::new(statement), judge }
    }
}

/// The values of the first row as text, separated by spaces.
pub(super) fn first_row(rows: &[SqlRow]) -> String {
    let mut text = String::new();
    for value in rows.first().into_iter().flatten() {
        if !text.is_empty() {
            text.push(' ');
        }
        let written = match value {
            SqlValue::Null => Ok(()),
            SqlValue::Integer(number) => write!(text, "{number}"),
            SqlValue::Real(number) => write!(text, "{number}"),
            SqlValue::Text(value) => write!(text, "{}", value.as_str()),
            SqlValue::Time(time) => write!(text, "{time}"),
            SqlValue::Bytes(bytes) => write!(text, "{}", String::from_utf8_lossy(bytes)),
        };
        // Writing to memory does not fail.
        let _ = written;
    }
    text.lines().next().unwrap_or_default().to_owned()
}

/// The check of what a user may do.
pub(super) const RIGHTS: &str = "rights";

/// Judges whether the table can be created: `yes`, `no`, or `unknown` if the right is not this user's own.
#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
pub(super) fn creation(check: &'static str, rows: &[SqlRow]) -> Finding {
    let remedy = "let an administrator grant what `truthound-store doctor --policy` prints, or make the table";
    match first_row(rows).as_str() {
        "yes" => Finding::good(check, "CREATE is allowed"),
        "no" => Finding::bad(check, ErrorKind::Denied, "this user may not CREATE the table", remedy),
        _ => Finding::doubtful(check, "CREATE is not granted to this user, unless a role of the user has it", remedy),
    }
}

/// A finding that only tells the answer.
pub(super) fn told(check: &'static str, rows: &[SqlRow]) -> Finding {
    Finding::good(check, first_row(rows))
}

/// Judges whether the connection is encrypted; the answer is the version of TLS.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn encryption(check: &'static str, rows: &[SqlRow]) -> Finding {
    match first_row(rows).as_str() {
        "" => Finding::doubtful(
            check,
            "the connection is not encrypted",
            "on a network, encrypt it: `sslmode=verify-full` or `ssl_mode=VERIFY_IDENTITY` in `connection_url`",
        ),
        version => Finding::good(check, version),
    }
}
