//! The profile that a call selects, and where each part of the selection comes from.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;

use super::arguments::{Cli, GlobalOptions};
use crate::config::{Configuration, Environment, Profile};
use crate::error::{Error, Result};
use crate::output::OutputFormat;
use crate::secret::{mask_unparsed_url, printable, shown_name, shown_path};
use crate::store;
use crate::store::contract::{Notices, ResultStore, StoreContext};

/// The options of a call that select a profile.
#[derive(Debug)]
pub(super) struct Call {
    /// The address of a store, instead of a profile.
    address: Choice<String>,
    config: Choice<PathBuf>,
    profile: Choice<String>,
    namespace: Choice<String>,
    format: Choice<OutputFormat>,
}

/// The value of an option.
#[derive(Debug)]
struct Choice<T> {
    value: Option<T>,
    /// The environment variable that it comes from, if it does.
    variable: Option<String>,
}

impl<T> Choice<T> {
    /// Tells `notices` where the value of the option comes from, if there is one.
    fn tell(&self, option: &str, notices: &Notices) {
        if self.value.is_some() {
            let of_variable = self.variable.as_ref().map(|name| format!("environment variable {name}"));
            notices.source(option, &of_variable.unwrap_or_else(|| format!("option --{option}")));
        }
    }
}

impl Call {
    /// The options in the arguments and in the environment. Without `matches`, no variable is named.
    pub(super) fn of(global: &GlobalOptions, matches: Option<&ArgMatches>) -> Self {
        let variable = |matches: Option<&ArgMatches>, id| variable(matches?, id);
        Self {
            address: Choice { value: global.store.clone(), variable: variable(matches, "store") },
            config: Choice { value: global.config.clone(), variable: variable(matches, "config") },
            profile: Choice { value: global.profile.clone(), variable: variable(matches, "profile") },
            namespace: Choice { value: global.namespace.clone(), variable: variable(matches, "namespace") },
            format: Choice { value: global.format, variable: variable(matches, "format") },
        }
    }

    /// The options as a shell reads them. A value that may be a secret is masked.
    pub(super) fn options(&self) -> String {
        let config = self.config.value.as_deref().map(Path::to_string_lossy).map(|path| ("-c", shown_path(&path)));
        let profile = self.profile.value.as_deref().map(|name| ("-p", shown_name(name)));
        let namespace = self.namespace.value.as_deref().map(|name| ("-n", shown_name(name)));
        let address = self.address.value.as_deref().map(|address| ("--store", shown_address(address)));
        let given = [address, config, profile, namespace].into_iter().flatten();
        let quoted = given.map(|(option, value)| {
            let value = shlex::try_quote(&value).map_or_else(|_| value.clone(), |quoted| quoted.into_owned());
            format!("{option} {value}")
        });
        quoted.collect::<Vec<_>>().join(" ")
    }

    /// Whether an address takes the place of a profile.
    pub(super) fn has_address(&self) -> bool {
        self.address.value.is_some()
    }

    /// The option or the variable that the address comes from.
    pub(super) fn address(&self) -> Option<String> {
        let Choice { value, variable } = &self.address;
        value.as_ref().map(|_| variable.clone().unwrap_or_else(|| "--store".to_owned()))
    }

    /// Whether the command line, not the environment, names a profile or an address.
    pub(super) fn is_store_typed(&self) -> bool {
        let is_typed = |value: &Choice<String>| value.value.is_some() && value.variable.is_none();
        is_typed(&self.address) || is_typed(&self.profile)
    }

    /// The namespace that takes the place of the profile's own.
    pub(super) fn namespace(&self) -> Option<&str> {
        self.namespace.value.as_deref()
    }

    /// The format, if the command line and not the environment names it.
    pub(super) fn typed_format(&self) -> Option<OutputFormat> {
        self.format.value.filter(|_| self.format.variable.is_none())
    }

    /// `error` about the format; names the variable that it comes from, if it does.
    pub(super) fn explain_format(&self, error: Error) -> Error {
        from_variable(error, self.format.variable.as_deref())
    }

    /// Opens the store of a profile. First, `notices` learns where each value of the configuration comes from.
    pub(super) fn open_store(
        &self,
        profile: &Profile,
        environment: &Environment,
        notices: Notices,
    ) -> Result<Box<dyn ResultStore>> {
        self.tell_sources(profile, environment, &notices);
        let context = StoreContext {
            profile: profile.name.clone(),
            state_directory: environment.state_directory().map(Path::to_owned),
            notices,
        };
        store::open(&profile.backend, context)
    }

