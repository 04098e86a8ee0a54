//! A scenario: what is there before, and what each client does; and the search through all of its executions.

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
use super::operation::{Event, INDEX, Operation, Outcome};
use super::request::Verdict;
use super::world::{Versions, World};
use crate::store::objects::catalog::counting;
use crate::store::objects::tests::Arc;

/// Names made by the client with the greater number come first in lists; each client counts on from its own.
const NONCES: &[u32] = &[0x30_0000, 0x20_0000, 0x10_0000];

/// The first numbers in the names that are made before the clients begin, and after they have ended.
const BEFORE: u32 = 0x38_0000;
const AFTER: u32 = 0x3C_0000;

/// How many preemptions are searched in each run of the tests, and in a long one where a scenario names no other number:
/// with three, two overwrites alone have hundreds of thousands of executions.
const IN_CI: usize = 1;
const IN_LONG: usize = 2;

/// The schedule that is to be repeated.
const SCHEDULE: &str = "TRUTHOUND_STORE_TEST_SCHEDULE";
/// All that can happen to a client.
pub(super) const EVERYTHING: Faults = &[Verdict::Dies, Verdict::Lost, Verdict::Refused, Verdict::Repeated];

/// `none`, to search executions in which nobody dies and no request fails.
const FAULTS: &str = "TRUTHOUND_STORE_TEST_FAULTS";
/// Whether to search further than in each run of the tests.
const LONG: &str = "TRUTHOUND_STORE_TEST_LONG";

#[derive(Clone, Debug)]
pub(super) struct Scenario {
    before: Vec<Operation>,
    with_index: bool,
    clients: Vec<Vec<Operation>>,
    versions: Versions,
    faults: Faults,
    preemptions: Option<usize>,
    long: Option<usize>,
}

/// What a search has seen.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    executions: usize,
    pruned: usize,
    states: usize,
    longest: usize,
    /// How many executions did not do the same after the same choices, and were repeated.
    repeated: usize,
}

impl Scenario {
    pub(super) fn new() -> Self {
        Self {
            before: Vec::new(),
            with_index: false,
            clients: Vec::new(),
            versions: Versions::OfContent,
            faults: &[Verdict::Dies],
            preemptions: None,
            long: None,
        }
    }

    /// What has been done before.
    pub(super) fn before(mut self, operations: impl IntoIterator<Item = Operation>) -> Self {
        self.before.extend(operations);
        self
    }

    /// Python has made its index.
    pub(super) fn with_index(self) -> Self {
        Self { with_index: true, ..self }
    }

    /// Another client, and what it does.
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

    /// Only executions with so many preemptions, or so many more in a long run. Without this, all.
    pub(super) fn preemptions(self, preemptions: usize, long: impl Into<Option<usize>>) -> Self {
        Self { preemptions: Some(preemptions), long: long.into(), ..self }
    }

    /// Searches for an execution in which something does not hold.
    #[allow(clippy::print_stdout, reason = "seen only by those who ask for it")]
    pub(super) fn holds(self) {
        let runtime = runtime();
        if let Ok(schedule) = std::env::var(SCHEDULE) {
            let mut explorer = Explorer::following(&schedule);
            let found = self.execute(&runtime, &mut explorer, &mut HashSet::new(), true);
            let text = self.story(&explorer, &found);
            // One of several queries may be meant.
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
            // Python's part is played without any care for failures.
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

    /// How many executions there are within `bounds`, and a number for each state in which they end.
    pub(super) fn seen(&self, bounds: Bounds) -> (usize, HashSet<u64>) {
        let (counts, states) = self.search(&runtime(), bounds).unwrap();
        (counts.executions, states)
    }

    /// The failing execution with the fewest preemptions.
    fn simplest(&self, runtime: &Runtime, bounds: Bounds) -> Option<String> {
        let fewer = 0..bounds.preemptions.unwrap_or(4);
        let searches = fewer.flat_map(|preemptions| {
            let preemptions = Some(preemptions);
            [Bounds { preemptions, faults: &[], ..bounds }, Bounds { preemptions, ..bounds }]
        });
        searches.into_iter().find_map(|bounds| self.search(runtime, bounds).err())
    }

    /// Searches all executions within `bounds`. The error is the story of the first that fails.
    fn search(&self, runtime: &Runtime, bounds: Bounds) -> Result<(Counts, HashSet<u64>), String> {
        let mut explorer = Explorer::new(bounds);
        let mut counts = Counts::default();
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

    /// One execution, and what does not hold at its end. What has been `seen` need not be checked once more.
    fn execute(&self, runtime: &Runtime, explorer: &mut Explorer, seen: &mut HashSet<u64>, is_careful: bool) -> Found {
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
                    Ending::Diverged(text) => Some(format!("it does not do the same after the same choices: {text}")),
                    Ending::Endless => Some("it does not end".to_owned()),
                };
                (ending, fault)
            }))
        }));
        let (ending, fault) =
            done.unwrap_or_else(|_| (Ending::Complete, Some("something panicked: see above".to_owned())));
        Found { ending, fault, log }
    }

    /// What does not hold when all clients have ended.
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

    /// The objects as they are before the clients begin.
    async fn world(&self) -> Arc<World> {
        let world = World::new(self.versions);
        if self.with_index {
            let index = PutPayload::from(Bytes::from_static(b"{}"));
            drop(world.put(None, &Path::from(INDEX), index, object_store::PutOptions::default()));
        }
        for operation in &self.before {
            assert!(!matches!(operation.run(&world, None).await, Outcome::Failed(_)));
        }
        world
    }

    /// A failing execution for people, and how to see it again.
    fn story(&self, explorer: &Explorer, found: &Found) -> String {
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

/// A clock that stands still, and one thread, so that all that wait for it have been served when the last has.
fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).max_blocking_threads(1).build().unwrap()
}

/// One execution that has ended.
struct Found {
    ending: Ending,
    fault: Option<String>,
    log: Vec<Event>,
}

/// Does `work`, in which the names that are made are numbered from `first` on.
async fn counted<T>(first: u32, work: impl Future<Output = T>) -> T {
    let (mut work, mut next) = (std::pin::pin!(work), first);
    std::future::poll_fn(|context| counting(&mut next, || work.as_mut().poll(context))).await
}
