//! The page of a run.

use std::fmt::Display;

use askama::Template;

use super::check_title::CheckTitle;
use super::page_name::asset_page_name;
use super::page_stamp::PageStamp;
use super::page_text::PageText;
use super::page_time::PageTime;
use crate::result::{Check, CheckCounts, CheckOutcome, Entry, ResultFacts, Status};

/// The number of checks that failed, warned or could not run that a page shows.
const FINDINGS: usize = 5_000;

/// The number of other checks that a page shows.
const OTHERS: usize = 10_000;

/// The page of a run.
#[derive(Debug, Template)]
#[template(path = "run.html")]
pub struct RunPage {
    stamp: PageStamp,
    run_id: PageText,
    asset: PageText,
    asset_page: String,
    run_time: PageTime,
    status: Status,
    counts: CheckCounts,
    facts: Vec<RunFact>,
    findings: Vec<RunCheck>,
    unseen_findings: u64,
    others: Vec<RunCheck>,
    unseen_others: u64,
    finding_count: u64,
    other_count: u64,
}

/// A fact of a run that not every run has.
#[derive(Debug)]
struct RunFact {
    name: &'static str,
    value: PageText,
}

/// A check of a run.
#[derive(Debug)]
struct RunCheck {
    outcome: CheckOutcome,
    title: CheckTitle,
    count: u64,
    severity: PageText,
    message: PageText,
}

/// Puts the page of a run together, check by check. Memory holds no more checks than the page shows.
#[derive(Debug, Default)]
pub struct RunPageBuilder {
    counts: CheckCounts,
    findings: Vec<RunCheck>,
    others: Vec<RunCheck>,
}

impl RunPageBuilder {
    /// Adds the next check of the document.
    pub fn add(&mut self, check: &Check) {
        self.counts.add(check.outcome);
        let is_finding = check.outcome.is_finding();
        let (list, limit) = if is_finding { (&mut self.findings, FINDINGS) } else { (&mut self.others, OTHERS) };
        if list.len() == limit {
            return;
        }
        let optional =
            |text: &Option<String>, shown: fn(&str) -> PageText| text.as_deref().map(shown).unwrap_or_default();
        list.push(RunCheck {
            outcome: check.outcome,
            title: CheckTitle::new(&check.key),
            count: check.count,
            severity: optional(&check.severity, PageText::name),
            message: if is_finding { optional(&check.message, PageText::message) } else { PageText::default() },
        });
    }

    /// The number of checks so far.
    pub fn counts(&self) -> CheckCounts {
        self.counts
    }

    /// The page. `entry` has the facts that the list shows.
    pub fn finish(mut self, entry: &Entry, facts: &ResultFacts, stamp: PageStamp) -> RunPage {
        // Worst first; those alike stay in the order of the document.
        self.findings.sort_by_key(|check| match check.outcome {
            CheckOutcome::Failed => 0,
            CheckOutcome::Errored => 1,
            _ => 2,
        });
        let length = |list: &[RunCheck]| u64::try_from(list.len()).unwrap_or(u64::MAX);
        let finding_count = self.counts.findings();
        let other_count = self.counts.total() - finding_count;
        RunPage {
            stamp,
            run_id: PageText::name(entry.run_id.as_str()),
            asset: PageText::name(&entry.data_asset),
            asset_page: format!("../{}", asset_page_name(&entry.data_asset)),
            run_time: PageTime(entry.run_time.instant()),
            status: entry.status,
            counts: self.counts,
            facts: run_facts(entry, facts),
            unseen_findings: finding_count - length(&self.findings),
            unseen_others: other_count - length(&self.others),
            findings: self.findings,
            others: self.others,
            finding_count,
            other_count,
        }
    }
}

fn run_facts(entry: &Entry, facts: &ResultFacts) -> Vec<RunFact> {
    let mut list = Vec::new();
    let mut push = |name, value: &dyn Display| list.push(RunFact { name, value: PageText::name(&value.to_string()) });
    if let Some(suite) = &facts.suite_name {
        push("Suite", suite);
    }
    for (key, value) in &entry.tags {
        push("Tag", &format_args!("{key}={value}"));
    }
    if let Some(statistics) = &facts.statistics {
        if statistics.total_rows > 0 {
            push("Rows", &statistics.total_rows);
        }
        if statistics.total_columns > 0 {
            push("Columns", &statistics.total_columns);
        }
        if statistics.execution_time_ms > 0.0 {
            push("Duration", &format_args!("{:.1} s", statistics.execution_time_ms / 1_000.0));
        }
    }
    list
}
