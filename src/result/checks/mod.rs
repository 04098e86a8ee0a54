//! The checks of a stored result.

mod check;
mod counts;
mod key;
mod reader;
#[cfg(test)]
mod tests;

pub use check::{Check, CheckOutcome};
pub use counts::CheckCounts;
pub use key::CheckKey;
pub use reader::{CheckReader, ResultFacts};
