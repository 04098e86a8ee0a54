//! `set-tier --by-rules`: move the results of each rule to its tier.

use std::cmp::Reverse;

use futures_util::stream::{self, StreamExt as _};

use super::confirm::{ConfirmArgs, ConfirmQuestion};
use super::filters::FilterArgs;
use super::preview::Preview;
use super::selection::JOBS;
use super::tier_move::{MovePolicy, TierMove, TierMover};
use crate::error::{Error, Result};
use crate::output::{Output, RowPrinter, Work};
use crate::result::{RunId, TimeZone};
use crate::retention::{TierOptions, TierRule};
use crate::store::contract::{Query, ResultStore, StorageTier};

/// A store with the rules for its tiers.
pub struct TierProfile {
    /// The name of its profile.
    pub name: String,
    /// The rules.
    pub options: TierOptions,
    /// The store, or why it cannot be opened.
    pub store: Result<Box<dyn ResultStore>>,
}

/// The arguments that matter for rules.
pub(super) struct RuleRun<'a> {
    /// Whether the stores of several profiles are worked on.
    pub(super) all: bool,
    pub(super) confirm: ConfirmArgs,
    pub(super) min_size: Option<u64>,
    pub(super) filters: &'a FilterArgs,
}

/// The results of a rule.
struct ActiveRule {
    query: Query,
    goal: &'static StorageTier,
}

/// A result that a rule applies to, and the place of the rule.
struct PlannedMove {
    run_id: RunId,
    rule: usize,
}

impl RuleRun<'_> {
    /// Moves the results in the stores of `profiles`.
    ///
    /// # Errors
    /// For a single profile: if its store cannot be opened or lacks tiers, a rule is missing, or the user says no. If stdout
    /// cannot be written. The failure of a result is reported to `out`, and so is that of one of several profiles.
    pub(super) async fn run(self, profiles: Vec<TierProfile>, out: &mut Output) -> Result<()> {
        let mut rows = out.rows::<TierMove>();
        for TierProfile { name, options, store } in profiles {
            if self.all {
                rows.output().set_profile(name.as_str());
            }
            let moved = async { self.apply(&name, &options, &*store?, &mut rows).await }.await;
            match moved {
                Err(error) if !self.all => {
                    rows.finish()?;
                    return Err(error);
                }
                Err(error) => rows.failure(&error),
                Ok(()) => {}
            }
        }
        rows.finish()
    }

    async fn apply(
        &self,
        profile: &str,
        options: &TierOptions,
        store: &dyn ResultStore,
        rows: &mut RowPrinter<'_, TierMove>,
    ) -> Result<()> {
        let policy = MovePolicy {
            dry_run: self.confirm.is_dry_run(),
            only_colder: true,
            min_size: self.min_size.or(options.min_size),
        };
        let mover = TierMover::new(store, self.all.then_some(profile), policy)?;
        if options.rules.is_empty() {
            return Err(Error::usage("`set-tier --by-rules` needs a rule").with_hint(NO_RULE));
        }
        let rules = active_rules(&options.rules, &mover, store.time_zone())?;
        let (planned, preview) = self.plan(&rules, store, rows.output()).await;
        if planned.is_empty() {
            rows.remark(&format!("no rule applies to a result in {}", store.location()));
            return Ok(());
        }
        let (results, apply) = if planned.len() == 1 { ("result", "applies") } else { ("results", "apply") };
        let question = ConfirmQuestion {
            question: format!("Move up to {} {results} by rules in {}?", planned.len(), store.location()),
            finding: format!("the rules {apply} to {} {results}", planned.len()),
            shown: "the results",
        };
        self.confirm.confirm(question, || preview.table(), rows.output()).await?;
        let (done, place) = ("moved", format!("in {}", store.location()));
        let prints_results = rows.output().prints_rows_at_once(false);
        let total = Some(planned.len() as u64);
        let progress = rows.output().progress(Work { done, place, total, prints_results });
        let moves = planned.into_iter().map(async |PlannedMove { run_id, rule }| match rules.get(rule) {
            Some(ActiveRule { query, goal }) => mover.move_result(run_id, goal, Some(query)).await,
            None => Ok(None),
        });
        let mut moves = std::pin::pin!(stream::iter(moves).buffered(JOBS));
        while let Some(moved) = moves.next().await {
            match moved {
                Ok(Some(row)) => {
                    if let Some(bytes) = row.moved_bytes() {
                        progress.succeed(bytes);
                    }
                    rows.push(&row)?;
                }
                Ok(None) => {}
                Err(error) => rows.failure(&error),
            }
            progress.step();
        }
        drop(progress.finish());
        mover.tell(rows.output());
        Ok(())
    }

    /// The results that pass the filters and that a rule applies to, each with the first of its `rules`.
    async fn plan(
        &self,
        rules: &[ActiveRule],
        store: &dyn ResultStore,
        out: &mut Output,
    ) -> (Vec<PlannedMove>, Preview) {
        let mut query = self.filters.query(store.time_zone());
        // Results that are younger than any rule wants need not be listed.
        let youngest = rules.iter().filter_map(|rule| rule.query.until).max();
        query.until = [query.until, youngest].into_iter().flatten().min();
        let (mut planned, mut preview) = (Vec::new(), Preview::default());
        let mut entries = store.list(&query);
        while let Some(entry) = entries.next().await {
            match entry {
                Ok(entry) => {
                    if let Some(rule) = rules.iter().position(|rule| rule.query.matches(&entry)) {
                        planned.push(PlannedMove { run_id: entry.run_id.clone(), rule });
                        preview.add(entry);
                    }
                }
                Err(error) => out.failure(&error),
            }
        }
        (planned, preview)
    }
}

/// The hint for a profile without rules.
pub const NO_RULE: &str = "write it into [profiles.NAME.tiers]: rules = [{ older_than = \"90d\", tier = \"Cool\" }]";

/// The rules, those with the coldest tier first.
fn active_rules(rules: &[TierRule], mover: &TierMover<'_>, zone: &TimeZone) -> Result<Vec<ActiveRule>> {
    let active = rules.iter().map(|TierRule { older_than, tier, asset, status, tag }| {
        let filters = FilterArgs {
            asset: asset.clone(),
            status: status.clone(),
            tag: tag.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            older_than: Some(older_than.clone()),
            ..FilterArgs::default()
        };
        Ok(ActiveRule { query: filters.query(zone), goal: mover.tier(tier)? })
    });
    let mut active = active.collect::<Result<Vec<_>>>()?;
    active.sort_by_key(|rule| Reverse(mover.coldness(rule.goal)));
    Ok(active)
}
