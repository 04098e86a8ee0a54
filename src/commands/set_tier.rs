//! `set-tier`: move stored results to another tier.

use clap::Args;

use super::completed::ValueKind;
use super::confirm::ConfirmArgs;
use super::filters::FilterArgs;
use super::run_ids::GivenRunIds;
use super::selection::ResultSelection;
use super::tier_move::{MovePolicy, TierMover};
use super::tier_rules::RuleRun;
pub use super::tier_rules::{NO_RULE, TierProfile};
use crate::error::{Error, Result};
use crate::output::Output;
use crate::result::RunId;
use crate::retention::TierOptions;
use crate::store::contract::{Query, ResultStore};

/// Move stored results to another tier
///
/// A tier is Hot, Cool, Cold or Archive, or the cloud's own name (STANDARD_IA, GLACIER_IR, NEARLINE, ...), in any case.
///
/// A result that the new tier would bill as a larger one is left out: S3 bills 128 KB for an object in STANDARD_IA.
///
/// The rules in the table [profiles.NAME.tiers] of the configuration each have an age and a tier. --by-rules moves a result to
/// the coldest tier among the rules that apply to it, and never to a warmer one than it is in.
#[derive(Debug, Args)]
#[command(
    override_usage = "truthound-store set-tier [OPTIONS] <RUN_ID>... <TIER>
       truthound-store set-tier [OPTIONS] --tier <TIER> <FILTERS>
       truthound-store set-tier [OPTIONS] --by-rules [FILTERS]",
    after_help = "Examples:
  truthound-store set-tier run-123 Cool
  truthound-store set-tier --tier Archive --older-than 1y --dry-run
  truthound-store set-tier - Archive < run-ids.txt
  truthound-store set-tier --by-rules --all --yes"
)]
pub struct SetTierArgs {
    /// Run ids, followed by the tier unless --tier is given; - means the run ids on standard input, one per line
    #[arg(value_name = "RUN_ID... TIER", add = ValueKind::RunIdOrTier.completer())]
    names: Vec<String>,
    /// Tier to move to
    #[arg(long, value_name = "TIER", add = ValueKind::Tier.completer())]
    tier: Option<String>,
    /// Apply the rules in the table [profiles.NAME.tiers]
    #[arg(long, conflicts_with_all = ["names", "tier"])]
    by_rules: bool,
    /// Apply the rules of every profile with a table [profiles.NAME.tiers]
    #[arg(long, requires = "by_rules", conflicts_with_all = ["names", "tier"])]
    all: bool,
    /// Leave out results with fewer stored bytes than this [default: those that the tier would bill as larger ones]
    #[arg(long, value_name = "BYTES")]
    min_size: Option<u64>,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

impl SetTierArgs {
    /// Whether rules choose the results.
    pub fn by_rules(&self) -> bool {
        self.by_rules
    }

    /// Whether the rules of all profiles are applied.
    pub fn all(&self) -> bool {
        self.all
    }
}

/// Moves the selected results. `configured` are the options of the profile.
///
/// # Errors
/// If the backend does not have the tier, nothing is selected, the user says no, or stdout cannot be written. The
/// failure of a result is reported to `out`.
pub async fn run(
    mut args: SetTierArgs,
    configured: TierOptions,
    store: &dyn ResultStore,
    out: &mut Output,
) -> Result<()> {
    out.outlive_reader();
    let tier = args
        .tier
        .or_else(|| args.names.pop())
        .ok_or_else(|| Error::usage("`set-tier` needs a tier").with_hint("truthound-store set-tier run-123 Cool"))?;
    let policy = MovePolicy {
        dry_run: args.confirm.is_dry_run(),
        only_colder: false,
        min_size: args.min_size.or(configured.min_size),
    };
    let mover = TierMover::new(store, None, policy)?;
    let goal = mover.tier(&tier)?;
    let run_ids = args.names.into_iter().map(RunId::new).collect::<Result<Vec<_>>>()?;
    let selection = ResultSelection {
        command: "set-tier",
        question: &format!("Move to {tier}:"),
        run_ids: GivenRunIds::new(run_ids).or_prefixes(out),
        filters: &args.filters,
        confirm: args.confirm,
        done: "moved",
        has_lines: false,
    };
    let set_tier = async |run_id: RunId, filter: Option<&Query>| mover.move_result(run_id, goal, filter).await;
    selection.change_each(store, out, set_tier).await?;
    mover.tell(out);
    Ok(())
}

/// Moves the results that the rules of `profiles` apply to.
///
/// # Errors
/// For a single profile: if its store cannot be opened or lacks tiers, a rule is missing, or the user says no. If stdout
/// cannot be written. The failure of a result is reported to `out`, and so is that of one of several profiles.
pub async fn run_by_rules(args: SetTierArgs, profiles: Vec<TierProfile>, out: &mut Output) -> Result<()> {
    out.outlive_reader();
    let SetTierArgs { all, confirm, min_size, filters, .. } = &args;
    RuleRun { all: *all, confirm: *confirm, min_size: *min_size, filters }.run(profiles, out).await
}
