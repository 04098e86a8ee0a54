//! Options and report of `pool-status`.

use jiff::Timestamp;
use serde::Serialize;

/// Actions to take on a pool before the report.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolActions {
    /// Replace every connection.
    pub recycle: bool,
    /// Close the circuit breaker and forget its failures.
    pub reset_breaker: bool,
}

/// The state of a database's connection pool, in the shape of truthound's `get_pool_status()`
/// (`truthound/stores/backends/connection_pool.py`).
#[derive(Clone, Debug, Serialize)]
pub struct PoolStatus {
    /// Whether the pool has been opened.
    pub initialized: bool,
    /// Whether the pool has been closed.
    pub disposed: bool,
    /// Whether the database answered the health check.
    pub healthy: bool,
    /// `CLOSED`, `OPEN` or `HALF_OPEN`.
    pub circuit_state: &'static str,
    /// `sqlite`, `postgresql`, `mysql` or `mssql`.
    pub dialect: &'static str,
    /// Configured limits.
    pub config: PoolConfig,
    /// Counters.
    pub metrics: PoolMetrics,
    /// Why the database is unhealthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The configured limits of a pool.
#[derive(Clone, Debug, Serialize)]
pub struct PoolConfig {
    /// URL of the database, with every secret masked.
    pub connection_url: String,
    /// Connections kept open.
    pub pool_size: u32,
    /// Connections allowed beyond `pool_size`; they are closed when returned.
    pub max_overflow: u32,
    /// Seconds to wait for a free connection.
    pub pool_timeout: f64,
    /// Seconds after which a connection is replaced; -1 for never.
    pub pool_recycle: i64,
}

/// Counters of a pool since it was opened. Those of the circuit breaker count all processes that share its state.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PoolMetrics {
    /// Number of connections, now and so far.
    pub connections: ConnectionMetrics,
    /// Number of pool operations.
    pub operations: OperationMetrics,
    /// Durations in milliseconds.
    pub timing: TimingMetrics,
    /// Results of health checks.
    pub health: HealthMetrics,
    /// State changes of the circuit breaker.
    pub circuit_breaker: CircuitBreakerMetrics,
}

/// Number of connections, now and so far.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct ConnectionMetrics {
    pub total_created: u64,
    pub total_closed: u64,
    pub current_size: u64,
    pub current_checked_out: u64,
    pub current_overflow: u64,
    pub peak: u64,
    pub idle: u64,
}

/// Number of pool operations.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct OperationMetrics {
    pub checkouts: u64,
    pub checkins: u64,
    pub checkout_failures: u64,
    pub recycles: u64,
    pub invalidations: u64,
}

/// Duration of checkouts and of connecting, in milliseconds.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct TimingMetrics {
    pub avg_checkout_ms: f64,
    pub max_checkout_ms: f64,
    pub total_connection_time_ms: f64,
}

/// Results of health checks.
#[derive(Clone, Debug, Default, Serialize)]
pub struct HealthMetrics {
    /// Health checks that the database answered.
    pub checks_passed: u64,
    /// Health checks that failed.
    pub checks_failed: u64,
    /// Time of the last health check, RFC 3339.
    pub last_check: Option<Timestamp>,
}

/// State changes of the circuit breaker, in all processes that share its state.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct CircuitBreakerMetrics {
    pub opens: u64,
    pub closes: u64,
    pub requests_rejected: u64,
}
