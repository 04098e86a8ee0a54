//! Findings as tables.

use super::finding::Finding;
use super::group::FindingsGroup;
use super::text::{joined, name};
use crate::error::Result;
use crate::output::cell::{Cell, Color};
use crate::output::table::Table;
use crate::result::CheckOutcome;

/// The tables of a group.
#[derive(Debug)]
pub struct FindingsTables {
    /// The head, a line for each fact.
    pub head: Table,
    /// The checks. Without rows if there is none to show.
    pub checks: Table,
    /// The number of findings that are beyond the limit.
    pub hidden: u64,
}

/// The tables of `group`, with at most `limit` checks.
///
/// # Errors
/// If the findings cannot be read.
pub fn findings_tables(group: &mut FindingsGroup, limit: usize) -> Result<FindingsTables> {
    let mut head = Table::new(&[]);
    for fact in &group.facts {
        head.push(vec![fact.name.into(), Cell { text: name(&fact.value.text), ..fact.value.clone() }]);
    }
    let mut checks = Table::new(&["OUTCOME", "CHECK", "COUNT", "SEVERITY", "MESSAGE"]);
    let (count, findings) = group.shown();
    let mut shown = 0;
    for finding in findings.take(limit) {
        checks.push(row(finding?));
        shown += 1;
    }
    Ok(FindingsTables { head, checks, hidden: count - shown })
}

fn row(finding: Finding) -> Vec<Cell> {
    let Finding { outcome, verdict, check, count, severity, message, .. } = finding;
    let color = match outcome {
        CheckOutcome::Failed | CheckOutcome::Errored => Color::Bad,
        CheckOutcome::Warned => Color::Doubtful,
        CheckOutcome::Skipped => Color::Faint,
        CheckOutcome::Passed => Color::Good,
    };
    let count = if count > 0 { count.to_string() } else { String::new() };
    let message = message.as_deref().and_then(|message| message.lines().next()).map(joined).unwrap_or_default();
    let severity = severity.as_deref().map(name).unwrap_or_default();
    vec![Cell::colored(verdict, color), name(&check).into(), count.into(), severity.into(), message.into()]
}
