//! SQLite.

mod address;
mod diesel_session;
mod driver;
mod failure;
mod file_identity;
mod file_state;
pub(crate) mod grammar;
mod new_file;
mod table;
mod values;

use std::sync::Arc;

use self::address::SqliteAddress;
use self::driver::SqliteDriver;
use crate::error::Result;
use crate::store::sql::driver::{DriverSettings, OpenedDriver};
use crate::store::sql::url::DatabaseUrl;

/// Returns the driver for the file that `url` names. Opens nothing.
pub(super) fn open(url: &DatabaseUrl, settings: DriverSettings) -> Result<OpenedDriver> {
    let file = SqliteAddress::from_url(url)?;
    Ok(OpenedDriver {
        // The absolute path, however the URL spells it.
        location: file.path().map_or_else(|| url.masked(), |path| format!("sqlite:///{}", path.display())),
        retry_timeout: file.busy_timeout(),
        driver: Arc::new(SqliteDriver::new(file, settings.echo, settings.notices)),
    })
}
