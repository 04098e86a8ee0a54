//! JSON as Python writes it: `NaN`, `Infinity`, numbers of any size and lone surrogates included.
//!
//! No library takes all of that and keeps it, so this is our own: a [`JsonReader`] that pulls values from a stream in
//! constant memory, and a [`JsonValue`] that keeps every number and string as it was spelled and writes it back so.
//! Neither ever recurses on what it reads.

mod buffer;
mod build;
mod canonical;
mod error;
mod keys;
mod kind;
mod one_line;
mod reader;
mod scalar;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod value;
pub(super) mod write;

pub use error::{JsonError, JsonErrorKind, TextPosition};
pub use kind::JsonKind;
pub use one_line::OneLine;
pub use reader::JsonReader;
pub use text::JsonText;
pub use value::JsonValue;

/// How deep arrays and objects may be nested. Python's own `json` gives up near here.
pub const MAX_DEPTH: usize = 1_000;
