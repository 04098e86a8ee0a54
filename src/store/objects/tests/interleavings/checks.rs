//! The checks at the end of an execution.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use object_store::path::Path;
use serde_json::Value;

use super::explorer::letter;
use super::history::History;
use super::lists;
use super::operation::{Event, INDEX, Operation, OperationOutcome, store};
use super::world::{World, document_of, facts};
use crate::result::Entry;
use crate::store::contract::{Query, ReindexOptions, ReindexReport, ResultStore as _};
use crate::store::objects::tests::{Arc, read};

/// Longer than any operation can last.
const LATER: Duration = Duration::from_secs(3600);

/// Checks that the outcomes that clients were told can be true. `struck` is the client that died or was told of a
/// failure that did not happen.
pub(super) fn outcomes(world: &World, events: &[Event], struck: Option<usize>) -> Result<(), String> {
    let history = History::new(world, events);
    for event in events.iter().filter(|event| Some(event.client) != struck) {
        if let Some((_, OperationOutcome::Failed(error))) = &event.ended {
            return Err(format!("{}: failed: {error}: {:?}", told(event), error.causes()));
        }
    }
    for event in events {
        if let (Operation::List(query), Some(began), Some((ended, OperationOutcome::Listed(items)))) =
            (&event.operation, event.began, &event.ended)
            && Some(event.client) != struck
        {
            let listed = lists::is_true(&history, query, items, began, *ended);
            listed.map_err(|fault| format!("{}: {fault}", letter(event.client)))?;
        }
    }
    history.deletes_only_what_matches()?;
    history.prunes_only_what_it_planned()?;
    history.is_explained()
}

/// Checks that the objects are consistent, and that the struck client's command repairs them when it is repeated.
pub(super) async fn objects(
    before: &[Operation],
    world: &Arc<World>,
    events: &[Event],
    struck: Option<usize>,
) -> Result<(), String> {
    let operations: Vec<&Operation> = before.iter().chain(events.iter().map(|event| &event.operation)).collect();
    let queries = lists::queries(&operations);
    let history = History::new(world, events);
    lists_are_true(world, &history, &queries).await.map_err(|fault| format!("afterwards {fault}"))?;
    let with_python = operations.iter().any(|operation| operation.is_python());
    match struck {
        None => {
            if with_python {
                // Settled intents are gone by then, so that the lists believe the entries.
                let world = world.fork(LATER);
                let lists = lists_are_true(&world, &History::new(&world, events), &queries).await;
                lists.map_err(|fault| format!("an hour afterwards {fault}"))?;
            } else {
                let found = store(world, None).reindex(ReindexOptions { dry_run: true, ..Default::default() }).await;
                is_clean(&found.map_err(|error| error.to_string())?)?;
                index_agrees(world)?;
            }
        }
        Some(struck) => {
            let interrupted = events.iter().rfind(|event| event.client == struck).unwrap();
            for aged in [Duration::ZERO, LATER] {
                let world = world.fork(aged);
                let again = again(&world, events, interrupted, &queries).await;
                again.map_err(|fault| format!("{fault} ({} s after the fault)", aged.as_secs()))?;
            }
        }
    }
    let world = world.fork(Duration::ZERO);
    rebuilds(&world, events, &queries).await
}

/// Returns a hash of everything that [`objects`] depends on.
pub(super) fn state(world: &World, events: &[Event], struck: Option<usize>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (path, content) in world.contents() {
        (path.as_ref(), content.trim_ascii_end()).hash(&mut hasher);
    }
    let history = History::new(world, events);
    let moment = world.moment();
    for run_id in history.runs() {
        (run_id, history.is_settled(run_id, moment, moment)).hash(&mut hasher);
    }
    let struck = events.iter().rfind(|event| Some(event.client) == struck);
    struck.map(|event| (event.client, event.operation.name())).hash(&mut hasher);
    hasher.finish()
}

/// Checks that every list agrees with the current documents.
async fn lists_are_true(world: &Arc<World>, history: &History<'_>, queries: &[Query]) -> Result<(), String> {
    let moment = world.moment();
    for query in queries {
        let OperationOutcome::Listed(items) = Operation::List(query.clone()).run(world, None).await else { continue };
        lists::is_true(history, query, &items, moment, moment)?;
    }
    let OperationOutcome::Listed(items) = Operation::List(Query::default()).run(world, None).await else {
        return Ok(());
    };
    for entry in items.iter().flatten() {
        let read = read(&store(world, None), entry.run_id.as_str()).await;
        read.map_err(|error| format!("`{}` is listed, but {error}", entry.run_id))?;
    }
    Ok(())
}

