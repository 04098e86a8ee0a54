//! `list`: list stored results.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use futures_util::StreamExt as _;
use serde::Serialize;

use super::batch::print_each;
use super::empty_list::tell_of_empty_list;
use super::filters::FilterArgs;
use super::selection;
use super::tier_move::refuse_without_tiers;
use crate::error::{ErrorKind, Result};
use crate::output::{Cell, Output, OutputFormat, OutputRow, Shortening, Table};
use crate::result::{Entry, RunId, TimeZone};
use crate::store::contract::{OrderBy, Placement, Query, ResultStore, Tier};

/// List stored results, newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store list --limit 20
  truthound-store list --status failure --status error --since 7d
  truthound-store list --asset customers.csv --tag env=prod --ids")]
pub struct ListArgs {
    /// Maximum number of results [default: 50 at a terminal, otherwise all]
    #[arg(long, help_heading = "Order and number", value_name = "N", allow_negative_numbers = true)]
    limit: Option<u64>,
    /// List all results, also at a terminal
    #[arg(long, help_heading = "Order and number", conflicts_with = "limit")]
    all: bool,
    /// Skip the first N results
    #[arg(
        long,
        help_heading = "Order and number",
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    offset: u64,
    /// Sort by this field
    #[arg(long, help_heading = "Order and number", value_enum, default_value_t = OrderByArg::RunTime)]
    order_by: OrderByArg,
    /// Sort in ascending order: smallest or oldest first
    #[arg(long, help_heading = "Order and number")]
    ascending: bool,
    /// Print only run ids, one per line
    #[arg(long, help_heading = "What is shown", conflicts_with = "count")]
    ids: bool,
    /// Print the number of matching results; --limit and --offset are ignored
    #[arg(long, help_heading = "What is shown")]
    count: bool,
    /// Show the tier of each result; costs one request per result
    #[arg(long, help_heading = "What is shown", conflicts_with_all = ["ids", "count"])]
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
    let mut query = args.query(store.time_zone());
    if args.count {
        let count = store.count(&query).await?;
        print_count(count, out)?;
        return if count == 0 { tell_of_empty_list(&query, store, out).await } else { Ok(()) };
    }
    let page = (out.is_at_terminal() && !args.all && args.limit.is_none()).then_some(PAGE);
    // One more shows whether there are more.
    query.limit = page.map(|page| page + 1).or(args.limit);
    let has_more = AtomicBool::new(false);
    let entries = store.list(&query).enumerate().filter_map(|(place, entry)| {
        let is_beyond = page.is_some_and(|page| u64::try_from(place).is_ok_and(|place| place >= page));
        has_more.fetch_or(is_beyond, Ordering::Relaxed);
        std::future::ready((!is_beyond).then_some(entry))
    });
    out.page();
    let count = if args.ids {
        print_each(entries.map(|entry| Ok(Some(ListedId(entry?.run_id)))), None, out).await?
    } else if args.show_tier {
        refuse_without_tiers(store)?;
        print_each(entries.map(|entry| with_tier(entry, store)).buffered(selection::JOBS), None, out).await?
    } else {
        print_each(entries.map(|entry| entry.map(Some)), None, out).await?
    };
    if has_more.into_inner() {
        out.note(&format!("these are the first {PAGE} results; use --limit N for more, or --all"));
    }
    if count == 0 && query.limit != Some(0) && out.first_failure().is_none() {
        tell_of_empty_list(&query, store, out).await?;
    }
    Ok(())
}

/// Number of results at a terminal without `--limit`.
const PAGE: u64 = 50;

/// The entry with its tier; `None` if the result was deleted since it was listed.
async fn with_tier(entry: Result<Entry>, store: &dyn ResultStore) -> Result<Option<TieredEntry>> {
    let entry = entry?;
    match store.placement(&entry.run_id).await {
        Ok(Placement { tier, .. }) => Ok(Some(TieredEntry { entry, tier })),
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
        Some(OutputFormat::Table | OutputFormat::Findings(_) | OutputFormat::Data(_)) => {
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
        vec![Cell::from(self.0.as_str()).shortening(Shortening::Id)]
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
