//! The findings of one run or comparison.

use super::finding::Finding;
use super::list::FindingList;
use crate::error::Result;
use crate::output::cell::Cell;
use crate::output::entry::{status_cell, tags_text};
use crate::result::{ResultFacts, RunInstant, Statistics};

/// A fact that the head of a group shows: its name and its value.
#[derive(Clone, Debug)]
pub struct Fact {
    pub(super) name: &'static str,
    pub(super) value: Cell,
}

impl Fact {
    /// A fact.
    pub fn new(name: &'static str, value: impl Into<Cell>) -> Self {
        Self { name, value: value.into() }
    }
}

/// The checks that formats for people show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownChecks {
    /// Those that failed, warned or could not run.
    Findings,
    /// All.
    All,
    /// All, with their state before.
    Changes,
}

/// The findings of one run or comparison, and what is known of it.
#[derive(Debug)]
pub struct FindingsGroup {
    /// The title: the data asset and what the findings are.
    pub title: String,
    /// The data asset.
    pub data_asset: String,
    /// The run, or the compared runs, in words.
    pub origin: String,
    /// The time of the run.
    pub time: Option<RunInstant>,
    /// The head, in order.
    pub facts: Vec<Fact>,
    /// The checks.
    pub findings: FindingList,
    /// The checks that formats for people show.
    pub checks: ShownChecks,
}

impl FindingsGroup {
    /// The checks of a stored result.
    pub fn of_result(result: &ResultFacts, findings: FindingList, checks: ShownChecks) -> Self {
        let entry = &result.entry;
        let time = entry.run_time.instant();
        let mut facts = vec![
            Fact::new("data asset", entry.data_asset.as_str()),
            Fact::new("run id", entry.run_id.as_str()),
            Fact::new("run time", time.to_string()),
            Fact::new("status", status_cell(entry.status)),
        ];
        if let Some(suite) = &result.suite_name {
            facts.push(Fact::new("suite", suite.as_str()));
        }
        if !entry.tags.is_empty() {
            facts.push(Fact::new("tags", tags_text(&entry.tags)));
        }
        if let Some(statistics) = result.statistics.as_ref().filter(|it| it.total_rows + it.total_columns > 0) {
            let size = format!("{} rows, {} columns", statistics.total_rows, statistics.total_columns);
            facts.push(Fact::new("data", size));
        }
        facts.push(Fact::new("checks", findings.counts().to_string()));
        if let Some(statistics) = result.statistics.as_ref().filter(|it| it.total_issues > 0) {
            facts.push(Fact::new("issues", issues_text(statistics)));
        }
        let title = format!("{}: {}", entry.data_asset, entry.status);
        let origin = format!("run {} of {time}", entry.run_id);
        Self { title, data_asset: entry.data_asset.clone(), origin, time: Some(time), facts, findings, checks }
    }

    /// The findings that formats for people show, in order, and their number.
    pub(super) fn shown(&mut self) -> (u64, impl Iterator<Item = Result<Finding>>) {
        let (counts, shows_all) = (self.findings.counts(), self.checks != ShownChecks::Findings);
        let count = if shows_all { counts.total() } else { counts.findings() };
        let is_shown = move |finding: &Finding| shows_all || finding.outcome.is_finding();
        (count, self.findings.iter().filter(move |finding| finding.as_ref().map_or(true, is_shown)))
    }
}

/// The number of issues of each severity.
fn issues_text(statistics: &Statistics) -> String {
    let counts = [
        (statistics.critical_issues, "critical"),
        (statistics.high_issues, "high"),
        (statistics.medium_issues, "medium"),
        (statistics.low_issues, "low"),
    ];
    let severities: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    match severities.is_empty() {
        true => statistics.total_issues.to_string(),
        false => format!("{}: {}", statistics.total_issues, severities.join(", ")),
    }
}
