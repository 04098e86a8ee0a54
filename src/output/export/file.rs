//! An export in one of the formats.

use super::csv::CsvWriter;
use super::format::{DataFormat, ExportFormat};
use super::json::JsonWriter;
use super::openlineage::OpenLineageWriter;
use super::parquet::ParquetWriter;
use super::prometheus::PrometheusWriter;
use super::run::ExportedRun;
use super::writer::ExportWriter;
use crate::error::Result;
use crate::output::findings::ReportSink;

/// An export, which is written while its runs arrive.
pub struct Export(Box<dyn ExportWriter>);

impl Export {
    /// An empty export.
    pub fn new(format: ExportFormat) -> Self {
        Self(match format {
            ExportFormat::Json => Box::new(JsonWriter::array()),
            ExportFormat::Jsonl => Box::new(JsonWriter::lines()),
            ExportFormat::Data(DataFormat::Csv) => Box::<CsvWriter>::default(),
            ExportFormat::Data(DataFormat::OpenLineage) => Box::<OpenLineageWriter>::default(),
            ExportFormat::Data(DataFormat::Parquet) => Box::<ParquetWriter>::default(),
            ExportFormat::Data(DataFormat::Prometheus) => Box::<PrometheusWriter>::default(),
        })
    }

    /// Writes a run. Prometheus and Parquet hand it to the sink later, the others at once.
    ///
    /// # Errors
    /// If the checks cannot be read or the sink cannot be written.
    pub fn add(&mut self, run: &mut ExportedRun, sink: &mut dyn ReportSink) -> Result<()> {
        self.0.add(run, sink)
    }

    /// Ends the export. One without runs is valid, too.
    ///
    /// # Errors
    /// If the sink cannot be written.
    pub fn finish(mut self, sink: &mut dyn ReportSink) -> Result<()> {
        self.0.finish(sink)
    }
}
