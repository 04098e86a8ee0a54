//! The move of one result to another tier.

use std::cell::Cell as Counter;

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::output::{Cell, Color, Output, OutputRow, Shortening, size};
use crate::result::RunId;
use crate::store::contract::{Placement, Query, ResultStore, StorageTier, StorageTiers, Tier, TierChange};

/// Moves results, and counts what became of them.
pub(super) struct TierMover<'a> {
    store: &'a dyn ResultStore,
    tiers: StorageTiers,
    /// The profile, for the rows of several.
    profile: Option<&'a str>,
    policy: MovePolicy,
    moved: Counter<Tally>,
    too_small: Counter<Tally>,
    settled: Counter<Tally>,
}

/// The results that are moved.
#[derive(Clone, Copy)]
pub(super) struct MovePolicy {
    /// Whether nothing is changed.
    pub(super) dry_run: bool,
    /// Whether no result is moved to a warmer tier, and those that stay for that have no row.
    pub(super) only_colder: bool,
    /// The fewest stored bytes of a result that is moved. Without it, a result is left out if its new tier would bill it for
    /// more bytes.
    pub(super) min_size: Option<u64>,
}

/// A number of results and of their bytes.
#[derive(Clone, Copy, Default)]
struct Tally {
    results: u64,
    bytes: u64,
}

impl Tally {
    fn count(counter: &Counter<Self>, size: Option<u64>) {
        let Self { results, bytes } = counter.get();
        counter.set(Self { results: results + 1, bytes: bytes.saturating_add(size.unwrap_or_default()) });
    }

    fn words(self) -> String {
        let results = if self.results == 1 { "result" } else { "results" };
        format!("{} {results} ({})", self.results, size(self.bytes))
    }
}

impl<'a> TierMover<'a> {
    /// # Errors
    /// If the store has no tiers.
    pub(super) fn new(store: &'a dyn ResultStore, profile: Option<&'a str>, policy: MovePolicy) -> Result<Self> {
        refuse_without_tiers(store)?;
        let tiers = store.capabilities().tiers;
        let [moved, too_small, settled] = std::array::from_fn(|_| Counter::default());
        Ok(Self { store, tiers, profile, policy, moved, too_small, settled })
    }

    /// The tier with this name.
    ///
    /// # Errors
    /// If the store does not have it.
    pub(super) fn tier(&self, name: &str) -> Result<&'static StorageTier> {
        self.tiers.find(name).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, format!("{} has no tier `{name}`", self.store.location()))
                .with_hint(format!("available tiers: {}", self.tiers.names().join(", ")))
        })
    }

    /// The place of a tier among all; the greater, the colder.
    pub(super) fn coldness(&self, tier: &StorageTier) -> Option<usize> {
        self.tiers.coldness(tier.name)
    }

    /// Moves a result, if it still passes the `filter`. Returns `None` for a result that needs no row.
    ///
    /// # Errors
    /// If it cannot be looked at or moved; without a filter, if it does not exist.
    pub(super) async fn move_result(
        &self,
        run_id: RunId,
        goal: &'static StorageTier,
        filter: Option<&Query>,
    ) -> Result<Option<TierMove>> {
        let present = match self.store.placement(&run_id).await {
            // It was deleted since it was listed.
            Err(error) if filter.is_some() && error.kind() == ErrorKind::NotFound => return Ok(None),
            present => present?,
        };
        let change = match self.obstacle(&present, goal) {
            Some(obstacle) => Some(obstacle),
            None if self.policy.dry_run => None,
            None => match self.store.set_tier(&run_id, &Tier(goal.name.to_owned()), filter).await? {
                // It was deleted or replaced since it was listed.
                None => return Ok(None),
                Some(change) => Some(MoveOutcome::from(change)),
            },
        };
        let counter = match change {
            None | Some(MoveOutcome::Done | MoveOutcome::Requested) => &self.moved,
            Some(MoveOutcome::TooSmall) => &self.too_small,
            Some(MoveOutcome::Unchanged | MoveOutcome::Colder) => &self.settled,
        };
        Tally::count(counter, present.size);
        let is_settled = matches!(change, Some(MoveOutcome::Unchanged | MoveOutcome::Colder));
        let row = TierMove {
            profile: self.profile.map(str::to_owned),
            run_id,
            from: present.tier,
            tier: goal.name,
            size: present.size,
            change,
        };
        Ok((!(is_settled && self.policy.only_colder)).then_some(row))
    }

    /// The reason to leave a result where it is.
    fn obstacle(&self, present: &Placement, goal: &StorageTier) -> Option<MoveOutcome> {
        let now = self.tiers.find(&present.tier.0);
        // Azure can be asked for the tier that a blob has from its account, and then keeps it there.
        if now == Some(goal) && (self.policy.dry_run || self.policy.only_colder) {
            return Some(MoveOutcome::Unchanged);
        }
        let coldness = |tier: &StorageTier| self.coldness(tier);
        if self.policy.only_colder && now.is_some_and(|now| coldness(now) > coldness(goal)) {
            return Some(MoveOutcome::Colder);
        }
        let size = present.size?;
        let is_too_small = match self.policy.min_size {
            Some(least) => size < least,
            None => size < goal.least_billed && now.is_none_or(|now| now.least_billed < goal.least_billed),
        };
        (is_too_small && now != Some(goal)).then_some(MoveOutcome::TooSmall)
    }

    /// Says what became of the results.
    pub(super) fn tell(&self, out: &Output) {
        let location = self.store.location();
        let moved = self.moved.get().words();
        out.remark(&match self.policy.dry_run {
            true => format!("would move {moved} in {location}; nothing was changed"),
            false => format!("moved {moved} in {location}"),
        });
        let settled = self.settled.get();
        if settled.results > 0 {
            let place = if self.policy.only_colder { "in their tier or in a colder one" } else { "in the tier" };
            out.remark(&format!("{place} before: {}", settled.words()));
        }
        let too_small = self.too_small.get();
        if too_small.results > 0 {
            let left_out = too_small.words();
            out.note(&match self.policy.min_size {
                Some(least) => format!("left out {left_out}, smaller than {least} bytes"),
                None => {
                    format!(
                        "left out {left_out}, smaller than the least size that the tier bills: --min-size 0 moves all"
                    )
                }
            });
        }
    }
}

