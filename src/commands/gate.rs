//! `gate`: judge stored runs by rules.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;

use clap::Args;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::asset_list::newest_assets;
use super::baseline::{baseline_of, newest_matching};
use super::completed::ValueKind;
use super::gate_findings::gate_findings;
use super::gate_row::{FailingSince, GateRow};
use super::look_back::history_until;
use super::read_run::{ReadRun, read_run};
use super::run_ids::GivenRunIds;
use super::selection::JOBS;
use crate::compare::Baseline;
use crate::compare::CheckNames;
use crate::compare::gate::{BrokenCheck, BrokenRule, GateBaseline, GateOptions, GateRun, judge};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{FindingsReport, Output, OutputFormat};
use crate::result::{CheckKey, Entry, RunId};
use crate::store::contract::{NamePattern, Query, ResultStore};

/// Judge runs by rules, and exit with 10 if one is broken
///
/// Judges the newest run of a data asset, or the runs that are named, and prints each broken rule with the checks that
/// break it. At least one rule is needed. The table [profiles.NAME.gate] of the configuration can hold all of them, with
/// underscores; options take the place of its values one by one.
///
/// A check that failed or only warned counts as failed. So does one that the baseline has and the run does not, unless
/// --allow-gone says otherwise. A check that could not run, or was not run, has neither failed nor passed. The pass rate
/// is the share of the passed among the passed, the failed and those that could not run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store gate --asset customers --no-new-failures --severity high --max-age 24h
  truthound-store gate run-17 --max-failures 0 --max-error-checks 0
  truthound-store gate --all --max-age 24h
  truthound-store gate --asset customers --no-new-failures --tag branch=main

Exit status is 10 if a rule is broken. An error has its own exit status, whatever the rules say.")]
#[command(mut_arg("against", |argument| argument.add(ValueKind::Baseline.completer())))]
#[command(mut_arg("tag", |argument| argument.add(ValueKind::Tag.completer())))]
pub struct GateArgs {
    /// Runs to judge; - means those on standard input, one per line. --tag then chooses their baselines only
    #[arg(value_name = "RUN_ID", required_unless_present_any = ["asset", "all"], conflicts_with_all = ["asset", "all"], add = ValueKind::RunId.completer())]
    run_ids: Vec<RunId>,
    /// Judge the newest run of this data asset; * stands for any characters; repeat for several
    #[arg(long, value_name = "NAME", conflicts_with = "all", add = ValueKind::Asset.completer())]
    asset: Vec<String>,
    /// Judge the newest run of each data asset
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    options: GateOptions,
}

