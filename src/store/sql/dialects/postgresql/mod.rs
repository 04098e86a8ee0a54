//! PostgreSQL.
//!
//! Plain `tokio-postgres`, not diesel-async: statements are built at runtime, so diesel's types would not help, and the
//! connections of diesel-async cannot be given TLS.

mod address;
mod connect;
mod driver;
mod failure;
mod grammar;
mod guard;
mod handshake;
mod password_file;
mod table;
mod tls;
mod values;

use std::sync::Arc;

use self::address::PostgresqlAddress;
use self::driver::PostgresqlDriver;
use super::server::SERVER_RETRY_TIMEOUT;
use crate::error::Result;
use crate::store::sql::driver::{DriverSettings, OpenedDriver};
use crate::store::sql::url::DatabaseUrl;

/// Returns the driver for the database that `url` names. Does not connect.
pub(super) fn open(url: &DatabaseUrl, settings: DriverSettings) -> Result<OpenedDriver> {
    let address = PostgresqlAddress::from_url(url, &|name| std::env::var_os(name))?;
    if let Some(variable) = address.password_variable {
        settings.notices.source("password", &format!("environment variable {variable}"));
    }
    Ok(OpenedDriver {
        location: url.masked(),
        retry_timeout: SERVER_RETRY_TIMEOUT,
        driver: Arc::new(PostgresqlDriver::new(address, settings)),
    })
}
