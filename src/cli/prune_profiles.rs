//! The stores that `prune` works on.

use super::call::Call;
use crate::commands::prune::{PruneArgs, PruneProfile, PruneStores};
use crate::config::{Environment, Profile};
use crate::error::{Error, Result};
use crate::output::Output;
use crate::retention::PruneOptions;

/// The store of the call, or those of all profiles with rules.
///
/// # Errors
/// If the configuration cannot be read, or no profile has rules.
pub(super) fn prune_profiles(call: &Call, args: &PruneArgs, out: &mut Output) -> Result<Vec<PruneProfile>> {
    let environment = Environment::from_process()?;
    if !args.all() {
        let profile = call.profile(&environment)?;
        if !call.has_address() {
            out.set_profile(profile.name.as_str());
        }
        return Ok(vec![prune_profile(profile, call, args, &environment, out)]);
    }
    if call.has_address() {
        return Err(Error::usage("`--all` prunes the stores of profiles, and `--store` names another one"));
    }
    let configuration = call.configuration(&environment)?;
    let mut profiles = Vec::new();
    for name in configuration.names(&environment) {
        match configuration.profile(&environment, Some(&name), call.namespace()) {
            Ok(profile) if profile.prune.is_empty() => {}
            Ok(profile) => profiles.push(prune_profile(profile, call, args, &environment, out)),
            Err(error) => profiles.push(PruneProfile { name, options: PruneOptions::default(), stores: Err(error) }),
        }
    }
    if profiles.is_empty() {
        return Err(Error::usage("`prune --all` needs a profile with rules")
            .with_hint("write them into [profiles.NAME.prune]: keep_last = 10"));
    }
    Ok(profiles)
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
