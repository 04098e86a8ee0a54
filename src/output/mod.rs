//! Output: results to stdout in the requested format, everything else to stderr.
//!
//! A command hands over one value. Its table and its JSON come from the same type and cannot drift apart.

mod age;
mod cell;
mod column_widths;
mod document_file;
mod entry;
mod export;
mod findings;
mod locale;
mod message;
mod options;
mod pager;
mod printer;
mod progress;
mod progress_bar;
mod quantity;
mod row;
mod spooled_list;
mod stderr;
mod strip;
mod table;
mod terminal;
mod work;

pub use age::age_of;
pub use cell::{Cell, Color, Shortening};
pub use document_file::{DocumentFile, is_stdout};
pub use entry::status_cell;
pub use export::{DataFormat, Export, ExportFormat, ExportedCheck, ExportedRun};
pub use findings::{
    Fact, Finding, FindingList, FindingsFormat, FindingsGroup, FindingsReport, FindingsTables, ReportSink, ShownChecks,
    findings_tables,
};
pub use locale::is_unicode_locale;
pub use message::{CallOptions, safe};
pub use options::{OutputFormat, OutputOptions, Verbosity};
pub use printer::{Output, RowPrinter};
pub use progress::ProgressCounter;
pub use quantity::{grouped, size};
pub use row::OutputRow;
pub use spooled_list::SpooledList;
pub use strip::StripSigns;
pub use table::Table;
pub use terminal::Terminal;
pub use work::Work;
