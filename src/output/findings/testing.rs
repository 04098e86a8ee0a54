//! Findings for tests.

use super::finding::Finding;
use super::group::{Fact, FindingsGroup, ShownChecks};
use super::list::FindingList;
use super::writer::{FindingsWriter, ReportSink};
use crate::error::Result;
use crate::result::CheckOutcome;

/// A failed check.
pub(super) fn finding(check: &str) -> Finding {
    Finding {
        key: format!("{{\"name\":\"{check}\"}}"),
        check: check.to_owned(),
        outcome: CheckOutcome::Failed,
        verdict: "failed".to_owned(),
        count: 0,
        before: None,
        severity: None,
        message: None,
        duration: None,
    }
}

/// A run of the data asset `customers`.
pub(super) fn group(findings: impl IntoIterator<Item = Finding>) -> FindingsGroup {
    let mut list = FindingList::default();
    for finding in findings {
        list.push_worst_first(&finding).unwrap();
    }
    FindingsGroup {
        title: "customers: failure".to_owned(),
        data_asset: "customers".to_owned(),
        origin: "run run-1".to_owned(),
        time: None,
        facts: vec![Fact::new("run id", "run-1")],
        findings: list,
        checks: ShownChecks::Findings,
    }
}

impl ReportSink for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// The report of `groups`.
pub(super) fn written(mut writer: impl FindingsWriter, groups: impl IntoIterator<Item = FindingsGroup>) -> String {
    let mut text = Vec::new();
    for mut group in groups {
        writer.add(&mut group, &mut text).unwrap();
    }
    writer.finish(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}
