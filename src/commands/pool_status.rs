//! `pool-status`: the connection pool, health and circuit breaker of a database.

use std::time::Duration;

use clap::Args;

use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Color, Output, OutputFormat, Table};
use crate::store::contract::{PoolActions, PoolStatus, ResultStore};

/// Show the connection pool, health and circuit breaker of a database
///
/// The exit code is 0 if the next command would reach the database, and 4 if it would not: the database does not answer,
/// its file or a table that must be there is missing, or the circuit breaker is open.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store pool-status --profile prod
  truthound-store pool-status --watch 5 --format jsonl
  truthound-store pool-status --reset-breaker")]
pub struct PoolStatusArgs {
    /// Replace all connections first
    #[arg(long)]
    recycle: bool,
    /// Close the circuit breaker first
    #[arg(long)]
    reset_breaker: bool,
    /// Repeat every SECS seconds
    #[arg(long, value_name = "SECS", num_args = 0..=1, default_missing_value = "2", value_parser = seconds)]
    watch: Option<Duration>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let unusable = || "not a number of seconds between 0.1 and 86400".to_owned();
    let seconds: f64 = text.parse().map_err(|_| unusable())?;
    if !(0.1..=86_400.0).contains(&seconds) {
        return Err(unusable());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| unusable())
}

/// Shows the status, once or repeatedly.
///
/// # Errors
/// If the store has no connection pool, the database is not healthy, or stdout cannot be written.
pub async fn run(args: PoolStatusArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let mut actions = PoolActions { recycle: args.recycle, reset_breaker: args.reset_breaker };
    loop {
        let status = store.pool_status(actions).await?;
        match out.format() {
            Some(OutputFormat::Json | OutputFormat::Jsonl) => out.json(&status)?,
            _ => out.table(&table(&status))?,
        }
        let Some(pause) = args.watch else { return healthy(&status) };
        if !matches!(out.format(), Some(OutputFormat::Json | OutputFormat::Jsonl)) {
            out.raw(b"\n")?;
        }
        out.flush()?;
        actions = PoolActions::default();
        tokio::time::sleep(pause).await;
    }
}

fn healthy(status: &PoolStatus) -> Result<()> {
    if status.healthy {
        return Ok(());
    }
    let error =
        Error::new(ErrorKind::Connection, format!("the database {} is not healthy", status.config.connection_url));
    let error = match &status.error {
        Some(reason) => error.with_source(reason.clone()),
        None => error,
    };
    Err(match status.circuit_state {
        "OPEN" => error.with_hint("run `truthound-store pool-status --reset-breaker`"),
        _ => error,
    })
}

fn table(status: &PoolStatus) -> Table {
    let metrics = &status.metrics;
    let (connections, operations) = (&metrics.connections, &metrics.operations);
    let (timing, health, breaker) = (&metrics.timing, &metrics.health, &metrics.circuit_breaker);
    let mut table = Table::new(&[]);
    let mut push = |name: &str, value: Cell| table.push(vec![name.into(), value]);
    let milliseconds = |value: f64| format!("{value:.1} ms").into();
    push(
        "health",
        if status.healthy { Cell::colored("healthy", Color::Good) } else { Cell::colored("not healthy", Color::Bad) },
    );
    if let Some(reason) = &status.error {
        push("  reason", reason.as_str().into());
    }
    push("database", status.config.connection_url.as_str().into());
    push("dialect", status.dialect.into());
    push(
        "circuit breaker",
        match status.circuit_state {
            "CLOSED" => Cell::colored("closed", Color::Good),
            "OPEN" => Cell::colored("open", Color::Bad),
            _ => Cell::colored("half open", Color::Doubtful),
        },
    );
    push(
        "  opened, closed, rejected",
        format!("{}, {}, {}", breaker.opens, breaker.closes, breaker.requests_rejected).into(),
    );
    push("pool size, overflow", format!("{}, {}", status.config.pool_size, status.config.max_overflow).into());
    push("pool timeout, recycle", format!("{} s, {} s", status.config.pool_timeout, status.config.pool_recycle).into());
    push(
        "connections",
        format!(
            "{} ({} in use, {} idle, {} overflow)",
            connections.current_size, connections.current_checked_out, connections.idle, connections.current_overflow
        )
        .into(),
    );
    push(
        "  created, closed, peak",
        format!("{}, {}, {}", connections.total_created, connections.total_closed, connections.peak).into(),
    );
    push(
        "checkouts",
        format!(
            "{} ({} returned, {} failed, {} recycled, {} invalidated)",
            operations.checkouts,
            operations.checkins,
            operations.checkout_failures,
            operations.recycles,
            operations.invalidations
        )
        .into(),
    );
    push("  average", milliseconds(timing.avg_checkout_ms));
    push("  longest", milliseconds(timing.max_checkout_ms));
    push("time to connect", milliseconds(timing.total_connection_time_ms));
    push("health checks", format!("{} passed, {} failed", health.checks_passed, health.checks_failed).into());
    if let Some(last) = health.last_check {
        push("  last", last.strftime("%Y-%m-%d %H:%M:%SZ").to_string().into());
    }
    table
}
