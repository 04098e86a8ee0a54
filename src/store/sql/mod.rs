//! One store over SQL databases.
//!
//! `url` says which database, `options` how it is used. `store` keeps results by the statements of `query` and
//! lists them by those of `pages`, which know no dialect; a `driver` runs them on one. Between the two stand `writer` (many
//! saves, one transaction), `page_reader` (one list, one snapshot, on the connection of a `reader`) and `database` (`pool`,
//! `retry`, `breaker`). Each database has a directory in `dialects`.

#[cfg(feature = "sql")]
mod breaker;
#[cfg(feature = "sql")]
mod breaker_file;
#[cfg(feature = "sql")]
mod breaker_state;
#[cfg(feature = "sql")]
mod database;
#[cfg(feature = "sql")]
mod dialects;
#[cfg(feature = "sql")]
mod driver;
#[cfg(feature = "sql")]
mod error;
#[cfg(feature = "sql")]
mod failure;
#[cfg(feature = "sql")]
mod filters;
#[cfg(feature = "sql")]
mod grammar;
#[cfg(feature = "sql")]
mod group_commit;
#[cfg(feature = "sql")]
mod list;
#[cfg(feature = "sql")]
mod list_statements;
#[cfg(feature = "sql")]
mod open;
mod options;
#[cfg(feature = "sql")]
mod page_reader;
#[cfg(feature = "sql")]
mod plan;
#[cfg(feature = "sql")]
mod pool;
#[cfg(feature = "sql")]
mod reader;
#[cfg(feature = "sql")]
mod result_table;
#[cfg(feature = "sql")]
mod retry;
#[cfg(feature = "sql")]
mod save_statements;
#[cfg(feature = "sql")]
mod schema;
#[cfg(feature = "sql")]
mod scope;
#[cfg(feature = "sql")]
mod statement;
#[cfg(feature = "sql")]
mod status;
#[cfg(feature = "sql")]
mod store;
#[cfg(feature = "sql")]
mod tags_json;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
mod url;

pub use options::{DatabaseOptions, PoolingOptions};
#[cfg(feature = "sql")]
pub use store::SqlResultStore;
pub use url::{DatabaseUrl, Dialect, masked_url};

use crate::error::Result;
#[cfg(not(feature = "sql"))]
use crate::error::{Error, ErrorKind};
use crate::store::contract::{ResultStore, StoreContext};

/// Opens the store of a `database` profile. Touches neither network nor disk.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) for options that are wrong,
/// [`Unsupported`](crate::error::ErrorKind::Unsupported) for a database that this binary cannot use.
pub fn open(options: &DatabaseOptions, context: StoreContext) -> Result<Box<dyn ResultStore>> {
    let url = DatabaseUrl::parse(options.connection_url.expose())?;
    options.validate()?;
    #[cfg(feature = "sql")]
    return Ok(Box::new(open::store(options, &url, context)?));
    #[cfg(not(feature = "sql"))]
    {
        drop(context);
        Err(Error::new(ErrorKind::Unsupported, format!("this program is built without {}", url.dialect().title()))
            .with_hint("build it with one of the features sqlite, postgres, mysql"))
    }
}
