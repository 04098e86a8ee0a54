//! Failures of a database and outcomes of changes, independent of the dialect.

use std::fmt;

/// The class of a failure, independent of the dialect.
#[cfg_attr(
    not(all(feature = "sqlite", any(feature = "mssql", feature = "mysql", feature = "postgres"))),
    allow(dead_code, reason = "some happen to files alone, some to servers alone")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureClass {
    /// The file does not exist. The first save creates it.
    MissingDatabase,
    /// The server has no such database; its administrator must create it.
    UnknownDatabase,
    /// The table does not exist.
    MissingTable,
    /// The table has no such column.
    MissingColumn,
    /// Another row has the same key.
    Duplicate,
    /// The value is larger than the database accepts.
    TooLarge,
    /// The value contains something that the database cannot store.
    UnsupportedValue,
    /// Another session holds a lock. Retrying can help.
    Busy,
    /// The transaction lost against concurrent writers of the same rows. Retrying can help.
    Conflict,
    /// The path is not a regular file, or a parent is not a directory. Retrying cannot help.
    NotAFile,
    /// The server or the file cannot be reached.
    Unreachable,
    /// The server refuses the connection, for a reason of its own.
    Refused,
    /// The connection broke; the outcome of the running call is unknown.
    ConnectionLost,
    /// The server has let the client in and then stopped answering; the outcome of the running call is unknown.
    Silent,
    /// The server is starting or shutting down.
    Unavailable,
    /// The server accepts no more connections.
    Overloaded,
    /// The server's identity cannot be verified, or the connection cannot be encrypted.
    Untrusted,
    /// The system or the server denies access.
    Denied,
    /// The stored data is damaged or not a database.
    Corrupt,
    /// The disk or the database is full.
    Full,
    /// An input/output error below the database.
    InputOutput,
    /// A proxy between refuses transactions of more than one statement.
    WithoutTransactions,
    /// The file exists and has no bytes: it is new, or was cut.
    Hollow,
    /// All connections of the pool were in use until the timeout.
    PoolExhausted,
    /// The circuit breaker is open.
    CircuitOpen,
    /// Anything else.
    Other,
}

impl FailureClass {
    /// Whether a retry of the same call may succeed.
    pub(super) fn is_transient(self) -> bool {
        matches!(self, Self::Busy | Self::Conflict | Self::ConnectionLost | Self::Unavailable | Self::Overloaded)
    }

    /// Whether the server may be restarting, so that a later attempt can succeed.
    pub(super) fn is_restart(self) -> bool {
        matches!(self, Self::ConnectionLost | Self::Unavailable)
    }

    /// Whether the database is out of reach. Only such failures count for the circuit breaker.
    pub(super) fn is_outage(self) -> bool {
        matches!(self, Self::Unreachable | Self::ConnectionLost | Self::Silent | Self::Unavailable | Self::Overloaded)
    }

    /// Whether the database has answered, so that it is within reach.
    pub(super) fn is_answer(self) -> bool {
        self.is_refusal()
            || matches!(
                self,
                Self::MissingTable
                    | Self::MissingColumn
                    | Self::UnknownDatabase
                    | Self::Full
                    | Self::Busy
                    | Self::Conflict
                    | Self::Denied
                    | Self::Refused
                    | Self::WithoutTransactions
            )
    }

    /// Whether one of several steps may have caused it, although all were undone. If so, each deserves a transaction of
    /// its own.
    pub(super) fn may_be_of_one(self) -> bool {
        matches!(self, Self::Corrupt | Self::Other)
    }

    /// Whether it concerns one row, so that the other rows of the transaction can be saved.
    pub(super) fn is_refusal(self) -> bool {
        matches!(self, Self::Duplicate | Self::TooLarge | Self::UnsupportedValue)
    }
}

/// Why a database call failed.
#[derive(Clone, Debug)]
pub(super) struct SqlFailure {
    /// The class.
    pub(super) class: FailureClass,
    /// The reason in the words of the database or the system, without secrets.
    pub(super) reason: String,
    /// The outcome of each step if a commit with a lost reply took place; otherwise empty.
    pub(super) undecided: Vec<StepOutcome>,
}

impl SqlFailure {
    /// Returns a failure with its reason.
    pub(super) fn new(class: FailureClass, reason: impl Into<String>) -> Self {
        Self { class, reason: reason.into(), undecided: Vec::new() }
    }

    /// Returns the failure of connecting: any answer of the server that is not known is a refusal.
    #[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
    pub(super) fn of_connecting(self) -> Self {
        let class = if self.class == FailureClass::Other { FailureClass::Refused } else { self.class };
        Self { class, ..self }
    }
}

impl fmt::Display for SqlFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for SqlFailure {}

/// The outcome of a [`WriteStep`](super::driver::WriteStep).
#[derive(Clone, Debug)]
pub(super) enum StepOutcome {
    /// The number of changed rows.
    Changed(u64),
    /// No row was left to remove. An earlier attempt, if it committed, removed this number of rows; its reply was lost.
    AlreadyRemoved(u64),
    /// The database refused this step; the other steps were not affected.
    Refused(SqlFailure),
}

/// The operation that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SqlOperation {
    /// `get`, `list`, `count`.
    Read,
    /// `save`, `delete`.
    Write,
}
