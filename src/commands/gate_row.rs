//! A row of `gate`.

use std::collections::{HashMap, HashSet};

use serde::{Serialize, Serializer};

use crate::compare::gate::GateRule;
use crate::compare::history::{AssetHistory, HistoryRun, Since};
use crate::compare::{CheckState, Verdict};
use crate::output::{Cell, Color, OutputRow, Shortening};
use crate::result::{CheckKey, RunId};

/// The first of the runs in which a check does not pass.
#[derive(Clone, Debug)]
pub(super) struct FailingSince {
    run: HistoryRun,
    runs: u64,
    or_before: bool,
}

impl FailingSince {
    /// The first runs in which these checks do not pass, as they do not in the newest run of `history`.
    pub(super) fn of(checks: &HashSet<&CheckKey>, history: &AssetHistory) -> HashMap<CheckKey, Self> {
        let wanted = history.checks.iter().filter(|check| checks.contains(&check.key));
        let known = wanted.filter_map(|check| {
            let Since { run, runs, or_before } = check.since(&history.runs)?;
            Some((check.key.clone(), Self { run: run.clone(), runs, or_before }))
        });
        known.collect()
    }

    /// `since 2026-11-14 (run run-3), 14 runs`.
    pub(super) fn words(&self) -> String {
        self.since().to_string()
    }

    fn since(&self) -> Since<'_> {
        Since { run: &self.run, runs: self.runs, or_before: self.or_before }
    }
}

impl Serialize for FailingSince {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.since().serialize(serializer)
    }
}

/// A broken rule, with a check that breaks it.
#[derive(Serialize)]
pub(super) struct GateRow {
    pub(super) rule: GateRule,
    pub(super) reason: String,
    pub(super) data_asset: String,
    pub(super) run_id: RunId,
    pub(super) run_time: String,
    /// The baseline, if there is one.
    pub(super) against: Option<RunId>,
    pub(super) check: Option<CheckKey>,
    #[serde(skip)]
    pub(super) check_name: String,
    pub(super) verdict: Option<Verdict>,
    pub(super) state: Option<CheckState>,
    pub(super) since: Option<FailingSince>,
}

impl OutputRow for GateRow {
    const HEADINGS: &'static [&'static str] = &["RULE", "DATA ASSET", "RUN ID", "CHECK", "STATE", "FAILING", "REASON"];

    fn cells(&self) -> Vec<Cell> {
        let state = match (&self.check, &self.state) {
            (None, _) => String::new(),
            (Some(_), None) => "gone".to_owned(),
            (Some(_), Some(state)) => state.words(),
        };
        vec![
            Cell::colored(self.rule.name(), Color::Bad),
            Cell::from(self.data_asset.as_str()).shortening(Shortening::Middle),
            Cell::from(self.run_id.as_str()).shortening(Shortening::Id),
            Cell::from(self.check_name.as_str()).shortening(Shortening::Middle),
            state.into(),
            Cell::from(self.since.as_ref().map(FailingSince::words).unwrap_or_default()).shortening(Shortening::Tail),
            Cell::from(self.reason.as_str()).shortening(Shortening::Lines),
        ]
    }
}
