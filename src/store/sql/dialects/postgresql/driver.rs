//! The PostgreSQL driver.
//!
//! Every statement is sent with its values, takes one round trip and leaves nothing on the server, so it also works
//! through a connection-sharing proxy such as PgBouncer. Statements that do not depend on a reply are pipelined: a
//! transaction with any number of saves takes two round trips.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{join, join_all};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, Error as PostgresError, NoTls};

use super::address::PostgresqlAddress;
use super::failure::{depends_on_encryption, from_connecting, from_statement, is_aftermath, is_there_already};
use super::grammar::PostgresqlGrammar;
use super::table::new_table;
use super::tls::PostgresqlSslMode;
use super::values::{BoundValue, ColumnValue};
use crate::store::contract::Notices;
use crate::store::sql::dialects::server::connect_in_time;
use crate::store::sql::driver::{Connection, Driver, Replay, SnapshotKind, WriteStep};
use crate::store::sql::failure::{FailureClass, SqlFailure, StepOutcome};
use crate::store::sql::grammar::Grammar;
use crate::store::sql::statement::{SqlFragment, SqlRow, Statement};

/// PostgreSQL's limit for a value and for a message is 1 GB; this leaves room for the rest of the message.
const DOCUMENT_LIMIT: u64 = (1 << 30) - 1_000_000;

/// Begins a snapshot, as of the first statement after it.
const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Opens connections to one PostgreSQL database.
#[derive(Debug)]
pub(super) struct PostgresqlDriver {
    address: PostgresqlAddress,
    echo: Option<Notices>,
}

impl PostgresqlDriver {
    /// Returns a driver for the database at `address` that shows statements through `echo`. Does not connect.
    pub(super) fn new(address: PostgresqlAddress, echo: Option<Notices>) -> Self {
        Self { address, echo }
    }

    async fn client(&self) -> Result<Client, SqlFailure> {
        let PostgresqlAddress { config, encryption, .. } = &self.address;
        // A local socket cannot be intercepted.
        let is_local = config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_)));
        let mode = if is_local { PostgresqlSslMode::Disable } else { encryption.mode };
        match mode {
            PostgresqlSslMode::Disable => plain(config).await.map_err(|error| from_connecting(&error)),
            PostgresqlSslMode::Allow => match plain(config).await {
                Err(error) if depends_on_encryption(&error) => self.encrypted(SslMode::Require).await,
                result => result.map_err(|error| from_connecting(&error)),
            },
            PostgresqlSslMode::Prefer => match self.try_encrypted(SslMode::Prefer).await? {
                Err(error) if depends_on_encryption(&error) => {
                    // If both attempts are refused, report the first.
                    plain(config).await.map_err(|_| from_connecting(&error))
                }
                result => result.map_err(|error| from_connecting(&error)),
            },
            PostgresqlSslMode::Require | PostgresqlSslMode::VerifyCa | PostgresqlSslMode::VerifyFull => {
                self.encrypted(SslMode::Require).await
            }
        }
    }

    async fn encrypted(&self, mode: SslMode) -> Result<Client, SqlFailure> {
        self.try_encrypted(mode).await?.map_err(|error| from_connecting(&error))
    }

    async fn try_encrypted(&self, mode: SslMode) -> Result<Result<Client, PostgresError>, SqlFailure> {
        let connector = self.address.encryption.connector()?;
        let mut config = self.address.config.clone();
        Ok(match config.ssl_mode(mode).connect(connector).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                Ok(client)
            }
            Err(error) => Err(error),
        })
    }
}

async fn plain(config: &Config) -> Result<Client, PostgresError> {
    let (client, connection) = config.clone().ssl_mode(SslMode::Disable).connect(NoTls).await?;
    // Ends when the client is dropped or the server disconnects; the client notices both.
    tokio::spawn(connection);
    Ok(client)
}

#[async_trait]
impl Driver for PostgresqlDriver {
    fn grammar(&self) -> &'static dyn Grammar {
        &PostgresqlGrammar
    }

    fn is_ephemeral(&self) -> bool {
        false
    }

    fn document_limit(&self) -> u64 {
        DOCUMENT_LIMIT
    }

    async fn connect(&self) -> Result<Box<dyn Connection>, SqlFailure> {
        let client = connect_in_time(self.address.timeout, self.client()).await?;
        Ok(Box::new(PostgresqlSession {
            client,
            echo: self.echo.clone(),
            is_busy: false,
            snapshot: SnapshotState::Absent,
        }))
    }

    async fn create_database(&self) -> Result<(), SqlFailure> {
        Ok(())
    }
}

