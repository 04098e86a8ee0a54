//! Many concurrent processes, each with one operation after another, and the check of their results.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::history::{Effect, Event, Outcome, Version, check};
use crate::python::Python;
use crate::random::Random;
use crate::support::{Outcome as Ended, Room, Stored, stored};

/// The operations of a test.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// The number of our concurrent processes.
    pub(crate) processes: usize,
    pub(crate) operations: usize,
    /// The number of run ids that they share.
    pub(crate) runs: u64,
    /// The arguments with which worker.py opens the store, if two Python processes take part.
    pub(crate) python: Option<Value>,
    /// Whether the network fails, so that operations may fail.
    pub(crate) fails: bool,
    /// Whether Python writes documents in place, so that an incomplete one can be read.
    pub(crate) tears: bool,
    /// Whether Python writes only the columns that it considers changed, so that a row can mix the values of two saves.
    pub(crate) mixes: bool,
    /// Whether the backend keeps a catalog that can be rebuilt.
    pub(crate) has_catalog: bool,
}

/// Longer than any operation takes with the options of tests/faults/places.rs, even if all processors are busy.
const LONGEST: Duration = Duration::from_secs(180);

/// A command that an operation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Save,
    SaveIfAbsent,
    Delete,
    Get,
    List,
}

/// The state of a test.
struct Work<'a> {
    room: &'a Room,
    plan: &'a Plan,
    /// The number of our next operation, and of Python's.
    next: [AtomicUsize; 2],
    history: Mutex<BTreeMap<String, Vec<Event>>>,
    faults: Mutex<Vec<String>>,
    /// The number of operations by exit code.
    codes: Mutex<BTreeMap<String, usize>>,
}

/// Runs the operations through the default profile, then reads everything through the profile `direct`. Returns the
/// numbers of operations by exit code, or all problems.
pub(crate) fn run(room: &Room, plan: &Plan) -> Result<String, String> {
    let work = Work {
        room,
        plan,
        next: Default::default(),
        history: Mutex::default(),
        faults: Mutex::default(),
        codes: Mutex::default(),
    };
    let mut pythons: Vec<_> = plan.python.iter().flat_map(|_| [Python::new(), Python::new()]).collect();
    for python in &mut pythons {
        // Loading its libraries takes longer than all our operations.
        python.ask("ids", json!({"where": plan.python}));
    }
    thread::scope(|scope| {
        for _ in 0..plan.processes {
            scope.spawn(|| while work.operate() {});
        }
        for mut python in pythons {
            let work = &work;
            scope.spawn(move || while work.operate_python(&mut python) {});
        }
    });
    if plan.fails {
        // Waits for requests that are still in the network.
        thread::sleep(Duration::from_secs(2));
    }
    work.look_closely();
    if let Err(unexplained) = check(&work.history.lock().unwrap()) {
        work.wrong(unexplained);
    }
    let faults = work.faults.into_inner().unwrap();
    match faults.is_empty() {
        true => Ok(format!("{:?}", work.codes.into_inner().unwrap())),
        false => Err(faults.join("\n")),
    }
}

/// Returns the run id with a number.
fn run_id(number: u64) -> String {
    format!("run-{number}")
}

