//! A scenario: the store before, and the operations of each client; and the search through all of its executions.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use bytes::Bytes;
use object_store::PutPayload;
use object_store::path::Path;
use tokio::runtime::Runtime;

use super::checks;
use super::execution::{Ending, Execution};
use super::explorer::{Bounds, Explorer, Faults, letter};
use super::operation::{Event, INDEX, Operation, OperationOutcome};
use super::request::RequestOutcome;
use super::world::{Versions, World};
use crate::result::{Document, TimeZone};
use crate::store::objects::catalog::counting;
use crate::store::objects::tests::Arc;

/// First nonce of each client. Names of the client with the greater number come first in lists.
const NONCES: &[u32] = &[0x30_0000, 0x20_0000, 0x10_0000];

/// First nonces before the clients start, and after they have ended.
const BEFORE: u32 = 0x38_0000;
const AFTER: u32 = 0x3C_0000;

/// Maximum preemptions in each test run, and in a long one for a scenario without a number of its own. With three, two
/// overwrites alone have hundreds of thousands of executions.
const IN_CI: usize = 1;
const IN_LONG: usize = 2;

/// A schedule to repeat.
const SCHEDULE: &str = "TRUTHOUND_STORE_TEST_SCHEDULE";
/// All faults of a client.
pub(super) const EVERYTHING: Faults =
    &[RequestOutcome::Dies, RequestOutcome::Lost, RequestOutcome::Refused, RequestOutcome::Repeated];

/// `none` searches executions without faults.
const FAULTS: &str = "TRUTHOUND_STORE_TEST_FAULTS";
/// Searches further than in each test run.
const LONG: &str = "TRUTHOUND_STORE_TEST_LONG";

#[derive(Clone, Debug)]
pub(super) struct Scenario {
    before: Vec<Operation>,
    with_index: bool,
    clients: Vec<Vec<Operation>>,
    versions: Versions,
    zone: TimeZone,
    faults: Faults,
    preemptions: Option<usize>,
    long: Option<usize>,
}

/// Figures of a search.
#[derive(Clone, Copy, Debug, Default)]
struct SearchCounts {
    executions: usize,
    pruned: usize,
    states: usize,
    longest: usize,
    /// Number of executions that differed after the same choices and were repeated.
    repeated: usize,
}

impl Scenario {
    pub(super) fn new() -> Self {
        Self {
            before: Vec::new(),
            with_index: false,
            clients: Vec::new(),
            versions: Versions::OfContent,
            zone: TimeZone::UTC,
            faults: &[RequestOutcome::Dies],
            preemptions: None,
            long: None,
        }
    }

    /// Adds operations before the clients start.
    pub(super) fn before(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.before.extend(operations);
        self
    }

    /// Python has created its index.
    pub(super) fn with_index(self) -> Self {
        Self { with_index: true, ..self }
    }

    /// Adds a client with these operations.
    pub(super) fn client(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.clients.push(operations.into_iter().collect());
        self
    }

    pub(super) fn faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    pub(super) fn versions(self, versions: Versions) -> Self {
        Self { versions, ..self }
    }

    /// Sets the time zone of all profiles, and so of the documents added before.
    pub(super) fn in_zone(mut self, zone: &str) -> Self {
        self.zone = TimeZone::named(zone).unwrap();
        for operation in self.before.iter_mut().chain(self.clients.iter_mut().flatten()) {
            if let Some(Document { entry, .. }) = operation.document_mut() {
                entry.run_time = entry.run_time.in_zone(&self.zone);
            }
        }
        self
    }

    /// NameLimits the executions to this number of preemptions, and to `long` in a long run. Without this,
    /// [`IN_CI`] and [`IN_LONG`] apply.
    pub(super) fn preemptions(self, preemptions: usize, long: impl Into<Option<usize>>) -> Self {
        Self { preemptions: Some(preemptions), long: long.into(), ..self }
    }

    /// Searches for an execution that breaks a promise.
    #[allow(clippy::print_stdout, reason = "seen only by those who ask for it")]
    pub(super) fn holds(self) {
        let runtime = runtime();
        if let Ok(schedule) = std::env::var(SCHEDULE) {
            let mut explorer = Explorer::following(&schedule);
            let found = self.execute(&runtime, &mut explorer, &mut HashSet::new(), true);
            let text = self.story(&explorer, &found);
            // The schedule may belong to another query of this test.
            match (found.fault, found.ending) {
                (None, _) | (_, Ending::Diverged(_)) => println!("{text}"),
                _ => panic!("{text}"),
            }
            return;
        }
        let bounds = self.bounds();
        let begun = Instant::now();
        match self.search(&runtime, bounds) {
            Ok((counts, _)) => println!("{bounds:?}: {counts:?} in {:.1} s", begun.elapsed().as_secs_f64()),
            Err(story) => panic!("{}", self.simplest(&runtime, bounds).unwrap_or(story)),
        }
    }

    fn bounds(&self) -> Bounds {
        let is_long = std::env::var_os(LONG).is_some();
        let faults = match std::env::var(FAULTS).as_deref() {
            Ok("none") => &[],
            // The imitation of Python does not handle failures.
            _ if is_long && !self.faults.is_empty() && !self.operations().any(Operation::is_python) => EVERYTHING,
            _ => self.faults,
        };
        match is_long {
            true => Bounds { preemptions: self.long.or(Some(IN_LONG)), waits: 4, faults },
            // Three clients have a hundred times the executions of two.
            false if self.clients.len() > 2 => Bounds { preemptions: Some(0), waits: 1, faults },
            false => {
                Bounds { preemptions: Some(self.preemptions.map_or(IN_CI, |most| most.min(IN_CI))), waits: 1, faults }
            }
        }
    }

    fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.before.iter().chain(self.clients.iter().flatten())
    }

    /// Returns the number of executions within `bounds`, and a hash of each final state.
    pub(super) fn seen(&self, bounds: Bounds) -> (usize, HashSet<u64>) {
        let (counts, states) = self.search(&runtime(), bounds).unwrap();
        (counts.executions, states)
    }

    /// Returns the failing execution with the fewest preemptions.
    fn simplest(&self, runtime: &Runtime, bounds: Bounds) -> Option<String> {
        let fewer = 0..bounds.preemptions.unwrap_or(4);
        let searches = fewer.flat_map(|preemptions| {
            let preemptions = Some(preemptions);
            [Bounds { preemptions, faults: &[], ..bounds }, Bounds { preemptions, ..bounds }]
        });
        searches.into_iter().find_map(|bounds| self.search(runtime, bounds).err())
    }

    /// Searches all executions within `bounds`. The error describes the first that fails.
    fn search(&self, runtime: &Runtime, bounds: Bounds) -> Result<(SearchCounts, HashSet<u64>), String> {
        let mut explorer = Explorer::new(bounds);
        let mut counts = SearchCounts::default();
        let mut seen = HashSet::new();
        loop {
            let mut found = self.execute(runtime, &mut explorer, &mut seen, false);
            if matches!(found.ending, Ending::Diverged(_)) {
                counts.repeated += 1;
                found = self.execute(runtime, &mut explorer, &mut seen, true);
            }
            if found.fault.is_some() {
                return Err(self.story(&explorer, &found));
            }
            match found.ending {
                Ending::Pruned => counts.pruned += 1,
                _ => counts.executions += 1,
            }
            counts.longest = counts.longest.max(explorer.lines().len());
            if !explorer.next() {
                counts.states = seen.len();
                return Ok((counts, seen));
            }
        }
    }

    /// Runs one execution and checks its end. States in `seen` are not checked again.
    fn execute(
        &self,
        runtime: &Runtime,
        explorer: &mut Explorer,
        seen: &mut HashSet<u64>,
        is_careful: bool,
    ) -> EndedExecution {
        explorer.again();
        let mut log = Vec::new();
        let done = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(tokio::task::unconstrained(async {
                let world = counted(BEFORE, self.world()).await;
                let mut execution = Execution::new(world, &self.clients, NONCES, is_careful);
                let ending = execution.run(explorer).await;
                let (world, struck) = (Arc::clone(&execution.world), execution.struck);
                log.append(&mut execution.log.lock().unwrap());
                drop(execution);
                let fault = match &ending {
                    Ending::Complete => self.fault(&world, &log, struck, seen).await,
                    Ending::Pruned => None,
                    Ending::Diverged(text) => Some(format!("not deterministic: {text}")),
                    Ending::Endless => Some("endless: a client sends more requests than any command needs".to_owned()),
                };
                (ending, fault)
            }))
        }));
        let (ending, fault) =
            done.unwrap_or_else(|_| (Ending::Complete, Some("a client panicked: see above".to_owned())));
        EndedExecution { ending, fault, log }
    }

    /// Returns the broken promise at the end of an execution, if there is one.
    async fn fault(
        &self,
        world: &Arc<World>,
        log: &[Event],
        struck: Option<usize>,
        seen: &mut HashSet<u64>,
    ) -> Option<String> {
        if let Err(fault) = checks::outcomes(world, log, struck) {
            return Some(fault);
        }
        if !seen.insert(checks::state(world, log, struck)) {
            return None;
        }
        counted(AFTER, checks::objects(&self.before, world, log, struck)).await.err()
    }

    /// Returns the objects before the clients start.
    async fn world(&self) -> Arc<World> {
        let world = World::new(self.versions, self.zone.clone());
        if self.with_index {
            let index = PutPayload::from(Bytes::from_static(b"{}"));
            drop(world.put(None, &Path::from(INDEX), index, object_store::PutOptions::default()));
        }
        for operation in &self.before {
            assert!(!matches!(operation.run(&world, None).await, OperationOutcome::Failed(_)));
        }
        world
    }

    /// Describes an execution for people, with the command that repeats it.
    fn story(&self, explorer: &Explorer, found: &EndedExecution) -> String {
        let mut text = found.fault.clone().unwrap_or_else(|| "all holds".to_owned());
        for operation in &self.before {
            let _ = write!(text, "\n   before: {}", operation.name());
        }
        for (number, operations) in self.clients.iter().enumerate() {
            let names: Vec<String> = operations.iter().map(Operation::name).collect();
            let _ = write!(text, "\n   {}: {}", letter(number), names.join("; then "));
        }
        for line in explorer.lines() {
            let _ = write!(text, "\n{line}");
        }
        for event in &found.log {
            let outcome = match &event.ended {
                None => "died".to_owned(),
                Some((moment, outcome)) => format!("until {moment}: {outcome:?}"),
            };
            let name = event.operation.name();
            let _ = write!(text, "\n   {}: {name} from {:?} {outcome}", letter(event.client), event.began);
        }
        let _ = write!(text, "\n{SCHEDULE}=\"{}\" cargo test --lib NAME -- --nocapture\n", explorer.schedule());
        text
    }
}

/// A runtime with a stopped clock and one blocking thread, so that all blocking work is done when the last has ended.
fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).max_blocking_threads(1).build().unwrap()
}

/// One execution that has ended.
struct EndedExecution {
    ending: Ending,
    fault: Option<String>,
    log: Vec<Event>,
}

/// Runs `work` with nonces that count from `first`.
async fn counted<T>(first: u32, work: impl Future<Output = T>) -> T {
    let (mut work, mut next) = (std::pin::pin!(work), first);
    std::future::poll_fn(|context| counting(&mut next, || work.as_mut().poll(context))).await
}