/// Judges the selected runs, and prints a row for each broken rule and check.
///
/// # Errors
/// If it lacks rules or runs to judge, or stdout cannot be written. The failure of a run is reported to `out`.
pub async fn run(args: GateArgs, configured: GateOptions, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    let options = args.options.or(configured);
    if !options.has_rule() {
        return Err(Error::usage("`gate` needs a rule")
            .with_hint(format!("add one: {}; or write it into [profiles.NAME.gate]", GateOptions::RULES)));
    }
    if let (true, Baseline::Run(run_id)) = (args.all, options.baseline()) {
        return Err(Error::usage(format!("`--against {run_id}` is one run, and `--all` judges all data assets")));
    }
    let targets = match args.run_ids.is_empty() {
        true => newest_runs(&args.asset, &options, store).await,
        false => {
            let mut run_ids = GivenRunIds::new(args.run_ids).or_prefixes(out);
            run_ids.complete(store).await?;
            run_ids.stream().map(|run_id| run_id.map(GateTarget::Run)).boxed()
        }
    };
    let new = if options.refuses_new_failures() { "new failures and " } else { "" };
    let not_found = format!("{new}checks that are gone are not found");
    let (mut without_baseline, mut first_without) = (0_u64, None);
    let (mut judged, mut broken, mut only_run) = (0_u64, 0_u64, None);
    let mut report = match out.format() {
        Some(OutputFormat::Findings(format)) => Some(FindingsReport::new(format)),
        _ => None,
    };
    let mut rows = out.rows();
    // Histories are read one after the other: each reads many runs.
    let turn = Mutex::new(());
    let verdicts = targets.map(async |target| {
        let (mut verdict, run) = judge_target(target?, &options, store).await?;
        if let Some(run) = run {
            let _turn = turn.lock().await;
            verdict.look_back(run, &options, store).await;
        }
        Ok(verdict)
    });
    let mut verdicts = std::pin::pin!(verdicts.buffered(JOBS));
    while let Some(verdict) = verdicts.next().await {
        match verdict {
            Ok(verdict) => {
                match &verdict.no_baseline {
                    // Of many data assets, some never had a success.
                    Some(_) if args.all => {
                        first_without.get_or_insert_with(|| verdict.entry.data_asset.clone());
                        without_baseline += 1;
                    }
                    Some(error) => rows.warn(&format!("{error}: {not_found}")),
                    None => {}
                }
                for warning in &verdict.warnings {
                    rows.warn(warning);
                }
                judged += 1;
                broken += u64::from(!verdict.broken.is_empty());
                only_run = Some(verdict.words()).filter(|_| judged == 1);
                if let Some(report) = &mut report {
                    let (entry, against) = (verdict.entry.clone(), verdict.against.clone());
                    report.add(&mut gate_findings(&entry, against.as_ref(), verdict.into_rows())?, rows.output())?;
                    continue;
                }
                for row in verdict.into_rows() {
                    rows.push(&row)?;
                }
            }
            Err(error) => rows.failure(&error),
        }
    }
    if let Some(asset) = first_without {
        rows.warn(&match without_baseline {
            1 => format!("the data asset `{asset}` has no baseline: {not_found} there"),
            count => format!("{count} data assets have no baseline, such as `{asset}`: {not_found} there"),
        });
    }
    match report {
        Some(report) => report.finish(rows.output())?,
        None => rows.finish()?,
    }
    match (only_run, broken) {
        (Some(words), _) => out.explain(&words),
        (None, _) if judged == 0 => {}
        (None, 0) => out.explain(&format!("{judged} runs judged: none breaks a rule")),
        (None, _) => out.explain(&format!("{judged} runs judged: rules are broken in {broken}")),
    }
    if broken > 0 {
        out.remember(ErrorKind::Verdict);
    }
    Ok(())
}

/// A run to judge.
enum GateTarget {
    /// This run.
    Run(RunId),
    /// The newest run of a data asset, as a list gave it.
    Newest(Entry),
}

/// The newest runs of the data assets that are called by these names or match these patterns; of all, if there are none.
/// A gate that judges nothing must not open: a name or pattern without a run is an error item.
async fn newest_runs<'a>(
    assets: &[String],
    options: &GateOptions,
    store: &dyn ResultStore,
) -> BoxStream<'a, Result<GateTarget>> {
    let query = Query { tags: options.tags(), ..Query::default() };
    if assets.is_empty() {
        return stream::iter(newest_of_each("a data asset", &query, store).await).boxed();
    }
    let mut targets = Vec::new();
    for asset in assets {
        let pattern = NamePattern::parse(asset);
        match pattern.name() {
            Some(name) => {
                let newest = newest_matching(Query { data_asset: Some(name.to_owned()), ..query.clone() }, store).await;
                targets.push(newest.map(GateTarget::Newest));
            }
            None => {
                let query = Query { data_assets: Some(pattern), ..query.clone() };
                targets.extend(newest_of_each(&format!("`{asset}`"), &query, store).await);
            }
        }
    }
    stream::iter(targets).boxed()
}

/// The newest run of each data asset with a result that passes. `what` they are is for the message if there is none. Reads
/// the whole list, since only that shows all data assets.
async fn newest_of_each(what: &str, query: &Query, store: &dyn ResultStore) -> Vec<Result<GateTarget>> {
    let mut targets = Vec::new();
    let assets = newest_assets(query, NonZeroUsize::MIN, store, |error| targets.push(Err(error))).await;
    targets.extend(
        assets.into_iter().filter_map(|(_, mut asset)| Some(Ok(GateTarget::Newest(asset.entries.pop_back()?)))),
    );
    if targets.is_empty() {
        let message = format!("nothing to judge: there is no run of {what} in {}", store.location());
        targets.push(Err(Error::new(ErrorKind::NotFound, message)
            .with_hint("`truthound-store list` shows the stored results with their tags")));
    }
    targets
}

