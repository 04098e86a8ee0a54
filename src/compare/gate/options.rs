//! The rules of a gate, as the command line and the configuration give them.

use std::collections::BTreeMap;

use clap::Args;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::max_age::MaxAge;
use super::min_pass_rate::MinPassRate;
use crate::compare::{Baseline, Tolerance};
use crate::result::{Severity, Tags, parse_tag};
use crate::written::written;

/// The options of `gate`. The table `[profiles.X.gate]` has the same ones, with underscores.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[command(next_help_heading = "Rules")]
#[serde(default, deny_unknown_fields)]
pub struct GateOptions {
    /// Refuse a check that fails and did not fail in the baseline
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_new_failures: Option<bool>,
    /// Refuse more failed checks than this
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<u64>,
    /// Refuse more checks that could not run than this
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_error_checks: Option<u64>,
    /// Refuse a smaller share of passed checks than this, in percent
    #[arg(long, value_name = "P")]
    #[serde(deserialize_with = "written", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::written::AsWritten>"))]
    pub min_pass_rate: Option<MinPassRate>,
    /// Refuse a run that is older, such as 24h: the pipeline has stopped
    #[arg(long, value_name = "AGE")]
    #[serde(deserialize_with = "written", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::written::AsWritten>"))]
    pub max_age: Option<MaxAge>,
    /// Count only failures and errors of this severity or a worse one, and those without a severity
    #[arg(long, value_name = "critical|high|medium|low")]
    #[serde(deserialize_with = "written", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::written::AsWritten>"))]
    pub severity: Option<Severity>,
    /// Do not count a check as failed that the baseline has and the run does not
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_gone: Option<bool>,
    /// Baseline: previous, last-success, or a run id [default: last-success]
    #[arg(long, value_name = "previous|last-success|RUN_ID")]
    #[serde(deserialize_with = "written", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::written::AsWritten>"))]
    pub against: Option<Baseline>,
    /// Exit with 3 without a baseline; by default, a warning says so
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_baseline: Option<bool>,
    /// Let --no-new-failures refuse a count, too, that grew by more than this: a number, or a share such as 10%
    #[arg(long, value_name = "N|N%")]
    #[serde(deserialize_with = "written", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::written::AsWritten>"))]
    pub tolerance: Option<Tolerance>,
    /// Take the newest run and its baseline from the runs with this tag; repeat to require several
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_tag)]
    #[serde(
        deserialize_with = "tags_of_table",
        serialize_with = "table_of_tags",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub tag: Vec<(String, String)>,
}

impl GateOptions {
    /// The options of the rules. One of them is needed.
    pub const RULES: &str = "--no-new-failures, --max-failures, --max-error-checks, --min-pass-rate, --max-age";

    /// These options, and those of `configured` that are not among them. Tags replace all configured ones.
    #[must_use]
    pub fn or(self, configured: Self) -> Self {
        Self {
            no_new_failures: self.no_new_failures.or(configured.no_new_failures),
            max_failures: self.max_failures.or(configured.max_failures),
            max_error_checks: self.max_error_checks.or(configured.max_error_checks),
            min_pass_rate: self.min_pass_rate.or(configured.min_pass_rate),
            max_age: self.max_age.or(configured.max_age),
            severity: self.severity.or(configured.severity),
            allow_gone: self.allow_gone.or(configured.allow_gone),
            against: self.against.or(configured.against),
            require_baseline: self.require_baseline.or(configured.require_baseline),
            tolerance: self.tolerance.or(configured.tolerance),
            tag: if self.tag.is_empty() { configured.tag } else { self.tag },
        }
    }

    /// Whether no option is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there is a rule that a run can break.
    pub fn has_rule(&self) -> bool {
        self.judges_checks() || self.max_age.is_some()
    }

    /// Whether a rule judges the checks of the run, and not only its age.
    pub fn judges_checks(&self) -> bool {
        self.refuses_new_failures() || self.counts_failures() || self.max_error_checks.is_some()
    }

    /// Whether a rule compares the run with its baseline: a check that is gone is seen only there.
    pub fn needs_baseline(&self) -> bool {
        self.requires_baseline() || self.refuses_new_failures() || self.counts_failures() && !self.allows_gone()
    }

    /// Whether the run must have a baseline.
    pub fn requires_baseline(&self) -> bool {
        self.require_baseline == Some(true)
    }

    /// Whether a check that fails must have failed in the baseline.
    pub fn refuses_new_failures(&self) -> bool {
        self.no_new_failures == Some(true)
    }

    pub(super) fn allows_gone(&self) -> bool {
        self.allow_gone == Some(true)
    }

    fn counts_failures(&self) -> bool {
        self.max_failures.is_some() || self.min_pass_rate.is_some()
    }

    /// Whether a check of this severity counts. One without a severity that is known counts always.
    pub(super) fn counts_severity(&self, severity: Option<&str>) -> bool {
        let severity = severity.and_then(|severity| severity.parse::<Severity>().ok());
        severity.is_none_or(|severity| self.severity.is_none_or(|least| severity >= least))
    }

    /// The baseline that is wanted.
    pub fn baseline(&self) -> &Baseline {
        self.against.as_ref().unwrap_or(&Baseline::LastSuccess)
    }

    /// The tags that the newest run, its baseline and the runs before must have.
    pub fn tags(&self) -> Tags {
        self.tag.iter().cloned().collect()
    }
}

fn tags_of_table<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    Ok(BTreeMap::deserialize(deserializer)?.into_iter().collect())
}

fn table_of_tags<S: Serializer>(tags: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(tags.iter().map(|(key, value)| (key, value)))
}