/// Checks that the same command succeeds when it is repeated, and repairs the effects of the fault.
async fn again(world: &Arc<World>, events: &[Event], event: &Event, queries: &[Query]) -> Result<(), String> {
    let operation = &event.operation;
    let outcome = operation.run(world, None).await;
    if let OperationOutcome::Failed(error) = &outcome {
        return Err(format!("{} again fails: {error}: {:?}", told(event), error.causes()));
    }
    let changes = world.changes();
    let run_id = operation.run_id().map(|run_id| run_id.to_string());
    let last = changes.iter().rfind(|change| Some(&change.run_id) == run_id.as_ref());
    let stored = last.and_then(|change| change.document.as_ref()).map(facts);
    let expected = match (operation, &outcome) {
        (Operation::Delete(_, None) | Operation::PythonDelete(_), _) => stored.is_none(),
        (Operation::Save(..), OperationOutcome::Exists) => stored.is_some(),
        (Operation::Save(document, _) | Operation::PythonSave(document) | Operation::PythonLoses(document), _) => {
            stored.as_ref() == Some(&document.entry)
        }
        _ => true,
    };
    if !expected {
        return Err(format!("{} again leaves {stored:?}", told(event)));
    }
    let again = Event { client: usize::MAX, operation: operation.clone(), began: Some(0), ended: None };
    let acknowledged = Event { began: Some(world.moment()), ended: Some((world.moment(), outcome)), ..again };
    let mut known: Vec<Event> = Vec::new();
    known.extend(events.iter().map(acknowledged_only));
    known.push(acknowledged);
    let lists = lists_are_true(world, &History::new(world, &known), queries).await;
    lists.map_err(|fault| format!("after {} again {fault}", told(event)))
}

/// Copies an event as far as it tells which results are settled.
fn acknowledged_only(event: &Event) -> Event {
    let ended = event.ended.as_ref().map(|(ended, outcome)| {
        let outcome = match outcome {
            OperationOutcome::Done => OperationOutcome::Done,
            OperationOutcome::Exists => OperationOutcome::Exists,
            _ => OperationOutcome::Deleted(true),
        };
        (*ended, outcome)
    });
    Event { client: event.client, operation: event.operation.clone(), began: event.began, ended }
}

/// Checks that a `reindex` repairs everything, so that a second one finds nothing, and that every document is listed
/// then.
async fn rebuilds(world: &Arc<World>, events: &[Event], queries: &[Query]) -> Result<(), String> {
    let store = store(world, None);
    let rebuilt = store.reindex(ReindexOptions::default()).await;
    rebuilt.map_err(|error| format!("reindex fails: {error}: {:?}", error.causes()))?;
    let second = store.reindex(ReindexOptions::default()).await;
    is_clean(&second.map_err(|error| error.to_string())?).map_err(|fault| format!("after a reindex {fault}"))?;
    index_agrees(world).map_err(|fault| format!("after a reindex {fault}"))?;
    let history = History::new(world, events).rebuilt();
    lists_are_true(world, &history, queries).await.map_err(|fault| format!("after a reindex {fault}"))?;
    let OperationOutcome::Listed(items) = Operation::List(Query::default()).run(world, None).await else {
        return Ok(());
    };
    let documents = world.contents().into_iter().filter_map(|(path, _)| document_of(&path));
    let listed: Vec<&Entry> = items.iter().flatten().collect();
    for run_id in documents {
        if listed.iter().all(|entry| entry.run_id.as_str() != run_id) {
            return Err(format!("after a reindex `{run_id}` is not listed"));
        }
    }
    Ok(())
}

fn is_clean(report: &ReindexReport) -> Result<(), String> {
    if report.missing.is_empty() && report.stale.is_empty() && report.unreadable.is_empty() {
        return Ok(());
    }
    Err(format!("`reindex` would mend something: {report:?}"))
}

/// Checks that Python's index, if it exists, agrees with the documents.
fn index_agrees(world: &World) -> Result<(), String> {
    let contents: BTreeMap<Path, _> = world.contents().into_iter().collect();
    let Some(index) = contents.get(&Path::from(INDEX)) else { return Ok(()) };
    let rows: BTreeMap<String, Value> = serde_json::from_slice(index).map_err(|error| error.to_string())?;
    let said: BTreeMap<String, (Value, Value, Value)> = rows
        .into_iter()
        .map(|(run_id, row)| (run_id, (row["run_time"].clone(), row["data_asset"].clone(), row["status"].clone())))
        .collect();
    let documents = contents.iter().filter_map(|(path, content)| Some((document_of(path)?, facts(content))));
    let stored: BTreeMap<String, (Value, Value, Value)> = documents
        .map(|(run_id, entry)| {
            let time = Value::from(entry.run_time.to_python_iso());
            (run_id, (time, Value::from(entry.data_asset), Value::from(entry.status.name())))
        })
        .collect();
    if said == stored {
        return Ok(());
    }
    Err(format!("Python's index says {said:?}, but the documents {stored:?}"))
}

fn told(event: &Event) -> String {
    format!("{}: `{}`", letter(event.client), event.operation.name())
}
