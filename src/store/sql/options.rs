//! The options of a `database` profile.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::url::{DatabaseUrl, Dialect, anchored_url, masked_url, url_of_address};
use crate::error::{InvalidOption, Result};
use crate::result::{DocumentLimit, Redaction};
use crate::secret::Secret;
use crate::store::address::{AddressOptions, StoreAddress};
use crate::store::options::{StoreOptions, TimeZoneName, check_document_size, check_namespace};

/// The options of a `database` profile: those of truthound's `DatabaseConfig`
/// (`truthound/stores/backends/database.py`).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseOptions {
    /// Where the database is, as SQLAlchemy writes it. Secret, for it may hold a password.
    pub connection_url: Secret,
    /// The password, if it is not in `connection_url`.
    pub password: Option<Secret>,
    /// Keeps projects and environments apart.
    pub namespace: String,
    /// Time zone of times without an offset.
    pub time_zone: TimeZoneName,
    /// Data that `save` drops from documents.
    pub redact: Redaction,
    /// Accepted for Python's sake; ignored here as there. `table_prefix` names the table.
    pub prefix: String,
    /// Put before the name of the table.
    pub table_prefix: String,
    /// Connections that are kept; [`PoolingOptions::pool_size`] wins over it.
    pub pool_size: u32,
    /// Connections beyond those; [`PoolingOptions::max_overflow`] wins over it.
    pub max_overflow: u32,
    /// Whether statements are shown, without their values.
    pub echo: bool,
    /// Whether a missing table, or a missing SQLite file, is made.
    pub create_tables: bool,
    /// Whether connections are pooled, retried and guarded by the breaker.
    pub use_pool_manager: bool,
    /// Accepted by every backend; ignored here, rows are never compressed.
    #[serde(alias = "compression")]
    pub use_compression: bool,
    /// Accepted by every backend; ignored here.
    pub metadata: BTreeMap<String, String>,
    /// The longest document that is saved or read, in bytes. A document is held in memory once or twice.
    pub max_document_size: u64,
    /// How connections are pooled.
    pub pooling: PoolingOptions,
}

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            connection_url: Secret::from("sqlite:///.truthound/store.db"),
            password: None,
            namespace: "default".to_owned(),
            time_zone: TimeZoneName::default(),
            redact: Redaction::default(),
            prefix: String::new(),
            table_prefix: String::new(),
            pool_size: 5,
            max_overflow: 10,
            echo: false,
            create_tables: true,
            use_pool_manager: true,
            use_compression: false,
            metadata: BTreeMap::new(),
            max_document_size: DocumentLimit::OF_MEMORY.bytes(),
            pooling: PoolingOptions::default(),
        }
    }
}

impl DatabaseOptions {
    /// The longest time that an option can name, in seconds: a year.
    pub const LONGEST_SECONDS: f64 = 31_536_000.0;

    /// The longest `table_prefix`: PostgreSQL cuts names, such as those of the indexes, after 63 bytes.
    pub const LONGEST_TABLE_PREFIX: usize = 30;

    /// The address of the database, with the password of the option.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for a `connection_url` that is not a URL.
    pub(super) fn url(&self) -> Result<DatabaseUrl> {
        let url = DatabaseUrl::parse(self.connection_url.expose())?;
        Ok(match &self.password {
            Some(password) => url.with_password(password.clone()),
            None => url,
        })
    }

    fn check_password(&self) -> Result<(), InvalidOption> {
        let Some(password) = &self.password else { return Ok(()) };
        if password.expose().is_empty() {
            return Err(InvalidOption::value("password", "it is empty"));
        }
        // Another message tells why a URL is not one.
        let Ok(url) = DatabaseUrl::parse(self.connection_url.expose()) else { return Ok(()) };
        if url.dialect() == Dialect::Sqlite {
            return Err(InvalidOption::without_effect("password", "a SQLite database has none"));
        }
        if url.has_password() {
            return Err(InvalidOption::exclusive("connection_url", "password", "both hold a password")
                .hint("take the password out of `connection_url`"));
        }
        Ok(())
    }

    /// Connections that are kept.
    pub fn kept_connections(&self) -> u32 {
        self.pooling.pool_size.unwrap_or(self.pool_size)
    }

