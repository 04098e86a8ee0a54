//! The reasons why a document of a source is refused, and their messages.

use std::io;

use crate::error::Error;
use crate::result::DocumentLimit;
use crate::result::convert::ConversionError;
use crate::result::json::JsonError;
use crate::result::problem::DocumentProblem;

/// The reason why there is no document.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The text is not JSON, or cannot be read.
    Json(JsonError),
    /// The text is JSON and no object: a line of a table may be a number.
    NoObject(Box<Error>),
    /// The document is no validation result, nor damaged.
    NoResult(Box<Error>),
    /// The document is refused for another reason.
    Document(Box<Error>),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Document(Box::new(error))
    }
}

impl From<JsonError> for Refusal {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

/// Errors about one source.
#[derive(Clone, Debug)]
pub(super) struct SourceErrors {
    source: String,
}

impl SourceErrors {
    /// Errors about `source`, as messages name it.
    pub(super) fn new(source: String) -> Self {
        Self { source }
    }

    pub(super) fn problem(&self, problem: &DocumentProblem) -> Error {
        let position = problem.position;
        Error::usage(format!("cannot read {}: {position}", self.source)).with_source(problem.reason.clone())
    }

    pub(super) fn refused(&self, reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::usage(format!("cannot read {}", self.source)).with_source(reason)
    }

    pub(super) fn json(&self, error: JsonError) -> Error {
        match error.into_io() {
            Ok(error) => {
                use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
                // Only gzip fails in these ways.
                let gzip = matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof);
                let hint = gzip.then_some("the gzip is truncated or damaged; check it with `gzip -t`");
                let hint = hint.or_else(|| DocumentLimit::hint(&error));
                hint.into_iter().fold(self.refused(error), Error::with_hint)
            }
            Err(error) => self.problem(&DocumentProblem::new(error.position(), error.message())),
        }
    }

    pub(super) fn conversion(&self, error: ConversionError) -> Error {
        match error {
            ConversionError::Json(error) => self.json(error),
            ConversionError::Problem(problem, hint) => hint.into_iter().fold(self.problem(&problem), Error::with_hint),
        }
    }
}
