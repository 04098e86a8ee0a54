//! Database URLs, as SQLAlchemy writes them.

mod address;
mod anchor;
mod database_url;
mod dialect;
mod mask;
#[cfg(test)]
mod tests;

pub(in crate::store::sql) use address::url_of_address;
pub(in crate::store::sql) use anchor::anchored_url;
pub use database_url::DatabaseUrl;
pub use dialect::Dialect;
pub use mask::masked_url;
