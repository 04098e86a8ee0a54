//! The interface between the store and a database driver.
//!
//! A driver runs dialect-neutral [`Statement`]s. It is not a diesel trait, because `tiberius` (SQL Server) does not use
//! diesel.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::failure::{SqlFailure, StepOutcome};
use super::grammar::Grammar;
use super::statement::{SqlRow, Statement};
use crate::store::contract::{Finding, Notices};

/// The settings of a profile that concern every driver.
#[derive(Debug)]
pub(super) struct DriverSettings {
    /// The receiver of statements, if the profile asks for `echo`.
    pub(super) echo: Option<Notices>,
    /// The receiver of warnings.
    pub(super) notices: Notices,
    /// Seconds for which a server may be silent while an answer is awaited; 0 for no limit.
    #[cfg_attr(
        not(any(feature = "mssql", feature = "mysql", feature = "postgres")),
        allow(dead_code, reason = "a file is never silent")
    )]
    pub(super) response_timeout: f64,
}

/// A driver that has not connected yet.
#[derive(Debug)]
pub(super) struct OpenedDriver {
    /// The driver.
    pub(super) driver: Arc<dyn Driver>,
    /// The database's address in one canonical spelling, without secrets; it identifies the circuit breaker.
    pub(super) location: String,
    /// The total time for retries of a call.
    pub(super) retry_timeout: Duration,
}

/// Opens connections to one database. The driver also shows its statements, without values, if the profile asks for
/// `echo`, because only the driver knows which statements really run.
#[async_trait]
pub(super) trait Driver: fmt::Debug + Send + Sync {
    /// Returns the SQL of the database.
    fn grammar(&self) -> &'static dyn Grammar;

    /// Whether the data lives only as long as the connection. If so, there is one connection, and it is never replaced.
    fn is_ephemeral(&self) -> bool;

    /// The size in bytes above which no document fits.
    fn document_limit(&self) -> u64;

    /// Returns what `doctor` finds without asking a server: encryption and certificates, or whether a file can be made.
    fn local_findings(&self) -> Vec<Finding>;

    /// Opens a connection. Creates nothing: a missing database is
    /// [`MissingDatabase`](super::failure::FailureClass::MissingDatabase).
    async fn connect(&self) -> Result<Box<dyn Connection>, SqlFailure>;

    /// Creates an empty database if there is none, where the driver can do that.
    async fn create_database(&self) -> Result<(), SqlFailure>;
}

/// An open connection.
///
/// A call that is dropped either has no effect or runs to its end. It never leaves a transaction open, except that of a
/// snapshot.
#[async_trait]
pub(super) trait Connection: Send {
    /// Runs a read-only statement.
    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure>;

    /// Begins a snapshot: from the next read until [`end_snapshot`](Self::end_snapshot), all reads see the database at
    /// one instant. Until then the connection counts as broken, so that the pool does not hand it out.
    async fn begin_snapshot(&mut self) -> Result<SnapshotKind, SqlFailure>;

    /// Ends the snapshot. If that fails, the connection stays broken.
    async fn end_snapshot(&mut self) -> Result<(), SqlFailure>;

    /// Runs all steps in one transaction and returns once it is durable, with one outcome per step. A refused step does
    /// not undo the others; any other failure undoes all.
    async fn write(&mut self, steps: Arc<Vec<WriteStep>>) -> Result<Vec<StepOutcome>, SqlFailure>;

    /// Creates the table in one transaction, unless it exists. Any number of processes may do so concurrently.
    async fn create_table(&mut self, table: &str) -> Result<(), SqlFailure>;

    /// Checks that the database itself answers, not only the connection.
    async fn check(&mut self) -> Result<(), SqlFailure>;

    /// Whether the connection must not be reused.
    fn is_broken(&self) -> bool;
}

/// How long a snapshot may be held.
#[cfg_attr(
    not(any(feature = "mssql", feature = "sqlite")),
    allow(dead_code, reason = "the other databases never make a writer wait for a reader")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SnapshotKind {
    /// As long as the reader likes: no writer waits for it.
    Lasting,
    /// Only while statements run: writers wait until it ends.
    Brief,
}

/// A change, as statements in order: the first one that changes a row is the last to run. A statement that meets the
/// key of another row changes nothing; if it is the last, the step is refused.
#[derive(Clone, Debug)]
pub(super) struct WriteStep {
    /// The statements, in order.
    pub(super) statements: Vec<Statement>,
    /// The effect of running the step again.
    pub(super) again: Replay,
}

/// The effect of running a [`WriteStep`] again, after the reply to the first attempt was lost.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Replay {
    /// The second attempt has the same effect and the same outcome.
    Idempotent,
    /// The first attempt may block the second. This statement changes a row if the first attempt succeeded.
    Claim(Statement),
    /// The second attempt does not find the row that the first one removed.
    Removal,
}
