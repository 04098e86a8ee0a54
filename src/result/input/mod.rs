//! The input of `save`: sources, the documents in them, and the caller's values put into documents.

mod detect;
mod documents;
mod looks_like;
mod make;
mod options;
mod recorder;
mod refusal;
mod replace;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod watch;

#[cfg(any(test, feature = "fuzzing"))]
pub(super) use documents::documents_of_bytes;
pub use documents::{InputDocuments, InputNotes, documents};
pub use options::{InputOptions, RunTimeSource};
pub use source::InputSource;
pub use watch::InputWatch;
