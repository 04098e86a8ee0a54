//! The names of tiers: those that all clouds have, and each cloud's own.

use crate::error::{Error, ErrorKind, Result};
use crate::store::contract::Tier;

/// The tiers that all clouds have, from the most expensive to the cheapest to keep.
pub(super) const GENERIC: [&str; 4] = ["Hot", "Cool", "Cold", "Archive"];

/// The tiers of one cloud.
#[derive(Debug)]
pub(super) struct TierNames {
    /// The cloud, for messages.
    pub(super) cloud: &'static str,
    /// The names that a user can give: the generic ones, then the cloud's own.
    pub(super) names: &'static [&'static str],
    /// The cloud's names for the generic tiers, in their order.
    pub(super) generic: [&'static str; 4],
}

impl TierNames {
    /// Returns the cloud's own names, and those of `more`.
    pub(super) fn native_and(&self, more: &[&'static str]) -> Vec<&'static str> {
        self.names.iter().filter(|name| !GENERIC.contains(name)).chain(more).copied().collect()
    }

    /// Returns the cloud's name for a tier, which may be spelled in any case.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) for a tier that the cloud does not have.
    pub(super) fn find(&self, tier: &Tier) -> Result<&'static str> {
        let same = |name: &&str| name.eq_ignore_ascii_case(&tier.0);
        let generic = GENERIC.iter().zip(self.generic).find(|(name, _)| same(name)).map(|(_, native)| native);
        generic.or_else(|| self.names.iter().copied().find(same)).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, format!("{} has no tier `{}`", self.cloud, tier.0))
                .with_hint(format!("its tiers: {}", self.names.join(", ")))
        })
    }
}
