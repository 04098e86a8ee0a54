//! Filters on the verdict of a history.

use clap::Args;

use crate::compare::history::SeriesSummary;

/// Filters on the verdict of a history.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct VerdictArgs {
    /// Only what failed or could not run in its newest run
    #[arg(long)]
    failing: bool,
    /// Only what is flaky; with --failing, both
    #[arg(long)]
    flaky: bool,
}

impl VerdictArgs {
    /// Whether a check, or a data asset, with these outcomes is shown.
    pub(super) fn pass(self, summary: &SeriesSummary) -> bool {
        let is_any = !self.failing && !self.flaky;
        is_any || self.failing && summary.streak.standing.is_failing() || self.flaky && summary.is_flaky()
    }
}
