//! The cloud backends against scripted servers on 127.0.0.1: credentials, faults, costs, permissions and large
//! documents, which emulators cannot show. Every test runs the real binary.
//!
//! Cases for every cloud are written once, here. Cases for one cloud are in its directory. Both are reported as
//! `cloud::subject::behaviour`.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod addresses;
mod answers;
mod azure;
mod cloud;
mod costs;
mod faults;
mod gcs;
mod interrupted;
mod large;
mod lies;
mod refusals;
mod s3;
#[path = "../services/scripted.rs"]
mod server;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;
#[path = "../services/tls.rs"]
mod tls;

use libtest_mimic::{Arguments, Trial};

use crate::cloud::Cloud;

/// A behavior, and the function that checks it.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    behaviour: &'static str,
    run: fn(),
}

/// Lists the cases of a module for one cloud by the names of its functions. A forgotten one is dead code, and so an
/// error.
macro_rules! cases {
    ($($(#[$attribute:meta])* $behaviour:ident),+ $(,)?) => {
        pub(crate) const CASES: &[$crate::Case] = &[$(
            $(#[$attribute])*
            $crate::Case { behaviour: stringify!($behaviour), run: $behaviour },
        )+];
    };
}

/// Lists the cases of a module for every cloud.
macro_rules! shared_cases {
    ($($(#[$attribute:meta])* $behaviour:ident),+ $(,)?) => {
        pub(crate) fn cases<Service: $crate::cloud::Cloud>() -> Vec<$crate::Case> {
            vec![$(
                $(#[$attribute])*
                $crate::Case { behaviour: stringify!($behaviour), run: $behaviour::<Service> },
            )+]
        }
    };
}
pub(crate) use {cases, shared_cases};

/// The cases about one subject.
type Subject = (&'static str, &'static [Case]);

/// The trials of one cloud: the shared ones, then its own.
fn trials<Service: Cloud>() -> Vec<Trial> {
    let shared = [
        ("addresses", addresses::cases::<Service>()),
        ("faults", faults::cases::<Service>()),
        ("faults", interrupted::cases::<Service>()),
        ("faults", refusals::cases::<Service>()),
        ("costs", costs::cases::<Service>()),
        ("large", large::cases::<Service>()),
        ("answers", answers::cases::<Service>()),
        ("lies", lies::cases::<Service>()),
    ];
    let own = Service::SUBJECTS.iter().map(|(subject, cases)| (*subject, cases.to_vec()));
    let cases = shared.into_iter().chain(own);
    let trials = cases.flat_map(|(subject, cases)| {
        cases.into_iter().map(move |case| {
            let name = format!("{}::{subject}::{}", Service::NAME, case.behaviour);
            Trial::test(name, move || {
                (case.run)();
                Ok(())
            })
        })
    });
    trials.collect()
}

fn main() {
    let arguments = Arguments::from_args();
    let trials =
        [trials::<s3::Objects>(), trials::<gcs::Objects>(), trials::<azure::Blobs>()].into_iter().flatten().collect();
    libtest_mimic::run(&arguments, trials).exit();
}
