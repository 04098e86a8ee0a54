//! The connection pool: bb8, extended by SQLAlchemy's overflow, the reason of a failed connect, and exact counters.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::driver::{Connection, Driver};
use super::failure::{FailureClass, SqlFailure};
use super::statement::Statement;
use crate::store::contract::{ConnectionMetrics, OperationMetrics, TimingMetrics};

/// The limits of a pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct PoolLimits {
    /// Connections kept open.
    pub(super) kept: u32,
    /// Maximum number of connections.
    pub(super) all: u32,
    /// How long to wait for a free connection.
    pub(super) timeout: Duration,
    /// Age after which a connection is replaced.
    pub(super) recycle: Option<Duration>,
    /// Whether a connection is tested before it is handed out.
    pub(super) pre_ping: bool,
}

/// A pool of connections to one database. Connects on first use.
pub(super) struct ConnectionPool {
    driver: Arc<dyn Driver>,
    limits: PoolLimits,
    // bb8 spawns a task when it is built, so it is built in the first operation, inside a runtime.
    inner: Mutex<Option<bb8::Pool<ConnectionManager>>>,
    counts: Arc<PoolCounters>,
    failures: watch::Sender<Option<SqlFailure>>,
}

impl fmt::Debug for ConnectionPool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pool").field("driver", &self.driver).field("limits", &self.limits).finish()
    }
}

impl ConnectionPool {
    /// Returns a pool of connections that `driver` opens.
    pub(super) fn new(driver: Arc<dyn Driver>, limits: PoolLimits) -> Self {
        let limits = if driver.is_ephemeral() {
            // The data is lost with the connection: there is exactly one, and it stays open.
            PoolLimits { kept: 1, all: 1, recycle: None, ..limits }
        } else {
            limits
        };
        Self {
            driver,
            limits,
            inner: Mutex::new(None),
            counts: Arc::new(PoolCounters { kept: limits.kept.into(), ..PoolCounters::default() }),
            failures: watch::Sender::new(None),
        }
    }

    /// Whether the pool has been used.
    pub(super) fn is_open(&self) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes a connection, which returns to the pool when it is dropped.
    pub(super) async fn get(&self) -> Result<PooledConnection, SqlFailure> {
        let started = Instant::now();
        let pool = self.opened();
        let mut failures = self.failures.subscribe();
        let result = tokio::select! {
            biased;
            result = pool.get_owned() => result.map_err(|error| match error {
                bb8::RunError::User(failure) => failure,
                bb8::RunError::TimedOut => SqlFailure::new(
                    FailureClass::PoolExhausted,
                    format!("no connection became free within {} s", self.limits.timeout.as_secs_f64()),
                ),
            }),
            // bb8 would let all waiting callers run into the timeout after a failed connect.
            _ = failures.changed() => Err(failures
                .borrow_and_update()
                .clone()
                .unwrap_or_else(|| SqlFailure::new(FailureClass::Unreachable, "no connection could be opened"))),
        };
        match result {
            Ok(connection) => {
                self.counts.checked_out(started.elapsed());
                Ok(PooledConnection(connection))
            }
            Err(failure) => {
                self.counts.checkout_failures.fetch_add(1, Ordering::Relaxed);
                Err(failure)
            }
        }
    }

    /// Closes all connections; those in use are closed when they are returned. Returns their number.
    pub(super) fn recycle(&self) -> u64 {
        if self.driver.is_ephemeral() {
            return 0;
        }
        let old = self.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        let size = old.map_or(0, |pool| pool.state().connections.into());
        self.counts.recycles.fetch_add(size, Ordering::Relaxed);
        size
    }

    /// Returns the counters of connections.
    pub(super) fn connections(&self) -> ConnectionMetrics {
        self.counts.connections()
    }

    /// Returns the counters of operations.
    pub(super) fn operations(&self) -> OperationMetrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        OperationMetrics {
            checkouts: read(&self.counts.checkouts),
            checkins: read(&self.counts.checkins),
            checkout_failures: read(&self.counts.checkout_failures),
            recycles: read(&self.counts.recycles),
            invalidations: read(&self.counts.invalidations),
        }
    }

    /// Returns the times of operations.
    pub(super) fn timing(&self) -> TimingMetrics {
        self.counts.timing()
    }

    fn opened(&self) -> bb8::Pool<ConnectionManager> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner
            .get_or_insert_with(|| {
                bb8::Pool::builder()
                    .max_size(self.limits.all.max(1))
                    .min_idle(None)
                    .test_on_check_out(true)
                    // bb8's own reaper takes a task and runs every 30 seconds; here the age is checked at checkout.
                    .max_lifetime(None)
                    .idle_timeout(None)
                    .connection_timeout(self.limits.timeout.max(Duration::from_millis(1)))
                    .retry_connection(false)
                    .queue_strategy(bb8::QueueStrategy::Lifo)
                    .build_unchecked(ConnectionManager {
                        driver: Arc::clone(&self.driver),
                        limits: self.limits,
                        counts: Arc::clone(&self.counts),
                        failures: self.failures.clone(),
                    })
            })
            .clone()
    }
}

/// A connection taken from the pool.
pub(super) struct PooledConnection(bb8::PooledConnection<'static, ConnectionManager>);

impl Deref for PooledConnection {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        &*self.0.connection
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.0.connection
    }
}

