//! The result store over SQL databases.
//!
//! `url` parses connection URLs, `options` holds the options of a profile, `open` makes a store of them. `store`
//! implements `ResultStore` with the statements of `scope` (one result) and `list_statements` (lists), which are the
//! same for every dialect. Between store and driver are `group_commit` (many saves in one transaction), `page_reader`
//! (one list in one snapshot, on the connection of a `reader`), `plan` (which index a list uses) and `database`
//! (`pool`, `retry`, `breaker`). `grammar` names the SQL in which databases differ; each database has a directory in
//! `dialects`.

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
mod digest_columns;
#[cfg(feature = "sql")]
mod doctor;
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
mod inspection;
#[cfg(feature = "sql")]
mod list;
#[cfg(feature = "sql")]
mod list_statements;
#[cfg(feature = "sql")]
mod namespaces;
#[cfg(feature = "sql")]
mod new_row;
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
mod row_version;
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
#[cfg(feature = "sql")]
mod verify;

pub use options::{DatabaseOptions, PoolingOptions};
#[cfg(feature = "sql")]
pub use store::SqlResultStore;
pub use url::{DatabaseUrl, Dialect, masked_url};

use crate::error::Result;
#[cfg(not(feature = "sql"))]
use crate::error::{Error, ErrorKind};
use crate::store::contract::{ResultStore, StoreContext};
use crate::store::options::{OpenStore, StoreOptions as _};

impl OpenStore for DatabaseOptions {
    fn open(&self, context: StoreContext) -> Result<Box<dyn ResultStore>> {
        open(self, context)
    }
}

/// Opens the store of a `database` profile without touching network or disk.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) for invalid options, [`Unsupported`](crate::error::ErrorKind::Unsupported)
/// for a database that this binary was built without.
pub fn open(options: &DatabaseOptions, context: StoreContext) -> Result<Box<dyn ResultStore>> {
    let url = options.url()?;
    options.clone().check()?;
    #[cfg(feature = "sql")]
    return Ok(Box::new(open::store(options, &url, context)?));
    #[cfg(not(feature = "sql"))]
    {
        drop(context);
        Err(Error::new(ErrorKind::Unsupported, format!("this program is built without {}", url.dialect().title()))
            .with_hint("build it with one of the features sqlite, postgres, mysql"))
    }
}
