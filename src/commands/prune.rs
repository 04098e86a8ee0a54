//! `prune`: keep results by rules, and remove the others.

use clap::Args;
use futures_util::stream::{self, StreamExt as _};

use super::completed::ValueKind;
use super::confirm::{ConfirmArgs, ConfirmQuestion};
use super::copy_result::{ResultCopier, is_same_store};
use super::empty_list::tell_of_empty_list;
use super::filters::FilterArgs;
use super::prune_plan::PrunePlan;
use super::prune_rows::{FateRow, GroupFate, GroupRow, RemovalOutcome, ResultFate, ResultRow};
use super::selection::JOBS;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Output, OutputRow, RowPrinter, Table, Work};
use crate::result::RunId;
use crate::retention::PruneOptions;
use crate::store::contract::{ResultStore, ResultVersion};

/// Keep results by rules, and remove the others
///
/// Applies the rules to each data asset alone. A result is kept if any rule keeps it. The latest result, the last success and
/// the last failure are always kept. At least one rule is needed. The table [profiles.NAME.prune] of the configuration can
/// hold all of them, with underscores; options take the place of its values one by one.
///
/// With filters, the rules are applied to the results that pass. A result that is saved again while the command runs is left
/// as it is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truthound-store prune --keep-last 10 --keep-daily 30 --keep-within 90d --keep-changes --dry-run
  truthound-store prune --keep-monthly 24 --group-by asset,tag:env --max-delete 10% --yes
  truthound-store prune --keep-within 1y --archive-to cold --yes
  truthound-store prune --all --yes

A removal that an object lock or a retention policy refuses is exit status 8; the others go on.")]
#[command(mut_arg("archive_to", |argument| argument.add(ValueKind::Profile.completer())))]
#[command(mut_arg("keep_tag", |argument| argument.add(ValueKind::Tag.completer())))]
pub struct PruneArgs {
    #[command(flatten)]
    options: PruneOptions,
    /// Prune the store of every profile with a table [profiles.NAME.prune]
    #[arg(long)]
    all: bool,
    /// Remove all results of a group if no rule keeps any; needs a filter
    #[arg(long)]
    allow_empty: bool,
    /// Print a row per result, with the rules that keep it
    #[arg(long)]
    results: bool,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

impl PruneArgs {
    /// Whether the stores of all profiles with rules are pruned.
    pub fn all(&self) -> bool {
        self.all
    }

    /// The rules of the command line, and those of `configured` that are not among them.
    pub fn rules(&self, configured: PruneOptions) -> PruneOptions {
        self.options.clone().or(configured)
    }
}

/// A store to prune.
pub struct PruneProfile {
    /// The name of its profile.
    pub name: String,
    /// The rules.
    pub options: PruneOptions,
    /// The stores, or why one of them cannot be opened.
    pub stores: Result<PruneStores>,
}

/// The stores of a profile.
pub struct PruneStores {
    /// The store to prune.
    pub store: Box<dyn ResultStore>,
    /// The store that results are copied to before they are removed.
    pub archive: Option<Box<dyn ResultStore>>,
}

/// Prunes the stores of `profiles`, and prints the fate of each group, or of each result.
///
/// # Errors
/// If no rule is given, or `--allow-empty` without a filter; for a single profile, if its store cannot be opened or listed, or
/// the user says no; if stdout cannot be written. The failure of a result is reported to `out`, and so is that of one of
/// several profiles.
pub async fn run(args: PruneArgs, profiles: Vec<PruneProfile>, out: &mut Output) -> Result<()> {
    out.outlive_reader();
    if args.allow_empty && args.filters.is_empty() {
        return Err(Error::usage("`--allow-empty` needs a filter")
            .with_hint("name what may go: truthound-store prune --asset old.csv --keep-tag pinned --allow-empty"));
    }
    match args.results {
        true => prune_each::<ResultRow>(&args, profiles, out).await,
        false => prune_each::<GroupRow>(&args, profiles, out).await,
    }
}

async fn prune_each<R: FateRow>(args: &PruneArgs, profiles: Vec<PruneProfile>, out: &mut Output) -> Result<()> {
    let is_single = !args.all;
    let mut rows = out.rows::<R>();
    for PruneProfile { name, options, stores } in profiles {
        if args.all {
            rows.output().set_profile(name.as_str());
        }
        let pruned = async {
            let PruneStores { store, archive } = stores?;
            let pruning = Pruning { args, name, options, store: &*store, archive: archive.as_deref() };
            pruning.run(&mut rows).await
        };
        match pruned.await {
            Err(error) if is_single => {
                rows.finish()?;
                return Err(error);
            }
            Err(error) => rows.failure(&error),
            Ok(()) => {}
        }
    }
    rows.finish()
}

/// The work on one store.
struct Pruning<'a> {
    args: &'a PruneArgs,
    name: String,
    options: PruneOptions,
    store: &'a dyn ResultStore,
    archive: Option<&'a dyn ResultStore>,
}

