//! What a database must be able to do for the store, and how it says that it cannot.
//!
//! A driver runs neutral [`Statement`]s. It is no diesel trait, because `tiberius` (SQL Server) is not diesel.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::dialects::Grammar;
use super::statement::{Row, Statement};

/// How to reach one database. A driver also shows its statements, without their values, where the profile asks for
/// that: only it knows which ones really run.
#[async_trait]
pub(super) trait Driver: fmt::Debug + Send + Sync {
    /// What it speaks.
    fn grammar(&self) -> &'static dyn Grammar;

    /// Whether the data goes with the connection: then there is one connection, and it is never replaced.
    fn is_ephemeral(&self) -> bool;

    /// The size in bytes above which no document fits.
    fn document_limit(&self) -> u64;

    /// Opens a connection. Creates nothing: a missing database is [`FailureClass::MissingDatabase`].
    async fn connect(&self) -> Result<Box<dyn Connection>, Failure>;

    /// Makes an empty database where there is none, as far as this driver can.
    async fn create_database(&self) -> Result<(), Failure>;
}

/// An open connection.
///
/// A call whose future is dropped either has no effect or runs to its end: it never leaves a transaction open, the one of
/// a snapshot aside.
#[async_trait]
pub(super) trait Connection: Send {
    /// Runs a statement that changes nothing.
    async fn read(&mut self, statement: Statement) -> Result<Vec<Row>, Failure>;

    /// Begins a snapshot: from the first read after it until [`end_snapshot`](Self::end_snapshot), all reads see the
    /// database as it was at one instant. Until then the connection counts as broken, so that it is not used for anything
    /// else.
    async fn begin_snapshot(&mut self) -> Result<Snapshot, Failure>;

    /// Ends the snapshot. If that fails, the connection stays broken.
    async fn end_snapshot(&mut self) -> Result<(), Failure>;

    /// Runs all steps in one transaction and returns once it is durable, with one outcome for each step. A step that
    /// is refused does not undo the others; any other failure undoes all.
    async fn write(&mut self, steps: Arc<Vec<Step>>) -> Result<Vec<StepOutcome>, Failure>;

    /// Makes the table, in one transaction, unless it is there. Any number of processes may do so at once.
    async fn create_table(&mut self, table: &str) -> Result<(), Failure>;

    /// Makes the database itself answer, not only the connection.
    async fn check(&mut self) -> Result<(), Failure>;

    /// Whether it must not be used again.
    fn is_broken(&self) -> bool;
}

/// How long a snapshot may be held.
#[cfg_attr(
    not(any(feature = "mssql", feature = "sqlite")),
    allow(dead_code, reason = "the other databases never make a writer wait for a reader")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Snapshot {
    /// As long as the reader takes: no writer waits for it.
    Lasting,
    /// Only while statements run: writers wait until it ends.
    Brief,
}

/// A change: statements of which the first that changes a row is the last to run. One that meets the key of another row
/// changes none; if it is the last, the step is refused.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The statements, in order.
    pub(super) statements: Vec<Statement>,
    /// What it means to run it once more.
    pub(super) again: Again,
}

/// What it means to run a [`Step`] once more, when the answer to the first time was lost on the way and nobody knows what
/// became of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Again {
    /// The second time does and answers the same.
    Same,
    /// The first time may stand in the way of the second: then this statement changes a row.
    Unless(Statement),
    /// What the first time has removed, the second does not find.
    Gone,
}

/// What became of a [`Step`].
#[derive(Clone, Debug)]
pub(super) enum StepOutcome {
    /// So many rows were changed.
    Changed(u64),
    /// Nothing was left to remove after an earlier attempt that has removed so many rows, if it came through: its answer was
    /// lost.
    Gone(u64),
    /// The database refused this step, and the other steps are as they should be.
    Refused(Failure),
}

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
    Unfit,
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
        matches!(self, Self::Duplicate | Self::TooLarge | Self::Unfit)
    }
}

/// Why a database did not do what it was asked.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// What sort of failure it is.
    pub(super) class: FailureClass,
    /// The reason in the words of the database or the system; never a secret.
    pub(super) reason: String,
    /// What would have become of each step if a commit whose answer was lost has come through; else nothing.
    pub(super) undecided: Vec<StepOutcome>,
}

impl Failure {
    /// A failure with its reason.
    pub(super) fn new(class: FailureClass, reason: impl Into<String>) -> Self {
        Self { class, reason: reason.into(), undecided: Vec::new() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}
