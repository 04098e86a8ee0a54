//! Storage tiers.

use serde::Serialize;

/// Name of a tier: `Hot`, `Cool`, `Cold`, `Archive`, or the cloud's own name, in any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tier(pub String);

/// A tier that a backend has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageTier {
    /// The cloud's own name.
    pub name: &'static str,
    /// Its name in all clouds, if it has one: `Hot`, `Cool`, `Cold` or `Archive`.
    pub generic: Option<&'static str>,
    /// The fewest bytes that the cloud bills for an object in this tier; 0 if it bills the size of the object.
    pub least_billed: u64,
}

impl StorageTier {
    /// Whether this tier has the name, in any case.
    pub fn is_called(&self, name: &str) -> bool {
        [Some(self.name), self.generic].into_iter().flatten().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// The tiers of a backend, from the warmest to the coldest. Empty for a backend without tiers.
#[derive(Clone, Copy, Debug, Default)]
pub struct StorageTiers(pub &'static [StorageTier]);

impl StorageTiers {
    /// Whether the backend has no tiers.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The names that a user can give: those that all clouds have, then the cloud's own.
    pub fn names(self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.0.iter().filter_map(|tier| tier.generic).collect();
        names.extend(self.0.iter().map(|tier| tier.name).filter(|name| !names.contains(name)).collect::<Vec<_>>());
        names
    }

    /// The tier with this name, in any case.
    pub fn find(self, name: &str) -> Option<&'static StorageTier> {
        self.0.iter().find(|tier| tier.is_called(name))
    }

    /// The place of the tier with this name among all; the greater, the colder. `None` for an unknown tier.
    pub fn coldness(self, name: &str) -> Option<usize> {
        self.0.iter().position(|tier| tier.is_called(name))
    }
}

/// The tier that a stored result is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The tier, as the cloud names it.
    pub tier: Tier,
    /// The stored size in bytes, compressed or not; `None` if the server does not tell.
    pub size: Option<u64>,
}

/// Outcome of a request to change a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TierChange {
    /// The result is in that tier.
    Done,
    /// The cloud has accepted the request; the move takes hours.
    Requested,
    /// The result was in that tier before.
    Unchanged,
}
