//! One file per command: its arguments, and `run`.
//!
//! A command passes facts to [`Output`](crate::output::Output) and returns failures as errors. It does not print or
//! choose an exit code. A command on several items reports each failure and continues.

mod asset_list;
mod baseline;
mod batch;
mod change_findings;
pub mod completed;
pub mod completions;
mod confirm;
pub mod copy;
mod copy_result;
mod copy_rows;
pub mod delete;
pub mod diff;
pub mod doctor;
mod document_name;
mod empty_list;
pub mod export;
mod filter_time;
pub mod filters;
pub mod gate;
mod gate_findings;
mod gate_row;
pub mod get;
pub mod history;
mod history_overview;
mod incoming;
mod inputs;
pub mod list;
mod look_back;
mod opened_result;
mod outcome_lines;
pub mod pool_status;
mod prefixes;
mod preview;
pub mod profiles;
pub mod prune;
mod prune_plan;
mod prune_rows;
mod read_document;
mod read_run;
pub mod reindex;
pub mod report;
mod report_site;
mod result_findings;
mod run_ids;
pub mod save;
mod save_jobs;
mod selection;
pub mod set_tier;
mod skipped_items;
mod tier_move;
mod tier_rules;
mod times_ahead;
mod verdict_args;
pub mod verify;
