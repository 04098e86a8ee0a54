//! A database behind its pool, its retries and its circuit breaker: the one way to run a statement.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::breaker::{Breaker, CallEnd};
use super::driver::{Driver, Failure, FailureClass, Step, StepOutcome};
use super::pool::Pool;
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
    pub(super) async fn write(&self, steps: Arc<Vec<Step>>, creates: bool) -> Result<Vec<StepOutcome>, Failure> {
        self.guarded(|| async {
            let mut connection = match self.pool.get().await {
                Err(failure) if creates && self.create_tables && failure.class == FailureClass::MissingDatabase => {
                    self.driver.create_database().await?;
                    self.pool.get().await?
                }
                result => result?,
            };
            match connection.write(Arc::clone(&steps)).await {
                Err(failure) if creates && self.create_tables && failure.class == FailureClass::MissingTable => {
                    connection.create_table(&self.table).await?;
                    connection.write(Arc::clone(&steps)).await
                }
                result => result,
            }
        })
        .await
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

    async fn guarded<T, F: Future<Output = Result<T, Failure>>>(&self, work: impl FnMut() -> F) -> Result<T, Failure> {
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
