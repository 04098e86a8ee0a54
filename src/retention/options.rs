//! The rules of `prune`, as the command line and the configuration give them.

use std::num::NonZeroU64;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::calendar_age::CalendarAge;
use super::group::GroupBy;
use super::keep_tag::KeepTag;
use super::max_delete::MaxDelete;
use crate::written::{written, written_list};

/// The options of `prune`. The table `[profiles.X.prune]` has the same ones, with underscores.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[command(next_help_heading = "Rules")]
#[serde(default, deny_unknown_fields)]
pub struct PruneOptions {
    /// Keep the newest N results
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_last: Option<NonZeroU64>,
    /// Keep the results that are less than this older than the newest, such as 90d, 6mo or 1y
    #[arg(long, value_name = "AGE")]
    #[serde(deserialize_with = "written", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::written::AsWritten>"))]
    pub keep_within: Option<CalendarAge>,
    /// Keep the newest result of each of the last N days with a result, in the profile's time zone
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_daily: Option<NonZeroU64>,
    /// Keep the newest result of each of the last N weeks with a result; weeks begin on Monday
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_weekly: Option<NonZeroU64>,
    /// Keep the newest result of each of the last N months with a result
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_monthly: Option<NonZeroU64>,
    /// Keep the newest result of each of the last N years with a result
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_yearly: Option<NonZeroU64>,
    /// Keep each result in which a check changed its verdict, and the oldest; reads the documents
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_changes: Option<bool>,
    /// Keep the results with this tag, or with any value of it; repeat to keep those with any of several
    #[arg(long, value_name = "KEY[=VALUE]")]
    #[serde(deserialize_with = "written_list", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<crate::written::AsWritten>"))]
    pub keep_tag: Vec<KeepTag>,
    /// Apply the rules to each group of results that share these [default: asset]
    #[arg(long, value_name = "asset|tag:KEY", value_delimiter = ',')]
    #[serde(deserialize_with = "written_list", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<crate::written::AsWritten>"))]
    pub group_by: Vec<GroupBy>,
    /// Remove nothing if more results than this would go: a number, or a share such as 10%
    #[arg(long, value_name = "N|P%")]
    #[serde(deserialize_with = "written", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::written::AsWritten>"))]
    pub max_delete: Option<MaxDelete>,
    /// Copy each result to the store of this profile before it is removed, and compare the copy with it
    #[arg(long, value_name = "PROFILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_to: Option<String>,
}

impl PruneOptions {
    /// The options of the rules. One of them is needed.
    pub const RULES: &str = "--keep-last, --keep-within, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly, \
                             --keep-changes, --keep-tag";

    /// These options, and those of `configured` that are not among them. A list replaces the whole configured one.
    #[must_use]
    pub fn or(self, configured: Self) -> Self {
        fn list<T>(own: Vec<T>, configured: Vec<T>) -> Vec<T> {
            if own.is_empty() { configured } else { own }
        }
        Self {
            keep_last: self.keep_last.or(configured.keep_last),
            keep_within: self.keep_within.or(configured.keep_within),
            keep_daily: self.keep_daily.or(configured.keep_daily),
            keep_weekly: self.keep_weekly.or(configured.keep_weekly),
            keep_monthly: self.keep_monthly.or(configured.keep_monthly),
            keep_yearly: self.keep_yearly.or(configured.keep_yearly),
            keep_changes: self.keep_changes.or(configured.keep_changes),
            keep_tag: list(self.keep_tag, configured.keep_tag),
            group_by: list(self.group_by, configured.group_by),
            max_delete: self.max_delete.or(configured.max_delete),
            archive_to: self.archive_to.or(configured.archive_to),
        }
    }

    /// Whether no option is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there is a rule that keeps results.
    pub fn has_rule(&self) -> bool {
        let without_rules =
            Self { keep_changes: None, group_by: Vec::new(), max_delete: None, archive_to: None, ..self.clone() };
        self.keeps_changes() || !without_rules.is_empty()
    }

    /// Whether results are kept in which a check changed its verdict.
    pub fn keeps_changes(&self) -> bool {
        self.keep_changes == Some(true)
    }

    /// The properties that all results of a group share.
    pub fn grouping(&self) -> &[GroupBy] {
        match self.group_by.as_slice() {
            [] => &[GroupBy::Asset],
            by => by,
        }
    }
}
