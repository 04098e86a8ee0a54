//! The input of `save`: sources, the documents in them, and the caller's values put into documents.

mod detect;
mod documents;
mod recorder;
mod replace;
mod source;
#[cfg(test)]
mod tests;

pub use documents::{InputDocuments, documents};
pub use source::InputSource;
