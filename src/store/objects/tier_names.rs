//! The names of tiers: those that all clouds have, and each cloud's own.

use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::{StorageTier, StorageTiers, Tier};

/// The tiers of one cloud.
#[derive(Debug)]
pub(super) struct TierNames {
    /// The cloud, for messages.
    pub(super) cloud: &'static str,
    /// The tiers.
    pub(super) tiers: StorageTiers,
}

/// A tier with these names, and the fewest bytes that an object in it is billed for.
pub(super) const fn tier(name: &'static str, generic: Option<&'static str>, least_billed: u64) -> StorageTier {
    StorageTier { name, generic, least_billed }
}

impl TierNames {
    /// Returns the cloud's own names, and those of `more`.
    pub(super) fn native_and(&self, more: &[&'static str]) -> Vec<&'static str> {
        self.tiers.0.iter().map(|tier| tier.name).chain(more.iter().copied()).collect()
    }

    /// Returns the cloud's name for a tier, which may be spelled in any case.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for a tier that the cloud does not have.
    pub(super) fn find(&self, tier: &Tier) -> Result<&'static str> {
        self.tiers.find(&tier.0).map(|tier| tier.name).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, format!("{} has no tier `{}`", self.cloud, tier.0))
                .with_hint(format!("its tiers: {}", self.tiers.names().join(", ")))
        })
    }
}
