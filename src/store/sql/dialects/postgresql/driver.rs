//! The PostgreSQL driver.
//!
//! Every statement is sent with its values, takes one round trip and leaves nothing on the server, so it also works
//! through a connection-sharing proxy such as PgBouncer. Statements that do not depend on a reply are pipelined: a
//! transaction with any number of saves takes two round trips.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures_util::future::{join, join_all};
use futures_util::{FutureExt as _, TryStreamExt as _};
use tokio_postgres::{Client, Error as PostgresError};

use super::address::PostgresqlAddress;
use super::connect;
use super::failure::{from_statement, is_aftermath, is_there_already};
use super::grammar::PostgresqlGrammar;
use super::table::new_table;
use super::tls::PostgresqlSslMode;
use super::values::{BoundValue, ColumnValue};
use crate::store::contract::{Finding, Notices};
use crate::store::sql::dialects::server::{
    MOST_ROWS, connect_in_time, too_many_rows, unverified, verified, with_password_source,
};
use crate::store::sql::dialects::silence::{BoundedConnection, SilenceLimit, Traffic};
use crate::store::sql::driver::{Connection, Driver, DriverSettings, Replay, SnapshotKind, WriteStep};
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
    notices: Notices,
    silence: SilenceLimit,
    /// Whether a proxy has refused a transaction.
    is_without_transactions: Arc<AtomicBool>,
}

impl PostgresqlDriver {
    /// Returns a driver for the database at `address` with these settings. Does not connect.
    pub(super) fn new(address: PostgresqlAddress, settings: DriverSettings) -> Self {
        let DriverSettings { echo, notices, response_timeout } = settings;
        Self {
            address,
            echo,
            notices: notices.clone(),
            silence: SilenceLimit::new(response_timeout, notices),
            is_without_transactions: Arc::default(),
        }
    }
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

    fn local_findings(&self) -> Vec<Finding> {
        vec![match self.address.encryption.mode {
            // The check of encryption tells it.
            PostgresqlSslMode::Disable => return Vec::new(),
            PostgresqlSslMode::Allow | PostgresqlSslMode::Prefer | PostgresqlSslMode::Require => {
                unverified("on a network, verify it: `sslmode=verify-full` in `connection_url`")
            }
            PostgresqlSslMode::VerifyCa | PostgresqlSslMode::VerifyFull => {
                verified(self.address.encryption.file_of_issuers())
            }
        }]
    }

    async fn connect(&self) -> Result<Box<dyn Connection>, SqlFailure> {
        let traffic = Traffic::new();
        let address = self.address.with_password(&self.notices);
        let client = connect_in_time(address.timeout, connect::client(&address, &traffic)).await;
        let client = client.map_err(|failure| {
            let of_file = || address.password_file.as_ref()?.source();
            with_password_source(failure, address.password_variable.map(str::to_owned).or_else(of_file))
        })?;
        let session = PostgresqlSession {
            client,
            traffic: traffic.clone(),
            echo: self.echo.clone(),
            is_busy: false,
            snapshot: SnapshotState::Absent,
            is_without_transactions: Arc::clone(&self.is_without_transactions),
        };
        Ok(Box::new(BoundedConnection::new(session, self.silence.clone(), traffic)))
    }

    async fn create_database(&self) -> Result<(), SqlFailure> {
        Ok(())
    }
}

