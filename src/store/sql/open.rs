//! Opens a store from the options of a profile.

use std::sync::Arc;
use std::time::Duration;

use super::breaker::{BreakerLimits, CircuitBreaker};
use super::breaker_file;
use super::database::Database;
use super::dialects;
use super::digest_columns::DigestColumns;
use super::driver::{DriverSettings, OpenedDriver};
use super::options::DatabaseOptions;
use super::pool::{ConnectionPool, PoolLimits};
use super::result_table::ResultTable;
use super::retry::RetryPolicy;
use super::schema;
use super::scope::TableScope;
use super::store::SqlResultStore;
use super::url::DatabaseUrl;
use crate::error::Result;
use crate::result::DocumentLimit;
use crate::store::contract::{PoolConfig, StoreContext};

/// The number of connections that stands for "no limit".
const NO_LIMIT: u32 = 1_000;

/// Returns a store over the database at `url`, without connecting.
pub(super) fn store(options: &DatabaseOptions, url: &DatabaseUrl, context: StoreContext) -> Result<SqlResultStore> {
    let StoreContext { profile, state_directory, notices } = context;
    if options.password.is_some() {
        notices.source("password", "the option password");
    } else if url.has_password() {
        notices.source("password", "connection_url");
    }
    let settings = DriverSettings {
        echo: (options.echo || notices.are_detailed()).then(|| notices.clone()),
        response_timeout: options.pooling.response_timeout,
        notices: notices.clone(),
    };
    let OpenedDriver { driver, location, retry_timeout } = dialects::open(url, settings)?;
    let table = schema::table_name(&options.table_prefix)?;
    let pooling = &options.pooling;
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);

    let breaker = (options.use_pool_manager && pooling.enable_circuit_breaker).then(|| {
        let limits = BreakerLimits {
            failures: pooling.failure_threshold,
            successes: pooling.success_threshold,
            recovery: seconds(pooling.recovery_timeout),
            calls: pooling.half_open_max_calls,
        };
        let path = state_directory.as_deref().map(|directory| breaker_file::path(directory, &profile, &location));
        CircuitBreaker::new(limits, path, notices.clone())
    });
    let retry = if options.use_pool_manager && pooling.enable_retry {
        RetryPolicy {
            attempts: pooling.max_retries,
            base_delay: seconds(pooling.retry_base_delay),
            factor: pooling.retry_factor,
            max_delay: seconds(pooling.retry_max_delay),
            retry_timeout,
        }
    } else {
        RetryPolicy::NEVER
    };
    let (kept, overflow) = (options.kept_connections(), options.overflow_connections());
    let limits = if options.use_pool_manager {
        PoolLimits {
            // As in SQLAlchemy, a pool of size 0 has no limit.
            kept: if kept == 0 { NO_LIMIT } else { kept },
            all: if kept == 0 { NO_LIMIT } else { kept.saturating_add(overflow) },
            timeout: seconds(pooling.pool_timeout),
            recycle: u64::try_from(pooling.pool_recycle).ok().map(Duration::from_secs),
            pre_ping: pooling.pool_pre_ping,
        }
    } else {
        PoolLimits { kept: 1, all: 1, timeout: seconds(pooling.pool_timeout), recycle: None, pre_ping: false }
    };

    let scope = TableScope {
        table: table.clone(),
        namespace: options.namespace.clone(),
        zone: options.time_zone.zone()?,
        grammar: driver.grammar(),
        limit: DocumentLimit::new(options.max_document_size),
    };
    let database = Arc::new(Database {
        pool: ConnectionPool::new(Arc::clone(&driver), limits),
        driver,
        retry,
        breaker,
        table,
        create_tables: options.create_tables,
        digests: DigestColumns::default(),
    });
    let config = PoolConfig {
        connection_url: url.masked(),
        pool_size: kept,
        max_overflow: overflow,
        pool_timeout: pooling.pool_timeout,
        pool_recycle: pooling.pool_recycle,
    };
    let table = ResultTable { database, scope, url: url.masked(), notices };
    Ok(SqlResultStore::new(table, config, options.redact, seconds(pooling.health_check_timeout)))
}
