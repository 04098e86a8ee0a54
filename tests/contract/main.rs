//! The contract of `store/contract.rs`, tested on every backend. Each case is written once, runs against each backend
//! in its own empty place, and is reported as `backend::subject::behaviour`.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod abilities;
mod backends;
mod concurrency;
mod delete;
mod doctor;
mod files;
mod ids;
mod list;
mod namespaces;
#[path = "../cli/planted_samples.rs"]
mod planted_samples;
mod redaction;
mod save;
#[path = "../services/mod.rs"]
#[expect(dead_code, reason = "the interop tests need more of it")]
mod services;
mod support;
mod tags;
mod times;
mod verify;

use std::collections::BTreeSet;

use futures_util::future::LocalBoxFuture;
use libtest_mimic::{Arguments, Trial};

use crate::backends::{Backend, Place};

/// A behavior that every backend must show.
struct Case {
    behaviour: &'static str,
    run: for<'a> fn(&'a Place) -> LocalBoxFuture<'a, ()>,
}

/// Lists the cases of a module by the names of its functions. A forgotten one is dead code, and so an error.
macro_rules! cases {
    ($($behaviour:ident),+ $(,)?) => {
        pub(crate) const CASES: &[$crate::Case] = &[$($crate::Case {
            behaviour: stringify!($behaviour),
            run: |place| Box::pin($behaviour(place)),
        }),+];
    };
}
pub(crate) use cases;

/// The cases about one subject, and the backends that they apply to.
type Subject = (&'static str, &'static [&'static [Case]], fn(&Backend) -> bool);

const SUBJECTS: &[Subject] = &[
    ("save", &[save::CASES], |_| true),
    ("list", &[list::CASES, list::orders::CASES, list::filters::CASES, list::pages::CASES], |_| true),
    ("tags", &[tags::CASES], |_| true),
    ("times", &[times::CASES], |_| true),
    ("times_reopened", &[times::reopened::CASES], |backend| !backend.lives_in_memory),
    ("delete", &[delete::CASES], |_| true),
    ("ids", &[ids::CASES], |_| true),
    ("namespaces", &[namespaces::CASES], |_| true),
    ("concurrency", &[concurrency::CASES], |_| true),
    ("abilities", &[abilities::CASES], |_| true),
    ("doctor", &[doctor::CASES], |_| true),
    ("verify", &[verify::CASES], |_| true),
    ("redaction", &[redaction::CASES], |backend| backend.stored.is_some()),
    ("files", &[files::CASES], |backend| backend.keeps_files),
];

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for backend in backends::all() {
        let mut left_out: BTreeSet<&str> = (backend.cannot)().into_iter().collect();
        for (subject, cases, concerns) in SUBJECTS {
            if !concerns(backend) || left_out.remove(subject) {
                continue;
            }
            for case in cases.iter().copied().flatten() {
                if left_out.remove(case.behaviour) {
                    continue;
                }
                let name = format!("{}::{subject}::{}", backend.name, case.behaviour);
                let trial = Trial::test(name, || {
                    let place = Place::new(backend);
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                    runtime.block_on((case.run)(&place));
                    Ok(())
                });
                trials.push(trial.with_ignored_flag(!(backend.is_available)()));
            }
        }
        assert!(left_out.is_empty(), "{} leaves out what does not exist: {left_out:?}", backend.name);
    }
    libtest_mimic::run(&arguments, trials).exit();
}
