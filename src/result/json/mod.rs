//! JSON as Python writes it: `NaN`, `Infinity`, numbers of any size and lone surrogates included.
//!
//! No library accepts and keeps all of that. [`JsonReader`] pulls values from a stream in constant memory. [`JsonValue`]
//! keeps every number and string in its spelling and writes it back unchanged. Neither recurses on its input.

mod buffer;
mod build;
mod canonical;
mod content_hash;
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

pub use content_hash::ContentHash;
pub use error::{JsonError, JsonErrorKind, TextPosition};
pub use kind::JsonKind;
pub use one_line::OneLine;
pub use reader::JsonReader;
pub use text::JsonText;
pub use value::JsonValue;

/// Longest key in bytes, as it is spelled.
const MAX_KEY: usize = 1 << 20;

/// Longest string or number in bytes, as it is spelled, that is built in memory. A longer one can only be skipped.
const MAX_TEXT: usize = 16 << 20;

/// Maximum nesting of arrays and objects. Python's own `json` fails near this depth.
pub const MAX_DEPTH: usize = 1_000;
