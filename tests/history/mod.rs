//! A model of a store, and a check whether a history of operations is possible in the model.
//!
//! Each run id is a separate register: absent, or one version of the document. An operation takes effect at one moment
//! between its start and its end (linearizability, with the search of Wing and Gong). In addition, the model allows the
//! following:
//!
//! - An operation that failed (exit codes 4, 5, 6, 130, or killed) may have taken effect at any later moment, or never.
//! - An operation may have taken effect once more before it ended, because a request is repeated if its response is
//!   lost. So may a refused `save --if-absent`, if another version was there when it ended.
//! - A list is not atomic: each of its rows, and each absence of a row, is a separate read of one run id. A run without
//!   a row may exist anyway if a save or delete of it has failed and none has been acknowledged since, or if the save
//!   that created it has not been acknowledged when the list begins.
//!
//! Versions are numbered across the whole history, so that each read identifies the save that it has seen.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

/// The number of a save. Its document differs from that of every other save.
pub(crate) type Version = usize;

/// The effect of an operation on one run, or its observation of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Save(Version),
    SaveIfAbsent(Version),
    Delete,
    /// The document was read: this version of it, or none.
    Read(Option<Version>),
    /// A list had one row for the run, with the fields of this version, or none.
    Listed(Option<Version>),
}

/// The end of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Acknowledged (exit code 0; for a read also 3).
    Done,
    /// The operation certainly changed nothing: exit code 7 of `save --if-absent`, 3 of `delete`.
    Refused,
    /// The operation failed, with an unknown effect.
    Unknown,
}

/// One operation on one run, from before its process started until after it exited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) begun: Instant,
    pub(crate) ended: Instant,
    pub(crate) effect: Effect,
    pub(crate) outcome: Outcome,
}

/// Checks the operations on each run. Returns the runs with operations that no order explains, and shows these
/// operations.
pub(crate) fn check(history: &BTreeMap<String, Vec<Event>>) -> Result<(), String> {
    let faults: Vec<_> = history.iter().filter(|(_, events)| !is_explained(events)).collect();
    if faults.is_empty() {
        return Ok(());
    }
    let shown = faults.iter().map(|(run_id, events)| format!("no order explains {run_id}:\n{}", show(events)));
    Err(shown.collect::<Vec<_>>().join("\n"))
}

/// Returns the operations on one run as lines.
fn show(events: &[Event]) -> String {
    let mut events = events.to_vec();
    events.sort_by_key(|event| event.begun);
    let Some(first) = events.first().map(|event| event.begun) else { return String::new() };
    let lines = events.iter().map(|event| {
        let since = |moment: Instant| moment.duration_since(first).as_secs_f64();
        format!("  {:9.4} {:9.4}  {:?} {:?}\n", since(event.begun), since(event.ended), event.effect, event.outcome)
    });
    lines.collect()
}

/// A transition that must, or may, happen between two times.
#[derive(Clone, Copy, Debug)]
struct Step {
    begun: Instant,
    /// `None` means that it may happen at any later time.
    ended: Option<Instant>,
    must: bool,
    action: Action,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    /// Saves this version. The save ends at this time.
    Set(Version, Instant),
    SetIfAbsent(Version, Instant),
    Clear,
    /// Requires this state, and does not change it.
    Is(Option<Version>),
    /// Requires another version than this, and does not change it.
    IsOther(Version),
    /// Requires that the run is absent, or was created by a save that ended later than this. Does not change it.
    IsUnlisted(Instant),
}

/// A run in the model: absent, or present in one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Register {
    version: Option<Version>,
    /// The end of the save that created the run, until another save replaces its document.
    created: Option<Instant>,
}

impl Action {
    fn writes(self) -> bool {
        matches!(self, Self::Set(..) | Self::SetIfAbsent(..) | Self::Clear)
    }

    /// Returns the state after the action; `None` if the action is impossible.
    fn apply(self, state: Register) -> Option<Register> {
        let possible = match self {
            Self::Set(version, _) if state.version == Some(version) => true,
            Self::Set(version, ended) => {
                let created = state.version.is_none().then_some(ended);
                return Some(Register { version: Some(version), created });
            }
            Self::SetIfAbsent(version, ended) if state.version.is_none() => {
                return Some(Register { version: Some(version), created: Some(ended) });
            }
            Self::SetIfAbsent(..) => false,
            Self::Clear => return Some(Register::default()),
            Self::Is(wanted) => state.version == wanted,
            Self::IsOther(version) => state.version.is_some_and(|present| present != version),
            Self::IsUnlisted(begun) => state.version.is_none() || state.created.is_some_and(|ended| ended > begun),
        };
        possible.then_some(state)
    }
}

