//! Exports: a row for each check, for programs that analyze data or watch it.
//!
//! A run is handed over with its checks, which lie in a temporary file when they do not fit in memory. Each format writes
//! it in a file of its own.

mod columns;
mod csv;
mod file;
mod format;
mod json;
mod openlineage;
mod parquet;
mod prometheus;
mod run;
mod writer;

pub use file::Export;
pub use format::{DataFormat, ExportFormat};
pub use run::{ExportedCheck, ExportedRun};
