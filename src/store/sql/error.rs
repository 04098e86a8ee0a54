//! Maps the failure of a driver to the error that the user sees.

use super::failure::{FailureClass, SqlFailure, SqlOperation};
use super::grammar::Grammar;
use crate::error::{Error, ErrorKind};

/// Returns the error for a failure. `what` says what was tried on what; the reason and the hint come from the failure.
pub(super) fn to_error(failure: SqlFailure, doing: SqlOperation, grammar: &dyn Grammar, what: &str) -> Error {
    let other = match doing {
        SqlOperation::Read => ErrorKind::Read,
        SqlOperation::Write => ErrorKind::Write,
    };
    let (kind, hint) = match failure.class {
        FailureClass::MissingDatabase | FailureClass::UnknownDatabase | FailureClass::NotAFile => {
            (ErrorKind::Connection, "check `connection_url`")
        }
        FailureClass::MissingTable => {
            (ErrorKind::Connection, "check `table_prefix`, or set `create_tables = true`, with which a save makes it")
        }
        FailureClass::MissingColumn => (other, "check that the table is one that truthound or this program made"),
        FailureClass::Duplicate => (ErrorKind::AlreadyExists, ""),
        FailureClass::TooLarge => (ErrorKind::Write, "keep a document of that size on disk or in an object store"),
        FailureClass::UnsupportedValue => (ErrorKind::Write, ""),
        FailureClass::Busy => (other, "find the session that holds the lock, then try again"),
        FailureClass::Conflict => (other, "try again, with fewer that write the same results at once"),
        FailureClass::Other => (other, ""),
        FailureClass::Refused => (ErrorKind::Connection, "check `connection_url`, and the server"),
        FailureClass::Unreachable => (ErrorKind::Connection, "check `connection_url`, and that the server is there"),
        FailureClass::ConnectionLost | FailureClass::Unavailable => {
            (ErrorKind::Connection, "try again once the server is back; a save that was under way can be repeated")
        }
        FailureClass::Silent => (
            ErrorKind::Connection,
            "check the server and the network between; if it needs longer for this, raise `response_timeout` in the \
             profile's `pooling`; a save that was under way can be repeated",
        ),
        FailureClass::Overloaded => (ErrorKind::Connection, "try again later, or let the server take more connections"),
        FailureClass::Untrusted => (
            ErrorKind::Connection,
            "let this system trust the server's issuer, or name a file with its certificate in `connection_url` or SSL_CERT_FILE",
        ),
        FailureClass::Denied => (ErrorKind::Denied, "check the permissions of the user that `connection_url` names"),
        FailureClass::Corrupt | FailureClass::Hollow => (ErrorKind::Read, ""),
        FailureClass::WithoutTransactions => (
            ErrorKind::Unsupported,
            "let the proxy share connections by transaction or by session, or connect to the server itself; without \
             transactions a list has at most 500 results (`--limit 500`)",
        ),
        FailureClass::Full => (ErrorKind::Write, "free some space, then save again"),
        FailureClass::InputOutput => (other, "check the disk of the database"),
        FailureClass::PoolExhausted => (ErrorKind::Connection, "raise `pool_size`, `max_overflow` or `pool_timeout`"),
        FailureClass::CircuitOpen => (ErrorKind::Connection, "run `truthound-store pool-status --reset-breaker`"),
    };
    let hint = grammar.hint(failure.class, doing).unwrap_or(hint);
    let error = Error::new(kind, what).with_source(failure);
    if hint.is_empty() { error } else { error.with_hint(hint) }
}
