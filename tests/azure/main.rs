//! Azure with the real binary: on Azurite where that can show it, and from a scripted server on 127.0.0.1, as Microsoft
//! documents it, where it cannot. What needs Azurite is ignored where `TRUTHOUND_STORE_TEST_AZURITE` names none.

#![cfg(feature = "azure")]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod faults;
mod options;
#[path = "../services/mod.rs"]
#[expect(dead_code, reason = "the contract tests need more of it")]
mod services;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (name, test) in options::TESTS {
        let trial = Trial::test(format!("azurite::{name}"), move || {
            test();
            Ok(())
        });
        trials.push(trial.with_ignored_flag(!services::azure::is_available()));
    }
    for (name, test) in faults::TESTS {
        trials.push(Trial::test(format!("scripted::{name}"), move || {
            test();
            Ok(())
        }));
    }
    libtest_mimic::run(&arguments, trials).exit();
}
