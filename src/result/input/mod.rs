//! The input of `save`: sources, the documents in them, and the caller's values put into documents.

mod detect;
mod documents;
mod recorder;
mod replace;
mod source;
#[cfg(test)]
mod tests;

#[cfg(any(test, feature = "fuzzing"))]
pub(super) use documents::documents_of_bytes;
pub use documents::{InputDocuments, documents};
pub use source::InputSource;
