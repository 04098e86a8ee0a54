//! What a database must be able to do for the store, and how it says that it cannot.
//!
//! A driver runs neutral [`Statement`]s. It is no diesel trait, because `tiberius` (SQL Server) is not diesel.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::failure::{SqlFailure, WriteOutcome};
use super::grammar::Grammar;
use super::statement::{SqlRow, Statement};

/// The way to a database, before anything was touched.
#[derive(Debug)]
pub(super) struct OpenedDriver {
    /// How to reach it.
    pub(super) driver: Arc<dyn Driver>,
    /// The database's own name, however the profile spells it: whose circuit breaker it is.
    pub(super) location: String,
    /// How long all in all to go on trying what fails for a moment.
    pub(super) retry_timeout: Duration,
}

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

    /// Opens a connection. Creates nothing: a missing database is [`MissingDatabase`](super::failure::FailureClass::MissingDatabase).
    async fn connect(&self) -> Result<Box<dyn Connection>, SqlFailure>;

    /// Makes an empty database where there is none, as far as this driver can.
    async fn create_database(&self) -> Result<(), SqlFailure>;
}

/// An open connection.
///
/// A call whose future is dropped either has no effect or runs to its end: it never leaves a transaction open, the one of
/// a snapshot aside.
#[async_trait]
pub(super) trait Connection: Send {
    /// Runs a statement that changes nothing.
    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure>;

    /// Begins a snapshot: from the first read after it until [`end_snapshot`](Self::end_snapshot), all reads see the
    /// database as it was at one instant. Until then the connection counts as broken, so that it is not used for anything
    /// else.
    async fn begin_snapshot(&mut self) -> Result<SnapshotKind, SqlFailure>;

    /// Ends the snapshot. If that fails, the connection stays broken.
    async fn end_snapshot(&mut self) -> Result<(), SqlFailure>;

    /// Runs all steps in one transaction and returns once it is durable, with one outcome for each step. A step that
    /// is refused does not undo the others; any other failure undoes all.
    async fn write(&mut self, steps: Arc<Vec<WriteStep>>) -> Result<Vec<WriteOutcome>, SqlFailure>;

    /// Makes the table, in one transaction, unless it is there. Any number of processes may do so at once.
    async fn create_table(&mut self, table: &str) -> Result<(), SqlFailure>;

    /// Makes the database itself answer, not only the connection.
    async fn check(&mut self) -> Result<(), SqlFailure>;

    /// Whether it must not be used again.
    fn is_broken(&self) -> bool;
}

/// How long a snapshot may be held.
#[cfg_attr(
    not(any(feature = "mssql", feature = "sqlite")),
    allow(dead_code, reason = "the other databases never make a writer wait for a reader")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SnapshotKind {
    /// As long as the reader takes: no writer waits for it.
    Lasting,
    /// Only while statements run: writers wait until it ends.
    Brief,
}

/// A change: statements of which the first that changes a row is the last to run. One that meets the key of another row
/// changes none; if it is the last, the step is refused.
#[derive(Clone, Debug)]
pub(super) struct WriteStep {
    /// The statements, in order.
    pub(super) statements: Vec<Statement>,
    /// What it means to run it once more.
    pub(super) again: Replay,
}

/// What it means to run a [`WriteStep`] once more, when the answer to the first time was lost on the way and nobody knows what
/// became of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Replay {
    /// The second time does and answers the same.
    Idempotent,
    /// The first time may stand in the way of the second: then this statement changes a row.
    Claim(Statement),
    /// What the first time has removed, the second does not find.
    Removal,
}