/// Fails if the store has no tiers.
pub(super) fn refuse_without_tiers(store: &dyn ResultStore) -> Result<()> {
    if !store.capabilities().tiers.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, format!("{} has no tiers", store.location()))
        .with_hint("S3, Google Cloud Storage and Azure Blob have tiers"))
}

/// The end of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum MoveOutcome {
    /// It was moved.
    Done,
    /// The cloud has accepted the request; the move takes hours.
    Requested,
    /// It was in that tier before.
    Unchanged,
    /// It was left out, because it is too small.
    TooSmall,
    /// It was in a colder tier before.
    Colder,
}

impl From<TierChange> for MoveOutcome {
    fn from(change: TierChange) -> Self {
        match change {
            TierChange::Done => Self::Done,
            TierChange::Requested => Self::Requested,
            TierChange::Unchanged => Self::Unchanged,
        }
    }
}

/// A result that was moved, would be, or was left where it is.
#[derive(Serialize)]
pub(super) struct TierMove {
    /// The profile of its store, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    run_id: RunId,
    /// The tier before.
    from: Tier,
    tier: &'static str,
    /// Stored bytes.
    size: Option<u64>,
    /// `null` for a result that a dry run would move.
    change: Option<MoveOutcome>,
}

impl TierMove {
    /// The stored bytes of a result that was moved, or would be; `None` for another.
    pub(super) fn moved_bytes(&self) -> Option<u64> {
        let is_moved = matches!(self.change, None | Some(MoveOutcome::Done | MoveOutcome::Requested));
        is_moved.then(|| self.size.unwrap_or_default())
    }
}

impl OutputRow for TierMove {
    const HEADINGS: &'static [&'static str] = &["RUN ID", "SIZE", "FROM", "TIER", "OUTCOME"];

    fn cells(&self) -> Vec<Cell> {
        let outcome = match self.change {
            Some(MoveOutcome::Done) => Cell::colored("moved", Color::Good),
            Some(MoveOutcome::Requested) => Cell::colored("requested", Color::Doubtful),
            Some(MoveOutcome::Unchanged) => "was there".into(),
            Some(MoveOutcome::TooSmall) => Cell::colored("too small", Color::Doubtful),
            Some(MoveOutcome::Colder) => "was colder".into(),
            None => Cell::colored("would move", Color::Doubtful),
        };
        let run_id = match &self.profile {
            Some(profile) => format!("{profile}: {}", self.run_id),
            None => self.run_id.as_str().to_owned(),
        };
        vec![
            Cell::from(run_id).shortening(Shortening::Id),
            self.size.map(size).unwrap_or_default().into(),
            self.from.0.as_str().into(),
            self.tier.into(),
            outcome,
        ]
    }

    fn is_done(&self) -> bool {
        self.moved_bytes().is_some()
    }
}
