//! The rows and numbers that `copy` prints.

use serde::Serialize;

use super::copy_result::CopyOutcome;
use crate::error::ErrorKind;
use crate::output::{Cell, Color, OutputRow, Shortening, Table, grouped};
use crate::result::RunId;

/// The fate of the original of a moved result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OriginalFate {
    /// It was removed.
    Removed,
    /// It was saved again or deleted meanwhile.
    Kept,
    /// It would be removed.
    WouldRemove,
}

impl OriginalFate {
    fn words(self) -> &'static str {
        match self {
            Self::Removed => "original removed",
            Self::Kept => "original kept",
            Self::WouldRemove => "would remove original",
        }
    }
}

/// A result that was copied or moved, or would be.
#[derive(Serialize)]
pub(super) struct CopyRow {
    run_id: RunId,
    outcome: &'static str,
    /// `null` without `--move`.
    original: Option<OriginalFate>,
    #[serde(skip)]
    done: CopyOutcome,
}

impl CopyRow {
    pub(super) fn new(run_id: RunId, done: CopyOutcome, original: Option<OriginalFate>, is_plan: bool) -> Self {
        let outcome = match (done, is_plan) {
            (CopyOutcome::WasThere, _) => "unchanged",
            (CopyOutcome::Copied, false) => "copied",
            (CopyOutcome::Copied, true) => "would_copy",
            (CopyOutcome::Overwritten, false) => "overwritten",
            (CopyOutcome::Overwritten, true) => "would_overwrite",
        };
        Self { run_id, outcome, original, done }
    }

    /// Whether there is something to say about it.
    pub(super) fn is_change(&self) -> bool {
        self.done != CopyOutcome::WasThere || self.original.is_some()
    }

    /// Whether all was done that was asked for.
    pub(super) fn is_done(&self) -> bool {
        match self.original {
            None => self.done != CopyOutcome::WasThere,
            Some(original) => original != OriginalFate::Kept,
        }
    }
}

impl OutputRow for CopyRow {
    const HEADINGS: &'static [&'static str] = &["RUN ID", "OUTCOME"];

    fn cells(&self) -> Vec<Cell> {
        let mut outcome = self.outcome.replace('_', " ");
        if let Some(original) = self.original {
            outcome = format!("{outcome}, {}", original.words());
        }
        let is_plan = self.outcome.starts_with("would") || self.original == Some(OriginalFate::WouldRemove);
        let color = if is_plan || !self.is_done() { Color::Doubtful } else { Color::Good };
        vec![Cell::from(self.run_id.as_str()).shortening(Shortening::Id), Cell::colored(outcome, color)]
    }
}

/// The numbers of results, or those of a plan.
#[derive(Debug, Default, Serialize)]
pub(super) struct CopyReport {
    /// Results that the other store did not have.
    copied: u64,
    /// Results that took the place of another document.
    overwritten: u64,
    /// Results that were there.
    unchanged: u64,
    /// Originals that were removed.
    removed: u64,
    /// Originals of copied results that were saved again meanwhile.
    kept: u64,
    /// Results that were deleted or replaced after they were listed, and were not copied.
    skipped: u64,
    /// Results with run ids that have another document there. Each was reported.
    conflicts: u64,
    /// Other failures. Each was reported.
    failed: u64,
    /// Whether nothing was changed.
    dry_run: bool,
}

impl CopyReport {
    pub(super) fn new(dry_run: bool) -> Self {
        Self { dry_run, ..Self::default() }
    }

    pub(super) fn count(&mut self, outcome: CopyOutcome, original: Option<OriginalFate>) {
        *match outcome {
            CopyOutcome::Copied => &mut self.copied,
            CopyOutcome::Overwritten => &mut self.overwritten,
            CopyOutcome::WasThere => &mut self.unchanged,
        } += 1;
        match original {
            Some(OriginalFate::Removed | OriginalFate::WouldRemove) => self.removed += 1,
            Some(OriginalFate::Kept) => self.kept += 1,
            None => {}
        }
    }

    pub(super) fn skip(&mut self) {
        self.skipped += 1;
    }

    pub(super) fn fail(&mut self, kind: ErrorKind) {
        *if kind == ErrorKind::AlreadyExists { &mut self.conflicts } else { &mut self.failed } += 1;
    }

    /// The remark on a dry run.
    pub(super) fn plan(&self, place: &str) -> String {
        let changed = self.copied + self.overwritten;
        let results = if changed == 1 { "result" } else { "results" };
        format!("would copy {} {results} to {place}; nothing was changed", grouped(changed))
    }

    /// The table. `moves`: whether originals are removed.
    pub(super) fn table(&self, moves: bool) -> Table {
        let mut table = Table::new(&["WHAT", "COUNT"]);
        let [copied, overwritten, removed] = match self.dry_run {
            true => ["would copy", "would overwrite", "would remove"],
            false => ["copied", "overwritten", "removed"],
        };
        let mut push = |what: &'static str, count: u64| table.push(vec![what.into(), count.to_string().into()]);
        push(copied, self.copied);
        push(overwritten, self.overwritten);
        push("unchanged", self.unchanged);
        if moves {
            push(removed, self.removed);
            push("kept", self.kept);
        }
        if self.skipped > 0 {
            push("skipped", self.skipped);
        }
        for (what, count) in [("conflicts", self.conflicts), ("failed", self.failed)] {
            let count = if count == 0 { "0".into() } else { Cell::colored(count.to_string(), Color::Bad) };
            table.push(vec![what.into(), count]);
        }
        table
    }
}
