//! One store over SQL databases.

mod options;

pub use options::{DatabaseOptions, PoolingOptions};