impl Work<'_> {
    fn wrong(&self, fault: impl Into<String>) {
        self.faults.lock().unwrap().push(fault.into());
    }

    /// Chooses our next operation, or Python's, until there are no more: its number, command and run id. If Python
    /// takes part, it runs one in four operations.
    fn choose(&self, is_python: bool) -> Option<(Version, Command, String)> {
        let turn = self.next[usize::from(is_python)].fetch_add(1, Ordering::Relaxed);
        let number = match (&self.plan.python, is_python) {
            (None, _) => turn,
            (Some(_), false) => turn + turn / 3,
            (Some(_), true) => turn * 4 + 3,
        };
        if number >= self.plan.operations {
            return None;
        }
        let mut random = Random::new(self.plan.seed ^ (number as u64).wrapping_mul(0x1000_0000_01B3));
        let command = match random.below(100) {
            0..48 => Command::Save,
            48..58 => Command::SaveIfAbsent,
            58..70 => Command::Delete,
            70..88 => Command::Get,
            _ => Command::List,
        };
        Some((number, command, run_id(random.below(self.plan.runs))))
    }

    /// The document of the save with this number, which differs from all others in its fields. One in ten is longer
    /// than the data that the proxy forwards at once.
    fn document(&self, number: Version, run_id: &str) -> String {
        let text = self.facts(number, run_id).text();
        let mut random = Random::new(self.plan.seed.wrapping_add(number as u64) ^ 0xD0C);
        let filler = if random.one_in(10) { 5_000 } else { 0 };
        let filler: String = (0..filler).map(|_| format!("{:016x}", random.next())).collect();
        text.replace("\"metadata\":{}", &format!("\"metadata\":{{\"filler\":\"{filler}\"}}"))
    }

    fn facts(&self, number: Version, run_id: &str) -> Stored {
        let mut random = Random::new(self.plan.seed.wrapping_add(number as u64) ^ 0xFAC);
        let status = ["success", "failure", "warning", "error"][random.below(4) as usize];
        let (day, hour) = (1 + random.below(28), random.below(24));
        stored(run_id).at(&format!("2026-03-{day:02}T{hour:02}:00:00")).of(&format!("asset-{number}")).ended(status)
    }

    /// Records an operation on a run, or an observation of it.
    fn note(&self, run_id: &str, begun: Instant, effect: Effect, outcome: Outcome) {
        let event = Event { begun, ended: Instant::now(), effect, outcome };
        self.history.lock().unwrap().entry(run_id.to_owned()).or_default().push(event);
    }

    fn count(&self, command: &str, code: impl std::fmt::Display) {
        *self.codes.lock().unwrap().entry(format!("{command} {code}")).or_default() += 1;
    }

    /// Runs our next operation in a new process. Returns whether there was one.
    fn operate(&self) -> bool {
        let Some((number, command, run_id)) = self.choose(false) else { return false };
        let begun = Instant::now();
        match command {
            Command::Save | Command::SaveIfAbsent => {
                let (words, effect) = match command {
                    Command::Save => ("save", Effect::Save(number)),
                    _ => ("save --if-absent", Effect::SaveIfAbsent(number)),
                };
                let arguments = words.split(' ').chain(["-"]);
                let ended = self.room.start(arguments).input(self.document(number, &run_id)).run();
                let outcome = match self.judge(words, &ended, begun, &[4, 6]) {
                    Some(0) => Outcome::Done,
                    Some(7) if command == Command::SaveIfAbsent => Outcome::Refused,
                    _ => Outcome::Unknown,
                };
                self.note(&run_id, begun, effect, outcome);
            }
            Command::Delete => {
                let ended = self.room.run(["delete", &run_id]);
                let outcome = match self.judge("delete", &ended, begun, &[4, 6]) {
                    Some(0) => Outcome::Done,
                    Some(3) => Outcome::Refused,
                    _ => Outcome::Unknown,
                };
                self.note(&run_id, begun, Effect::Delete, outcome);
            }
            Command::Get => self.get("through", &run_id),
            Command::List => drop(self.list("through")),
        }
        true
    }

    /// Checks that an operation ended in time with an allowed exit code. Returns the code.
    fn judge(&self, command: &str, ended: &Ended, begun: Instant, failures: &[i32]) -> Option<i32> {
        let may: &[i32] = match command {
            "save --if-absent" => &[0, 7],
            "get" | "delete" => &[0, 3],
            _ => &[0],
        };
        match ended.code() {
            Some(code) => {
                self.count(command, code);
                let is_torn = self.plan.tears && command == "get" && code == 5;
                let is_right = may.contains(&code) || is_torn || self.plan.fails && failures.contains(&code);
                if !is_right {
                    self.wrong(format!("{command} after {:?}: {ended}", begun.elapsed()));
                }
            }
            None => self.wrong(format!("{command} was killed")),
        }
        if begun.elapsed() > LONGEST {
            self.wrong(format!("{command} takes {:?}: {ended}", begun.elapsed()));
        }
        ended.code()
    }

    /// Returns the version of a document or of a listed row; `None` if it is not a version.
    fn version(&self, found: &Value) -> Option<Version> {
        let number = found["data_asset"].as_str()?.strip_prefix("asset-")?.parse().ok()?;
        let run_id = found["run_id"].as_str()?;
        let expected: Value = serde_json::from_str(&self.facts(number, run_id).text()).unwrap();
        let is_same_time = found["run_time"].as_str()?.get(..19) == expected["run_time"].as_str()?.get(..19);
        (found["status"] == expected["status"] && is_same_time).then_some(number)
    }

    fn get(&self, profile: &str, run_id: &str) {
        let begun = Instant::now();
        let ended = self.room.run(["get", run_id, "--profile", profile]);
        let failures: &[i32] = if profile == "direct" { &[] } else { &[4, 5] };
        match self.judge("get", &ended, begun, failures) {
            Some(0) => {
                let text = ended.stdout();
                let version = serde_json::from_str(&text).ok().and_then(|found| self.version(&found));
                match version {
                    // Python formats documents differently.
                    Some(version) if self.plan.python.is_some() || text == self.document(version, run_id) => {
                        self.note(run_id, begun, Effect::Read(Some(version)), Outcome::Done);
                    }
                    _ => self.wrong(format!("get {run_id} prints what nobody has saved: {text}")),
                }
            }
            Some(3) => self.note(run_id, begun, Effect::Read(None), Outcome::Done),
            _ => {}
        }
    }

    /// Lists, and records the observation of every run. Returns the listed versions, and the runs with mixed rows.
    fn list(&self, profile: &str) -> Option<(BTreeMap<String, Version>, BTreeSet<String>)> {
        let begun = Instant::now();
        let ended = self.room.run(["list", "--format", "json", "--profile", profile]);
        let failures: &[i32] = if profile == "direct" { &[] } else { &[4, 5] };
        if self.judge("list", &ended, begun, failures) != Some(0) {
            return None;
        }
        let rows: Vec<Value> = serde_json::from_str(&ended.stdout()).unwrap_or_default();
        let (mut listed, mut mixed) = (BTreeMap::new(), BTreeSet::new());
        for row in &rows {
            let run_id = row["run_id"].as_str().unwrap_or_default().to_owned();
            match self.version(row) {
                Some(version) if listed.insert(run_id.clone(), version).is_none() => {}
                Some(_) => self.wrong(format!("{run_id} is listed twice: {}", ended.stdout())),
                None if self.plan.mixes => drop(mixed.insert(run_id)),
                None => self.wrong(format!("the list says what no document says: {row}")),
            }
        }
        let ids: BTreeSet<_> = (0..self.plan.runs).map(run_id).collect();
        for stranger in listed.keys().filter(|run_id| !ids.contains(*run_id)) {
            self.wrong(format!("{stranger} is listed, which nobody has saved"));
        }
        for run_id in ids.into_iter().filter(|run_id| !mixed.contains(run_id)) {
            self.note(&run_id, begun, Effect::Listed(listed.get(&run_id).copied()), Outcome::Done);
        }
        Some((listed, mixed))
    }

    /// At the end, without faults: runs every list and reads every document, before and after rebuilding the catalog.
    fn look_closely(&self) {
        self.list("direct");
        let ids: Vec<_> = (0..self.plan.runs).map(run_id).collect();
        ids.iter().for_each(|run_id| self.get("direct", run_id));
        if self.plan.has_catalog {
            let ended = self.room.run(["reindex", "--profile", "direct"]);
            if ended.code() != Some(0) {
                self.wrong(format!("reindex: {ended}"));
            }
        }
        let Some((listed, mixed)) = self.list("direct") else { return };
        let history = self.history.lock().unwrap();
        for run_id in ids.into_iter().filter(|run_id| !mixed.contains(run_id)) {
            let read = history[&run_id].iter().rev().find_map(|event| match event.effect {
                Effect::Read(seen) => Some(seen),
                _ => None,
            });
            if read != Some(listed.get(&run_id).copied()) {
                drop(self.faults.lock().map(|mut faults| {
                    faults.push(format!(
                        "{run_id} is read as {read:?} and in the end listed as {:?}",
                        listed.get(&run_id)
                    ));
                }));
            }
        }
    }

    /// Runs the next operation in a Python process. Returns whether there was one. Entries that Python loses from its
    /// own index are not checked.
    fn operate_python(&self, python: &mut Python) -> bool {
        let Some((number, command, run_id)) = self.choose(true) else { return false };
        let place = &self.plan.python;
        let begun = Instant::now();
        match command {
            Command::Save | Command::SaveIfAbsent | Command::List => {
                let documents = [self.document(number, &run_id)];
                let saved = python.try_ask("save", json!({"where": place, "documents": documents}));
                self.count("Python's save", saved.as_ref().map_or_else(|error| kind(error), |_| "0"));
                let outcome = if saved.is_ok() { Outcome::Done } else { Outcome::Unknown };
                self.note(&run_id, begun, Effect::Save(number), outcome);
            }
            Command::Delete => {
                let deleted = python.try_ask("delete", json!({"where": place, "run_id": run_id}));
                self.count(
                    "Python's delete",
                    deleted.as_ref().map_or_else(|error| kind(error).to_owned(), Value::to_string),
                );
                match deleted {
                    Ok(Value::Bool(true)) => self.note(&run_id, begun, Effect::Delete, Outcome::Done),
                    Ok(_) => {}
                    Err(_) => self.note(&run_id, begun, Effect::Delete, Outcome::Unknown),
                }
            }
            Command::Get => {
                let got = python.try_ask("get", json!({"where": place, "run_id": run_id}));
                self.count("Python's get", got.as_ref().map_or_else(|error| kind(error), |_| "0"));
                match got.map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap()) {
                    Ok(found) => match self.version(&found) {
                        Some(version) => self.note(&run_id, begun, Effect::Read(Some(version)), Outcome::Done),
                        None => self.wrong(format!("Python's get {run_id} finds what nobody has saved: {found}")),
                    },
                    Err(error) if error.starts_with("StoreNotFoundError") => {
                        self.note(&run_id, begun, Effect::Read(None), Outcome::Done);
                    }
                    Err(_) => {}
                }
            }
        }
        true
    }
}

/// Returns the type of a Python error.
fn kind(error: &str) -> &str {
    error.split(':').next().unwrap_or_default()
}
