//! The rows of `prune`: one per group, or per result.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::output::{Cell, Color, OutputRow, Shortening, status_cell};
use crate::result::{Entry, RunId, Status};
use crate::retention::{GroupPart, KeepReason};

/// The fate of a result that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RemovalOutcome {
    /// It would be removed; this was a dry run.
    WouldRemove,
    /// It was removed.
    Removed,
    /// It was copied to the archive, and removed.
    Archived,
    /// It was replaced or deleted since the plan was made, and is left as it is.
    Changed,
    /// It could not be removed. The error says why.
    Failed,
    /// It stays, because no rule keeps a result of its group.
    Refused,
}

impl RemovalOutcome {
    fn words(self) -> &'static str {
        match self {
            Self::WouldRemove => "would remove",
            Self::Removed => "removed",
            Self::Archived => "archived",
            Self::Changed => "changed since",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }

    fn color(self) -> Color {
        match self {
            Self::Removed | Self::Archived => Color::Good,
            Self::WouldRemove | Self::Changed | Self::Refused => Color::Doubtful,
            Self::Failed => Color::Bad,
        }
    }

    /// Whether the result is gone, or would be.
    pub(super) fn is_removal(self) -> bool {
        matches!(self, Self::WouldRemove | Self::Removed | Self::Archived)
    }
}

/// A result and its fate.
pub(super) struct ResultFate {
    pub(super) entry: Entry,
    /// Why it is kept; empty if it is not.
    pub(super) reasons: Vec<KeepReason>,
    /// Its fate, if it is not kept.
    pub(super) outcome: Option<RemovalOutcome>,
}

/// A group of results and their fates.
pub(super) struct GroupFate {
    pub(super) profile: String,
    /// Whether the groups of several profiles are shown.
    pub(super) is_one_of_several: bool,
    pub(super) parts: Vec<GroupPart>,
    /// Newest first.
    pub(super) results: Vec<ResultFate>,
}

impl GroupFate {
    /// The name of the group, for people.
    pub(super) fn name(&self) -> String {
        let name = self.parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if self.is_one_of_several { format!("{}: {name}", self.profile) } else { name }
    }

    fn parts(&self) -> BTreeMap<String, Option<String>> {
        self.parts.iter().map(|GroupPart { by, value }| (by.clone(), value.clone())).collect()
    }
}

/// Rows that the fate of a group is printed as.
pub(super) trait FateRow: OutputRow + Sized {
    /// The rows of a group.
    fn of(fate: &GroupFate) -> Vec<Self>;
}

/// A group with its numbers, and in JSON with its results.
#[derive(Serialize)]
pub(super) struct GroupRow {
    profile: String,
    group: BTreeMap<String, Option<String>>,
    results: usize,
    kept: Vec<KeptResult>,
    removed: Vec<RemovedResult>,
    #[serde(skip)]
    name: String,
    #[serde(skip)]
    reasons: String,
}

#[derive(Serialize)]
struct KeptResult {
    run_id: RunId,
    run_time: String,
    status: Status,
    reasons: Vec<KeepReason>,
}

#[derive(Serialize)]
struct RemovedResult {
    run_id: RunId,
    run_time: String,
    status: Status,
    outcome: RemovalOutcome,
}

impl FateRow for GroupRow {
    fn of(fate: &GroupFate) -> Vec<Self> {
        let time = |entry: &Entry| entry.run_time.instant().to_string();
        let kept = fate.results.iter().filter(|fate| fate.outcome.is_none()).map(|fate| KeptResult {
            run_id: fate.entry.run_id.clone(),
            run_time: time(&fate.entry),
            status: fate.entry.status,
            reasons: fate.reasons.clone(),
        });
        let removed = fate.results.iter().filter_map(|fate| {
            Some(RemovedResult {
                run_id: fate.entry.run_id.clone(),
                run_time: time(&fate.entry),
                status: fate.entry.status,
                outcome: fate.outcome?,
            })
        });
        vec![Self {
            profile: fate.profile.clone(),
            group: fate.parts(),
            results: fate.results.len(),
            kept: kept.collect(),
            removed: removed.collect(),
            name: fate.name(),
            reasons: counted(fate.results.iter().flat_map(|fate| &fate.reasons)),
        }]
    }
}

impl OutputRow for GroupRow {
    const HEADINGS: &'static [&'static str] = &["GROUP", "RESULTS", "KEEP", "REMOVE", "KEPT BY"];

    fn cells(&self) -> Vec<Cell> {
        let done = self.removed.iter().filter(|result| result.outcome.is_removal()).count();
        let removed = match done == self.removed.len() {
            true => done.to_string(),
            false => format!("{done} of {}", self.removed.len()),
        };
        let color = if done == self.removed.len() { Color::Good } else { Color::Doubtful };
        vec![
            Cell::from(self.name.as_str()).shortening(Shortening::Middle),
            self.results.to_string().into(),
            self.kept.len().to_string().into(),
            if done == 0 && self.removed.is_empty() { removed.into() } else { Cell::colored(removed, color) },
            Cell::from(self.reasons.as_str()).shortening(Shortening::Lines),
        ]
    }
}

/// The reasons with the number of results that each keeps: `last 10, changes 21, latest`.
fn counted<'a>(reasons: impl Iterator<Item = &'a KeepReason>) -> String {
    let mut counts: BTreeMap<KeepReason, u64> = BTreeMap::new();
    reasons.for_each(|reason| *counts.entry(*reason).or_default() += 1);
    let words = counts.into_iter().map(|(reason, count)| match reason.is_rule() {
        true => format!("{} {count}", reason.words()),
        false => reason.words().to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A result and its fate.
#[derive(Serialize)]
pub(super) struct ResultRow {
    profile: String,
    group: BTreeMap<String, Option<String>>,
    run_id: RunId,
    run_time: String,
    status: Status,
    /// Empty for a result that is not kept.
    reasons: Vec<KeepReason>,
    /// `null` for a result that is kept.
    outcome: Option<RemovalOutcome>,
    #[serde(skip)]
    name: String,
}

impl FateRow for ResultRow {
    fn of(fate: &GroupFate) -> Vec<Self> {
        let row = |ResultFate { entry, reasons, outcome }: &ResultFate| Self {
            profile: fate.profile.clone(),
            group: fate.parts(),
            run_id: entry.run_id.clone(),
            run_time: entry.run_time.instant().to_string(),
            status: entry.status,
            reasons: reasons.clone(),
            outcome: *outcome,
            name: fate.name(),
        };
        fate.results.iter().map(row).collect()
    }
}

impl OutputRow for ResultRow {
    const HEADINGS: &'static [&'static str] = &["RUN ID", "RUN TIME", "STATUS", "GROUP", "OUTCOME", "KEPT BY"];

    fn cells(&self) -> Vec<Cell> {
        let reasons = self.reasons.iter().map(|reason| reason.words()).collect::<Vec<_>>().join(", ");
        vec![
            Cell::from(self.run_id.as_str()).shortening(Shortening::Id),
            Cell::from(self.run_time.as_str()).shortening(Shortening::Time),
            status_cell(self.status),
            Cell::from(self.name.as_str()).shortening(Shortening::Middle),
            match self.outcome {
                Some(outcome) => Cell::colored(outcome.words(), outcome.color()),
                None => "keep".into(),
            },
            Cell::from(reasons).shortening(Shortening::Lines),
        ]
    }
}
