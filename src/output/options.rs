//! The choices of the user about output.

use clap::ValueEnum;

use super::terminal::Terminal;

/// The format of results on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Aligned columns for people
    Table,
    /// One JSON value
    Json,
    /// One JSON value a line, as it arrives
    Jsonl,
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
        matches!(self.format, Some(OutputFormat::Json | OutputFormat::Jsonl))
    }
}
