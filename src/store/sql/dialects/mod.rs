//! The databases: one directory each, with the same files.
//!
//! `mod` opens, `grammar` has the SQL, `table` the DDL, `address` maps a connection URL to the driver's settings,
//! `driver` connects and runs statements, `values` converts values, `failure` classifies errors, `tls` sets up
//! encryption. The code above uses only the traits [`Driver`](super::driver::Driver) and
//! [`Grammar`](super::grammar::Grammar).

#[cfg(any(feature = "mssql", feature = "postgres"))]
mod certificates;
mod common_sql;
#[cfg(feature = "mssql")]
mod mssql;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgresql;
#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
mod server;
#[cfg(any(feature = "mssql", feature = "mysql", feature = "postgres"))]
mod silence;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod tag_parts;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod tag_patterns;

use super::driver::{DriverSettings, OpenedDriver};
use super::url::{DatabaseUrl, Dialect};
use crate::error::Result;
#[cfg(not(all(feature = "mssql", feature = "mysql", feature = "postgres", feature = "sqlite")))]
use crate::error::{Error, ErrorKind};

/// Returns the driver for `url`, without connecting.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) for a URL with invalid parameters,
/// [`Unsupported`](crate::error::ErrorKind::Unsupported) for a database that this binary was built without.
pub(super) fn open(url: &DatabaseUrl, settings: DriverSettings) -> Result<OpenedDriver> {
    match url.dialect() {
        #[cfg(feature = "mssql")]
        Dialect::Mssql => mssql::open(url, settings),
        #[cfg(not(feature = "mssql"))]
        Dialect::Mssql => Err(left_out(url.dialect(), "mssql")),
        #[cfg(feature = "mysql")]
        Dialect::Mysql => mysql::open(url, settings),
        #[cfg(not(feature = "mysql"))]
        Dialect::Mysql => Err(left_out(url.dialect(), "mysql")),
        #[cfg(feature = "postgres")]
        Dialect::Postgresql => postgresql::open(url, settings),
        #[cfg(not(feature = "postgres"))]
        Dialect::Postgresql => Err(left_out(url.dialect(), "postgres")),
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => sqlite::open(url, settings),
        #[cfg(not(feature = "sqlite"))]
        Dialect::Sqlite => Err(left_out(url.dialect(), "sqlite")),
    }
}

#[cfg(not(all(feature = "mssql", feature = "mysql", feature = "postgres", feature = "sqlite")))]
fn left_out(dialect: Dialect, feature: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("this program is built without {}", dialect.title()))
        .with_hint(format!("build it with `--features {feature}`"))
}
