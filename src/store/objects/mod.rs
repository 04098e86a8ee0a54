//! One store over `object_store`, for object stores and the local disk.
//!
//! The layout of names, the catalog and Python's index are here; `filesystem`, `memory`, `s3`, `gcs` and `azure` say
//! only how to open one, what it can do, and how to change a tier.

pub mod azure;
mod catalog;
pub mod filesystem;
pub mod gcs;
mod layout;
pub mod memory;
mod options;
pub mod s3;

pub use options::PythonIndex;
