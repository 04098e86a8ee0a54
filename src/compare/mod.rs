//! Comparing the checks of runs: pure functions, which know no store.

mod baseline;
mod change;
mod check_names;
pub mod gate;
pub mod history;
mod run_checks;
mod state;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tolerance;
mod verdict_changes;

pub use baseline::Baseline;
pub use change::{CheckChange, CheckComparison, Verdict, compare};
pub use check_names::CheckNames;
pub use run_checks::RunChecks;
pub use state::CheckState;
pub use tolerance::Tolerance;
pub use verdict_changes::VerdictChanges;
