//! A database behind its pool, its retries and its circuit breaker: the one way to run a statement.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::breaker::{CallOutcome, CircuitBreaker};
use super::driver::{Driver, Replay, WriteStep};
use super::failure::{FailureClass, SqlFailure, WriteOutcome};
use super::pool::ConnectionPool;
use super::reader::ReadConnection;
use super::retry::RetryPolicy;
use super::statement::{SqlRow, Statement};

/// A database, however it is reached.
#[derive(Debug)]
pub(super) struct Database {
    /// How to reach it.
    pub(super) driver: Arc<dyn Driver>,
    /// Its connections.
    pub(super) pool: ConnectionPool,
    /// Trying again.
    pub(super) retry: RetryPolicy,
    /// Leaving it alone; none where that is switched off.
    pub(super) breaker: Option<CircuitBreaker>,
    /// The table.
    pub(super) table: String,
    /// Whether a missing table is made.
    pub(super) create_tables: bool,
}

impl Database {
    /// Runs a statement that changes nothing.
    pub(super) async fn read(&self, statement: &Statement) -> Result<Vec<SqlRow>, SqlFailure> {
        self.guarded(|| async {
            let mut connection = self.pool.get().await?;
            connection.read(statement.clone()).await
        })
        .await
    }

    /// Runs steps in one transaction. With `creates`, a missing file or table is made first, if the profile allows.
    ///
    /// When the answer to a transaction is lost, it is run again, and what the first time may have done is not taken for
    /// somebody else's.
    pub(super) async fn write(
        &self,
        steps: Arc<Vec<WriteStep>>,
        creates: bool,
    ) -> Result<Vec<WriteOutcome>, SqlFailure> {
        let steps = Mutex::new(WriteAttempts { steps, undecided: None });
        self.guarded(|| async {
            let now = lock(&steps).steps();
            let result = self.write_once(now, creates).await;
            lock(&steps).end(result)
        })
        .await
    }

    async fn write_once(&self, steps: Arc<Vec<WriteStep>>, creates: bool) -> Result<Vec<WriteOutcome>, SqlFailure> {
        let creates = creates && self.create_tables;
        let mut connection = match self.pool.get().await {
            Err(failure) if creates && failure.class == FailureClass::MissingDatabase => {
                self.driver.create_database().await?;
                self.pool.get().await?
            }
            result => result?,
        };
        match connection.write(Arc::clone(&steps)).await {
            Err(failure) if creates && failure.class == FailureClass::MissingTable => {
                connection.create_table(&self.table).await?;
                connection.write(steps).await
            }
            result => result,
        }
    }

    /// Whether the database answers within `timeout`. The breaker neither stops this nor learns from it.
    pub(super) async fn check(&self, timeout: Duration) -> Result<(), SqlFailure> {
        let check = async {
            let mut connection = self.pool.get().await?;
            connection.check().await
        };
        match tokio::time::timeout(timeout, check).await {
            // A file that is not there yet is no trouble: the first save makes it.
            Ok(Err(failure)) if self.create_tables && failure.class == FailureClass::MissingDatabase => Ok(()),
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

    /// Tells the circuit breaker of a failure on a connection that was there already. The breaker does not stop statements on
    /// such a connection.
    pub(super) fn note(&self, failure: &SqlFailure) {
        if let Some(breaker) = self.breaker.as_ref().filter(|_| failure.class.is_outage()) {
            breaker.record_outage(Timestamp::now());
        }
    }

    /// Runs `work` until it succeeds, as often as the retries allow, unless the circuit breaker is open.
    pub(super) async fn guarded<T, F: Future<Output = Result<T, SqlFailure>>>(
        &self,
        work: impl FnMut() -> F,
    ) -> Result<T, SqlFailure> {
        let Some(breaker) = &self.breaker else { return self.retry.run(work).await };
        let permit = breaker.admit(Timestamp::now()).map_err(|again_at| {
            SqlFailure::new(
                FailureClass::CircuitOpen,
                format!("the circuit breaker is open after repeated failures; it will try again at {again_at:.0}"),
            )
        })?;
        let result = self.retry.run(work).await;
        let end = match &result {
            Ok(_) => CallOutcome::Answered,
            Err(failure) if failure.class.is_outage() => CallOutcome::Outage,
            Err(failure) if failure.class.is_answer() => CallOutcome::Answered,
            Err(_) => CallOutcome::Unknown,
        };
        breaker.record(&permit, end, Timestamp::now());
        result
    }
}

/// Steps that may have to be run more than once.
struct WriteAttempts {
    steps: Arc<Vec<WriteStep>>,
    /// What an earlier time may have done; none where it is known to have done nothing.
    undecided: Option<Vec<WriteOutcome>>,
}

impl WriteAttempts {
    /// The steps to run now.
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

    /// What came of them, seen together with what an earlier time may have done.
    fn end(&mut self, result: Result<Vec<WriteOutcome>, SqlFailure>) -> Result<Vec<WriteOutcome>, SqlFailure> {
        let outcomes = match result {
            Ok(outcomes) => outcomes,
            Err(failure) => {
                if failure.class == FailureClass::ConnectionLost && self.undecided.is_none() {
                    self.undecided = Some(failure.undecided.clone());
                }
                return Err(failure);
            }
        };
        let earlier = self.undecided.take().unwrap_or_default();
        let together = |(index, outcome): (usize, WriteOutcome)| {
            let removes = self.steps.get(index).is_some_and(|step| step.again == Replay::Removal);
            match (outcome, earlier.get(index)) {
                (WriteOutcome::Changed(0), Some(WriteOutcome::Changed(rows))) if removes => {
                    WriteOutcome::AlreadyRemoved(*rows)
                }
                (outcome, _) => outcome,
            }
        };
        Ok(outcomes.into_iter().enumerate().map(together).collect())
    }
}

fn lock(attempts: &Mutex<WriteAttempts>) -> MutexGuard<'_, WriteAttempts> {
    attempts.lock().unwrap_or_else(PoisonError::into_inner)
}
