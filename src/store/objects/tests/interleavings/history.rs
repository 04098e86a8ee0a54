//! The history of the documents in an execution, and whether it explains the outcomes.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::operation::{Event, Operation, OperationOutcome};
use super::world::{DocumentChange, Versions, World, facts};
use crate::result::{Entry, TimeZone};
use crate::store::contract::{Query, SaveMode};

/// All changes of documents in an execution.
#[derive(Debug)]
pub(super) struct History<'a> {
    changes: Vec<DocumentChange>,
    zone: TimeZone,
    versions: Versions,
    events: &'a [Event],
    /// Whether a `reindex` has read all documents since.
    is_rebuilt: bool,
}

impl<'a> History<'a> {
    pub(super) fn new(world: &World, events: &'a [Event]) -> Self {
        let (zone, versions) = (world.zone.clone(), world.versions);
        Self { changes: world.changes(), zone, versions, events, is_rebuilt: false }
    }

    /// The same history after a `reindex`.
    pub(super) fn rebuilt(self) -> Self {
        Self { is_rebuilt: true, ..self }
    }

    /// Returns every run that has or had a document.
    pub(super) fn runs(&self) -> BTreeSet<&str> {
        self.changes.iter().map(|change| change.run_id.as_str()).collect()
    }

    fn of<'b>(&'b self, run_id: &'b str) -> impl DoubleEndedIterator<Item = &'b DocumentChange> {
        self.changes.iter().filter(move |change| change.run_id == run_id)
    }

    /// Returns the document of the run at `moment`.
    pub(super) fn document(&self, run_id: &str, moment: usize) -> Option<&Bytes> {
        let of_run = |change: &&DocumentChange| change.run_id == run_id && change.moment <= moment;
        self.changes.iter().rfind(of_run)?.document.as_ref()
    }

    /// Returns the facts in the document of the run between two moments, with `None` for its absence. A change by
    /// Python counts only once Python has written its index, because nothing else tells of the change.
    pub(super) fn versions(&self, run_id: &str, since: usize, to: usize) -> Vec<Option<Entry>> {
        let from = self.of(run_id).filter(|change| self.is_untold(change, since)).map(|change| change.moment - 1);
        let from = from.min().unwrap_or(usize::MAX).min(since);
        let later = self.of(run_id).filter(|change| change.moment > from && change.moment <= to);
        let documents =
            std::iter::once(self.document(run_id, from)).chain(later.map(|change| change.document.as_ref()));
        documents.map(|document| document.map(|document| facts(document).in_zone(&self.zone))).collect()
    }

    /// Returns whether Python made this change and has not written its index by this moment.
    fn is_untold(&self, change: &DocumentChange, moment: usize) -> bool {
        !self.is_rebuilt
            && self.events.iter().filter(|event| event.operation.is_python()).any(|event| {
                let ended = event.ended.as_ref().map_or(usize::MAX, |(ended, _)| *ended);
                change.by == Some(event.client)
                    && event.began.is_some_and(|began| change.moment > began)
                    && change.moment <= ended
                    && moment < ended
            })
    }

    /// Returns whether the run existed from a save that was acknowledged by the moment `from` until the moment `to`. It
    /// must be in every list then.
    pub(super) fn is_settled(&self, run_id: &str, from: usize, to: usize) -> bool {
        let absent = self.of(run_id).rfind(|change| change.moment <= to && change.document.is_none());
        let since = absent.map_or(0, |change| change.moment);
        if self.document(run_id, to).is_none() {
            return false;
        }
        let was_there =
            |change: &DocumentChange| change.by.is_none() && change.document.is_some() && change.moment > since;
        self.of(run_id).any(was_there) || self.events.iter().any(|event| self.settles(event, run_id, since, from))
    }

    /// Returns whether `event` acknowledged by the moment `by` that the run is stored, with a document newer than
    /// `since`.
    fn settles(&self, event: &Event, run_id: &str, since: usize, by: usize) -> bool {
        let (Some(began), Some((ended, outcome))) = (event.began, &event.ended) else { return false };
        if *ended > by || event.operation.run_id().is_none_or(|run| run.as_str() != run_id) {
            return false;
        }
        let own = |change: &DocumentChange| {
            change.by == Some(event.client) && change.document.is_some() && change.moment > began.max(since)
        };
        match outcome {
            OperationOutcome::Done => self.of(run_id).any(|change| change.moment <= *ended && own(change)),
            // The save was refused because the run is stored, which implies that it is listed.
            OperationOutcome::Exists => began >= since,
            _ => false,
        }
    }

