//! Classifies the errors of diesel and the file system: the only place that reads them.
//!
//! diesel hides SQLite's result code, so the messages are matched; they are constants in SQLite's source
//! (`sqlite3ErrStr`), which is compiled in.

use std::io;
use std::path::Path;

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::store::sql::failure::{FailureClass, SqlFailure};

/// Messages of SQLite and their classes.
const WORDS: [(&str, FailureClass); 20] = [
    ("no such table", FailureClass::MissingTable),
    ("no such column", FailureClass::MissingColumn),
    ("has no column named", FailureClass::MissingColumn),
    ("database is locked", FailureClass::Busy),
    ("database table is locked", FailureClass::Busy),
    ("database schema is locked", FailureClass::Busy),
    ("locking protocol", FailureClass::Busy),
    ("string or blob too big", FailureClass::TooLarge),
    ("database or disk is full", FailureClass::Full),
    ("attempt to write a readonly database", FailureClass::Denied),
    ("access permission denied", FailureClass::Denied),
    ("authorization denied", FailureClass::Denied),
    ("file is not a database", FailureClass::Corrupt),
    ("database disk image is malformed", FailureClass::Corrupt),
    ("malformed database schema", FailureClass::Corrupt),
    ("unsupported file format", FailureClass::Corrupt),
    ("disk I/O error", FailureClass::InputOutput),
    ("unable to open database file", FailureClass::Unreachable),
    ("unable to open a temporary database file", FailureClass::Unreachable),
    ("large file support is disabled", FailureClass::TooLarge),
];

/// Classifies the error of a statement.
pub(super) fn from_diesel(error: &DieselError) -> SqlFailure {
    let reason = error.to_string();
    let class = match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => FailureClass::Duplicate,
        DieselError::RollbackErrorOnCommit { commit_error, .. } => return from_diesel(commit_error),
        _ => match from_words(&reason) {
            // The database is already open. The file that cannot be opened is the write-ahead log, for example on a
            // read-only disk.
            FailureClass::Unreachable => FailureClass::Denied,
            class => class,
        },
    };
    SqlFailure::new(class, reason)
}

/// Classifies an error of opening, with the system's own reason if there is one.
pub(super) fn from_connecting(error: &ConnectionError, path: Option<&Path>) -> SqlFailure {
    let reason = error.to_string();
    let class = from_words(&reason);
    if class == FailureClass::Unreachable
        && let Some(path) = path
        && let Err(error) = std::fs::File::open(path)
    {
        return from_file(&error);
    }
    SqlFailure::new(class, reason)
}

/// Classifies an error of a file or directory operation.
pub(super) fn from_file(error: &io::Error) -> SqlFailure {
    let class = match error.kind() {
        io::ErrorKind::NotFound => FailureClass::MissingDatabase,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => FailureClass::Denied,
        io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::AlreadyExists
        | io::ErrorKind::InvalidFilename => FailureClass::NotAFile,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FailureClass::Full,
        _ => FailureClass::Unreachable,
    };
    SqlFailure::new(class, error.to_string())
}

fn from_words(reason: &str) -> FailureClass {
    WORDS.iter().find(|(words, _)| reason.contains(words)).map_or(FailureClass::Other, |(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_sqlite_are_understood() {
        for (words, class) in [
            ("database is locked", FailureClass::Busy),
            ("no such table: validation_results", FailureClass::MissingTable),
            ("no such column: document_sha256", FailureClass::MissingColumn),
            ("table validation_results has no column named document_sha256", FailureClass::MissingColumn),
            ("attempt to write a readonly database", FailureClass::Denied),
            ("unable to open database file", FailureClass::Denied),
            ("database or disk is full", FailureClass::Full),
            ("file is not a database", FailureClass::Corrupt),
            ("disk I/O error", FailureClass::InputOutput),
            ("near \"SELEC\": syntax error", FailureClass::Other),
        ] {
            let error = DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(words.to_owned()));
            assert_eq!(from_diesel(&error).class, class, "{words}");
        }
    }

    #[test]
    fn the_reason_of_the_system_is_told_apart() {
        for (kind, class) in [
            (io::ErrorKind::NotFound, FailureClass::MissingDatabase),
            (io::ErrorKind::PermissionDenied, FailureClass::Denied),
            (io::ErrorKind::StorageFull, FailureClass::Full),
            (io::ErrorKind::NotADirectory, FailureClass::NotAFile),
            (io::ErrorKind::TimedOut, FailureClass::Unreachable),
        ] {
            assert_eq!(from_file(&kind.into()).class, class);
        }
    }
}
