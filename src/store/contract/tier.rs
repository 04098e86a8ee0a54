//! Storage tiers.

use serde::Serialize;

/// The name of a tier: `Hot`, `Cool`, `Cold`, `Archive`, or what the cloud itself calls it, in any case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tier(pub String);

/// What became of a request to change a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TierChange {
    /// The result is in that tier.
    Done,
    /// The cloud has accepted the request and takes hours.
    Requested,
    /// The result was in that tier already.
    Unchanged,
}
