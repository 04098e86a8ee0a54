//! The input of a conversion, and its failures.

use std::path::Path;

use crate::result::json::{JsonError, TextPosition};
use crate::result::problem::{DocumentProblem, missing_members};
use crate::result::{InputSource, Layout, Overrides, RunTime, Split};

/// The circumstances of a conversion.
#[derive(Clone, Copy, Debug)]
pub(in crate::result) struct Conversion<'a> {
    /// Where the document begins in its source, for messages about missing members.
    pub(in crate::result) start: TextPosition,
    /// The layout to write.
    pub(in crate::result) layout: Layout,
    /// The caller's values. They are applied after the conversion; a conversion looks at them only to see which of the
    /// document's own may be missing.
    pub(in crate::result) overrides: &'a Overrides,
    /// How many results a document with several data assets becomes.
    pub(in crate::result) split: Split,
    /// The manifest that the caller names, for formats with a second file.
    pub(in crate::result) manifest: Option<&'a Path>,
    /// The source of the document.
    pub(in crate::result) source: &'a InputSource,
}

impl Conversion<'_> {
    /// The time of the run: the caller's, else that of the document.
    ///
    /// # Errors
    /// If there is neither. `format` has no time: "a Frictionless report".
    pub(in crate::result) fn run_time(&self, found: Option<RunTime>, format: &str) -> Result<RunTime, ConversionError> {
        self.overrides.run_time.or(found).ok_or_else(|| {
            let problem = DocumentProblem::new(self.start, format!("{format} does not say when the run took place"));
            let hint = "name its time with `--run-time now`, `--run-time mtime` (that of the file) or `--run-time \
                        2026-11-23T00:56:54Z`";
            ConversionError::Problem(problem, Some(hint))
        })
    }

    /// The refusal of a document that looks like `format` and lacks `keys`.
    pub(in crate::result) fn lacks(&self, format: &str, keys: &[&str]) -> ConversionError {
        missing_members(self.start, format, keys).into()
    }

    /// The refusal of the document for this reason.
    pub(in crate::result) fn refuses(&self, reason: impl Into<String>, hint: &'static str) -> ConversionError {
        ConversionError::Problem(DocumentProblem::new(self.start, reason), Some(hint))
    }
}

/// The reason why a document cannot be converted.
#[derive(Debug)]
pub(in crate::result) enum ConversionError {
    /// The text is not JSON, or cannot be read.
    Json(JsonError),
    /// A member is missing or wrong; with a hint at the next action.
    Problem(DocumentProblem, Option<&'static str>),
}

impl From<JsonError> for ConversionError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<DocumentProblem> for ConversionError {
    fn from(problem: DocumentProblem) -> Self {
        Self::Problem(problem, None)
    }
}
