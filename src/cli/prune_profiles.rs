//! The stores that `prune` works on.

use super::call::Call;
use super::rule_profiles::{NamedProfile, RuleCommand};
use crate::commands::prune::{PruneArgs, PruneProfile, PruneStores};
use crate::config::{Environment, Profile};
use crate::error::Result;
use crate::output::Output;
use crate::retention::PruneOptions;

/// The store of the call, or those of all profiles with rules.
///
/// # Errors
/// If the configuration cannot be read, or no profile has rules.
pub(super) fn prune_profiles(call: &Call, args: &PruneArgs, out: &mut Output) -> Result<Vec<PruneProfile>> {
    const COMMAND: RuleCommand = RuleCommand {
        name: "prune --all",
        has_rules: |profile| !profile.prune.is_empty(),
        hint: "write them into [profiles.NAME.prune]: keep_last = 10",
    };
    let environment = Environment::from_process()?;
    let profiles = COMMAND.profiles(args.all(), call, &environment, out)?;
    let open = |(name, profile): NamedProfile| match profile {
        Ok(profile) => prune_profile(profile, call, args, &environment, out),
        Err(error) => PruneProfile { name, options: PruneOptions::default(), stores: Err(error) },
    };
    Ok(profiles.into_iter().map(open).collect())
}

fn prune_profile(
    mut profile: Profile,
    call: &Call,
    args: &PruneArgs,
    environment: &Environment,
    out: &Output,
) -> PruneProfile {
    let options = args.rules(std::mem::take(&mut profile.prune));
    let stores = open(&profile, options.archive_to.as_deref(), call, environment, out);
    PruneProfile { name: profile.name, options, stores }
}

/// Opens the store of a profile, and that of its archive. The archive has the namespace of its own profile.
fn open(
    profile: &Profile,
    archive: Option<&str>,
    call: &Call,
    environment: &Environment,
    out: &Output,
) -> Result<PruneStores> {
    let store = call.open_store(profile, environment, out.notices())?;
    let archive = archive.map(|name| {
        let profile = call.configuration(environment)?.profile(environment, Some(name), None)?;
        call.open_store(&profile, environment, out.notices())
    });
    Ok(PruneStores { store, archive: archive.transpose()? })
}
