//! A database with its pool, retries and circuit breaker: every statement goes through here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::breaker::{CallOutcome, CircuitBreaker};
use super::digest_columns::DigestColumns;
use super::driver::{Driver, Replay, WriteStep};
use super::failure::{FailureClass, SqlFailure, StepOutcome};
use super::pool::ConnectionPool;
use super::reader::ReadConnection;
use super::retry::RetryPolicy;
use super::statement::{SqlRow, Statement};

/// A database with its pool, retries and circuit breaker.
#[derive(Debug)]
pub(super) struct Database {
    /// The driver.
    pub(super) driver: Arc<dyn Driver>,
    /// The connection pool.
    pub(super) pool: ConnectionPool,
    /// When to retry.
    pub(super) retry: RetryPolicy,
    /// The circuit breaker; `None` if the profile switches it off.
    pub(super) breaker: Option<CircuitBreaker>,
    /// The name of the table.
    pub(super) table: String,
    /// Whether to create a missing table.
    pub(super) create_tables: bool,
    /// Whether the table has columns for digests.
    pub(super) digests: DigestColumns,
}

impl Database {
    /// Runs a read-only statement.
    pub(super) async fn read(&self, statement: &Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.guarded(|| async {
            let mut connection = self.pool.get().await?;
            connection.read(statement.clone()).await
        })
        .await
    }

    /// Runs a read-only statement that names the columns for digests only if the table has them.
    pub(super) async fn read_with_digests(
        &self,
        statement: impl Fn(bool) -> Statement,
    ) -> Result<Vec<SqlRow>, SqlFailure> {
        let with_digests = self.digests.are_used();
        match self.read(&statement(with_digests)).await {
            Err(failure) if with_digests && self.digests.are_missing(&failure) => self.read(&statement(false)).await,
            read => read,
        }
    }

    /// Runs steps in one transaction. With `creates`, a missing file or table is created first, if the profile allows
    /// it.
    ///
    /// If the reply to a transaction is lost, the transaction is replayed, and the effects of the first attempt are
    /// recognized as this caller's own.
    pub(super) async fn write(
        &self,
        steps: Arc<Vec<WriteStep>>,
        creates: bool,
    ) -> Result<Vec<StepOutcome>, SqlFailure> {
        let steps = Mutex::new(WriteAttempts { steps, undecided: None });
        self.guarded(|| async {
            let now = lock(&steps).steps();
            let result = match self.write_once(Arc::clone(&now), creates).await {
                // The driver remembers it, and does without on the next connection.
                Err(failure) if failure.class == FailureClass::WithoutTransactions => {
                    self.write_once(now, creates).await
                }
                result => result,
            };
            lock(&steps).end(result)
        })
        .await
    }

    async fn write_once(&self, steps: Arc<Vec<WriteStep>>, creates: bool) -> Result<Vec<StepOutcome>, SqlFailure> {
        let creates = creates && self.create_tables;
        let mut connection = match self.pool.get().await {
            Err(failure) if creates && failure.class == FailureClass::MissingDatabase => {
                self.driver.create_database().await?;
                self.pool.get().await?
            }
            result => result?,
        };
        match connection.write(Arc::clone(&steps)).await {
            Err(failure) if creates && matches!(failure.class, FailureClass::MissingTable | FailureClass::Hollow) => {
                connection.create_table(&self.table).await?;
                connection.write(steps).await
            }
            result => result,
        }
    }

    /// Checks that the database answers within `timeout`, and that its table can be read if there must be one. The
    /// circuit breaker neither blocks nor counts this call.
    pub(super) async fn check(&self, timeout: Duration) -> Result<(), SqlFailure> {
        let check = async {
            let mut connection = self.pool.get().await?;
            connection.check().await?;
            let table = self.driver.grammar().quoted(&self.table);
            match connection.read(Statement::new(format!("SELECT 1 FROM {table} WHERE 1 = 0"))).await {
                // The first save creates it. Some servers have a number of their own for a missing table.
                Err(failure)
                    if self.create_tables
                        && matches!(failure.class, FailureClass::MissingTable | FailureClass::Other) =>
                {
                    Ok(())
                }
                result => result.map(drop),
            }
        };
        match tokio::time::timeout(timeout, check).await {
            Ok(Err(mut failure)) if self.create_tables && failure.class == FailureClass::MissingDatabase => {
                failure.reason.push_str("; the first save creates the file");
                Err(failure)
            }
            Ok(result) => result,
            Err(_) => {
                Err(SqlFailure::new(FailureClass::Unreachable, format!("no answer within {} s", timeout.as_secs_f64())))
            }
        }
    }

