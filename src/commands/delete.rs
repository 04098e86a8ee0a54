//! `delete`: remove stored results.

use clap::Args;
use serde::Serialize;

use super::completed::ValueKind;
use super::confirm::ConfirmArgs;
use super::filters::FilterArgs;
use super::run_ids;
use super::run_ids::GivenRunIds;
use super::selection::{ChangeSummary, ResultSelection};
use crate::error::Result;
use crate::output::{Cell, Color, Output, OutputRow, Shortening};
use crate::result::RunId;
use crate::store::contract::{Query, ResultStore, not_found};

/// Delete stored results, by run id or by filters
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store delete run-123
  truthound-store delete --until 90d --status success --dry-run
  truthound-store delete --asset old.csv --yes
  truthound-store list --ids --tag branch=gone | truthound-store delete -")]
pub struct DeleteArgs {
    /// Run ids; - means those on standard input, one per line
    #[arg(value_name = "RUN_ID", add = ValueKind::RunId.completer())]
    run_ids: Vec<RunId>,
    /// Do not fail for results that do not exist
    #[arg(long)]
    if_exists: bool,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

/// Deletes the selected results.
///
/// # Errors
/// If nothing is selected, the user says no, or stdout cannot be written. The failure of a result is reported to `out`.
pub async fn run(args: DeleteArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    out.outlive_reader();
    let selection = ResultSelection {
        command: "delete",
        question: "Delete",
        run_ids: GivenRunIds::new(args.run_ids).or_prefixes(out).or_none(args.if_exists),
        filters: &args.filters,
        confirm: args.confirm,
        done: "deleted",
        has_lines: true,
    };
    let dry_run = args.confirm.is_dry_run();
    let delete = async |run_id: RunId, filter: Option<&Query>| {
        let found = match dry_run {
            true => run_ids::exists(&run_id, store).await?,
            false => store.delete(&run_id, filter).await?,
        };
        // A result that filters chose may have been deleted or replaced by others since it was listed.
        if !found && !args.if_exists && filter.is_none() {
            return Err(not_found(&run_id, &store.location()));
        }
        Ok(found.then_some(DeletedResult { run_id, deleted: !dry_run }))
    };
    let ChangeSummary { count, text } = selection.change_each(store, out, delete).await?;
    out.remark(&match (dry_run, count) {
        (false, _) => text,
        (true, 1) => format!("would delete 1 result in {}; nothing was changed", store.location()),
        (true, _) => format!("would delete {count} results in {}; nothing was changed", store.location()),
    });
    Ok(())
}

/// A result that was deleted, or would be.
#[derive(Serialize)]
struct DeletedResult {
    run_id: RunId,
    deleted: bool,
}

impl OutputRow for DeletedResult {
    const HEADINGS: &'static [&'static str] = &["RUN ID", "OUTCOME"];

    fn cells(&self) -> Vec<Cell> {
        let outcome = match self.deleted {
            true => Cell::colored("deleted", Color::Good),
            false => Cell::colored("would delete", Color::Doubtful),
        };
        vec![Cell::from(self.run_id.as_str()).shortening(Shortening::Id), outcome]
    }

    fn line(&self) -> Option<&str> {
        Some(self.run_id.as_str())
    }
}
