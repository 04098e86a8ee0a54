//! Findings: checks and their outcomes, for people and for CI.
//!
//! Commands fill one model, a [`FindingsGroup`] for each run or comparison, and each format writes it in a file of its
//! own. The checks of a group may be many; they go to a temporary file when they do not fit in memory.

mod finding;
mod format;
mod github;
mod gitlab;
mod group;
mod junit;
mod list;
mod markdown;
mod repeats;
mod report;
mod table;
#[cfg(test)]
mod testing;
mod text;
mod writer;

pub use finding::Finding;
pub use format::FindingsFormat;
pub use group::{Fact, FindingsGroup, ShownChecks};
pub use list::FindingList;
pub use report::FindingsReport;
pub use table::{FindingsTables, findings_tables};
pub use writer::ReportSink;
