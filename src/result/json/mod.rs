//! JSON as Python writes it: `NaN`, `Infinity`, numbers of any size and lone surrogates included.
//!
//! No library takes all of that and keeps it, so this is our own: a [`Reader`] that pulls values from a stream in
//! constant memory, and a [`Value`] that keeps every number and string as it was spelled and writes it back so.
//! Neither ever recurses on what it reads.

mod buffer;
mod build;
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

pub use error::{Error, ErrorKind, Position};
pub use kind::Kind;
pub use one_line::OneLine;
pub use reader::Reader;
pub use text::Text;
pub use value::Value;

/// How deep arrays and objects may be nested. Python's own `json` gives up near here.
pub const MAX_DEPTH: usize = 1_000;
