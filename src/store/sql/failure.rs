//! How a database says that it did not do what it was asked, in no dialect's terms.

use std::fmt;

/// What sort of failure it is, in no dialect's terms.
#[cfg_attr(
    not(all(feature = "sqlite", any(feature = "mssql", feature = "mysql", feature = "postgres"))),
    allow(dead_code, reason = "some happen to files alone, some to servers alone")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureClass {
    /// The file is not there. The first save makes it.
    MissingDatabase,
    /// The server knows no such database, which is its administrator's to make.
    UnknownDatabase,
    /// The table is not there.
    MissingTable,
    /// Another row has that key.
    Duplicate,
    /// The value is larger than the database takes.
    TooLarge,
    /// The value holds what the database cannot.
    UnsupportedValue,
    /// Others hold a lock: trying again helps.
    Busy,
    /// Others were writing the same, and the database has chosen them: trying again helps.
    Conflict,
    /// What is there is no file, or the way there is none: a wrong address, which no waiting mends.
    NotAFile,
    /// The server or the file cannot be reached.
    Unreachable,
    /// The connection broke; nobody knows what became of what was under way.
    ConnectionLost,
    /// The server is starting or ending.
    Unavailable,
    /// The server has as many connections as it takes.
    Overloaded,
    /// Who answers is not who was asked for, or cannot be asked in secret.
    Untrusted,
    /// The system or the server does not allow it.
    Denied,
    /// What is stored is damaged, or is no database.
    Corrupt,
    /// There is no room left.
    Full,
    /// Reading or writing failed below the database.
    InputOutput,
    /// All connections of the pool were in use for too long.
    PoolExhausted,
    /// The circuit breaker is open.
    CircuitOpen,
    /// Anything else.
    Other,
}

impl FailureClass {
    /// Whether the same call may succeed when it is made again.
    pub(super) fn is_transient(self) -> bool {
        matches!(self, Self::Busy | Self::Conflict | Self::ConnectionLost | Self::Unavailable | Self::Overloaded)
    }

    /// Whether it says that a server that was there a moment ago may be there again in another.
    pub(super) fn is_restart(self) -> bool {
        matches!(self, Self::ConnectionLost | Self::Unavailable)
    }

    /// Whether it says that the database is out of reach; only such failures count for the circuit breaker.
    pub(super) fn is_outage(self) -> bool {
        matches!(self, Self::Unreachable | Self::ConnectionLost | Self::Unavailable | Self::Overloaded)
    }

    /// Whether the database has answered, so that it is within reach.
    pub(super) fn is_answer(self) -> bool {
        self.is_refusal()
            || matches!(self, Self::MissingTable | Self::UnknownDatabase | Self::Full | Self::Busy | Self::Conflict)
    }

    /// Whether it may be about one of several steps, though it has undone them all: then each is worth a transaction of its own.
    pub(super) fn may_be_of_one(self) -> bool {
        matches!(self, Self::Corrupt | Self::Other)
    }

    /// Whether it is about one row, and the others of the same transaction can be saved.
    pub(super) fn is_refusal(self) -> bool {
        matches!(self, Self::Duplicate | Self::TooLarge | Self::UnsupportedValue)
    }
}

/// Why a database did not do what it was asked.
#[derive(Clone, Debug)]
pub(super) struct SqlFailure {
    /// What sort of failure it is.
    pub(super) class: FailureClass,
    /// The reason in the words of the database or the system; never a secret.
    pub(super) reason: String,
    /// What would have become of each step if a commit whose answer was lost has come through; else nothing.
    pub(super) undecided: Vec<WriteOutcome>,
}

impl SqlFailure {
    /// A failure with its reason.
    pub(super) fn new(class: FailureClass, reason: impl Into<String>) -> Self {
        Self { class, reason: reason.into(), undecided: Vec::new() }
    }
}

impl fmt::Display for SqlFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for SqlFailure {}

/// What became of a [`WriteStep`](super::driver::Step).
#[derive(Clone, Debug)]
pub(super) enum WriteOutcome {
    /// So many rows were changed.
    Changed(u64),
    /// Nothing was left to remove after an earlier attempt that has removed so many rows, if it came through: its answer was
    /// lost.
    AlreadyRemoved(u64),
    /// The database refused this step, and the other steps are as they should be.
    Refused(SqlFailure),
}

/// What was being done when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SqlOperation {
    /// Reading: `get`, `list`, `count`.
    Read,
    /// Writing: `save`, `delete`.
    Write,
}
