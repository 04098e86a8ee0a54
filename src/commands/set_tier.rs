//! `set-tier`: move stored results to another tier.

use clap::Args;
use serde::Serialize;

use super::completed::ValueKind;
use super::confirm::ConfirmArgs;
use super::filters::FilterArgs;
use super::run_ids::GivenRunIds;
use super::selection::{self, ResultSelection};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Color, Output, OutputRow, Shortening};
use crate::result::RunId;
use crate::store::contract::{Query, ResultStore, Tier, TierChange};

/// Move stored results to another tier
///
/// A tier is Hot, Cool, Cold or Archive, or the cloud's own name (STANDARD_IA, GLACIER_IR, NEARLINE, ...), in any case.
#[derive(Debug, Args)]
#[command(
    override_usage = "truthound-store set-tier [OPTIONS] <RUN_ID>... <TIER>
       truthound-store set-tier [OPTIONS] --tier <TIER> <FILTERS>",
    after_help = "Examples:
  truthound-store set-tier run-123 Cool
  truthound-store set-tier --tier Archive --until 365d --dry-run
  truthound-store set-tier - Archive < run-ids.txt"
)]
pub struct SetTierArgs {
    /// Run ids, followed by the tier unless --tier is given; - means the run ids on standard input, one per line
    #[arg(value_name = "RUN_ID... TIER", add = ValueKind::RunIdOrTier.completer())]
    names: Vec<String>,
    /// Tier to move to
    #[arg(long, value_name = "TIER", add = ValueKind::Tier.completer())]
    tier: Option<String>,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    filters: FilterArgs,
}

/// Moves the selected results.
///
/// # Errors
/// If the backend does not have the tier, nothing is selected, the user says no, or stdout cannot be written. The
/// failure of a result is reported to `out`.
pub async fn run(mut args: SetTierArgs, store: &dyn ResultStore, out: &mut Output) -> Result<()> {
    out.outlive_reader();
    let tier = match args.tier.or_else(|| args.names.pop()) {
        Some(tier) => Tier(tier),
        None => return Err(Error::usage("`set-tier` needs a tier").with_hint("truthound-store set-tier run-123 Cool")),
    };
    supported(&tier, store)?;
    let run_ids = args.names.into_iter().map(RunId::new).collect::<Result<Vec<_>>>()?;
    let selection = ResultSelection {
        command: "set-tier",
        question: &format!("Move to {}:", tier.0),
        run_ids: GivenRunIds::new(run_ids).or_prefixes(out),
        filters: &args.filters,
        confirm: args.confirm,
        verbs: ("move", "moved"),
        has_lines: false,
    };
    let set_tier = async |run_id: RunId, filter: Option<&Query>| {
        let change = match args.confirm.is_dry_run() {
            true => None,
            false => match store.set_tier(&run_id, &tier, filter).await? {
                // It was deleted or replaced since it was listed.
                None => return Ok(None),
                change => change,
            },
        };
        Ok(Some(TierMove { run_id, tier: tier.0.clone(), change }))
    };
    selection.change_each(store, out, set_tier).await
}

fn supported(tier: &Tier, store: &dyn ResultStore) -> Result<()> {
    selection::refuse_without_tiers(store)?;
    let tiers = store.capabilities().tiers;
    if tiers.iter().any(|name| name.eq_ignore_ascii_case(&tier.0)) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, format!("{} has no tier `{}`", store.location(), tier.0))
        .with_hint(format!("available tiers: {}", tiers.join(", "))))
}

/// A result that was moved, or would be.
#[derive(Serialize)]
struct TierMove {
    run_id: RunId,
    tier: String,
    /// `null` in a dry run.
    change: Option<TierChange>,
}

impl OutputRow for TierMove {
    const HEADINGS: &'static [&'static str] = &["RUN ID", "TIER", "OUTCOME"];

    fn cells(&self) -> Vec<Cell> {
        let change = match self.change {
            Some(TierChange::Done) => Cell::colored("moved", Color::Good),
            Some(TierChange::Requested) => Cell::colored("requested", Color::Doubtful),
            Some(TierChange::Unchanged) => "was there".into(),
            None => Cell::colored("would move", Color::Doubtful),
        };
        vec![Cell::from(self.run_id.as_str()).shortening(Shortening::Id), self.tier.as_str().into(), change]
    }
}
