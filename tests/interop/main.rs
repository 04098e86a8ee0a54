//! Python's truthound as the other client of our stores. Each client reads the other's results, in sequence and
//! concurrently, and converted results equal those that Python would store. Our side is always the real binary.
//!
//! Tests are ignored, by name, unless `TRUTHOUND_STORE_TEST_PYTHON` names an interpreter with the packages of
//! requirements.txt. `tests/run` creates one. Those of dbt need `TRUTHOUND_STORE_TEST_DBT`, too,
//! and that of retention needs restic.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[cfg(feature = "azure")]
mod azure;
#[cfg(any(feature = "azure", feature = "gcs", feature = "s3"))]
mod clouds;
mod conversion;
mod database;
mod dbt;
#[cfg(feature = "gcs")]
mod empty_bucket;
mod export;
mod filesystem;
#[cfg(feature = "gcs")]
mod gcs;
mod history;
#[path = "../cli/hostile.rs"]
mod hostile;
#[cfg(feature = "mssql")]
mod mssql;
mod python;
#[cfg(any(feature = "azure", feature = "s3"))]
#[path = "../services/refused.rs"]
mod refused;
mod reports;
mod retention;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "gcs")]
#[path = "../services/scripted.rs"]
#[expect(dead_code, reason = "the tests of faults need more of it")]
mod server;
#[path = "../services/mod.rs"]
#[expect(dead_code, reason = "the contract tests need more of it")]
mod services;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the command-line tests need more of it")]
mod support;

use libtest_mimic::{Arguments, Trial};

use crate::python::Python;
use crate::support::Room;

/// A test in an empty room, with its own Python process.
type Test = dyn FnOnce(&Room, &mut Python) + Send;

/// A test and its name.
struct Case {
    name: String,
    /// Whether the required server is installed.
    is_available: bool,
    run: Box<Test>,
}

impl Case {
    fn new(name: impl Into<String>, run: impl FnOnce(&Room, &mut Python) + Send + 'static) -> Self {
        Self { name: name.into(), is_available: true, run: Box::new(run) }
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let ignored = python::interpreter().is_none();
    let cases = conversion::cases().into_iter().chain(database::cases()).chain(dbt::cases()).chain(filesystem::cases());
    let cases = cases.chain(export::cases()).chain(history::cases());
    let cases = cases.chain(reports::cases()).chain(retention::cases());
    #[cfg(feature = "azure")]
    let cases = cases.chain(azure::cases());
    #[cfg(feature = "gcs")]
    let cases = cases.chain(gcs::cases());
    #[cfg(feature = "mssql")]
    let cases = cases.chain(mssql::cases());
    #[cfg(feature = "s3")]
    let cases = cases.chain(s3::cases());
    let trials = cases.map(|case| {
        let ignored = ignored || !case.is_available;
        let trial = Trial::test(case.name, || {
            (case.run)(&Room::new(), &mut Python::new());
            Ok(())
        });
        trial.with_ignored_flag(ignored)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