    /// Takes a connection for the statements of one count or list.
    pub(super) async fn reader(&self) -> Result<ReadConnection, SqlFailure> {
        self.pool.get().await.map(ReadConnection::new)
    }

    /// Reports a failure on an open connection to the circuit breaker, which does not block statements on such a
    /// connection.
    pub(super) fn note(&self, failure: &SqlFailure) {
        if let Some(breaker) = self.breaker.as_ref().filter(|_| failure.class.is_outage()) {
            breaker.record_outage(&failure.reason, Timestamp::now());
        }
    }

    /// Runs `work` with retries, unless the circuit breaker is open.
    pub(super) async fn guarded<T, F: Future<Output = Result<T, SqlFailure>>>(
        &self,
        work: impl FnMut() -> F,
    ) -> Result<T, SqlFailure> {
        let Some(breaker) = &self.breaker else { return self.retry.run(work).await };
        let permit = breaker
            .admit(Timestamp::now())
            .map_err(|refusal| SqlFailure::new(FailureClass::CircuitOpen, refusal.to_string()))?;
        let result = self.retry.run(work).await;
        let end = match &result {
            Ok(_) => CallOutcome::Answered,
            Err(failure) if failure.class.is_outage() => CallOutcome::Outage(&failure.reason),
            Err(failure) if failure.class.is_answer() => CallOutcome::Answered,
            Err(_) => CallOutcome::Unknown,
        };
        breaker.record(&permit, end, Timestamp::now());
        result
    }
}

/// Steps that may have to be replayed.
struct WriteAttempts {
    steps: Arc<Vec<WriteStep>>,
    /// The outcomes of the earlier attempts that may have committed; `None` if none of them can have.
    undecided: Option<Vec<StepOutcome>>,
}

impl WriteAttempts {
    /// Returns the steps of the next attempt.
    fn steps(&self) -> Arc<Vec<WriteStep>> {
        if self.undecided.is_none() {
            return Arc::clone(&self.steps);
        }
        let with_claim = |step: &WriteStep| {
            let mut step = step.clone();
            if let Replay::Claim(claim) = &step.again {
                step.statements.push(claim.clone());
            }
            step
        };
        Arc::new(self.steps.iter().map(with_claim).collect())
    }

    /// Returns the outcomes, in the light of an earlier attempt that may have committed.
    fn end(&mut self, result: Result<Vec<StepOutcome>, SqlFailure>) -> Result<Vec<StepOutcome>, SqlFailure> {
        let outcomes = match result {
            Ok(outcomes) => outcomes,
            Err(failure) => {
                if failure.class == FailureClass::ConnectionLost {
                    let earlier = self.undecided.take().unwrap_or_default();
                    self.undecided = Some(of_any_attempt(earlier, &failure.undecided));
                }
                return Err(failure);
            }
        };
        let earlier = self.undecided.take().unwrap_or_default();
        let together = |(index, outcome): (usize, StepOutcome)| {
            let removes = self.steps.get(index).is_some_and(|step| step.again == Replay::Removal);
            match (outcome, earlier.get(index)) {
                (StepOutcome::Changed(0), Some(StepOutcome::Changed(rows))) if removes => {
                    StepOutcome::AlreadyRemoved(*rows)
                }
                (outcome, _) => outcome,
            }
        };
        Ok(outcomes.into_iter().enumerate().map(together).collect())
    }
}

/// Returns the outcomes of several attempts that may all have committed. A change in one counts, whatever the others found: one
/// may have been cut off before it reached the step.
fn of_any_attempt(mut earlier: Vec<StepOutcome>, later: &[StepOutcome]) -> Vec<StepOutcome> {
    for (index, outcome) in later.iter().enumerate() {
        match earlier.get_mut(index) {
            Some(StepOutcome::Changed(rows)) if *rows > 0 => {}
            Some(found) => *found = outcome.clone(),
            None => earlier.push(outcome.clone()),
        }
    }
    earlier
}

fn lock(attempts: &Mutex<WriteAttempts>) -> MutexGuard<'_, WriteAttempts> {
    attempts.lock().unwrap_or_else(PoisonError::into_inner)
}