/// An open connection.
struct PostgresqlSession {
    client: Client,
    echo: Option<Notices>,
    /// Whether a call is running. If its caller is dropped, a transaction may stay open.
    is_busy: bool,
    snapshot: SnapshotState,
}

/// The state of the transaction of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SnapshotState {
    /// Not open.
    Absent,
    /// Begins with the next statement, in the same round trip.
    Asked,
    /// Open.
    Open,
}

#[async_trait]
impl Connection for PostgresqlSession {
    async fn read(&mut self, statement: Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.is_busy = true;
        let rows = if self.snapshot == SnapshotState::Asked {
            self.snapshot = SnapshotState::Open;
            let (begun, rows) = join(self.script(BEGIN_SNAPSHOT), self.load(&statement)).await;
            begun.and(rows)
        } else {
            self.load(&statement).await
        };
        self.is_busy = false;
        rows.map_err(|error| from_statement(&error))
    }

    async fn begin_snapshot(&mut self) -> Result<SnapshotKind, SqlFailure> {
        self.snapshot = SnapshotState::Asked;
        Ok(SnapshotKind::Lasting)
    }

    async fn end_snapshot(&mut self) -> Result<(), SqlFailure> {
        if self.is_busy || self.client.is_closed() {
            return Err(SqlFailure::new(FailureClass::ConnectionLost, "the connection is gone"));
        }
        // Sent without waiting for the reply: later statements on this connection run after it.
        if self.snapshot == SnapshotState::Open
            && let Some(ended) = self.script("COMMIT").now_or_never()
        {
            ended.map_err(|error| from_statement(&error))?;
        }
        self.snapshot = SnapshotState::Absent;
        Ok(())
    }

    async fn write(&mut self, steps: Arc<Vec<WriteStep>>) -> Result<Vec<StepOutcome>, SqlFailure> {
        self.is_busy = true;
        let result = self.run(&steps).await;
        // If the rollback fails, the state of the transaction is unknown.
        self.is_busy = self.client.is_closed();
        result
    }

    async fn create_table(&mut self, table: &str) -> Result<(), SqlFailure> {
        self.is_busy = true;
        // Serialized by a lock: of two concurrent creations, both would find the table missing, and one would fail.
        let script = format!("BEGIN; SELECT pg_advisory_xact_lock(hashtext('truthound-store {table}'));");
        let mut result = self.script(&script).await;
        if result.is_ok() {
            let is_there = format!("SELECT 1 WHERE to_regclass('\"{table}\"') IS NOT NULL");
            result = match self.load(&Statement::new(is_there)).await {
                Ok(rows) if rows.is_empty() => self.script(&new_table(table)).await,
                Ok(_) => Ok(()),
                Err(error) => Err(error),
            };
        }
        let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = self.script(end).await;
        self.is_busy = false;
        match result.and(ended) {
            // Python does not take the lock.
            Err(error) if is_there_already(&error) => Ok(()),
            result => result.map_err(|error| from_statement(&error)),
        }
    }

    async fn check(&mut self) -> Result<(), SqlFailure> {
        self.read(Statement::new("SELECT 1")).await.map(drop)
    }

    fn is_broken(&self) -> bool {
        self.is_busy || self.snapshot != SnapshotState::Absent || self.client.is_closed()
    }
}

impl PostgresqlSession {
    fn show(&self, text: &str) {
        if let Some(notices) = &self.echo {
            notices.statement(text);
        }
    }

    async fn script(&self, statements: &str) -> Result<(), PostgresError> {
        self.show(statements);
        self.client.batch_execute(statements).await
    }

    async fn load(&self, statement: &Statement) -> Result<Vec<SqlRow>, PostgresError> {
        let text = statement.text(|number| PostgresqlGrammar.placeholder(number));
        self.show(&text);
        let bound = bound(statement);
        let values: Vec<_> =
            bound.iter().map(|value| (value as &(dyn tokio_postgres::types::ToSql + Sync), value.kind())).collect();
        let rows = self.client.query_typed(&text, &values).await?;
        rows.iter()
            .map(|row| (0..row.len()).map(|column| row.try_get(column).map(|ColumnValue(value)| value)).collect())
            .collect()
    }