    /// Connections beyond those, closed when returned.
    pub fn overflow_connections(&self) -> u32 {
        self.pooling.max_overflow.unwrap_or(self.max_overflow)
    }
}

impl StoreOptions for DatabaseOptions {
    const NAME: &'static str = "database";
    const ADDRESSES: &'static [&'static str] =
        &["sqlite:FILE", "postgresql://USER@HOST/DATABASE", "mysql://USER@HOST/DATABASE", "mssql://USER@HOST/DATABASE"];

    fn at(address: &StoreAddress<'_>) -> Option<Result<AddressOptions>> {
        Some(Ok(vec![("connection_url", Secret::from(url_of_address(address.text())?.as_ref()))]))
    }

    fn check(&mut self) -> Result<(), InvalidOption> {
        check_document_size(self.max_document_size)?;
        check_namespace(&self.namespace)?;
        if !self.connection_url.expose().contains("://") {
            return Err(InvalidOption::value("connection_url", "it is not a URL")
                .hint("write sqlite:///FILE, postgresql://, mysql:// or mssql://"));
        }
        self.check_password()?;
        check_table_prefix(&self.table_prefix)?;
        check_connections("pool_size", self.pool_size, 1)?;
        check_connections("max_overflow", self.max_overflow, 0)?;
        self.pooling.check()
    }

    fn set_directory(&mut self, directory: &Path) {
        self.connection_url = Secret::from(anchored_url(self.connection_url.expose(), directory));
    }

    fn location(&self, origin: &dyn Fn(&str) -> Option<String>) -> String {
        let masked = || self.url().map_or_else(|_| masked_url(self.connection_url.expose()), |url| url.masked());
        origin("connection_url").unwrap_or_else(masked)
    }
}

/// More connections than any server takes.
const MOST_CONNECTIONS: u32 = 10_000;

/// The longest time that an option can name, in seconds: a year.
const LONGEST_SECONDS: f64 = 31_536_000.0;

/// The longest `table_prefix`: PostgreSQL cuts names, such as those of the indexes, after 63 bytes.
const LONGEST_TABLE_PREFIX: usize = 30;

/// Checks that `prefix` can begin the name of a table in every database.
///
/// # Errors
/// The option `table_prefix`.
pub(super) fn check_table_prefix(prefix: &str) -> Result<(), InvalidOption> {
    let reason = if !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        "only letters, digits and `_` are allowed (A-Z, a-z, 0-9)".to_owned()
    } else if prefix.len() > LONGEST_TABLE_PREFIX {
        format!("it is longer than {LONGEST_TABLE_PREFIX} characters")
    } else if prefix.to_ascii_lowercase().starts_with("sqlite_") {
        "SQLite reserves names that begin with `sqlite_`".to_owned()
    } else {
        return Ok(());
    };
    Err(InvalidOption::value("table_prefix", reason))
}

fn check_connections(option: &str, number: u32, least: u32) -> Result<(), InvalidOption> {
    if (least..=MOST_CONNECTIONS).contains(&number) {
        return Ok(());
    }
    Err(InvalidOption::value(option, format!("it must be from {least} to {MOST_CONNECTIONS}")))
}

impl PoolingOptions {
    fn check(&self) -> Result<(), InvalidOption> {
        check_connections("pooling.pool_size", self.pool_size.unwrap_or(1), 1)?;
        check_connections("pooling.max_overflow", self.max_overflow.unwrap_or(0), 0)?;
        if self.pool_recycle < -1 {
            return Err(InvalidOption::value("pooling.pool_recycle", "it must be at least 0, or -1 for never"));
        }
        for (option, seconds) in [
            ("pooling.pool_timeout", self.pool_timeout),
            ("pooling.retry_base_delay", self.retry_base_delay),
            ("pooling.retry_max_delay", self.retry_max_delay),
            ("pooling.recovery_timeout", self.recovery_timeout),
            ("pooling.health_check_interval", self.health_check_interval),
            ("pooling.health_check_timeout", self.health_check_timeout),
            ("pooling.response_timeout", self.response_timeout),
        ] {
            if !(0.0..=LONGEST_SECONDS).contains(&seconds) {
                return Err(InvalidOption::value(option, format!("it must be seconds, from 0 to {LONGEST_SECONDS}")));
            }
        }
        // With no time at all, every database would be unhealthy.
        if self.health_check_timeout == 0.0 {
            return Err(InvalidOption::value("pooling.health_check_timeout", "it must be more than 0"));
        }
        if !(1.0..=1e6).contains(&self.retry_factor) {
            return Err(InvalidOption::value("pooling.retry_factor", "it must be from 1 to 1000000"));
        }
        if self.max_retries > 1_000 {
            return Err(InvalidOption::value("pooling.max_retries", "it must be at most 1000"));
        }
        for (option, number) in [
            ("pooling.failure_threshold", self.failure_threshold),
            ("pooling.success_threshold", self.success_threshold),
            ("pooling.half_open_max_calls", self.half_open_max_calls),
        ] {
            if number == 0 {
                return Err(InvalidOption::value(option, "it must be at least 1"));
            }
        }
        Ok(())
    }
}

