//! `diff`: show what changed between two runs.

use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;

use super::baseline::{baseline_of, newest};
use super::change_findings::change_findings;
use super::completed::ValueKind;
use super::read_run::read_run;
use super::run_ids::GivenRunIds;
use crate::compare::{Baseline, CheckChange, CheckNames, CheckState, Tolerance, Verdict, compare};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Color, FindingsReport, Output, OutputFormat, OutputRow, Shortening};
use crate::result::{RunId, Tags};
use crate::store::contract::ResultStore;

/// Show what changed between two runs
///
/// Lists the checks that fail in the second run, and those that changed, by verdict: new failure, worse, errored, still
/// failing, gone (the second run does not have the check), skipped, fixed, new check.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store diff run-1 run-2
  truthound-store diff --asset customers --against last-success
  truthound-store diff run-2 --against previous --exit-code
  truthound-store diff --asset customers --format github

Exit status is 0 whatever the difference; with --exit-code it is 10 if a check is a new failure.")]
pub struct DiffArgs {
    /// The runs: the first one and the second one, or one to compare with --against
    #[arg(value_name = "RUN_ID", num_args = 1..=2, required_unless_present = "asset", conflicts_with = "asset", add = ValueKind::RunId.completer())]
    run_ids: Vec<RunId>,
    /// Compare the newest run of this data asset
    #[arg(long, value_name = "NAME", add = ValueKind::Asset.completer())]
    asset: Option<String>,
    /// Run to compare with: previous, last-success, or a run id
    #[arg(long, value_name = "previous|last-success|RUN_ID", default_value_t = Baseline::Previous, add = ValueKind::Baseline.completer())]
    against: Baseline,
    /// Growth of a count that is not worse: a number, or a share such as 10%
    #[arg(long, value_name = "N|N%", default_value_t)]
    tolerance: Tolerance,
    /// Exit with 10 if a check is a new failure
    #[arg(long)]
    exit_code: bool,
}

/// Prints a row for each check that changed or fails.
///
/// # Errors
/// If a run does not exist or cannot be read, or stdout cannot be written.
pub async fn run(mut args: DiffArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let mut run_ids = GivenRunIds::new(args.run_ids).or_prefixes(out);
    run_ids.complete(store).await?;
    args.run_ids = run_ids.into_arguments();
    let (before, after) = match (&args.asset, args.run_ids.as_slice()) {
        (None, [before, after]) => (read_run(before, store).await?, read_run(after, store).await?),
        (Some(asset), _) => {
            let after = newest(asset, store).await?;
            let before = baseline_of(&after, &args.against, &Tags::new(), store).await?;
            (read_run(&before, store).await?, read_run(&after.run_id, store).await?)
        }
        (None, [after]) => {
            let after = read_run(after, store).await?;
            let before = baseline_of(&after.facts.entry, &args.against, &Tags::new(), store).await?;
            (read_run(&before, store).await?, after)
        }
        (None, _) => return Err(Error::usage("name two runs, or one and `--against`")),
    };
    let suites = [&before, &after].map(|run| run.facts.suite_name.clone().unwrap_or_default());
    let is_other_suite = suites[0] != suites[1];
    if is_other_suite {
        let [first, second] = &suites;
        out.warn(&format!(
            "the runs are of the suites `{first}` and `{second}`: only checks that both have are compared"
        ));
    }
    if before.facts.entry.data_asset != after.facts.entry.data_asset {
        let assets = [&before, &after].map(|run| run.facts.entry.data_asset.as_str());
        out.warn(&format!("the runs are of the data assets `{}` and `{}`", assets[0], assets[1]));
    }
    let comparison = compare(&before.checks, &after.checks, args.tolerance, is_other_suite);
    let has_new_failure = comparison.changes.iter().any(|change| change.verdict == Verdict::NewFailure);
    let ids = [&before, &after].map(|run| run.facts.entry.run_id.as_str());
    out.detail(&format!("{} checks are unchanged from `{}` to `{}`", comparison.unchanged, ids[0], ids[1]));
    let keys: BTreeSet<_> = before.checks.keys().chain(after.checks.keys()).collect();
    let names = CheckNames::new(keys);
    if let Some(OutputFormat::Findings(format)) = out.format() {
        let mut group = change_findings(&comparison.changes, &names, &before.facts, &after.facts)?;
        let mut report = FindingsReport::new(format);
        report.add(&mut group, out)?;
        report.finish(out)?;
    } else {
        let mut rows = out.rows();
        for change in comparison.changes {
            rows.push(&ChangeRow { name: names.name(&change.key), change })?;
        }
        rows.finish()?;
    }
    if args.exit_code && has_new_failure {
        out.remember(ErrorKind::Verdict);
    }
    Ok(())
}

/// A row of the list.
#[derive(Serialize)]
struct ChangeRow {
    #[serde(flatten)]
    change: CheckChange,
    #[serde(skip)]
    name: String,
}

impl OutputRow for ChangeRow {
    const HEADINGS: &'static [&'static str] = &["VERDICT", "CHECK", "BEFORE", "NOW", "SEVERITY", "MESSAGE"];

    fn cells(&self) -> Vec<Cell> {
        let CheckChange { verdict, before, after, .. } = &self.change;
        let shown = after.as_ref().or(before.as_ref());
        let severity = shown.and_then(|state| state.severity.as_deref()).unwrap_or_default();
        let message = after.as_ref().and_then(|state| state.message.as_deref()?.lines().next()).unwrap_or_default();
        let color = match verdict {
            Verdict::NewFailure | Verdict::Worse | Verdict::Errored => Color::Bad,
            Verdict::StillFailing | Verdict::Gone | Verdict::Skipped => Color::Doubtful,
            Verdict::Fixed | Verdict::NewCheck => Color::Good,
        };
        vec![
            Cell::colored(verdict.words(), color),
            Cell::from(self.name.as_str()).shortening(Shortening::Middle),
            words(before.as_ref()).into(),
            words(after.as_ref()).into(),
            Cell::from(severity).shortening(Shortening::Tail),
            Cell::from(message).shortening(Shortening::Lines),
        ]
    }
}

/// "failed 12", "passed", or a dash.
fn words(state: Option<&CheckState>) -> String {
    state.map_or_else(|| "-".to_owned(), CheckState::words)
}
