//! Operations of several clients at once.

mod python;
mod readers;
mod rebuilding;
mod writers;

use super::operation::Operation;
use super::request::RequestOutcome;
use super::scenario::Scenario;
use super::world::Versions;
use crate::result::{Document, Status};
use crate::store::contract::{OrderBy, Query, SaveMode};
use crate::store::objects::tests::{document, id, tagged};

/// A document of this run, at midnight of this day.
fn on(run_id: &str, day: u32) -> Document {
    tagged(run_id, &format!("2026-01-{day:02}"), Status::Success, &[])
}

/// A document that differs from [`on`] in everything but its time.
fn changed(run_id: &str, day: u32) -> Document {
    document(&serde_json::json!({
        "run_id": run_id, "run_time": format!("2026-01-{day:02}"), "data_asset": "b", "status": "failure",
        "tags": {"k": "v"},
    }))
}

fn save(document: Document) -> Operation {
    Operation::Save(document, SaveMode::Overwrite)
}

fn save_if_absent(document: Document) -> Operation {
    Operation::Save(document, SaveMode::IfAbsent)
}

fn delete(run_id: &str) -> Operation {
    Operation::Delete(id(run_id), None)
}

fn prune(run_id: &str) -> Operation {
    Operation::Prune(id(run_id))
}

fn list(query: Query) -> Operation {
    Operation::List(query)
}

/// A query for everything up to midnight of this day.
fn until(day: u32) -> Query {
    Query { until: Some(on("x", day).entry.run_time.instant()), ..Query::default() }
}
