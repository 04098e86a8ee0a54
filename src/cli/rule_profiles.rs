//! The profiles with rules that a command works on.

use super::call::Call;
use crate::commands::set_tier::{NO_RULE, SetTierArgs, TierProfile};
use crate::config::{Environment, Profile};
use crate::error::{Error, Result};
use crate::output::Output;

/// A command with rules in the configuration.
pub(super) struct RuleCommand {
    /// The command that works on all profiles with rules.
    pub(super) name: &'static str,
    /// Whether a profile has rules.
    pub(super) has_rules: fn(&Profile) -> bool,
    /// The hint for a configuration without rules.
    pub(super) hint: &'static str,
}

/// A profile by its name, or why it cannot be read.
pub(super) type NamedProfile = (String, Result<Profile>);

impl RuleCommand {
    /// The profile of the call, or, if `all` are asked for, each that has rules or cannot be read.
    ///
    /// # Errors
    /// If the profile of the call or the configuration cannot be read, or no profile has rules.
    pub(super) fn profiles(
        &self,
        all: bool,
        call: &Call,
        environment: &Environment,
        out: &mut Output,
    ) -> Result<Vec<NamedProfile>> {
        if all {
            return self.with_rules(call, environment);
        }
        let profile = call.profile(environment)?;
        if !call.has_address() {
            out.set_profile(profile.name.as_str());
        }
        Ok(vec![(profile.name.clone(), Ok(profile))])
    }

    fn with_rules(&self, call: &Call, environment: &Environment) -> Result<Vec<NamedProfile>> {
        if call.has_address() {
            return Err(Error::usage("`--all` works on the stores of profiles, and `--store` names another one"));
        }
        let configuration = call.configuration(environment)?;
        let read = |name: String| {
            let profile = configuration.profile(environment, Some(&name), call.namespace());
            let has_none = profile.as_ref().is_ok_and(|profile| !(self.has_rules)(profile));
            (!has_none).then_some((name, profile))
        };
        let profiles: Vec<_> = configuration.names(environment).into_iter().filter_map(read).collect();
        if profiles.is_empty() {
            return Err(Error::usage(format!("`{}` needs a profile with rules", self.name)).with_hint(self.hint));
        }
        Ok(profiles)
    }
}

/// The store of the call, or those of all profiles with rules for tiers.
///
/// # Errors
/// If the configuration cannot be read, or no profile has rules.
pub(super) fn tier_profiles(call: &Call, args: &SetTierArgs, out: &mut Output) -> Result<Vec<TierProfile>> {
    const COMMAND: RuleCommand = RuleCommand {
        name: "set-tier --by-rules --all",
        has_rules: |profile| !profile.tiers.rules.is_empty(),
        hint: NO_RULE,
    };
    let environment = Environment::from_process()?;
    let profiles = COMMAND.profiles(args.all(), call, &environment, out)?;
    let open = |(name, profile): NamedProfile| {
        let mut options = Default::default();
        let store = profile.and_then(|mut profile| {
            options = std::mem::take(&mut profile.tiers);
            call.open_store(&profile, &environment, out.notices())
        });
        TierProfile { name, options, store }
    };
    Ok(profiles.into_iter().map(open).collect())
}
