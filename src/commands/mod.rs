//! One file per command: its arguments, and `run`.
//!
//! A command returns facts through [`Output`](crate::output::Output) and failures as errors; it prints nothing itself
//! and knows no exit code. Where several items were asked for, each failure is reported and the rest goes on.

mod batch;
pub mod completions;
pub mod delete;
pub mod filters;
pub mod get;
pub mod list;
pub mod pool_status;
pub mod profiles;
pub mod reindex;
pub mod save;
mod selection;
pub mod set_tier;