/// An open connection.
struct PostgresqlSession {
    client: Client,
    traffic: Traffic,
    echo: Option<Notices>,
    /// Whether a call is running. If its caller is dropped, a transaction may stay open.
    is_busy: bool,
    snapshot: SnapshotState,
    /// Whether a proxy has refused a transaction. Then each statement runs alone.
    is_without_transactions: Arc<AtomicBool>,
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
            begun.map_err(|error| from_statement(&error)).and(rows)
        } else {
            self.load(&statement).await
        };
        self.is_busy = self.note(&rows);
        rows
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
        let is_refused = self.note(&result);
        // If the rollback fails, the state of the transaction is unknown.
        self.is_busy = is_refused || self.client.is_closed();
        result
    }

    async fn create_table(&mut self, table: &str) -> Result<(), SqlFailure> {
        self.is_busy = true;
        let made = if self.is_without_transactions.load(Ordering::Relaxed) {
            // One message is one transaction.
            made_or_there(self.script(&new_table(table)).await)
        } else {
            let made = self.make(table).await;
            let end = if made.is_ok() { "COMMIT" } else { "ROLLBACK" };
            let ended = self.script(end).await.map_err(|error| from_statement(&error));
            made.and(ended)
        };
        self.is_busy = self.note(&made);
        made
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

    /// Notes that a proxy has refused a transaction, and closed the connection.
    fn note<T>(&self, result: &Result<T, SqlFailure>) -> bool {
        let is_refused = result.as_ref().is_err_and(|failure| failure.class == FailureClass::WithoutTransactions);
        self.is_without_transactions.fetch_or(is_refused, Ordering::Relaxed);
        is_refused
    }

    async fn script(&self, statements: &str) -> Result<(), PostgresError> {
        self.show(statements);
        self.ended(self.client.batch_execute(statements).await)
    }

    /// Notes that a statement has been answered. The next one is answered from now on.
    fn ended<T>(&self, result: T) -> T {
        self.traffic.begin_answer();
        result
    }

    /// Creates the table in an open transaction. Serialized by a lock: of two concurrent creations, both would find the
    /// table missing, and one would fail.
    async fn make(&self, table: &str) -> Result<(), SqlFailure> {
        let script = format!("BEGIN; SELECT pg_advisory_xact_lock(hashtext('truthound-store {table}'));");
        self.script(&script).await.map_err(|error| from_statement(&error))?;
        let is_there = format!("SELECT 1 WHERE to_regclass('\"{table}\"') IS NOT NULL");
        match self.load(&Statement::new(is_there)).await?.is_empty() {
            true => made_or_there(self.script(&new_table(table)).await),
            false => Ok(()),
        }
    }

    async fn load(&self, statement: &Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        let mut rows = Vec::new();
        let read = self.ended(self.load_into(&mut rows, statement).await);
        read.map_err(|error| from_statement(&error))?;
        if rows.len() > MOST_ROWS { Err(too_many_rows()) } else { Ok(rows) }
    }

    async fn load_into(&self, rows: &mut Vec<SqlRow>, statement: &Statement) -> Result<(), PostgresError> {
        let text = statement.text(|number| PostgresqlGrammar.placeholder(number));
        self.show(&text);
        let bound = bound(statement);
        let values = bound.iter().map(|value| (value as &(dyn tokio_postgres::types::ToSql + Sync), value.kind()));
        let mut found = pin!(self.client.query_typed_raw(&text, values).await?);
        // One more shows that there are too many.
        while rows.len() <= MOST_ROWS
            && let Some(row) = found.try_next().await?
        {
            let values = (0..row.len()).map(|column| row.try_get(column).map(|ColumnValue(value)| value));
            rows.push(values.collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    async fn change(&self, statement: &Statement) -> Result<u64, PostgresError> {
        let text = statement.text(|number| PostgresqlGrammar.placeholder(number));
        self.show(&text);
        let bound = bound(statement);
        let values: Vec<_> =
            bound.iter().map(|value| (value as &(dyn tokio_postgres::types::ToSql + Sync), value.kind())).collect();
        self.ended(self.client.execute_typed(&text, &values).await)
    }

    async fn run(&self, steps: &[WriteStep]) -> Result<Vec<StepOutcome>, SqlFailure> {
        if self.is_without_transactions.load(Ordering::Relaxed) {
            return self.run_each(steps).await;
        }
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

    /// Runs each step for itself: a proxy that shares every statement allows no transaction.
    async fn run_each(&self, steps: &[WriteStep]) -> Result<Vec<StepOutcome>, SqlFailure> {
        let mut outcomes = Vec::with_capacity(steps.len());
        for step in steps {
            match self.run_alone(step).await {
                Ok(rows) => outcomes.push(StepOutcome::Changed(rows)),
                Err(failure) if failure.class.is_outage() => {
                    // A removal may have taken effect, and then there is nothing left to remove.
                    outcomes.push(StepOutcome::Changed(1));
                    return Err(SqlFailure { undecided: outcomes, ..failure });
                }
                // The table is created, and then all is done again.
                Err(failure) if failure.class == FailureClass::MissingTable => return Err(failure),
                // The steps before it are done, and must not be told to have failed.
                Err(failure) => outcomes.push(StepOutcome::Refused(failure)),
            }
        }
        Ok(outcomes)
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

/// Python creates the table without our lock.
fn made_or_there(made: Result<(), PostgresError>) -> Result<(), SqlFailure> {
    match made {
        Err(error) if is_there_already(&error) => Ok(()),
        made => made.map_err(|error| from_statement(&error)),
    }
}

fn bound(statement: &Statement) -> Vec<BoundValue<'_>> {
    let values = statement.pieces().iter().filter_map(|piece| match piece {
        SqlFragment::Sql(_) => None,
        SqlFragment::Bind(value) => Some(BoundValue(value)),
    });
    values.collect()
}
