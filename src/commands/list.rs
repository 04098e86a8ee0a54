//! `list`: list stored results.

use clap::{Args, ValueEnum};
use futures_util::StreamExt as _;
use serde::Serialize;

use super::batch::print_each;
use super::filters::FilterArgs;
use super::selection::{self, refuse_without_tiers};
use crate::error::{ErrorKind, Result};
use crate::output::{Cell, Output, OutputFormat, OutputRow, Table};
use crate::result::{Entry, RunId, TimeZone};
use crate::store::contract::{OrderBy, Query, ResultStore, Tier};

/// List stored results, newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store list --limit 20
  truthound-store list --status failure --status error --since 7d
  truthound-store list --asset customers.csv --tag env=prod --ids")]
pub struct ListArgs {
    /// Maximum number of results
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    limit: Option<u64>,
    /// Skip the first N results
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    offset: u64,
    /// Sort by this field
    #[arg(long, value_enum, default_value_t = OrderByArg::RunTime)]
    order_by: OrderByArg,
    /// Sort in ascending order: smallest or oldest first
    #[arg(long)]
    ascending: bool,
    /// Print only run ids, one per line
    #[arg(long, conflicts_with = "count")]
    ids: bool,
    /// Print the number of matching results; --limit and --offset are ignored
    #[arg(long)]
    count: bool,
    /// Show the tier of each result; costs one request per result
    #[arg(long, conflicts_with_all = ["ids", "count"])]
    show_tier: bool,
    #[command(flatten)]
    filters: FilterArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum OrderByArg {
    RunTime,
    DataAsset,
    Status,
}

impl From<OrderByArg> for OrderBy {
    fn from(argument: OrderByArg) -> Self {
        match argument {
            OrderByArg::RunTime => Self::RunTime,
            OrderByArg::DataAsset => Self::DataAsset,
            OrderByArg::Status => Self::Status,
        }
    }
}

impl ListArgs {
    fn query(&self, zone: &TimeZone) -> Query {
        Query {
            limit: self.limit,
            offset: self.offset,
            order_by: self.order_by.into(),
            ascending: self.ascending,
            ..self.filters.query(zone)
        }
    }
}

/// Lists the results that pass the filters.
///
/// # Errors
/// If the store cannot be read, or stdout cannot be written.
pub async fn run(args: ListArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let query = args.query(store.time_zone());
    if args.count {
        return print_count(store.count(&query).await?, out);
    }
    let entries = store.list(&query);
    if args.ids {
        print_each(entries.map(|entry| Ok(Some(ListedId(entry?.run_id)))), None, out).await
    } else if args.show_tier {
        refuse_without_tiers(store)?;
        print_each(entries.map(|entry| with_tier(entry, store)).buffered(selection::JOBS), None, out).await
    } else {
        print_each(entries.map(|entry| entry.map(Some)), None, out).await
    }
}

/// The entry with its tier; `None` if the result was deleted since it was listed.
async fn with_tier(entry: Result<Entry>, store: &dyn ResultStore) -> Result<Option<TieredEntry>> {
    let entry = entry?;
    match store.tier(&entry.run_id).await {
        Ok(tier) => Ok(Some(TieredEntry { entry, tier })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn print_count(count: u64, out: &mut Output) -> Result<()> {
    #[derive(Serialize)]
    struct Count {
        count: u64,
    }
    match out.format() {
        Some(OutputFormat::Json | OutputFormat::Jsonl) => out.json(&Count { count }),
        Some(OutputFormat::Table) => {
            let mut table = Table::new(&["COUNT"]);
            table.push(vec![count.to_string().into()]);
            out.table(&table)
        }
        None => out.line(&count.to_string()),
    }
}

/// Only the run id of a result.
#[derive(Serialize)]
#[serde(transparent)]
struct ListedId(RunId);

impl OutputRow for ListedId {
    const HEADINGS: &'static [&'static str] = &["RUN ID"];

    fn cells(&self) -> Vec<Cell> {
        vec![self.0.as_str().into()]
    }

    fn line(&self) -> Option<&str> {
        Some(self.0.as_str())
    }
}

/// An entry, and the tier of its document.
#[derive(Serialize)]
struct TieredEntry {
    #[serde(flatten)]
    entry: Entry,
    tier: Tier,
}

impl OutputRow for TieredEntry {
    const HEADINGS: &'static [&'static str] = &["RUN TIME", "STATUS", "DATA ASSET", "RUN ID", "TAGS", "TIER"];

    fn cells(&self) -> Vec<Cell> {
        let mut cells = self.entry.cells();
        cells.push(self.tier.0.as_str().into());
        cells
    }
}
