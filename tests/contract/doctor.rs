//! `doctor` against every backend.

use futures_util::StreamExt as _;
use truthound_store::error::ErrorKind;
use truthound_store::store::contract::{DoctorOptions, Finding, FindingLevel};

use crate::backends::Place;
use crate::support::{everything, ids, result};

crate::cases![
    the_promises_that_a_server_breaks_are_found_and_no_others,
    reading_alone_is_checked_without_a_write,
    the_least_permissions_are_named,
];

async fn diagnose(place: &Place, read_only: bool) -> Vec<Finding> {
    place.open().diagnose(DoctorOptions { read_only }).collect().await
}

fn faults(findings: &[Finding]) -> Vec<(&'static str, ErrorKind)> {
    let fault = |finding: &Finding| match finding.level {
        FindingLevel::Bad(kind) => Some((finding.check, kind)),
        FindingLevel::Good | FindingLevel::Doubtful => None,
    };
    findings.iter().filter_map(fault).collect()
}

async fn the_promises_that_a_server_breaks_are_found_and_no_others(place: &Place) {
    result("a").save_in(&place.open()).await;
    let findings = diagnose(place, false).await;
    assert!(findings.len() > 3, "{findings:?}");
    assert_eq!(faults(&findings), (place.backend.breaks)(), "{findings:?}");
    for finding in &findings {
        let needs_remedy = finding.level != FindingLevel::Good;
        assert_eq!(finding.remedy.is_some(), needs_remedy, "{finding:?}");
    }
    assert_eq!(ids(&place.open(), &everything()).await, ["a"]);
}

async fn reading_alone_is_checked_without_a_write(place: &Place) {
    let findings = diagnose(place, true).await;
    assert_eq!(faults(&findings), [], "{findings:?}");
    assert!(findings.iter().all(|finding| finding.check != "create if absent"), "{findings:?}");
}

async fn the_least_permissions_are_named(place: &Place) {
    let [all, reading] = [false, true].map(|read_only| place.open().policy(DoctorOptions { read_only }));
    assert!(!all.is_empty() && (all != reading || place.backend.name == "memory"), "{all}");
}
