//! How `save` reads its inputs.

use std::path::PathBuf;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::source::InputSource;
use super::watch::InputWatch;
use crate::error::{Error, Result};
use crate::result::{DocumentLimit, InvalidRunTime, Layout, Overrides, Redaction, RunInstant, RunTime, Split};

/// How the documents of a source are read.
#[derive(Clone, Debug, Default)]
pub struct InputOptions {
    /// The caller's values for all documents. Its run time is that of [`run_time`](Self::run_time).
    pub overrides: Overrides,
    /// Where the run time comes from, if not from the document.
    pub run_time: Option<RunTimeSource>,
    /// The layout of converted documents.
    pub layout: Layout,
    /// How many results a document about several data assets becomes.
    pub split: Split,
    /// The data that is dropped from documents.
    pub redaction: Redaction,
    /// The manifest beside the results of dbt, if it is not in the same directory.
    pub manifest: Option<PathBuf>,
    /// The longest document that is read, and the longest result.
    pub limit: DocumentLimit,
    /// Told how much of the sources was read.
    pub watch: InputWatch,
}

/// Where the time of a run comes from, if not from its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunTimeSource {
    /// The time of the save.
    Now,
    /// The time at which the file was changed last.
    Modified,
    /// This time.
    At(RunTime),
}

impl FromStr for RunTimeSource {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "now" => Ok(Self::Now),
            "mtime" => Ok(Self::Modified),
            time => time
                .parse()
                .map(Self::At)
                .map_err(|error: InvalidRunTime| format!("neither now, nor mtime, and {error}")),
        }
    }
}

impl RunTimeSource {
    /// The time for the documents of `source`.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) if the source has no time of its own.
    pub(super) fn of(self, source: &InputSource) -> Result<RunTime> {
        let time = match self {
            Self::At(time) => return Ok(time),
            Self::Now => Timestamp::now(),
            Self::Modified => source.modified().map_err(|error| {
                Error::usage(format!("cannot read when {source} was changed"))
                    .with_source(error)
                    .with_hint("name the time of the run with `--run-time now`, or `--run-time 2026-11-23T00:56:54Z`")
            })?,
        };
        Ok(RunTime::new(RunInstant::from(time), Some(Offset::UTC)))
    }
}

#[cfg(test)]
impl InputOptions {
    /// The options with these values, and the defaults of the others.
    pub(in crate::result) fn new(overrides: &Overrides, layout: Layout) -> Self {
        Self { overrides: overrides.clone(), layout, ..Self::default() }
    }
}