fn steps(events: &[Event]) -> Vec<Step> {
    let mut steps = Vec::new();
    for event in events {
        let write = match event.effect {
            Effect::Save(version) => Action::Set(version, event.ended),
            Effect::SaveIfAbsent(version) => Action::SetIfAbsent(version, event.ended),
            Effect::Delete => Action::Clear,
            Effect::Read(seen) => Action::Is(seen),
            Effect::Listed(None) if is_unsettled(events, event) => continue,
            Effect::Listed(None) => Action::IsUnlisted(event.begun),
            Effect::Listed(seen) => Action::Is(seen),
        };
        let step = |must, ended, action| Step { begun: event.begun, ended, must, action };
        let within = Some(event.ended);
        match event.outcome {
            Outcome::Unknown if write.writes() => steps.push(step(false, None, write)),
            // A failed read has observed nothing.
            Outcome::Unknown => {}
            Outcome::Done => steps.push(step(true, within, write)),
            Outcome::Refused => {
                let seen = if let Action::SetIfAbsent(version, _) = write {
                    Action::IsOther(version)
                } else {
                    Action::Is(None)
                };
                steps.push(step(true, within, seen));
            }
        }
        // A repeated request. A refused delete has changed nothing.
        if write.writes() && !(event.effect == Effect::Delete && event.outcome == Outcome::Refused) {
            steps.push(step(false, within, write));
        }
    }
    steps.sort_by_key(|step| step.begun);
    steps
}

/// Whether a write had failed before `list` ended, and no later write had been acknowledged before it began.
fn is_unsettled(events: &[Event], list: &Event) -> bool {
    let is_write = |event: &Event| !matches!(event.effect, Effect::Read(_) | Effect::Listed(_));
    let failed =
        events.iter().filter(|event| is_write(event) && event.outcome == Outcome::Unknown && event.begun < list.ended);
    let Some(last) = failed.map(|event| event.ended).max() else { return false };
    let settles = |event: &Event| {
        is_write(event) && event.outcome == Outcome::Done && event.begun >= last && event.ended <= list.begun
    };
    !events.iter().any(settles)
}

/// Whether some order explains these events. Repeated requests are rarely needed for that, so they are tried last.
fn is_explained(events: &[Event]) -> bool {
    let steps = steps(events);
    let is_repeated = |step: &Step| !step.must && step.ended.is_some();
    let once = steps.iter().filter(|step| !is_repeated(step)).copied().collect();
    [once, steps].into_iter().any(|steps: Vec<Step>| {
        let steps = worthwhile(&steps);
        let mut search = Search { steps: &steps, seen: HashSet::new() };
        search.goes_on(vec![0; steps.len().div_ceil(64)], Register::default())
    })
}

/// Removes optional steps that no observation can confirm or contradict.
fn worthwhile(steps: &[Step]) -> Vec<Step> {
    let tells = |action: &Action| match action {
        Action::Set(version, _) | Action::SetIfAbsent(version, _) => steps.iter().any(|step| {
            matches!(step.action, Action::Is(Some(seen)) if seen == *version)
                || matches!(step.action, Action::IsOther(_))
        }),
        _ => steps
            .iter()
            .any(|step| matches!(step.action, Action::Is(None) | Action::IsUnlisted(_) | Action::SetIfAbsent(..))),
    };
    steps.iter().filter(|step| step.must || tells(&step.action)).copied().collect()
}

/// The limit on visited states. Histories that can be explained need some hundreds. A history that needs more counts as
/// unexplained.
const TRIED: usize = 1_000_000;

struct Search<'a> {
    /// Sorted by begin.
    steps: &'a [Step],
    /// The visited states of the search: the completed steps, and the state of the register.
    seen: HashSet<(Vec<u64>, Register)>,
}

impl Search<'_> {
    /// Whether the remaining steps can happen after those in `done`.
    fn goes_on(&mut self, mut done: Vec<u64>, state: Register) -> bool {
        let is_done = |done: &[u64], at: usize| done[at / 64] >> (at % 64) & 1 == 1;
        // The latest time for the next required step. Reads that are possible now are completed at once.
        let latest = loop {
            let undone = self.steps.iter().enumerate().filter(|(at, step)| step.must && !is_done(&done, *at));
            let Some(latest) = undone.clone().filter_map(|(_, step)| step.ended).min() else { return true };
            let look = undone
                .clone()
                .find(|(_, step)| !step.action.writes() && step.begun <= latest && step.action.apply(state).is_some());
            match look.map(|(at, _)| at) {
                Some(at) => done[at / 64] |= 1 << (at % 64),
                None => break latest,
            }
        };
        if self.seen.len() >= TRIED || !self.seen.insert((done.clone(), state)) {
            return false;
        }
        let newest = (0..self.steps.len()).rev().find(|at| is_done(&done, *at)).map(|at| self.steps[at].begun);
        // A step cannot happen after its own end, or after the latest time of another required step.
        let is_over = |step: &Step| step.ended.is_some_and(|ended| newest.is_some_and(|newest| ended < newest));
        let writes = self.steps.iter().enumerate().filter(|(at, step)| {
            !is_done(&done, *at) && step.action.writes() && step.begun <= latest && !is_over(step)
        });
        let mut writes: Vec<_> = writes.map(|(at, step)| (at, *step)).collect();
        // Most steps happen in the order of their ends.
        writes.sort_by_key(|(_, step)| (!step.must, step.ended));
        writes.into_iter().any(|(at, step)| {
            step.action.apply(state).is_some_and(|next| {
                let mut done = done.clone();
                done[at / 64] |= 1 << (at % 64);
                self.goes_on(done, next)
            })
        })
    }
}

