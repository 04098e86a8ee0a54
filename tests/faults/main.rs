//! Many concurrent processes on every backend, through a failing network and together with Python, checked against a
//! model (tests/history). Our processes all run the real binary.
//!
//! CI runs one seed and few operations for each backend. `TRUTHOUND_STORE_TEST_LONG=1` runs 30 seeds and 1,000
//! operations. `TRUTHOUND_STORE_TEST_SEEDS`, `TRUTHOUND_STORE_TEST_SEED` (the first) and
//! `TRUTHOUND_STORE_TEST_OPERATIONS` set each number separately. Seeds are printed. A seed determines the operations
//! and the faults of the network, but not the timing of the processes.
//!
//! Cases are ignored, by name, if a server or Python is missing.

#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]
#![allow(clippy::print_stderr)]

mod copying;
#[path = "../history/mod.rs"]
mod history;
mod places;
mod proxy;
mod pruning;
#[path = "../interop/python.rs"]
#[expect(dead_code, reason = "the interop tests need more of it")]
mod python;
mod random;
#[path = "../services/mod.rs"]
#[expect(dead_code, reason = "the other tests need more of it")]
mod services;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;
mod work;

use std::sync::Arc;
use std::time::Instant;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::places::{Backend, Place, write_profiles};
use crate::proxy::Counts;
use crate::support::Room;
use crate::work::Plan;

/// The number of concurrent trials, regardless of the number of processors, because they mostly wait for a network.
const TRIALS_AT_ONCE: usize = 4;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(TRIALS_AT_ONCE);
    let mut trials = vec![Trial::test("history::the_check_finds_what_is_wrong_and_nothing_else", || {
        history::check_the_samples();
        Ok(())
    })];
    for backend in places::all() {
        let backend = Arc::new(backend);
        if backend.is_served {
            let (name, place) =
                (format!("{}::faults::nothing_acknowledged_is_lost_or_doubled", backend.name), Arc::clone(&backend));
            let trial = Trial::test(name, move || each_seed(&place, through_a_network_that_fails));
            trials.push(trial.with_ignored_flag(!(backend.is_available)()));
        }
        let (name, place) =
            (format!("{}::concurrency::every_answer_is_one_of_some_order", backend.name), Arc::clone(&backend));
        let trial = Trial::test(name, move || each_seed(&place, sixteen_at_once));
        trials.push(trial.with_ignored_flag(!(backend.is_available)()));
        for (behaviour, run) in [
            ("prune::the_plan_is_the_deed", pruning::the_plan_is_the_deed as fn(&Backend)),
            ("prune::savers_lose_nothing", pruning::savers_lose_nothing),
            ("copy::there_and_back_is_the_same", copying::a_copy_there_and_back_is_the_same),
            ("copy::savers_beside_a_move_lose_nothing", copying::savers_beside_a_move_lose_nothing),
        ] {
            let place = Arc::clone(&backend);
            let trial = Trial::test(format!("{}::{behaviour}", backend.name), move || {
                run(&place);
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!(backend.is_available)()));
        }
        let (name, place) =
            (format!("{}::concurrency::beside_python_every_document_is_listed", backend.name), Arc::clone(&backend));
        let trial = Trial::test(name, move || each_seed(&place, sixteen_at_once_and_python));
        trials.push(trial.with_ignored_flag(!(backend.is_available)() || python::interpreter().is_none()));
    }
    trials.extend(archiving());
    libtest_mimic::run(&arguments, trials).exit();
}

/// Archives the results of an object store in a database.
fn archiving() -> Option<Trial> {
    let find = |name: &str| places::all().into_iter().find(|backend| backend.name == name);
    let (from, to) = (find("s3")?, find("postgresql")?);
    let is_available = (from.is_available)() && (to.is_available)();
    let trial = Trial::test("s3::prune::what_is_removed_is_in_the_archive_in_postgresql", move || {
        pruning::what_is_removed_is_in_the_archive(&from, &to);
        Ok(())
    });
    Some(trial.with_ignored_flag(!is_available))
}

/// Returns a number from the environment.
fn number(variable: &str) -> Option<u64> {
    std::env::var(format!("TRUTHOUND_STORE_TEST_{variable}")).ok()?.parse().ok()
}

/// Runs a test with every seed. Fails with all problems.
fn each_seed(backend: &Backend, run: fn(&Backend, u64, usize) -> Result<String, String>) -> Result<(), Failed> {
    let is_long = number("LONG") == Some(1);
    let (first, seeds) = (number("SEED").unwrap_or(1), number("SEEDS").unwrap_or(if is_long { 30 } else { 1 }));
    let operations = number("OPERATIONS").unwrap_or(if is_long { 1_000 } else { 150 });
    let mut faults = Vec::new();
    for seed in first..first + seeds {
        let begun = Instant::now();
        let done = run(backend, seed, operations as usize);
        let seconds = begun.elapsed().as_secs();
        match done {
            Ok(shown) => eprintln!("{}, seed {seed}, {operations} operations, {seconds} s: {shown}", backend.name),
            Err(fault) => {
                eprintln!("{}, seed {seed}, {operations} operations, {seconds} s: FAILED", backend.name);
                faults.push(format!("seed {seed}:\n{fault}"));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// Creates an empty store: with Python's index if Python takes part, and for every second seed.
fn place(backend: &Backend, room: &Room, seed: u64, python: bool) -> Place {
    let place = backend.place(room);
    if python || seed.is_multiple_of(2) { place } else { place.without_index() }
}

fn through_a_network_that_fails(backend: &Backend, seed: u64, operations: usize) -> Result<String, String> {
    let room = Room::new();
    let counts = Arc::new(Counts::default());
    let place = place(backend, &room, seed, false);
    let own = place.port.expect("a server has a port");
    let through = proxy::before(own, seed, &counts);
    write_profiles(&room, &[("through", place.options_through(through)), ("direct", place.options_at(own))]);
    // The first save creates the tables, which this test is not about.
    room.start(["save", "-", "--profile", "direct"]).input(support::stored("first").text()).run().succeeds();
    room.run(["delete", "first", "--profile", "direct"]).succeeds();
    let plan = Plan {
        seed,
        processes: 8,
        operations,
        runs: 24,
        python: None,
        fails: true,
        tears: false,
        mixes: false,
        has_catalog: backend.has_catalog,
    };
    let done = work::run(&room, &plan);
    let shown = counts.shown();
    done.map(|codes| format!("{codes}; {shown}")).map_err(|fault| format!("{shown}\n{fault}"))
}

fn sixteen_at_once(backend: &Backend, seed: u64, operations: usize) -> Result<String, String> {
    at_once(backend, seed, operations, false)
}

fn sixteen_at_once_and_python(backend: &Backend, seed: u64, operations: usize) -> Result<String, String> {
    at_once(backend, seed, operations, true)
}

fn at_once(backend: &Backend, seed: u64, operations: usize, python: bool) -> Result<String, String> {
    let room = Room::new();
    let place = place(backend, &room, seed, python);
    let options = place.options_at(place.port.unwrap_or_default());
    write_profiles(&room, &[("through", options.clone()), ("direct", options)]);
    room.save(&support::stored("first"));
    room.run(["delete", "first"]).succeeds();
    let plan = Plan {
        seed,
        processes: 16,
        operations,
        runs: 8,
        python: python.then(|| place.python.clone()),
        fails: false,
        tears: python && backend.name == "filesystem",
        mixes: python && !backend.has_catalog,
        has_catalog: backend.has_catalog,
    };
    work::run(&room, &plan)
}