/// The verdict on one run.
struct RunVerdict {
    entry: Entry,
    against: Option<RunId>,
    broken: Vec<BrokenRule>,
    /// Since when the checks that break rules do not pass.
    since: HashMap<CheckKey, FailingSince>,
    /// The names of the checks of the run, if a check breaks a rule.
    names: CheckNames,
    warnings: Vec<String>,
    /// Why there is no baseline, if one is missed.
    no_baseline: Option<Error>,
}

/// The verdict on a run, and the run if it was read.
async fn judge_target(
    target: GateTarget,
    options: &GateOptions,
    store: &dyn ResultStore,
) -> Result<(RunVerdict, Option<ReadRun>)> {
    let (entry, mut run) = match target {
        GateTarget::Run(run_id) => {
            let run = read_run(&run_id, store).await?;
            (run.facts.entry.clone(), Some(run))
        }
        GateTarget::Newest(entry) => (entry, None),
    };
    let mut verdict = RunVerdict {
        entry,
        against: None,
        broken: Vec::new(),
        since: HashMap::new(),
        names: CheckNames::default(),
        warnings: Vec::new(),
        no_baseline: None,
    };
    if options.judges_checks() && run.is_none() {
        run = Some(read_run(&verdict.entry.run_id, store).await?);
    }
    let baseline = match options.needs_baseline() {
        true => verdict.baseline(options, store).await?,
        false => None,
    };
    verdict.against = baseline.as_ref().map(|baseline| baseline.facts.entry.run_id.clone());
    let baseline = baseline.as_ref().zip(run.as_ref()).map(|(baseline, run)| GateBaseline {
        checks: &baseline.checks,
        is_of_other_suite: baseline.facts.suite_name != run.facts.suite_name,
    });
    if baseline.is_some_and(|baseline| baseline.is_of_other_suite) {
        verdict.warnings.push(format!(
            "the baseline of `{}` is of another suite: only checks that both have are compared",
            verdict.entry.run_id
        ));
    }
    let age = Timestamp::now().duration_since(verdict.entry.run_time.instant().to_timestamp());
    let checks = run.as_ref().map(|run| &run.checks);
    verdict.broken = judge(&GateRun { age, checks, baseline }, options);
    Ok((verdict, run))
}

impl RunVerdict {
    /// Reads the baseline. If there is none and none is required, the verdict says so.
    async fn baseline(&mut self, options: &GateOptions, store: &dyn ResultStore) -> Result<Option<ReadRun>> {
        match baseline_of(&self.entry, options.baseline(), &options.tags(), store).await {
            Ok(run_id) => read_run(&run_id, store).await.map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound && !options.requires_baseline() => {
                self.no_baseline = Some(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The run and the verdict in a line.
    fn words(&self) -> String {
        let Self { entry, against, broken, .. } = self;
        let verdict = if broken.is_empty() { "breaks no rule" } else { "breaks a rule" };
        let against = against.as_ref().map(|run_id| format!(", compared with `{run_id}`")).unwrap_or_default();
        format!("run `{}` of `{}` {verdict}{against}", entry.run_id, entry.data_asset)
    }

    /// Finds since when the checks that break rules do not pass.
    async fn look_back(&mut self, run: ReadRun, options: &GateOptions, store: &dyn ResultStore) {
        let checks: HashSet<_> = self.broken.iter().filter_map(|broken| Some(&broken.check.as_ref()?.key)).collect();
        if !checks.is_empty() {
            self.names = CheckNames::new(run.checks.keys());
            let (history, problems) = history_until(run, options.tags(), store).await;
            self.since = FailingSince::of(&checks, &history);
            self.warnings.extend(problems);
        }
    }

    fn into_rows(self) -> impl Iterator<Item = GateRow> {
        let Self { entry, against, broken, since, names, .. } = self;
        let run_time = entry.run_time.instant().to_string();
        broken.into_iter().map(move |BrokenRule { rule, reason, check }| {
            let check = check.map(|BrokenCheck { key, verdict, state, .. }| (key, (verdict, state)));
            let (check, (verdict, state)) = check.map_or((None, (None, None)), |(key, rest)| (Some(key), rest));
            GateRow {
                rule,
                reason,
                data_asset: entry.data_asset.clone(),
                run_id: entry.run_id.clone(),
                run_time: run_time.clone(),
                against: against.clone(),
                since: check.as_ref().and_then(|key| since.get(key).cloned()),
                check_name: check.as_ref().map(|key| names.name(key)).unwrap_or_default(),
                check,
                verdict,
                state,
            }
        })
    }
}
