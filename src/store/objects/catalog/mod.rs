//! The catalog: one small object for each result, whose name holds what a list needs.

mod escape;
mod name;
mod nonce;

pub(super) use name::{Moment, Named, beginning, decode, encode, from_content, instant, moment};
#[cfg(all(test, feature = "filesystem", feature = "memory"))]
pub(super) use nonce::counted::counting;
