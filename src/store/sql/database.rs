//! A database behind its pool, its retries and its circuit breaker: the one way to run a statement.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::breaker::{Breaker, CallEnd};
use super::driver::{Again, Driver, Step};
use super::failure::{Failure, FailureClass, StepOutcome};
use super::pool::Pool;
use super::reader::Reader;
use super::retry::Retry;
use super::statement::{Row, Statement};

/// A database, however it is reached.
#[derive(Debug)]
pub(super) struct Database {
    /// How to reach it.
    pub(super) driver: Arc<dyn Driver>,
    /// Its connections.
    pub(super) pool: Pool,
    /// Trying again.
    pub(super) retry: Retry,
    /// Leaving it alone; none where that is switched off.
    pub(super) breaker: Option<Breaker>,
    /// The table.
    pub(super) table: String,
    /// Whether a missing table is made.
    pub(super) create_tables: bool,
}

impl Database {
    /// Runs a statement that changes nothing.
    pub(super) async fn read(&self, statement: &Statement) -> Result<Vec<Row>, Failure> {
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
    pub(super) async fn write(&self, steps: Arc<Vec<Step>>, creates: bool) -> Result<Vec<StepOutcome>, Failure> {
        let steps = Mutex::new(Attempts { steps, undecided: None });
        self.guarded(|| async {
            let now = lock(&steps).steps();
            let result = self.write_once(now, creates).await;
            lock(&steps).end(result)
        })
        .await
    }

    async fn write_once(&self, steps: Arc<Vec<Step>>, creates: bool) -> Result<Vec<StepOutcome>, Failure> {
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
    pub(super) async fn check(&self, timeout: Duration) -> Result<(), Failure> {
        let check = async {
            let mut connection = self.pool.get().await?;
            connection.check().await
        };
        match tokio::time::timeout(timeout, check).await {
            // A file that is not there yet is no trouble: the first save makes it.
            Ok(Err(failure)) if self.create_tables && failure.class == FailureClass::MissingDatabase => Ok(()),
            Ok(result) => result,
            Err(_) => {
                Err(Failure::new(FailureClass::Unreachable, format!("no answer within {} s", timeout.as_secs_f64())))
            }
        }
    }

    /// Takes a connection for the statements of one count or list.
    pub(super) async fn reader(&self) -> Result<Reader, Failure> {
        self.pool.get().await.map(Reader::new)
    }

    /// Tells the circuit breaker of a failure on a connection that was there already. The breaker does not stop statements on
    /// such a connection.
    pub(super) fn note(&self, failure: &Failure) {
        if let Some(breaker) = self.breaker.as_ref().filter(|_| failure.class.is_outage()) {
            breaker.record_outage(Timestamp::now());
        }
    }

    /// Runs `work` until it succeeds, as often as the retries allow, unless the circuit breaker is open.
    pub(super) async fn guarded<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        work: impl FnMut() -> F,
    ) -> Result<T, Failure> {
        let Some(breaker) = &self.breaker else { return self.retry.run(work).await };
        let permit = breaker.admit(Timestamp::now()).map_err(|again_at| {
            Failure::new(
                FailureClass::CircuitOpen,
                format!("the circuit breaker is open after repeated failures; it will try again at {again_at:.0}"),
            )
        })?;
        let result = self.retry.run(work).await;
        let end = match &result {
            Ok(_) => CallEnd::Answered,
            Err(failure) if failure.class.is_outage() => CallEnd::Outage,
            Err(failure) if failure.class.is_answer() => CallEnd::Answered,
            Err(_) => CallEnd::Unknown,
        };
        breaker.record(&permit, end, Timestamp::now());
        result
    }
}

/// Steps that may have to be run more than once.
struct Attempts {
    steps: Arc<Vec<Step>>,
    /// What an earlier time may have done; none where it is known to have done nothing.
    undecided: Option<Vec<StepOutcome>>,
}

impl Attempts {
    /// The steps to run now.
    fn steps(&self) -> Arc<Vec<Step>> {
        if self.undecided.is_none() {
            return Arc::clone(&self.steps);
        }
        let with_claim = |step: &Step| {
            let mut step = step.clone();
            if let Again::Unless(claim) = &step.again {
                step.statements.push(claim.clone());
            }
            step
        };
        Arc::new(self.steps.iter().map(with_claim).collect())
    }

    /// What came of them, seen together with what an earlier time may have done.
    fn end(&mut self, result: Result<Vec<StepOutcome>, Failure>) -> Result<Vec<StepOutcome>, Failure> {
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
        let together = |(index, outcome): (usize, StepOutcome)| {
            let removes = self.steps.get(index).is_some_and(|step| step.again == Again::Gone);
            match (outcome, earlier.get(index)) {
                (StepOutcome::Changed(0), Some(StepOutcome::Changed(rows))) if removes => StepOutcome::Gone(*rows),
                (outcome, _) => outcome,
            }
        };
        Ok(outcomes.into_iter().enumerate().map(together).collect())
    }
}

fn lock(attempts: &Mutex<Attempts>) -> MutexGuard<'_, Attempts> {
    attempts.lock().unwrap_or_else(PoisonError::into_inner)
}
