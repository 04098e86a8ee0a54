//! Retries of transient failures.

use std::future::Future;
use std::time::{Duration, Instant};

use super::failure::{FailureClass, SqlFailure};
use crate::random;

/// How often and how long to retry.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetryPolicy {
    /// Maximum number of retries.
    pub(super) attempts: u32,
    /// The longest delay before the first retry.
    pub(super) base_delay: Duration,
    /// The growth of the delay from one retry to the next.
    pub(super) factor: f64,
    /// The upper limit of a delay.
    pub(super) max_delay: Duration,
    /// The total time after which there is no further retry: a lock timeout must not be waited for four times.
    pub(super) retry_timeout: Duration,
}

impl RetryPolicy {
    /// No retries.
    pub(super) const NEVER: Self = Self {
        attempts: 0,
        base_delay: Duration::ZERO,
        factor: 1.0,
        max_delay: Duration::ZERO,
        retry_timeout: Duration::ZERO,
    };

    /// Runs `work` until it succeeds, fails permanently, or the limits are reached.
    pub(super) async fn run<T, F: Future<Output = Result<T, SqlFailure>>>(
        &self,
        mut work: impl FnMut() -> F,
    ) -> Result<T, SqlFailure> {
        let started = Instant::now();
        let mut retries = 0;
        // A restarting server refuses connections for a moment.
        let mut restarts = false;
        loop {
            match work().await {
                Err(failure)
                    if retries < self.attempts
                        && (failure.class.is_transient()
                            || (restarts && failure.class == FailureClass::Unreachable)) =>
                {
                    restarts |= failure.class.is_restart();
                    let delay = random::pause_up_to(self.longest_delay(retries));
                    if started.elapsed() + delay >= self.retry_timeout {
                        return Err(failure);
                    }
                    tokio::time::sleep(delay).await;
                    retries += 1;
                }
                result => return result,
            }
        }
    }

    /// Full jitter: the actual delay is random, between 0 and this.
    fn longest_delay(&self, retries: u32) -> Duration {
        let exponent = i32::try_from(retries).unwrap_or(i32::MAX);
        let seconds = self.base_delay.as_secs_f64() * self.factor.powi(exponent);
        Duration::try_from_secs_f64(seconds).unwrap_or(self.max_delay).min(self.max_delay)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const QUICK: RetryPolicy = RetryPolicy {
        attempts: 3,
        base_delay: Duration::from_millis(1),
        factor: 2.0,
        max_delay: Duration::from_millis(3),
        retry_timeout: Duration::from_secs(10),
    };

    async fn attempts(retry: RetryPolicy, class: FailureClass, failures: u32) -> (u32, bool) {
        let count = Cell::new(0);
        let result = retry
            .run(|| {
                count.set(count.get() + 1);
                let fails = count.get() <= failures;
                async move { if fails { Err(SqlFailure::new(class, "no")) } else { Ok(()) } }
            })
            .await;
        (count.get(), result.is_ok())
    }

    #[tokio::test]
    async fn only_what_fails_for_a_moment_is_tried_again() {
        assert_eq!(attempts(QUICK, FailureClass::Busy, 2).await, (3, true));
        assert_eq!(attempts(QUICK, FailureClass::Busy, 9).await, (4, false));
        for class in [FailureClass::Duplicate, FailureClass::Other, FailureClass::Corrupt, FailureClass::Unreachable] {
            assert_eq!(attempts(QUICK, class, 1).await, (1, false), "{class:?}");
        }
        assert_eq!(attempts(RetryPolicy::NEVER, FailureClass::Busy, 1).await, (1, false));
    }

    #[tokio::test]
    async fn patience_ends_the_retries() {
        let retry = RetryPolicy { retry_timeout: Duration::ZERO, ..QUICK };
        assert_eq!(attempts(retry, FailureClass::Busy, 9).await, (1, false));
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let delays = [0, 1, 2, 3, 4_000].map(|retries| QUICK.longest_delay(retries).as_millis());
        assert_eq!(delays, [1, 2, 3, 3, 3]);
    }
}