    async fn change(&self, statement: &Statement) -> Result<u64, PostgresError> {
        let text = statement.text(|number| PostgresqlGrammar.placeholder(number));
        self.show(&text);
        let bound = bound(statement);
        let values: Vec<_> =
            bound.iter().map(|value| (value as &(dyn tokio_postgres::types::ToSql + Sync), value.kind())).collect();
        self.client.execute_typed(&text, &values).await
    }

    async fn run(&self, steps: &[WriteStep]) -> Result<Vec<StepOutcome>, SqlFailure> {
        // A single idempotent step needs no explicit transaction.
        if let [step] = steps
            && step.again == Replay::Idempotent
        {
            return match self.run_alone(step).await {
                Ok(rows) => Ok(vec![StepOutcome::Changed(rows)]),
                Err(failure) if failure.class.is_refusal() => Ok(vec![StepOutcome::Refused(failure)]),
                Err(failure) => Err(failure),
            };
        }
        match self.run_together(steps).await {
            // One refused step has undone the whole transaction: find out which one.
            Err(failure) if failure.class.is_refusal() => self.run_apart(steps).await,
            result => result,
        }
    }

    async fn run_alone(&self, step: &WriteStep) -> Result<u64, SqlFailure> {
        for statement in &step.statements {
            let rows = self.change(statement).await.map_err(|error| from_statement(&error))?;
            if rows > 0 {
                return Ok(rows);
            }
        }
        Ok(0)
    }

    /// Runs all steps side by side: the first statement of each, then the second statement of the steps that have not
    /// changed a row yet.
    async fn run_together(&self, steps: &[WriteStep]) -> Result<Vec<StepOutcome>, SqlFailure> {
        let mut changed = vec![0; steps.len()];
        let longest = steps.iter().map(|step| step.statements.len()).max().unwrap_or_default();
        for round in 0..longest {
            let waiting: Vec<_> = steps
                .iter()
                .zip(&mut changed)
                .filter(|(_, changed)| **changed == 0)
                .filter_map(|(step, changed)| Some((step.statements.get(round)?, changed)))
                .collect();
            let (statements, counts): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            let begin = async { if round == 0 { self.script("BEGIN").await } else { Ok(()) } };
            let (begun, results) =
                join(begin, join_all(statements.iter().map(|statement| self.change(statement)))).await;
            let mut failed = begun.err();
            for (count, result) in counts.into_iter().zip(results) {
                match result {
                    Ok(rows) => *count = rows,
                    Err(error) if failed.as_ref().is_none_or(is_aftermath) => failed = Some(error),
                    Err(_) => {}
                }
            }
            if let Some(error) = failed {
                // The first failure is the reason to report, even if the rollback fails.
                let _ = self.script("ROLLBACK").await;
                return Err(from_statement(&error));
            }
        }
        self.commit(changed.into_iter().map(StepOutcome::Changed).collect()).await
    }

    /// Runs the steps with savepoints, so that a refused step does not affect the others.
    async fn run_apart(&self, steps: &[WriteStep]) -> Result<Vec<StepOutcome>, SqlFailure> {
        self.script("BEGIN").await.map_err(|error| from_statement(&error))?;
        let mut outcomes = Vec::with_capacity(steps.len());
        for step in steps {
            self.script("SAVEPOINT step").await.map_err(|error| from_statement(&error))?;
            let (outcome, end) = match self.run_alone(step).await {
                Ok(rows) => (StepOutcome::Changed(rows), "RELEASE SAVEPOINT step"),
                Err(failure) if failure.class.is_refusal() => {
                    (StepOutcome::Refused(failure), "ROLLBACK TO SAVEPOINT step")
                }
                Err(failure) => {
                    let _ = self.script("ROLLBACK").await;
                    return Err(failure);
                }
            };
            self.script(end).await.map_err(|error| from_statement(&error))?;
            outcomes.push(outcome);
        }
        self.commit(outcomes).await
    }

    async fn commit(&self, outcomes: Vec<StepOutcome>) -> Result<Vec<StepOutcome>, SqlFailure> {
        match self.script("COMMIT").await {
            Ok(()) => Ok(outcomes),
            Err(error) => Err(SqlFailure { undecided: outcomes, ..from_statement(&error) }),
        }
    }
}

fn bound(statement: &Statement) -> Vec<BoundValue<'_>> {
    let values = statement.pieces().iter().filter_map(|piece| match piece {
        SqlFragment::Sql(_) => None,
        SqlFragment::Bind(value) => Some(BoundValue(value)),
    });
    values.collect()
}
