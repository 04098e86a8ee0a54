//! The contract between a report and its formats.

use super::group::FindingsGroup;
use crate::error::Result;
use crate::output::document_file::DocumentFile;
use crate::output::printer::Output;

/// The destination of a report.
pub trait ReportSink {
    /// Writes more of the report.
    ///
    /// # Errors
    /// If it cannot be written.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;
}

impl ReportSink for Output {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.raw(bytes)
    }
}

impl ReportSink for DocumentFile {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.write(bytes)
    }
}

/// A format that writes groups of findings, one after the other.
pub(super) trait FindingsWriter {
    /// Writes a group.
    ///
    /// # Errors
    /// If the findings cannot be read or the sink cannot be written.
    fn add(&mut self, group: &mut FindingsGroup, sink: &mut dyn ReportSink) -> Result<()>;

    /// Ends the report.
    ///
    /// # Errors
    /// If the sink cannot be written.
    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()>;
}
