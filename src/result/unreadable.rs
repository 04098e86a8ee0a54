//! The error for a stored document that cannot be read.

use crate::error::{Error, ErrorKind};
use crate::result::DocumentLimit;
use crate::result::json::JsonError;
use crate::result::problem::DocumentProblem;

/// The error for a document with a missing or wrong member.
pub(super) fn unreadable_at(problem: &DocumentProblem) -> Error {
    Error::new(ErrorKind::Read, "cannot read the document")
        .with_source(format!("{}: {}", problem.position, problem.reason))
}

/// The error for a document that is not JSON, or has bytes that cannot be read.
pub(super) fn unreadable_json(error: JsonError) -> Error {
    match error.into_io() {
        Ok(error) => {
            let hint = DocumentLimit::hint(&error);
            let failure = Error::new(ErrorKind::Read, "cannot read the document").with_source(error);
            hint.into_iter().fold(failure, Error::with_hint)
        }
        Err(error) => unreadable_at(&DocumentProblem::new(error.position(), error.message())),
    }
}
