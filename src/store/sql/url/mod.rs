//! Database URLs, as SQLAlchemy writes them.

mod anchor;
mod database_url;
mod dialect;
mod mask;
#[cfg(test)]
mod tests;

pub(in crate::store::sql) use anchor::anchored_url;
pub use database_url::DatabaseUrl;
pub use dialect::Dialect;
pub use mask::masked_url;
