//! The input of a conversion, and its failures.

use crate::result::json::{JsonError, TextPosition};
use crate::result::problem::DocumentProblem;
use crate::result::{Layout, Overrides};

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
