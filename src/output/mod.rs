//! Output: results to stdout in the requested format, everything else to stderr.
//!
//! A command hands over one value. Its table and its JSON come from the same type and cannot drift apart.

mod cell;
mod document_file;
mod entry;
mod message;
mod options;
mod printer;
mod progress;
mod row;
mod summary;
mod table;

pub use cell::{Cell, Color};
pub use document_file::DocumentFile;
pub use message::safe;
pub use options::{OutputFormat, OutputOptions, Verbosity};
pub use printer::{Output, RowPrinter};
pub use progress::ProgressCounter;
pub use row::OutputRow;
pub use summary::summary_table;
pub use table::Table;
