//! Database URLs, as SQLAlchemy writes them.

mod database_url;
mod dialect;
mod mask;
#[cfg(test)]
mod tests;

pub use database_url::DatabaseUrl;
pub use dialect::Dialect;
pub use mask::masked_url;
