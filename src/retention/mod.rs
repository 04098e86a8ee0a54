//! Which results are kept: pure functions over the facts of results, which know no store.

mod group;
mod keep_tag;
mod keep_within;
mod max_delete;
mod options;
mod plan;
mod reason;
#[cfg(test)]
mod tests;

pub use group::{GroupBy, GroupPart, ResultGroup, group_results};
pub use keep_tag::KeepTag;
pub use keep_within::KeepWithin;
pub use max_delete::MaxDelete;
pub use options::PruneOptions;
pub use plan::{PlannedGroup, PlannedResult, plan_group};
pub use reason::KeepReason;
