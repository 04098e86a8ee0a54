//! SQL Server and Azure SQL.
//!
//! Written from Microsoft's documentation and verified by a parser and by scripted servers, not yet against a real one.

mod address;
mod batch;
mod driver;
mod failure;
mod grammar;
mod handshake;
mod odbc;
mod table;
mod tds;
mod tls;
mod values;

use std::sync::Arc;

use self::address::MssqlAddress;
use self::driver::MssqlDriver;
use super::server::SERVER_RETRY_TIMEOUT;
use crate::error::Result;
use crate::store::sql::driver::{DriverSettings, OpenedDriver};
use crate::store::sql::url::DatabaseUrl;

/// Returns the driver for the database that `url` names. Does not connect.
pub(super) fn open(url: &DatabaseUrl, settings: DriverSettings) -> Result<OpenedDriver> {
    let address = MssqlAddress::from_url(url)?;
    Ok(OpenedDriver {
        // The server's address, whether the URL has it in parts or as one ODBC connection string.
        location: address.name(),
        retry_timeout: SERVER_RETRY_TIMEOUT,
        driver: Arc::new(MssqlDriver::new(address, settings)),
    })
}
