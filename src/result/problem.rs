//! Mistakes in documents, with their place.

use crate::result::json::TextPosition;
use crate::secret::excerpt;

/// A member of a document that is missing or wrong, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DocumentProblem {
    pub(super) position: TextPosition,
    pub(super) reason: String,
}

impl DocumentProblem {
    pub(super) fn new(position: TextPosition, reason: impl Into<String>) -> Self {
        Self { position, reason: reason.into() }
    }
}

/// "`a` is missing", "`a`, `b` and `c` are missing".
fn are_missing(keys: &[&str]) -> String {
    let quoted = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
    match quoted.split_last() {
        None => "nothing is missing".to_owned(),
        Some((last, [])) => format!("{last} is missing"),
        Some((last, others)) => format!("{} and {last} are missing", others.join(", ")),
    }
}

/// The first 60 characters of `text`, for a message; control characters are replaced.
pub(super) fn shortened(text: &str) -> String {
    let visible = |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    excerpt(text, 60, 0).chars().map(visible).collect()
}

/// The refusal of a document that looks like `format` and lacks `keys`.
pub(super) fn missing_members(start: TextPosition, format: &str, keys: &[&str]) -> DocumentProblem {
    DocumentProblem::new(start, format!("this looks like {format}, but {}", are_missing(keys)))
}