    /// Checks that each delete by filter deleted only a document that matched at that moment.
    pub(super) fn deletes_only_what_matches(&self) -> Result<(), String> {
        for event in self.events {
            let (Operation::Delete(run_id, Some(filter)), Some(began)) = (&event.operation, event.began) else {
                continue;
            };
            let ended = event.ended.as_ref().map_or(usize::MAX, |(ended, _)| *ended);
            let own = |change: &&DocumentChange| {
                change.by == Some(event.client) && change.moment > began && change.moment <= ended
            };
            for removal in self.of(run_id.as_str()).filter(own).filter(|change| change.document.is_none()) {
                let removed = self.document(run_id.as_str(), removal.moment - 1).map(facts);
                if let Some(removed) = removed.filter(|removed| !filter.matches(removed)) {
                    return Err(format!("a delete by filter removed what does not match it: {removed:?}"));
                }
            }
        }
        Ok(())
    }

    /// Checks that each `prune` deleted only the document that was stored when it knew the version, and no later one. An equal
    /// one counts as another, unless versions are hashes of the content.
    pub(super) fn prunes_only_what_it_planned(&self) -> Result<(), String> {
        for event in self.events {
            let (Operation::Prune(run_id), Some((ended, OperationOutcome::Pruned { planned, .. }))) =
                (&event.operation, &event.ended)
            else {
                continue;
            };
            let later = |change: &&DocumentChange| change.moment > *planned && change.moment <= *ended;
            let is_own = |change: &&DocumentChange| change.by == Some(event.client) && change.document.is_none();
            let Some(removal) = self.of(run_id.as_str()).filter(later).find(is_own) else { continue };
            let mut between = self.of(run_id.as_str()).filter(later).filter(|change| change.moment < removal.moment);
            let planned = self.document(run_id.as_str(), *planned).filter(|_| self.versions == Versions::OfContent);
            let saved = between.find_map(|change| change.document.as_ref().filter(|saved| Some(*saved) != planned));
            if let Some(document) = saved {
                return Err(format!("a prune removed what was saved after its plan: {:?}", facts(document)));
            }
        }
        Ok(())
    }

    /// Checks that some sequential order of the operations on each run, each between its start and its end, explains
    /// all outcomes and the final document. An operation of a client that died or was told of a failure may have had an
    /// effect or not.
    pub(super) fn is_explained(&self) -> Result<(), String> {
        for run_id in self.runs() {
            let on_run = |event: &&Event| event.operation.run_id().is_some_and(|run| run.as_str() == run_id);
            let events: Vec<&Event> = self.events.iter().filter(|event| event.began.is_some()).filter(on_run).collect();
            let before = self.of(run_id).rfind(|change| change.by.is_none()).and_then(|change| change.document.clone());
            let last = self.document(run_id, usize::MAX);
            if !follows(&events, before.as_ref(), last) {
                let last = last.map(facts);
                return Err(format!("no order of the operations on `{run_id}` explains what is stored: {last:?}"));
            }
        }
        Ok(())
    }
}

/// Returns whether some order of `events` leads from `state` to `last`.
fn follows(events: &[&Event], state: Option<&Bytes>, last: Option<&Bytes>) -> bool {
    if events.iter().all(|event| is_uncertain(event)) && state == last {
        return true;
    }
    let ended = |event: &Event| match &event.ended {
        Some((ended, _)) if !is_uncertain(event) => *ended,
        _ => usize::MAX,
    };
    (0..events.len()).any(|place| {
        let mut others = events.to_vec();
        let event = others.remove(place);
        if others.iter().any(|other| ended(other) <= event.began.unwrap_or_default()) {
            return false;
        }
        let body = event.operation.document().map(|document| document.body.to_bytes().unwrap());
        let next = match (&event.operation, event.ended.as_ref().map(|(_, outcome)| outcome)) {
            (Operation::Save(_, SaveMode::IfAbsent), Some(OperationOutcome::Exists)) => {
                state.is_some().then_some(state)
            }
            // Equal content may come from the operation's own first attempt.
            (Operation::Save(_, SaveMode::IfAbsent), _) => {
                (state.is_none() || state == body.as_ref()).then_some(body.as_ref())
            }
            (Operation::Save(..) | Operation::PythonSave(_) | Operation::PythonLoses(_), _) => Some(body.as_ref()),
            (Operation::Delete(_, None), Some(OperationOutcome::Deleted(false))) => state.is_none().then_some(None),
            (Operation::Delete(_, None) | Operation::PythonDelete(_), _) => Some(None),
            (Operation::Delete(_, Some(filter)), Some(OperationOutcome::Deleted(false))) => {
                (!matches(filter, state)).then_some(state)
            }
            // Of two concurrent deletes, each may have deleted the document.
            (Operation::Delete(_, Some(filter)), _) => (state.is_none() || matches(filter, state)).then_some(None),
            (Operation::Prune(_), Some(OperationOutcome::Pruned { deleted: false, .. })) => Some(state),
            (Operation::Prune(_), _) => Some(None),
            (Operation::List(_) | Operation::Reindex, _) => Some(state),
        };
        next.is_some_and(|next| follows(&others, next, last))
    })
}

fn is_uncertain(event: &Event) -> bool {
    matches!(event.ended, None | Some((_, OperationOutcome::Failed(_))))
}

fn matches(filter: &Query, state: Option<&Bytes>) -> bool {
    state.is_some_and(|state| filter.matches(&facts(state)))
}
