//! The checks of one data asset over several runs: pure functions, which know no store.

mod builder;
mod pass_rate;
mod run;
mod series;
mod since;
#[cfg(test)]
mod tests;

pub use builder::{AssetHistory, CheckHistory, HistoryBuilder, HistoryPoint};
pub use pass_rate::PassRate;
pub use run::HistoryRun;
pub use series::{HistoryVerdict, SeriesSummary, Standing, Streak, status_outcome, summarize};
pub use since::Since;
