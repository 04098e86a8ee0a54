//! The contract between an export and its formats.

use super::run::ExportedRun;
use crate::error::Result;
use crate::output::findings::ReportSink;

/// Rows are handed to the sink when they are this long together.
pub(super) const CHUNK: usize = 1 << 16;

/// A format that writes runs, one after the other.
pub(super) trait ExportWriter {
    /// Writes a run.
    ///
    /// # Errors
    /// If the checks cannot be read or the sink cannot be written.
    fn add(&mut self, run: &mut ExportedRun, sink: &mut dyn ReportSink) -> Result<()>;

    /// Ends the export.
    ///
    /// # Errors
    /// If the sink cannot be written.
    fn finish(&mut self, sink: &mut dyn ReportSink) -> Result<()>;
}
