//! Crashes: a command is killed with SIGKILL at every point between two system calls (disk, SQLite) or two requests
//! (S3, Google Cloud Storage, Azure), and then new processes check the store. One trial for each backend and command,
//! `backend::command`, reports the number of points and shows the first that fail. In `backend::command_twice`, the
//! command that follows is killed as well.
//!
//! On servers, a trial kills at a few of its points, chosen by a seed that is printed. `TRUTHOUND_STORE_TEST_LONG=1`
//! kills at all points, including calls that flush and lock, and `TRUTHOUND_STORE_TEST_SEED` repeats a choice. Power
//! loss is not tested: a process is killed, and the system keeps running.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod backends;
mod checks;
mod fixtures;
mod http;
mod kill;
mod proxy;
mod questions;
mod scenarios;
#[path = "../services/mod.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod services;
#[path = "../contract/support.rs"]
#[expect(dead_code, reason = "the contract needs more of it")]
mod support;
mod walk;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, LazyLock};

use libtest_mimic::{Arguments, Trial};

/// Whether there is time for every point.
pub(crate) fn is_long() -> bool {
    std::env::var_os("TRUTHOUND_STORE_TEST_LONG").is_some_and(|value| !value.is_empty())
}

/// The seed that chooses points.
pub(crate) fn seed() -> u64 {
    static SEED: LazyLock<u64> = LazyLock::new(|| {
        let given = std::env::var("TRUTHOUND_STORE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        given.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) % 1_000_000)
    });
    *SEED
}

/// The number of concurrent trials, regardless of the number of processors.
const TRIALS_AT_ONCE: usize = 8;

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn main() {
    let mut arguments = Arguments::from_args();
    // A save waits up to two seconds for the catalog entry of a document that another writer may just have written.
    // Other trials run meanwhile.
    arguments.test_threads.get_or_insert(TRIALS_AT_ONCE);
    let mut trials = Vec::new();
    for backend in backends::ALL {
        for scenario in scenarios::all().into_iter().filter(|scenario| scenario.concerns(backend)) {
            let name = format!("{}::{}", backend.name, scenario.name);
            let scenario = Arc::new(scenario);
            if scenario.leaves_work() {
                let scenario = scenario.clone();
                let trial = Trial::test(format!("{name}_twice"), move || {
                    Ok(runtime()?.block_on(walk::walk_twice(backend, &scenario))?)
                });
                trials.push(trial.with_ignored_flag(!backend.is_available()));
            }
            let trial = Trial::test(name, move || Ok(runtime()?.block_on(walk::walk(backend, &scenario))?));
            trials.push(trial.with_ignored_flag(!backend.is_available()));
        }
    }
    if !arguments.list {
        println!("seed {}", seed());
    }
    libtest_mimic::run(&arguments, trials).exit();
}
