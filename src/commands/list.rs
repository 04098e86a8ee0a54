//! `list`: what is stored.

use clap::{Args, ValueEnum};
use futures_util::StreamExt as _;
use serde::Serialize;

use super::filters::FilterArgs;
use crate::error::Result;
use crate::output::{Cell, Format, Output, Row, Table};
use crate::result::{Entry, RunId};
use crate::store::contract::{OrderBy, Query, ResultStore};

/// List stored results, newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store list --limit 20
  truthound-store list --status failure --status error --since 7d
  truthound-store list --asset customers.csv --tag env=prod --ids")]
pub struct ListArgs {
    /// At most so many
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    limit: Option<u64>,
    /// Leave out so many of the first
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    offset: u64,
    /// What to order by
    #[arg(long, value_enum, default_value_t = OrderByArg::RunTime)]
    order_by: OrderByArg,
    /// Smallest or oldest first
    #[arg(long)]
    ascending: bool,
    /// Print run ids alone, one a line
    #[arg(long, conflicts_with = "count")]
    ids: bool,
    /// Print how many there are, --limit and --offset aside
    #[arg(long)]
    count: bool,
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
    fn query(&self) -> Query {
        Query {
            limit: self.limit,
            offset: self.offset,
            order_by: self.order_by.into(),
            ascending: self.ascending,
            ..self.filters.query()
        }
    }
}

/// Lists what passes the filters.
///
/// # Errors
/// If the store cannot be read, or stdout cannot be written.
pub async fn run(args: ListArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let query = args.query();
    if args.count {
        return print_count(store.count(&query).await?, out);
    }
    if args.ids {
        print(&query, store, out, |entry| Id(entry.run_id)).await
    } else {
        print(&query, store, out, |entry| entry).await
    }
}

async fn print<T: Row>(
    query: &Query,
    store: &dyn ResultStore,
    out: &mut Output,
    row: impl Fn(Entry) -> T,
) -> Result<()> {
    let mut entries = store.list(query);
    let mut rows = out.rows();
    while let Some(entry) = entries.next().await {
        match entry {
            Ok(entry) => rows.push(&row(entry))?,
            Err(error) => rows.failure(&error),
        }
    }
    rows.finish()
}

fn print_count(count: u64, out: &mut Output) -> Result<()> {
    #[derive(Serialize)]
    struct Count {
        count: u64,
    }
    match out.format() {
        Some(Format::Json | Format::Jsonl) => out.json(&Count { count }),
        Some(Format::Table) => {
            let mut table = Table::new(&["COUNT"]);
            table.push(vec![count.to_string().into()]);
            out.table(&table)
        }
        None => out.line(&count.to_string()),
    }
}

/// A run id alone.
#[derive(Serialize)]
#[serde(transparent)]
struct Id(RunId);

impl Row for Id {
    const HEADINGS: &'static [&'static str] = &["RUN ID"];

    fn cells(&self) -> Vec<Cell> {
        vec![self.0.as_str().into()]
    }

    fn line(&self) -> Option<&str> {
        Some(self.0.as_str())
    }
}
