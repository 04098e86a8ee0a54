//! The stores that `copy` works on.

use super::call::Call;
use crate::commands::copy::{CopyArgs, CopyStores};
use crate::config::{Configuration, Environment, Profile};
use crate::error::{Error, Result};
use crate::output::Output;

/// Opens the store to copy from, which is that of the call unless `--from` names another, and the store to copy to. The
/// namespace of the call is that of both.
///
/// # Errors
/// If two stores to copy from are named, or a store cannot be opened.
pub(super) fn copy_stores(call: &Call, args: &CopyArgs, out: &Output) -> Result<CopyStores> {
    let environment = Environment::from_process()?;
    let from = match args.from() {
        Some(_) if call.is_store_typed() => {
            return Err(Error::usage("`--from` and another option name the store to copy from")
                .with_hint("leave out `--profile` or `--store`"));
        }
        Some(from) => named(from, call.namespace(), call, &environment)?,
        None => call.profile(&environment)?,
    };
    let to = named(args.to(), args.to_namespace().or(call.namespace()), call, &environment)?;
    let open = |profile| call.open_store(profile, &environment, out.notices());
    Ok(CopyStores { from: open(&from)?, to: open(&to)? })
}

/// The profile of this name, or the store at this address.
fn named(name: &str, namespace: Option<&str>, call: &Call, environment: &Environment) -> Result<Profile> {
    let is_address = name.contains([':', '/', '\\']) || name.starts_with('.');
    let configuration = call.configuration(environment);
    let is_profile = |configuration: &Configuration| configuration.names(environment).iter().any(|known| known == name);
    if is_address && !configuration.as_ref().is_ok_and(is_profile) {
        return Profile::at(name, environment, namespace);
    }
    configuration?.profile(environment, Some(name), namespace)
}