    /// Tells where each value of the configuration comes from that `profile` was opened with. No value is told.
    fn tell_sources(&self, profile: &Profile, environment: &Environment, notices: &Notices) {
        if !notices.are_detailed() {
            return;
        }
        self.address.tell("store", notices);
        self.config.tell("config", notices);
        self.profile.tell("profile", notices);
        self.namespace.tell("namespace", notices);
        self.format.tell("format", notices);
        if self.has_address() {
            for variable in &profile.variables {
                notices.source("store", &format!("environment variable {variable}, too"));
            }
            return;
        }
        // It was found before.
        let Ok(configuration) = self.configuration(environment) else { return };
        if self.config.value.is_none() {
            notices.source("config", &configuration.found_in(environment));
        }
        if self.profile.value.is_none() {
            notices.source("profile", &configuration.default_from(environment));
        }
        let replaced: &[&str] = if self.namespace.value.is_some() { &["namespace"] } else { &[] };
        for source in configuration.value_sources(environment, &profile.name, profile.backend.backend(), replaced) {
            notices.source(&source.value, &source.place);
        }
    }

    /// Finds the configuration.
    ///
    /// # Errors
    /// Those of [`Configuration::find`].
    pub(super) fn configuration(&self, environment: &Environment) -> Result<Configuration> {
        let found = Configuration::find(environment, self.config.value.as_deref());
        found.map_err(|error| from_variable(error, self.config.variable.as_deref()))
    }

    /// Reads the profile. If the environment selects one that does not work, the error names the variable.
    ///
    /// # Errors
    /// Those of [`Configuration::profile`].
    pub(super) fn profile(&self, environment: &Environment) -> Result<Profile> {
        if let Some(address) = &self.address.value {
            let namespace = self.namespace.value.as_deref();
            return Profile::at(address, environment, namespace).map_err(|error| {
                let is_of_namespace = namespace.is_some() && Profile::at(address, environment, None).is_ok();
                let variable = if is_of_namespace { &self.namespace.variable } else { &self.address.variable };
                from_variable(error, variable.as_deref())
            });
        }
        let configuration = self.configuration(environment)?;
        let (profile, namespace) = (self.profile.value.as_deref(), self.namespace.value.as_deref());
        configuration.profile(environment, profile, namespace).map_err(|error| {
            let exists = |name: &str| configuration.names(environment).iter().any(|known| known == name);
            let is_of_namespace = || configuration.profile(environment, profile, None).is_ok();
            let variable = match (profile, namespace) {
                (Some(name), _) if !exists(name) => self.profile.variable.as_deref(),
                (_, Some(_)) if self.namespace.variable.is_some() && is_of_namespace() => {
                    self.namespace.variable.as_deref()
                }
                _ => None,
            };
            from_variable(error, variable)
        })
    }
}

/// The address of a store, masked if it may hold a password.
fn shown_address(address: &str) -> String {
    if address.contains('@') || address.contains('?') { mask_unparsed_url(address) } else { printable(address) }
}

/// The variable that the value of the option `id` comes from.
fn variable(matches: &ArgMatches, id: &str) -> Option<String> {
    if matches.value_source(id) != Some(ValueSource::EnvVariable) {
        return None;
    }
    variable_of(|argument| argument.get_id() == id)
}

/// The variable of the option that `is_it`.
fn variable_of(is_it: impl Fn(&clap::Arg) -> bool) -> Option<String> {
    let command = <Cli as clap::CommandFactory>::command();
    let variable = command.get_arguments().find(|argument| is_it(argument))?.get_env()?;
    variable.to_str().map(str::to_owned)
}

/// `error` with the variable that has the wrong value, if it comes from one.
fn from_variable(error: Error, variable: Option<&str>) -> Error {
    let Some(variable) = variable else { return error };
    let source = format!("the value comes from the environment variable {variable}");
    let hint = match error.hint() {
        Some(hint) => format!("{hint}; {source}"),
        None => source,
    };
    error.with_hint(hint)
}

/// Adds to a mistake in an option the variable that its value comes from, if it does.
pub(super) fn name_variable(error: &mut clap::Error) {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (Some(argument), Some(value)) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue)) else {
        return;
    };
    let is_it = |known: &clap::Arg| known.get_long().is_some_and(|long| argument.starts_with(&format!("--{long} ")));
    let Some(variable) = variable_of(is_it) else { return };
    // `--format=xml` and `-fxml` are typed, too.
    let is_typed = std::env::args_os().any(|typed| typed.to_string_lossy().ends_with(&value));
    if !is_typed && std::env::var(&variable).is_ok_and(|set| set == value) {
        let tip = format!("the value comes from the environment variable {variable}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
}
