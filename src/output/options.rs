//! The choices of the user about output.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::export::DataFormat;
use super::findings::FindingsFormat;
use super::terminal::Terminal;

/// The format of results on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// Aligned columns for people.
    Table,
    /// One JSON value.
    Json,
    /// One JSON value a line, as it arrives.
    Jsonl,
    /// A format of findings, which only some commands have.
    Findings(FindingsFormat),
    /// A format of exports.
    Data(DataFormat),
}

impl OutputFormat {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Findings(format) => format.name(),
            Self::Data(format) => format.name(),
        }
    }

    /// Whether messages on stderr, too, are JSON.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
}

impl ValueEnum for OutputFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Table,
            Self::Json,
            Self::Jsonl,
            Self::Findings(FindingsFormat::Markdown),
            Self::Findings(FindingsFormat::Junit),
            Self::Findings(FindingsFormat::Github),
            Self::Findings(FindingsFormat::Gitlab),
            Self::Data(DataFormat::Csv),
            Self::Data(DataFormat::OpenLineage),
            Self::Data(DataFormat::Parquet),
            Self::Data(DataFormat::Prometheus),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Table => "Aligned columns for people",
            Self::Json => "One JSON value",
            Self::Jsonl => "One JSON value a line, as it arrives",
            Self::Findings(FindingsFormat::Markdown) => "Markdown, for a step summary or a comment",
            Self::Findings(FindingsFormat::Junit) => "JUnit XML",
            Self::Findings(FindingsFormat::Github) => "Annotations of GitHub Actions",
            Self::Findings(FindingsFormat::Gitlab) => "Code Quality report of GitLab",
            Self::Data(DataFormat::Csv) => "Comma-separated values, of export",
            Self::Data(DataFormat::OpenLineage) => "Run events of OpenLineage, of export",
            Self::Data(DataFormat::Parquet) => "Apache Parquet, of export",
            Self::Data(DataFormat::Prometheus) => "Text format of Prometheus, of export",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

/// Messages on stderr besides errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Warnings too.
    #[default]
    Normal,
    /// Each step too.
    Verbose,
    /// Requests and SQL statements too.
    Detailed,
}

/// The choices of the user about output.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputOptions {
    /// The requested format, if any.
    pub format: Option<OutputFormat>,
    /// Messages on stderr.
    pub verbosity: Verbosity,
    /// Whether results are colored.
    pub color_stdout: bool,
    /// Whether errors and hints are colored.
    pub color_stderr: bool,
    /// Whether results may have characters beyond ASCII that they do not come with.
    pub unicode: bool,
    /// Whether progress may be shown.
    pub progress: bool,
    /// The terminal that results are printed on. Without one, nothing is shortened.
    pub terminal: Option<Terminal>,
    /// Whether a long list may go through the user's pager.
    pub pager: bool,
}

impl OutputOptions {
    /// Whether messages, too, are JSON.
    pub(super) fn is_json(&self) -> bool {
        self.format.is_some_and(OutputFormat::is_json)
    }
}
