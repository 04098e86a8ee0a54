//! The report of `pool-status`.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;

use super::database::Database;
use crate::store::contract::{CircuitBreakerMetrics, HealthMetrics, PoolActions, PoolConfig, PoolMetrics, PoolStatus};

/// Checks the health of a database and counts the results.
#[derive(Debug)]
pub(super) struct HealthChecker {
    timeout: Duration,
    metrics: Mutex<HealthMetrics>,
}

impl HealthChecker {
    /// Returns a checker with a timeout for each check.
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, metrics: Mutex::default() }
    }

    /// Runs the requested actions and a health check, and returns the report. The verdict is about what the next
    /// command would meet: an open circuit breaker refuses it, whatever the database says.
    pub(super) async fn report(&self, database: &Database, actions: PoolActions, config: PoolConfig) -> PoolStatus {
        if actions.recycle {
            database.pool.recycle();
        }
        if let Some(breaker) = database.breaker.as_ref().filter(|_| actions.reset_breaker) {
            breaker.reset();
        }
        let checked = database.check(self.timeout).await;
        let now = Timestamp::now();
        let refusal = database.breaker.as_ref().and_then(|breaker| breaker.refusal(now));
        let health = {
            let mut metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
            match checked {
                Ok(()) => metrics.checks_passed += 1,
                Err(_) => metrics.checks_failed += 1,
            }
            metrics.last_check = Some(now);
            metrics.clone()
        };
        let (circuit_state, circuit_breaker) = match &database.breaker {
            Some(breaker) => breaker.status(now),
            None => ("CLOSED", CircuitBreakerMetrics::default()),
        };
        PoolStatus {
            initialized: database.pool.is_open(),
            disposed: false,
            healthy: checked.is_ok() && refusal.is_none(),
            circuit_state,
            dialect: database.driver.grammar().dialect().name(),
            config,
            metrics: PoolMetrics {
                connections: database.pool.connections(),
                operations: database.pool.operations(),
                timing: database.pool.timing(),
                health,
                circuit_breaker,
            },
            error: match (checked, refusal) {
                (Err(failure), None) => Some(failure.reason),
                (Ok(()), Some(refusal)) => Some(format!("{refusal}; the database answers again")),
                (Err(failure), Some(refusal)) => Some(format!("{}; {refusal}", failure.reason)),
                (Ok(()), None) => None,
            },
        }
    }
}
