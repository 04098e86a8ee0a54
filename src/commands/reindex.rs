//! `reindex`: rebuild the catalog from the documents.

use clap::Args;

use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Color, Output, OutputFormat, Table, Work};
use crate::store::contract::{ReindexOptions, ReindexReport, ResultStore, UnreadableDocument};

/// Rebuild the catalog from the stored documents
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store reindex --dry-run
  truthound-store reindex --python-index")]
pub struct ReindexArgs {
    /// Also write Python's _index.json
    #[arg(long)]
    python_index: bool,
    /// Show the differences without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// Rebuilds the catalog and reports the differences.
///
/// # Errors
/// If the store has no catalog, or cannot be read or written.
pub async fn run(args: ReindexArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    out.outlive_reader();
    let place = format!("in {}", store.location());
    let progress = out.progress(Work { done: "read", place, total: None, prints_results: false });
    let options = ReindexOptions { dry_run: args.dry_run, python_index: args.python_index };
    let report = store.reindex(options).await?;
    let summary = progress.finish();
    match out.format() {
        Some(OutputFormat::Json | OutputFormat::Jsonl) => out.json(&report)?,
        _ => out.table(&table(&report))?,
    }
    if args.dry_run {
        out.remark(&would_do(&report));
    }
    out.remark(&summary);
    for UnreadableDocument { name, reason, hint } in report.unreadable {
        let error = Error::new(ErrorKind::Read, format!("cannot read the document `{name}`")).with_source(reason);
        out.failure(
            &error.with_hint(
                hint.unwrap_or_else(|| "the document was not changed; delete it, or save it again".to_owned()),
            ),
        );
    }
    Ok(())
}

/// The changes that a dry run leaves out.
fn would_do(report: &ReindexReport) -> String {
    let [missing, stale] = [report.missing.len(), report.stale.len()];
    let index = if report.python_index { ", and write Python's index" } else { "" };
    format!("would add {missing} entries and remove {stale}{index}; nothing was changed")
}

fn table(report: &ReindexReport) -> Table {
    let count =
        |count: usize| if count == 0 { Cell::from("0") } else { Cell::colored(count.to_string(), Color::Doubtful) };
    let mut table = Table::new(&["WHAT", "COUNT"]);
    table.push(vec!["documents".into(), report.documents.to_string().into()]);
    table.push(vec!["correct entries".into(), report.correct.to_string().into()]);
    table.push(vec!["missing entries".into(), count(report.missing.len())]);
    table.push(vec!["stale entries".into(), count(report.stale.len())]);
    table.push(vec!["unreadable documents".into(), count(report.unreadable.len())]);
    table
}
