//! One store over SQL databases.
//!
//! `url` says which database, `options` how it is used. `store` keeps results by the statements of `query`, which
//! know no dialect; a `driver` runs them on one. Between the two stand `writer` (many saves, one transaction) and
//! `database` (`pool`, `retry`, `breaker`).
//!
//! A further database needs a `Driver`, its table in `schema`, its own words where `query` now speaks SQLite's (tags by
//! `json_each`, the unary plus that turns an index away), and an arm in [`open()`].

#[cfg(feature = "sqlite")]
mod breaker;
#[cfg(feature = "sqlite")]
mod breaker_file;
#[cfg(feature = "sqlite")]
mod database;
#[cfg(feature = "sqlite")]
mod driver;
#[cfg(feature = "sqlite")]
mod failure;
#[cfg(feature = "sqlite")]
mod open;
mod options;
#[cfg(feature = "sqlite")]
mod pool;
#[cfg(feature = "sqlite")]
mod query;
#[cfg(feature = "sqlite")]
mod retry;
#[cfg(feature = "sqlite")]
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod sqlite_failure;
#[cfg(feature = "sqlite")]
mod sqlite_file;
#[cfg(feature = "sqlite")]
mod statement;
#[cfg(feature = "sqlite")]
mod status;
#[cfg(feature = "sqlite")]
mod store;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
#[cfg(feature = "sqlite")]
mod text;
mod url;
#[cfg(feature = "sqlite")]
mod writer;

pub use options::{DatabaseOptions, PoolingOptions};
#[cfg(feature = "sqlite")]
pub use store::SqlResultStore;
pub use url::{DatabaseUrl, Dialect};

use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::{ResultStore, Surroundings};

/// Opens the store of a `database` profile. Touches neither network nor disk.
///
/// # Errors
/// [`Usage`](ErrorKind::Usage) for options that are wrong, [`Unsupported`](ErrorKind::Unsupported) for a database that
/// this binary cannot use.
pub fn open(options: &DatabaseOptions, surroundings: Surroundings) -> Result<Box<dyn ResultStore>> {
    let url = DatabaseUrl::parse(options.connection_url.expose())?;
    options.validate()?;
    match url.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => Ok(Box::new(open::sqlite(options, &url, surroundings)?)),
        #[cfg(not(feature = "sqlite"))]
        Dialect::Sqlite => {
            drop(surroundings);
            Err(Error::new(ErrorKind::Unsupported, "this program is built without SQLite")
                .with_hint("build it with `--features sqlite`"))
        }
        other => Err(Error::new(ErrorKind::Unsupported, format!("{} is not built yet", other.title()))
            .with_hint("use a SQLite file, as in connection_url = \"sqlite:///.truthound/store.db\"")),
    }
}
