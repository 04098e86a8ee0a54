//! Which results are kept, and in which tier: pure functions over the facts of results, which know no store.

mod calendar_age;
mod group;
mod keep_tag;
mod max_delete;
mod options;
mod plan;
mod reason;
#[cfg(test)]
mod tests;
mod tier_options;

pub use calendar_age::CalendarAge;
pub use group::{GroupBy, GroupPart, ResultGroup, group_results};
pub use keep_tag::KeepTag;
pub use max_delete::MaxDelete;
pub use options::PruneOptions;
pub use plan::{PlannedGroup, PlannedResult, plan_group};
pub use reason::KeepReason;
pub use tier_options::{TierOptions, TierRule};
