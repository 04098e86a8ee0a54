//! From a driver's failure to the error that the user sees.

use super::driver::{Failure, FailureClass};
use crate::error::{Error, ErrorKind};

/// What was being done when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Reading: `get`, `list`, `count`.
    Reading,
    /// Writing: `save`, `delete`.
    Writing,
}

/// The error for a failure: what was tried on what comes from the caller, why and what next from here.
pub(super) fn to_error(failure: Failure, doing: Doing, what: &str) -> Error {
    let other = match doing {
        Doing::Reading => ErrorKind::Read,
        Doing::Writing => ErrorKind::Write,
    };
    let (kind, hint) = match failure.class {
        FailureClass::MissingDatabase => (
            ErrorKind::Connection,
            "check `connection_url`, or set `create_tables = true`, with which the first save makes the file",
        ),
        FailureClass::MissingTable => {
            (ErrorKind::Connection, "check `table_prefix`, or set `create_tables = true`, with which a save makes it")
        }
        FailureClass::Duplicate => (ErrorKind::AlreadyExists, ""),
        FailureClass::TooLarge => (
            ErrorKind::Write,
            "keep a document of that size on disk or in an object store: SQLite takes 1,000,000,000 bytes at most",
        ),
        FailureClass::Busy => {
            (other, "find the process that holds the lock, or wait longer: ?timeout=SECONDS in `connection_url`")
        }
        FailureClass::NotAFile => (ErrorKind::Connection, "check that `connection_url` names a file"),
        FailureClass::Unreachable => {
            (ErrorKind::Connection, "check `connection_url`, and that the server or the network drive is there")
        }
        // A file with a write-ahead log has a second file beside it while it is read.
        FailureClass::Denied if doing == Doing::Reading => (
            ErrorKind::Denied,
            "check the permissions of the file; one that nobody writes can be read without more as \
             sqlite:///file:PATH?immutable=1&uri=true",
        ),
        FailureClass::Denied => (ErrorKind::Denied, "check the permissions of the file and of its directory"),
        FailureClass::Corrupt => (
            ErrorKind::Read,
            "check that `connection_url` names a SQLite database; `sqlite3 FILE .recover` saves what can be read",
        ),
        FailureClass::Full => (ErrorKind::Write, "free some space, then save again"),
        FailureClass::InputOutput => (other, "check the disk or the network drive that holds the file"),
        FailureClass::PoolExhausted => (ErrorKind::Connection, "raise `pool_size`, `max_overflow` or `pool_timeout`"),
        FailureClass::CircuitOpen => (ErrorKind::Connection, "run `truthound-store pool-status --reset-breaker`"),
        FailureClass::Other => (other, ""),
    };
    let error = Error::new(kind, what).with_source(failure);
    if hint.is_empty() { error } else { error.with_hint(hint) }
}
