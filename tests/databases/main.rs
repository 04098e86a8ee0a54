//! The store on real servers, beyond the contract: connecting and TLS, the pool as the server sees it, faults, plans,
//! large documents.
//!
//! Each case runs on PostgreSQL and on MariaDB, and is ignored, by name, if the server is not installed; `tests/run`
//! installs them. MySQL can replace MariaDB: `tests/mysql`. iridium-server, a partial replacement for SQL Server, has
//! its own cases.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod certificates;
mod connecting;
mod doctor;
mod documents;
mod engine;
mod faults;
#[cfg(feature = "mssql")]
mod iridium;
mod lying;
mod odd_tables;
mod of_mysql;
mod pool;
mod pooler;
mod proxy;
mod queries;
#[path = "../services/refused.rs"]
mod refused;
#[path = "../services/mod.rs"]
#[expect(dead_code, reason = "the contract tests need more of it")]
mod services;
mod silence;
mod snapshots;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;
mod table_of_python;
mod tls;
mod watch;

use libtest_mimic::{Arguments, Trial};

use crate::engine::Engine;

/// A test and its name.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    run: fn(Engine),
    on: &'static [Engine],
}

/// Lists the cases of a module by the names of its functions. A forgotten one is dead code, and so an error.
macro_rules! cases {
    ($subject:literal on $engines:expr => $($name:ident),+ $(,)?) => {
        pub(crate) const CASES: &[$crate::Case] = &[$($crate::Case {
            name: concat!($subject, "::", stringify!($name)),
            run: $name,
            on: $engines,
        }),+];
    };
    ($subject:literal => $($name:ident),+ $(,)?) => {
        pub(crate) const CASES: &[(&str, fn())] = &[$((concat!($subject, "::", stringify!($name)), $name)),+];
    };
}
pub(crate) use cases;

fn main() {
    let arguments = Arguments::from_args();
    let mut subjects = vec![
        connecting::CASES,
        doctor::CASES,
        doctor::of_mariadb::CASES,
        documents::CASES,
        faults::CASES,
        faults::of_postgresql::CASES,
        odd_tables::CASES,
        pool::CASES,
        queries::CASES,
        silence::CASES,
        silence::of_postgresql::CASES,
        snapshots::CASES,
        table_of_python::CASES,
        tls::CASES,
        tls::CASES_OF_POSTGRESQL,
        tls::CASES_OF_MARIADB,
        watch::CASES,
    ];
    if services::mariadb::is_mysql() {
        subjects.push(of_mysql::CASES);
    }
    let mut trials = Vec::new();
    for case in subjects.concat() {
        for engine in case.on {
            let trial = Trial::test(format!("{}::{}", engine.name(), case.name), move || {
                (case.run)(*engine);
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!engine.is_available()));
        }
    }
    for (name, run) in pooler::CASES.iter().copied() {
        let trial = Trial::test(name, move || {
            run();
            Ok(())
        });
        trials.push(trial.with_ignored_flag(!services::pgbouncer::is_available()));
    }
    for (name, run) in [lying::postgresql::CASES, lying::mysql::CASES].concat() {
        trials.push(Trial::test(name, move || {
            run();
            Ok(())
        }));
    }
    #[cfg(feature = "mssql")]
    for (name, run) in [iridium::CASES, iridium::statements::CASES].concat() {
        let trial = Trial::test(name, move || {
            run();
            Ok(())
        });
        trials.push(trial.with_ignored_flag(!services::iridium::is_available()));
    }
    libtest_mimic::run(&arguments, trials).exit();
}
