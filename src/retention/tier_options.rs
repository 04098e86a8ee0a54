//! The rules of `set-tier`, as the configuration gives them.

use serde::{Deserialize, Serialize};

use super::calendar_age::CalendarAge;
use crate::result::{Status, Tags};
use crate::written::written_value;

/// The table `[profiles.X.tiers]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TierOptions {
    /// Move no result with fewer stored bytes than this. By default, none that its tier would bill for more bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_size: Option<u64>,
    /// The rules of `set-tier --by-rules`, in any order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<TierRule>,
}

impl TierOptions {
    /// Whether no option is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A tier for the results of an age.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TierRule {
    /// The age that a result must have.
    #[serde(deserialize_with = "written_value")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::written::AsWritten"))]
    pub older_than: CalendarAge,
    /// The tier that it belongs in then.
    pub tier: String,
    /// Only results of this data asset, or of those that match this pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// Only results with one of these statuses; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<Status>,
    /// Only results with all of these tags.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub tag: Tags,
}