/// Opens, tests and closes connections for bb8.
struct ConnectionManager {
    driver: Arc<dyn Driver>,
    limits: PoolLimits,
    counts: Arc<PoolCounters>,
    failures: watch::Sender<Option<SqlFailure>>,
}

impl bb8::ManageConnection for ConnectionManager {
    type Connection = PoolEntry;
    type Error = SqlFailure;

    async fn connect(&self) -> Result<PoolEntry, SqlFailure> {
        let started = Instant::now();
        match self.driver.connect().await {
            Ok(connection) => {
                self.counts.opened(started.elapsed());
                let counts = Arc::clone(&self.counts);
                Ok(PoolEntry { connection, counts, opened: Instant::now(), is_fresh: true, is_turned_away: false })
            }
            Err(failure) => {
                self.failures.send_replace(Some(failure.clone()));
                Err(failure)
            }
        }
    }

    async fn is_valid(&self, pooled: &mut PoolEntry) -> Result<(), SqlFailure> {
        if std::mem::take(&mut pooled.is_fresh) {
            return Ok(());
        }
        // Until the test has passed.
        pooled.is_turned_away = true;
        if pooled.connection.is_broken() {
            self.counts.invalidations.fetch_add(1, Ordering::Relaxed);
            return Err(SqlFailure::new(FailureClass::ConnectionLost, "the connection is gone"));
        }
        if self.limits.recycle.is_some_and(|age| pooled.opened.elapsed() > age) {
            self.counts.recycles.fetch_add(1, Ordering::Relaxed);
            return Err(SqlFailure::new(FailureClass::Other, "the connection is old"));
        }
        if self.limits.pre_ping {
            let answer = pooled.connection.read(Statement::new("SELECT 1")).await;
            if answer.is_err() {
                self.counts.invalidations.fetch_add(1, Ordering::Relaxed);
            }
            answer?;
        }
        pooled.is_turned_away = false;
        Ok(())
    }

    /// bb8 calls this when a connection is returned: broken and surplus connections are closed here. It also calls this
    /// for a connection that failed its test; that one is already counted.
    fn has_broken(&self, pooled: &mut PoolEntry) -> bool {
        if pooled.is_turned_away {
            return true;
        }
        self.counts.checked_in();
        if pooled.connection.is_broken() {
            self.counts.invalidations.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        self.counts.idle() > self.counts.kept
    }
}

/// A connection with its age, which counts its own end.
struct PoolEntry {
    connection: Box<dyn Connection>,
    counts: Arc<PoolCounters>,
    opened: Instant,
    is_fresh: bool,
    is_turned_away: bool,
}

impl Drop for PoolEntry {
    fn drop(&mut self) {
        self.counts.closed.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
struct PoolCounters {
    kept: u64,
    created: AtomicU64,
    closed: AtomicU64,
    peak: AtomicU64,
    checkouts: AtomicU64,
    checkins: AtomicU64,
    checkout_failures: AtomicU64,
    recycles: AtomicU64,
    invalidations: AtomicU64,
    checkout_microseconds: AtomicU64,
    longest_checkout_microseconds: AtomicU64,
    connecting_microseconds: AtomicU64,
}

impl PoolCounters {
    fn opened(&self, took: Duration) {
        self.created.fetch_add(1, Ordering::Relaxed);
        self.connecting_microseconds.fetch_add(microseconds(took), Ordering::Relaxed);
    }

    fn checked_out(&self, took: Duration) {
        self.checkouts.fetch_add(1, Ordering::Relaxed);
        self.checkout_microseconds.fetch_add(microseconds(took), Ordering::Relaxed);
        self.longest_checkout_microseconds.fetch_max(microseconds(took), Ordering::Relaxed);
        self.peak.fetch_max(self.in_use(), Ordering::Relaxed);
    }

    fn checked_in(&self) {
        self.checkins.fetch_add(1, Ordering::Relaxed);
    }

    fn size(&self) -> u64 {
        self.created.load(Ordering::Relaxed).saturating_sub(self.closed.load(Ordering::Relaxed))
    }

    fn in_use(&self) -> u64 {
        self.checkouts.load(Ordering::Relaxed).saturating_sub(self.checkins.load(Ordering::Relaxed))
    }

    fn idle(&self) -> u64 {
        self.size().saturating_sub(self.in_use())
    }

    fn connections(&self) -> ConnectionMetrics {
        ConnectionMetrics {
            total_created: self.created.load(Ordering::Relaxed),
            total_closed: self.closed.load(Ordering::Relaxed),
            current_size: self.size(),
            current_checked_out: self.in_use(),
            current_overflow: self.size().saturating_sub(self.kept),
            peak: self.peak.load(Ordering::Relaxed),
            idle: self.idle(),
        }
    }

    fn timing(&self) -> TimingMetrics {
        let count = self.checkouts.load(Ordering::Relaxed);
        let all = milliseconds(&self.checkout_microseconds);
        TimingMetrics {
            avg_checkout_ms: if count == 0 { 0.0 } else { all / as_float(count) },
            max_checkout_ms: milliseconds(&self.longest_checkout_microseconds),
            total_connection_time_ms: milliseconds(&self.connecting_microseconds),
        }
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn milliseconds(microseconds: &AtomicU64) -> f64 {
    Duration::from_micros(microseconds.load(Ordering::Relaxed)).as_secs_f64() * 1_000.0
}

fn as_float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