/// A possible or impossible history: its events, with begin, end and outcome.
type Sample = (&'static str, bool, &'static [(u64, u64, Effect, Outcome)]);

/// Histories which show that the check accepts possible histories and rejects impossible ones.
const SAMPLES: &[Sample] = {
    use Effect::{Delete, Listed, Read, Save, SaveIfAbsent};
    use Outcome::{Done, Refused, Unknown};
    &[
        ("the last save stays", true, &[(0, 1, Save(1), Done), (2, 3, Save(2), Done), (4, 5, Read(Some(2)), Done)]),
        (
            "an older save comes back",
            false,
            &[(0, 1, Save(1), Done), (2, 3, Save(2), Done), (4, 5, Read(Some(1)), Done)],
        ),
        (
            "either of two at once stays",
            true,
            &[(0, 3, Save(1), Done), (0, 3, Save(2), Done), (4, 5, Read(Some(1)), Done)],
        ),
        ("a save is lost", false, &[(0, 1, Save(1), Done), (2, 3, Read(None), Done)]),
        ("a save is not listed", false, &[(0, 1, Save(1), Done), (2, 3, Listed(None), Done)]),
        (
            "a new result that can be read is not listed before its save ends",
            true,
            &[(0, 9, Save(1), Done), (1, 2, Read(Some(1)), Done), (3, 10, Listed(None), Done)],
        ),
        (
            "a result that was listed is not listed while it is saved again",
            false,
            &[(0, 1, Save(1), Done), (2, 9, Save(2), Done), (3, 4, Read(Some(2)), Done), (5, 6, Listed(None), Done)],
        ),
        ("a failed save may be there", true, &[(0, 1, Save(1), Unknown), (2, 3, Read(Some(1)), Done)]),
        ("a failed save may be absent", true, &[(0, 1, Save(1), Unknown), (2, 3, Read(None), Done)]),
        (
            "a failed save may arrive late and not go away again",
            false,
            &[
                (0, 1, Save(1), Unknown),
                (2, 3, Read(None), Done),
                (4, 5, Read(Some(1)), Done),
                (6, 7, Read(None), Done),
            ],
        ),
        (
            "what a failed save has written need not be listed until the next save",
            true,
            &[(0, 1, Save(1), Unknown), (2, 3, Read(Some(1)), Done), (4, 5, Listed(None), Done)],
        ),
        (
            "what a failed save has written is listed after the next save",
            false,
            &[(0, 1, Save(1), Unknown), (2, 3, Save(2), Done), (4, 5, Listed(None), Done)],
        ),
        (
            "a list says the old facts of a new document",
            false,
            &[
                (0, 1, Save(1), Done),
                (2, 3, Save(2), Unknown),
                (4, 5, Read(Some(2)), Done),
                (6, 7, Listed(Some(1)), Done),
            ],
        ),
        ("a refusal without a reason", false, &[(0, 1, SaveIfAbsent(1), Refused)]),
        ("a refusal because of itself", false, &[(0, 3, SaveIfAbsent(1), Refused), (4, 5, Read(Some(1)), Done)]),
        (
            "a refusal by another that came in between",
            true,
            &[(0, 9, SaveIfAbsent(1), Refused), (1, 2, Read(Some(1)), Done), (3, 4, Save(2), Done)],
        ),
        ("two create the same", false, &[(0, 1, SaveIfAbsent(1), Done), (2, 3, SaveIfAbsent(2), Done)]),
        ("a delete is undone", false, &[(0, 1, Save(1), Done), (2, 3, Delete, Done), (4, 5, Read(Some(1)), Done)]),
        ("a delete finds nothing", false, &[(0, 1, Save(1), Done), (2, 3, Delete, Refused)]),
        (
            "a save that was sent twice",
            true,
            &[(0, 9, Save(1), Done), (1, 2, Read(Some(1)), Done), (3, 4, Save(2), Done), (10, 11, Read(Some(1)), Done)],
        ),
        (
            "a save that was sent twice and failed",
            true,
            &[
                (0, 9, Save(1), Unknown),
                (1, 2, Read(Some(1)), Done),
                (3, 4, Delete, Done),
                (10, 11, Read(Some(1)), Done),
            ],
        ),
        (
            "a save that had failed takes effect twice more",
            false,
            &[
                (0, 1, Save(1), Unknown),
                (2, 3, Delete, Done),
                (4, 5, Read(Some(1)), Done),
                (6, 7, Delete, Done),
                (8, 9, Read(Some(1)), Done),
            ],
        ),
    ]
};

/// Tests the check itself.
pub(crate) fn check_the_samples() {
    let zero = Instant::now();
    for (name, expected, events) in SAMPLES {
        let at = |second: u64| zero + Duration::from_secs(second);
        let events: Vec<_> = events
            .iter()
            .map(|(begun, ended, effect, outcome)| Event {
                begun: at(*begun),
                ended: at(*ended),
                effect: *effect,
                outcome: *outcome,
            })
            .collect();
        assert_eq!(is_explained(&events), *expected, "{name}");
    }
}
