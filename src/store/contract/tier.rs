//! Storage tiers.

use serde::Serialize;

/// Name of a tier: `Hot`, `Cool`, `Cold`, `Archive`, or the cloud's own name, in any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tier(pub String);

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
