//! The changes between two runs as findings.

use std::collections::BTreeMap;

use crate::compare::{CheckChange, CheckNames, CheckState, Verdict};
use crate::error::Result;
use crate::output::{Fact, Finding, FindingList, FindingsGroup, ShownChecks};
use crate::result::{CheckOutcome, Entry, ResultFacts};

/// The changes from the run `before` to the run `after`. New and worse checks are errors for a CI system; what fails as
/// before, or is gone, is a warning.
///
/// # Errors
/// If the findings cannot be kept.
pub(super) fn change_findings(
    changes: &[CheckChange],
    names: &CheckNames,
    before: &ResultFacts,
    after: &ResultFacts,
) -> Result<FindingsGroup> {
    let mut findings = FindingList::default();
    let mut counts = BTreeMap::<Verdict, u64>::new();
    for change in changes {
        *counts.entry(change.verdict).or_default() += 1;
        findings.push(&finding(change, names))?;
    }
    let counts = counts.iter().map(|(verdict, count)| format!("{} {count}", verdict.words()));
    let counts = match counts.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "no changes".to_owned(),
        counts => counts,
    };
    let [was, is] = [&before.entry, &after.entry];
    let about = |entry: &Entry| format!("{} of {}", entry.run_id, entry.run_time.instant());
    Ok(FindingsGroup {
        title: format!("{}: {counts}", is.data_asset),
        data_asset: is.data_asset.clone(),
        origin: format!("run {}, compared with run {}", is.run_id, was.run_id),
        time: Some(is.run_time.instant()),
        facts: vec![
            Fact::new("data asset", is.data_asset.as_str()),
            Fact::new("before", about(was)),
            Fact::new("now", about(is)),
            Fact::new("checks", counts),
        ],
        findings,
        checks: ShownChecks::Changes,
    })
}

fn finding(change: &CheckChange, names: &CheckNames) -> Finding {
    let CheckChange { verdict, key, before, after } = change;
    let only_warns = after.as_ref().is_some_and(|state| state.outcome == CheckOutcome::Warned);
    let outcome = match verdict {
        Verdict::NewFailure | Verdict::Worse if only_warns => CheckOutcome::Warned,
        Verdict::NewFailure | Verdict::Worse => CheckOutcome::Failed,
        Verdict::Errored => CheckOutcome::Errored,
        Verdict::StillFailing | Verdict::Gone => CheckOutcome::Warned,
        Verdict::Skipped => CheckOutcome::Skipped,
        Verdict::Fixed | Verdict::NewCheck => CheckOutcome::Passed,
    };
    let shown = after.as_ref().or(before.as_ref());
    Finding {
        // A key always serializes.
        key: serde_json::to_string(key).unwrap_or_default(),
        check: names.name(key),
        outcome,
        verdict: verdict.words().to_owned(),
        count: after.as_ref().map_or(0, |state| state.count),
        before: before.as_ref().map(CheckState::words),
        severity: shown.and_then(|state| state.severity.clone()),
        message: after.as_ref().and_then(|state| state.message.clone()),
        duration: None,
    }
}
