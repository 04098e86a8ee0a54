//! The retry budget of one request: attempts, the pauses between them, and the time they may take together.

use std::future::Future;
use std::time::Duration;

use object_store::client::HttpResponse;
use tokio::time::Instant;

use crate::random;
use crate::store::objects::service_error::ServiceError;

/// Longest pause after the first failed attempt. It doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Upper bound of every pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Number of attempts to connect to an address that refuses connections.
const CONNECT_ATTEMPTS: u32 = 3;

/// Number of attempts that are repeated at once because the client has learned something: a region, a fresh token.
const CORRECTIONS: u32 = 4;

/// How one attempt ended.
#[derive(Debug)]
pub(in crate::store::objects) enum Attempt {
    /// The response that the caller gets.
    Done(HttpResponse),
    /// Repeat at once: the next attempt uses something that this one has taught.
    RetryNow(ServiceError),
    /// Repeat after a pause: the one that the server asks for, or a random one.
    RetryLater(ServiceError, Option<Duration>, RetryLimit),
    /// Repeating cannot help.
    Fail(ServiceError),
}

/// How often a failed attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::objects) enum RetryLimit {
    /// Never.
    Never,
    /// A few times: the address refuses connections, and is probably wrong.
    Few,
    /// Until the retry budget is used up.
    Budget,
}

/// The time that all attempts of one request may take together (`retry_timeout`).
#[derive(Clone, Copy, Debug)]
pub(in crate::store::objects) struct RetryBudget(pub(in crate::store::objects) Duration);

impl RetryBudget {
    /// How long one attempt waits without progress before it is given up: a third of the budget, so that a silent server
    /// leaves time for others.
    pub(in crate::store::objects) fn stall_timeout(self) -> Duration {
        (self.0 / 3).max(Duration::from_millis(100))
    }

    /// Makes attempts until one is done or fails for good, or the budget is used up. Then the last failure is the result.
    pub(in crate::store::objects) async fn run<F>(
        self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<HttpResponse, ServiceError>
    where
        F: Future<Output = Attempt>,
    {
        let (mut failed, mut corrected, mut began) = (0, 0, Instant::now());
        loop {
            let started = Instant::now();
            let (error, asked, limit) = match attempt().await {
                Attempt::Done(response) => return Ok(response),
                Attempt::Fail(error) => return Err(error),
                Attempt::RetryNow(error) if corrected >= CORRECTIONS => return Err(error),
                Attempt::RetryNow(_) => {
                    corrected += 1;
                    continue;
                }
                Attempt::RetryLater(error, asked, limit) => (error, asked, limit),
            };
            // Only waiting counts: the transfer of a large body may take longer than the whole budget.
            let spent = started.elapsed();
            began += spent.saturating_sub(self.stall_timeout()).min(spent);
            let pause = asked.unwrap_or_else(|| pause_after(failed));
            failed += 1;
            let is_last = match limit {
                RetryLimit::Never => true,
                RetryLimit::Few => failed >= CONNECT_ATTEMPTS,
                RetryLimit::Budget => false,
            };
            if is_last || began.elapsed().saturating_add(pause) >= self.0 {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
        }
    }
}

/// A random pause after `failed` earlier failures: between half of the longest and the longest.
fn pause_after(failed: u32) -> Duration {
    let half = FIRST_PAUSE.saturating_mul(1 << failed.min(10)).min(LONGEST_PAUSE) / 2;
    half + random::pause_up_to(half)
}