/// A result to remove.
struct Removal {
    run_id: RunId,
    version: Option<ResultVersion>,
    /// The places of its group, and of the result in it.
    place: (usize, usize),
}

impl Pruning<'_> {
    async fn run<R: FateRow>(self, rows: &mut RowPrinter<'_, R>) -> Result<()> {
        let Self { args, store, .. } = self;
        if !self.options.has_rule() {
            return Err(Error::usage("`prune` needs a rule")
                .with_hint(format!("add one: {}; or write it into [profiles.NAME.prune]", PruneOptions::RULES)));
        }
        if self.archive.is_some_and(|archive| is_same_store(archive, store)) {
            return Err(Error::usage(format!("`--archive-to` names the store itself: {}", store.location())));
        }
        let query = args.filters.query(store.time_zone());
        let dry_run = args.confirm.is_dry_run();
        let plan = PrunePlan::make(&query, &self.options, args.allow_empty, !dry_run, store, rows.output()).await?;
        let all = plan.results();
        if all == 0 {
            return tell_of_empty_list(&query, store, rows.output()).await;
        }
        let (mut fates, removals) = self.fates(plan, rows);
        let removed = removals.len();
        let exceeded = self.options.max_delete.filter(|max| max.is_exceeded(removed as u64, all as u64));
        if let Some(max) = exceeded {
            self.print(&fates, rows)?;
            let message =
                format!("{removed} of {all} results would be removed, and at most {max} may be: nothing was changed");
            return Err(Error::new(ErrorKind::Other, message)
                .with_hint("look at the plan with --dry-run, then raise --max-delete or keep more"));
        }
        if !dry_run {
            if removed > 0 {
                self.confirm(&fates, removed, all, rows.output()).await?;
            }
            self.remove(removals, &mut fates, rows).await;
        }
        self.print(&fates, rows)?;
        if dry_run {
            rows.remark(&format!(
                "would remove {removed} of {all} results in {}; nothing was changed",
                store.location()
            ));
        }
        Ok(())
    }

    /// The fates of all results as they are planned, and the results to remove, the oldest of each group first: a command that
    /// is interrupted leaves the newest.
    fn fates<R: FateRow>(&self, plan: PrunePlan, rows: &mut RowPrinter<'_, R>) -> (Vec<GroupFate>, Vec<Removal>) {
        let PrunePlan { groups, mut versions } = plan;
        let (mut fates, mut removals) = (Vec::new(), Vec::new());
        for group in groups {
            let is_refused = group.is_emptied() && group.kept() > 0 && group.kept() < group.results.len();
            let results = group.results.into_iter().map(|result| {
                let is_kept = result.is_kept();
                let outcome = if is_refused { RemovalOutcome::Refused } else { RemovalOutcome::WouldRemove };
                ResultFate { entry: result.entry, reasons: result.reasons, outcome: (!is_kept).then_some(outcome) }
            });
            let fate = GroupFate {
                profile: self.name.clone(),
                is_one_of_several: self.args.all,
                parts: group.parts,
                results: results.collect(),
            };
            if is_refused {
                rows.failure(&refusal(&fate));
            } else {
                for (place, result) in fate.results.iter().enumerate().rev().filter(|(_, it)| it.outcome.is_some()) {
                    let run_id = result.entry.run_id.clone();
                    removals.push(Removal { version: versions.remove(&run_id), run_id, place: (fates.len(), place) });
                }
            }
            fates.push(fate);
        }
        (fates, removals)
    }

    async fn confirm(&self, fates: &[GroupFate], removed: usize, all: usize, out: &Output) -> Result<()> {
        let verb = if self.archive.is_some() { "Archive and remove" } else { "Remove" };
        let question = ConfirmQuestion {
            question: format!("{verb} {removed} of {all} results in {}?", self.store.location()),
            finding: format!("{removed} of {all} results would be removed"),
            shown: "the plan",
        };
        let preview = || {
            let mut table = Table::new(GroupRow::HEADINGS);
            fates.iter().flat_map(GroupRow::of).for_each(|row| table.push(row.cells()));
            table
        };
        self.args.confirm.confirm(question, preview, out).await
    }

    /// Removes the results, [`JOBS`] at once, and notes what became of each. A failure is reported, and the others go on.
    async fn remove<R: FateRow>(&self, removals: Vec<Removal>, fates: &mut [GroupFate], rows: &mut RowPrinter<'_, R>) {
        let (done, place) = ("removed", format!("in {}", self.store.location()));
        let total = Some(removals.len() as u64);
        let progress = rows.output().progress(Work { done, place, total, prints_results: false });
        let archive = self.archive.map(|archive| ResultCopier::new(self.store, archive).reading_back(true));
        let archive = archive.as_ref();
        let removing = removals.into_iter().map(async |Removal { run_id, version, place }| {
            (place, self.remove_one(&run_id, version.as_ref(), archive).await)
        });
        let mut removing = std::pin::pin!(stream::iter(removing).buffer_unordered(JOBS));
        while let Some(((group, place), removed)) = removing.next().await {
            let outcome = removed.unwrap_or_else(|error| {
                rows.failure(&error);
                RemovalOutcome::Failed
            });
            if outcome.is_removal() {
                progress.succeed(0);
            }
            progress.step();
            if let Some(fate) = fates.get_mut(group).and_then(|fate| fate.results.get_mut(place)) {
                fate.outcome = Some(outcome);
            }
        }
        let summary = progress.finish();
        rows.remark(&summary);
    }

    async fn remove_one(
        &self,
        run_id: &RunId,
        version: Option<&ResultVersion>,
        archive: Option<&ResultCopier<'_>>,
    ) -> Result<RemovalOutcome> {
        let Some(version) = version else { return Ok(RemovalOutcome::Changed) };
        let (is_removed, removed) = match archive {
            Some(archive) => {
                let moved = archive.move_away(run_id, version, None, false).await?;
                (moved.is_some_and(|moved| moved.is_removed), RemovalOutcome::Archived)
            }
            None => (self.store.delete_version(run_id, version).await?, RemovalOutcome::Removed),
        };
        Ok(if is_removed { removed } else { RemovalOutcome::Changed })
    }

    fn print<R: FateRow>(&self, fates: &[GroupFate], rows: &mut RowPrinter<'_, R>) -> Result<()> {
        fates.iter().flat_map(R::of).try_for_each(|row| rows.push(&row))
    }
}

/// The error for a group without a result that a rule keeps.
fn refusal(fate: &GroupFate) -> Error {
    let message = format!(
        "no rule keeps any of the {} results of `{}`: none of them was removed",
        fate.results.len(),
        fate.name()
    );
    Error::new(ErrorKind::Other, message)
        .with_hint("add a rule that keeps some, or use --allow-empty with a filter to remove them all")
}
