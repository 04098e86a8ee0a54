//! The rules of a gate, and the verdict on a run: pure functions, which know no store.

mod judge;
mod max_age;
mod min_pass_rate;
mod options;
#[cfg(test)]
mod tests;

pub use judge::{BrokenCheck, BrokenRule, GateBaseline, GateRule, GateRun, judge};
pub use max_age::MaxAge;
pub use min_pass_rate::MinPassRate;
pub use options::GateOptions;
