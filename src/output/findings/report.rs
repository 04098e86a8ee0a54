//! A report of findings in one of the formats.

use super::format::FindingsFormat;
use super::github::GithubWriter;
use super::gitlab::GitlabWriter;
use super::group::FindingsGroup;
use super::junit::JunitWriter;
use super::markdown::MarkdownWriter;
use super::writer::{FindingsWriter, ReportSink};
use crate::error::Result;

/// A report of findings, which is written while its groups arrive.
pub struct FindingsReport(Box<dyn FindingsWriter>);

impl FindingsReport {
    /// An empty report.
    pub fn new(format: FindingsFormat) -> Self {
        Self(match format {
            FindingsFormat::Markdown => Box::<MarkdownWriter>::default(),
            FindingsFormat::Junit => Box::<JunitWriter>::default(),
            FindingsFormat::Github => Box::<GithubWriter>::default(),
            FindingsFormat::Gitlab => Box::<GitlabWriter>::default(),
        })
    }

    /// Writes a group.
    ///
    /// # Errors
    /// If the findings cannot be read or the sink cannot be written.
    pub fn add(&mut self, group: &mut FindingsGroup, sink: &mut dyn ReportSink) -> Result<()> {
        self.0.add(group, sink)
    }

    /// Ends the report. One without groups is valid, too.
    ///
    /// # Errors
    /// If the sink cannot be written.
    pub fn finish(mut self, sink: &mut dyn ReportSink) -> Result<()> {
        self.0.finish(sink)
    }
}
