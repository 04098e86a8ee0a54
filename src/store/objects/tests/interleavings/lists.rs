//! The results that a list may show and must show.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::history::History;
use super::operation::{Operation, told};
use crate::error::Error;
use crate::result::Entry;
use crate::store::contract::{OrderBy, Query};

/// Checks that a list between two moments shows all results that it must, and none that it must not.
pub(super) fn is_true(
    history: &History<'_>,
    query: &Query,
    items: &[Result<Entry, Error>],
    from: usize,
    to: usize,
) -> Result<(), String> {
    let failed = |what: String| Err(format!("`list {}` {what}", told(query)));
    let mut listed: Vec<&Entry> = Vec::new();
    for item in items {
        match item {
            Ok(entry) => listed.push(entry),
            Err(error) => return failed(format!("failed: {error}: {:?}", error.causes())),
        }
    }
    for (place, entry) in listed.iter().enumerate() {
        let versions = history.versions(entry.run_id.as_str(), from, to);
        if !versions.contains(&Some((*entry).clone())) {
            return failed(format!("shows {entry:?}, but meanwhile its document was only {versions:?}"));
        }
        if !query.matches(entry) {
            return failed(format!("shows {entry:?}, which it does not want"));
        }
        if listed[..place].iter().any(|other| other.run_id == entry.run_id) {
            return failed(format!("shows `{}` more than once", entry.run_id));
        }
    }
    // A result that was saved again meanwhile may come at its old position, at its new one, or last.
    let is_still = |entry: &&&Entry| history.versions(entry.run_id.as_str(), from, to).len() == 1;
    let still: Vec<&&Entry> = listed.iter().filter(is_still).collect();
    if still.windows(2).any(|pair| query.compare(pair[0], pair[1]) == Ordering::Greater) {
        return failed(format!("is out of order: {listed:?}"));
    }
    let limit = query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
    if listed.len() > limit {
        return failed(format!("shows {} results", listed.len()));
    }
    let last = listed.last().filter(|_| listed.len() == limit);
    for run_id in history.runs() {
        if listed.iter().any(|entry| entry.run_id.as_str() == run_id) || !history.is_settled(run_id, from, to) {
            continue;
        }
        // Every version of the result matches and sorts before the last result of the list.
        let is_due = |version: &Option<Entry>| {
            let version = version.as_ref().filter(|version| query.matches(version));
            version.is_some_and(|version| last.is_none_or(|last| query.compare(version, last) == Ordering::Less))
        };
        let versions = history.versions(run_id, from, to);
        if limit > 0 && versions.iter().all(is_due) {
            return failed(format!("does not show `{run_id}`, which was there all the time: {versions:?}"));
        }
    }
    Ok(())
}

/// Returns all queries that can distinguish the versions of these operations' documents.
pub(super) fn queries(operations: &[&Operation]) -> Vec<Query> {
    let all = Query::default;
    let mut queries = vec![all()];
    queries.extend([1, 2, 100].map(|limit| Query { limit: Some(limit), ..all() }));
    for order_by in [OrderBy::RunTime, OrderBy::DataAsset, OrderBy::Status] {
        for ascending in [false, true] {
            queries.push(Query { order_by, ascending, ..all() });
        }
    }
    let entries: Vec<&Entry> = operations.iter().filter_map(|operation| Some(&operation.document()?.entry)).collect();
    let times: BTreeSet<_> = entries.iter().map(|entry| entry.run_time.instant()).collect();
    for time in times {
        queries.push(Query { since: Some(time), ..all() });
        queries.push(Query { until: Some(time), ..all() });
        queries.push(Query { since: Some(time), until: Some(time), limit: Some(5), ..all() });
    }
    let statuses: BTreeSet<_> = entries.iter().map(|entry| entry.status.name()).collect();
    for name in statuses {
        let statuses = entries.iter().map(|entry| entry.status).filter(|status| status.name() == name).take(1);
        queries.push(Query { statuses: statuses.collect(), ..all() });
    }
    queries
}
