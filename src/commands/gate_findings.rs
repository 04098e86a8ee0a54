//! The broken rules of a gate as findings.

use super::gate_row::GateRow;
use crate::error::Result;
use crate::output::{Fact, Finding, FindingList, FindingsGroup, ShownChecks, safe};
use crate::result::{CheckOutcome, Entry, RunId};

/// The rules that the run `entry` breaks, with the checks that break them. A run that breaks none is a group without
/// findings. `against` is the baseline, if there is one.
///
/// # Errors
/// If the findings cannot be kept.
pub(super) fn gate_findings(
    entry: &Entry,
    against: Option<&RunId>,
    rows: impl Iterator<Item = GateRow>,
) -> Result<FindingsGroup> {
    let (mut findings, mut broken) = (FindingList::default(), Vec::new());
    for row in rows {
        // The rows of a rule follow each other.
        broken.push(row.rule.name());
        broken.dedup();
        findings.push(&finding(row))?;
    }
    let verdict = match broken.is_empty() {
        true => "the gate is open".to_owned(),
        false => format!("the gate is closed: {}", broken.join(", ")),
    };
    let time = entry.run_time.instant();
    let compared = against.map(|run_id| format!(", compared with run {run_id}")).unwrap_or_default();
    let mut facts = vec![
        Fact::new("data asset", entry.data_asset.as_str()),
        Fact::new("run id", entry.run_id.as_str()),
        Fact::new("run time", time.to_string()),
    ];
    facts.extend(against.map(|run_id| Fact::new("compared with", run_id.as_str())));
    Ok(FindingsGroup {
        title: format!("{}: {verdict}", entry.data_asset),
        origin: format!("run {} of {time}{compared}", entry.run_id),
        data_asset: entry.data_asset.clone(),
        time: Some(time),
        facts,
        findings,
        checks: ShownChecks::Findings,
    })
}

fn finding(row: GateRow) -> Finding {
    // Each rule and check always serialize. Several rules may name one check.
    let key = serde_json::to_string(&(row.rule, &row.check)).unwrap_or_default();
    let is_errored = row.state.as_ref().is_some_and(|state| state.outcome == CheckOutcome::Errored);
    let since = row.since.as_ref().map(|since| format!("failing {}", safe(&since.words())));
    let (count, severity, said) =
        row.state.map_or((0, None, None), |state| (state.count, state.severity, state.message));
    let message = [Some(row.reason), since, said].into_iter().flatten().collect::<Vec<_>>().join("; ");
    Finding {
        key,
        check: if row.check.is_some() { row.check_name } else { row.rule.name().to_owned() },
        outcome: if is_errored { CheckOutcome::Errored } else { CheckOutcome::Failed },
        verdict: row.rule.name().to_owned(),
        count,
        before: None,
        severity,
        message: Some(message),
        duration: None,
    }
}
