//! The summary of a result as a table.

use super::cell::{Cell, Color};
use super::entry::{status_cell, tags_text};
use super::table::Table;
use crate::result::{Check, Statistics, Summary};

/// The facts of a result and its findings, a line each.
pub fn summary_table(summary: &Summary) -> Table {
    let entry = &summary.facts.entry;
    let mut table = Table::new(&[]);
    let mut push = |name: &str, value: Cell| table.push(vec![name.into(), value]);
    push("run id", entry.run_id.as_str().into());
    push("run time", entry.run_time.instant().to_string().into());
    push("data asset", entry.data_asset.as_str().into());
    push("status", status_cell(entry.status));
    if let Some(suite) = &summary.facts.suite_name {
        push("suite", suite.as_str().into());
    }
    if !entry.tags.is_empty() {
        push("tags", tags_text(&entry.tags).into());
    }
    if let Some(statistics) = &summary.facts.statistics {
        push("data", format!("{} rows, {} columns", statistics.total_rows, statistics.total_columns).into());
        push("checks", checks_text(statistics).into());
        push("issues", issues_text(statistics).into());
    }
    for (position, check) in summary.findings.iter().enumerate() {
        push(if position == 0 { "failed" } else { "" }, finding_cell(check));
    }
    let shown = u64::try_from(summary.findings.len()).unwrap_or(u64::MAX);
    if summary.finding_count > shown {
        push("", Cell::colored(format!("and {} more", summary.finding_count - shown), Color::Faint));
    }
    table
}

fn checks_text(statistics: &Statistics) -> String {
    let mut text = format!(
        "{}: {} passed, {} failed",
        statistics.total_validators, statistics.passed_validators, statistics.failed_validators
    );
    if statistics.error_validators > 0 {
        text.push_str(&format!(", {} could not run", statistics.error_validators));
    }
    text
}

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

fn finding_cell(check: &Check) -> Cell {
    let mut text = check.name.clone();
    if let Some(column) = &check.column {
        text.push_str(&format!(" ({column})"));
    }
    if let Some(severity) = &check.severity {
        text.push_str(&format!(", {severity}"));
    }
    if let Some(message) = &check.message {
        text.push_str(&format!(": {message}"));
    }
    Cell::colored(text, if check.severity.as_deref() == Some("low") { Color::Doubtful } else { Color::Bad })
}