/// How connections are pooled, retried and guarded: truthound's `PoolingConfig`, and what Python keeps fixed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PoolingOptions {
    /// Connections that are kept.
    pub pool_size: Option<u32>,
    /// Connections beyond those, closed when returned.
    pub max_overflow: Option<u32>,
    /// Seconds to wait for a free connection.
    pub pool_timeout: f64,
    /// Seconds after which a connection is replaced; -1 for never.
    pub pool_recycle: i64,
    /// Whether a connection is tried before it is used.
    pub pool_pre_ping: bool,
    /// Whether a failing database is left alone for a while.
    pub enable_circuit_breaker: bool,
    /// Accepted for compatibility with Python, where the pool checks in the background. Ignored here: `pool-status`
    /// checks on request.
    pub enable_health_checks: bool,
    /// Whether transient failures are tried again.
    pub enable_retry: bool,
    /// How often.
    pub max_retries: u32,
    /// Seconds before the first retry.
    pub retry_base_delay: f64,
    /// Each delay is so many times the one before.
    pub retry_factor: f64,
    /// No delay is longer, in seconds.
    pub retry_max_delay: f64,
    /// The breaker opens after so many failures in a row.
    pub failure_threshold: u32,
    /// Seconds until an open breaker lets calls try again.
    pub recovery_timeout: f64,
    /// The breaker closes after so many successes.
    pub success_threshold: u32,
    /// So many calls may try while it is half open.
    pub half_open_max_calls: u32,
    /// Accepted for Python's sake; ignored here, where `pool-status --watch SECS` sets the interval.
    pub health_check_interval: f64,
    /// Seconds that a health check may take.
    pub health_check_timeout: f64,
    /// Seconds for which a server may be silent while an answer is awaited; 0 for no limit.
    pub response_timeout: f64,
}

impl Default for PoolingOptions {
    fn default() -> Self {
        Self {
            pool_size: None,
            max_overflow: None,
            pool_timeout: 30.0,
            pool_recycle: 3_600,
            pool_pre_ping: true,
            enable_circuit_breaker: true,
            enable_health_checks: true,
            enable_retry: true,
            max_retries: 3,
            retry_base_delay: 0.1,
            retry_factor: 2.0,
            retry_max_delay: 30.0,
            failure_threshold: 5,
            recovery_timeout: 60.0,
            success_threshold: 3,
            half_open_max_calls: 3,
            health_check_interval: 30.0,
            health_check_timeout: 5.0,
            response_timeout: 60.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_no_clock_can_wait_for_are_refused_by_name() {
        assert_eq!(DatabaseOptions::default().check(), Ok(()));
        for seconds in [f64::NAN, f64::INFINITY, -1.0, 1e8] {
            let mut options = DatabaseOptions::default();
            options.pooling.pool_timeout = seconds;
            assert!(options.check().unwrap_err().to_string().contains("`pooling.pool_timeout`"));
        }
    }

    #[test]
    fn what_pooling_says_wins() {
        let mut options = DatabaseOptions { pool_size: 7, ..DatabaseOptions::default() };
        assert_eq!(options.kept_connections(), 7);
        options.pooling.pool_size = Some(2);
        assert_eq!((options.kept_connections(), options.overflow_connections()), (2, 10));
    }
}
