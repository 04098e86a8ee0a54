//! Options and report of `pool-status`.

use jiff::Timestamp;
use serde::Serialize;

/// What to do to a pool before reporting on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolActions {
    /// Replace every connection.
    pub recycle: bool,
    /// Close the circuit breaker, and forget its failures.
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
    /// What is configured.
    pub config: PoolConfig,
    /// What has been counted.
    pub metrics: PoolMetrics,
    /// Why it is not healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The configured limits of a pool.
#[derive(Clone, Debug, Serialize)]
pub struct PoolConfig {
    /// The address, with every secret masked.
    pub connection_url: String,
    /// Connections that are kept.
    pub pool_size: u32,
    /// Connections beyond those, closed when returned.
    pub max_overflow: u32,
    /// Seconds to wait for a free connection.
    pub pool_timeout: f64,
    /// Seconds after which a connection is replaced; -1 for never.
    pub pool_recycle: i64,
}

/// What a pool has counted since it was opened; the breaker's figures are those of all processes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PoolMetrics {
    /// How many connections there are and were.
    pub connections: ConnectionMetrics,
    /// What was done with them.
    pub operations: OperationMetrics,
    /// How long it took, in milliseconds.
    pub timing: TimingMetrics,
    /// What the health checks said.
    pub health: HealthMetrics,
    /// What the circuit breaker did.
    pub circuit_breaker: CircuitBreakerMetrics,
}

/// How many connections there are and were.
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

/// What was done with connections.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct OperationMetrics {
    pub checkouts: u64,
    pub checkins: u64,
    pub checkout_failures: u64,
    pub recycles: u64,
    pub invalidations: u64,
}

/// How long checkouts and connecting took, in milliseconds.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct TimingMetrics {
    pub avg_checkout_ms: f64,
    pub max_checkout_ms: f64,
    pub total_connection_time_ms: f64,
}

/// What the health checks said.
#[derive(Clone, Debug, Default, Serialize)]
pub struct HealthMetrics {
    /// How many were answered.
    pub checks_passed: u64,
    /// How many were not.
    pub checks_failed: u64,
    /// When the last one was made, RFC 3339.
    pub last_check: Option<Timestamp>,
}

/// What the circuit breaker did, in all processes that share its state.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names are the documentation, and truthound's")]
pub struct CircuitBreakerMetrics {
    pub opens: u64,
    pub closes: u64,
    pub requests_rejected: u64,
}
