//! The configuration file: where it lies, what it says, and what is wrong with it.
//!
//! A file is looked for at the path that is named explicitly; then as `truthound-store.toml` in the working directory
//! and every directory above it; then as `config.toml` in the user's configuration directory. Without any, there is
//! one built-in profile, `default`, which is the SQLite database that truthound's `DatabaseStore()` uses.
//!
//! Only the profile that is asked for is read strictly: another one that is broken, or that refers to a variable which
//! is not set, does not matter here ([`Configuration::describe`] shows it). A file that is not TOML, and a name at its
//! top level that is unknown, are errors whatever is asked for.
//!
//! Relative paths in a file (`base_path`, `credentials_path`, `X_file`, a SQLite address) are relative to the file's
//! directory, so that a command in a subdirectory uses the same store. Those of the built-in profile are relative to the
//! working directory, as in Python.
//!
//! A file can run programs. One that is found, and not named, must belong to this user or to root, and no one else may be
//! able to write it or its directory.

mod command;
mod contents;
mod describe;
mod diagnostic;
mod environment;
mod fields;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod hidden;
mod lines;
mod places;
mod problem;
mod profile;
#[cfg(feature = "schema")]
mod schema;
mod secrets;
mod trust;
mod value;
mod value_sources;
mod variables;

use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeTable;

pub use describe::{ProfileDescription, Profiles};
pub use environment::Environment;
#[cfg(feature = "schema")]
pub use schema::schema;
pub use value_sources::ValueSource;

use crate::compare::gate::GateOptions;
use crate::error::{Error, Result};
use crate::retention::{PruneOptions, TierOptions};
use crate::secret::{read_text, shown_path};
use crate::store::{BackendOptions, StoreAddress};
use contents::{Contents, ProfileEntry};
use diagnostic::ConfigurationSource;
use fields::FieldKind;
use problem::{Problem, shown};
use profile::ProfileOptions;
use variables::References;

/// The name of a configuration file in a project.
pub const FILE_NAME: &str = "truthound-store.toml";

/// The configuration without a file: one profile with the default options.
const BUILT_IN: &str = "[profiles.default]\nbackend = \"database\"\n";

/// The name of the profile of a store that an address names.
const ADDRESSED: &str = "--store";

/// The choices of the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// The configuration file (`--config`).
    pub file: Option<&'a Path>,
    /// The profile (`--profile`).
    pub profile: Option<&'a str>,
    /// The namespace, which takes the place of the profile's own (`--namespace`). Empty means none, as in Python.
    pub namespace: Option<&'a str>,
}

/// A profile that is ready to be opened: references replaced, secrets fetched, every option checked.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The options of its backend.
    pub backend: BackendOptions,
    /// The rules of `gate`, its table `gate`.
    pub gate: GateOptions,
    /// The rules of `prune`, its table `prune`.
    pub prune: PruneOptions,
    /// The rules of `set-tier`, its table `tiers`.
    pub tiers: TierOptions,
    /// The file that it comes from; none for the built-in profile.
    pub file: Option<PathBuf>,
    /// The variables of the environment that were read to complete the address of a store (`--store`).
    pub variables: Vec<String>,
}

impl Profile {
    /// The store at an address (`--store`), in `namespace` if one is given. No file is read.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for an address that no backend takes; the message shows no secret.
    pub fn at(address: &str, environment: &Environment, namespace: Option<&str>) -> Result<Self> {
        let variables = |name: &str| environment.variable(name)?.into_string().ok();
        let address = StoreAddress::new(address, &variables);
        let backend = BackendOptions::at(&address, namespace)?;
        let variables = address.used_variables();
        Ok(Self {
            name: ADDRESSED.to_owned(),
            backend,
            gate: GateOptions::default(),
            prune: PruneOptions::default(),
            tiers: TierOptions::default(),
            file: None,
            variables,
        })
    }

    /// The namespace that is used.
    pub fn namespace(&self) -> &str {
        self.backend.namespace()
    }
}

/// Finds the configuration and reads the profile that is asked for.
///
/// # Errors
/// [`Usage`](crate::error::ErrorKind::Usage) for whatever is wrong with the file or the choice; the message shows the
/// line, without its secrets.
pub fn load(environment: &Environment, selection: &Selection<'_>) -> Result<Profile> {
    let configuration = Configuration::find(environment, selection.file)?;
    configuration.profile(environment, selection.profile, selection.namespace)
}

/// The names of the options of `backend`, aliases and those of its sub-tables (`pooling.pool_size`) included; empty
/// if there is no such backend.
pub fn option_names(backend: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (name, kind) in fields::fields(backend) {
        names.push(name.to_owned());
        if let FieldKind::Table(inner) = kind {
            names.extend(inner.iter().map(|field| format!("{name}.{field}")));
        }
    }
    names
}

/// The tables with rules, which a profile for any backend may have, and the names of their options.
pub fn rule_option_names() -> [(&'static str, &'static [&'static str]); 3] {
    fields::rule_tables()
}

/// A configuration file that has been read, but not yet looked into.
pub struct Configuration {
    file: Option<PathBuf>,
    /// The file's directory, where relative paths begin; `None` if that is the working directory.
    anchor: Option<PathBuf>,
    /// The file's name in messages: relative where it lies in the working directory.
    name: String,
    text: String,
}

impl std::fmt::Debug for Configuration {
    // The text is left out: it holds passwords.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Configuration").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Configuration {
    /// Finds and reads the file; `explicit` is the one that the user names.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) if the named file is missing, or the one found cannot be read.
    pub fn find(environment: &Environment, explicit: Option<&Path>) -> Result<Self> {
        let directory = environment.working_directory();
        let anchor = |path: &Path| path.parent().filter(|parent| *parent != directory).map(Path::to_owned);
        if let Some(explicit) = explicit {
            let path = directory.join(explicit);
            let text = read_text(&path).map_err(|error| unreadable(explicit, error))?;
            return Ok(Self {
                file: Some(explicit.to_owned()),
                anchor: anchor(&path),
                name: displayed(explicit),
                text,
            });
        }
        let in_project = directory.ancestors().map(|above| above.join(FILE_NAME));
        let of_user = environment.configuration_directory().map(|directory| directory.join("config.toml"));
        for path in in_project.chain(of_user) {
            match read_trusted(&path) {
                Ok(text) => {
                    let name = displayed(path.strip_prefix(directory).unwrap_or(&path));
                    return Ok(Self { anchor: anchor(&path), file: Some(path), name, text: text? });
                }
                Err(error) if matches!(error.kind(), IoErrorKind::NotFound | IoErrorKind::NotADirectory) => {}
                // A directory that may not be entered: a file in it cannot be seen.
                Err(error) if error.kind() == IoErrorKind::PermissionDenied && path.symlink_metadata().is_err() => {}
                Err(error) => return Err(unreadable(&path, error)),
            }
        }
        let (name, text) = ("built-in configuration".to_owned(), BUILT_IN.to_owned());
        Ok(Self { file: None, anchor: None, name, text })
    }

    /// The file; none if there is none and the built-in profile is used.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the profile called `name`, or the one that is used when none is named: `default_profile`, the only one,
    /// or the one called `default`. `namespace` takes the place of its own.
    ///
    /// # Errors
    /// As for [`load`].
    pub fn profile(&self, environment: &Environment, name: Option<&str>, namespace: Option<&str>) -> Result<Profile> {
        let source = self.source();
        let root = parse(source)?;
        let contents = Contents::of(root.get_ref()).map_err(|problem| source.error(problem))?;
        let entry = match name {
            Some(name) => contents.named(name).ok_or_else(|| self.not_found(name, &contents))?,
            None => self.chosen(&contents, Some(environment))?,
        };
        let read = entry
            .written(source.text)
            .and_then(|written| written.read(self.anchor.as_deref(), Some(environment), namespace));
        let ProfileOptions { backend, rules } = read.map_err(|problem| source.error(problem.in_profile(entry.name)))?;
        Ok(Profile {
            name: entry.name.to_owned(),
            backend,
            gate: rules.gate,
            prune: rules.prune,
            tiers: rules.tiers,
            file: self.file.clone(),
            variables: Vec::new(),
        })
    }

    /// Describes the profiles and their locations, for people. Of the profiles nothing outside the file is touched:
    /// references stay as they are written, files and programs are not asked. (`environment` is for `default_profile`.)
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) if the file is not TOML, or its top level is wrong. A broken profile
    /// is not an error: its description says what is wrong.
    pub fn describe(&self, environment: &Environment) -> Result<Profiles> {
        let source = self.source();
        let root = parse(source)?;
        let contents = Contents::of(root.get_ref()).map_err(|problem| source.error(problem))?;
        let chosen = self.chosen(&contents, Some(environment));
        let default = chosen.as_ref().ok().map(|entry| entry.name);
        let describe = |entry: &ProfileEntry<'_>| {
            describe::profile(entry, source, self.anchor.as_deref(), default == Some(entry.name))
        };
        // Without `default_profile` it is not a mistake that none is the default.
        let error = chosen.as_ref().err().filter(|_| contents.default.is_some()).map(ToString::to_string);
        let problem = error.and_then(|message| message.lines().next().map(str::to_owned));
        Ok(Profiles { file: self.file.clone(), problem, profiles: contents.profiles.iter().map(describe).collect() })
    }

    fn source(&self) -> ConfigurationSource<'_> {
        ConfigurationSource { name: &self.name, text: &self.text }
    }

    fn place(&self) -> String {
        self.file.as_deref().map_or_else(|| self.name.clone(), displayed)
    }

    /// The profile that is used when none is named.
    fn chosen<'a>(
        &self,
        contents: &'a Contents<'a>,
        environment: Option<&Environment>,
    ) -> Result<&'a ProfileEntry<'a>> {
        if let Some(default) = contents.default {
            let source = self.source();
            let mut value = default.clone();
            let resolved = References::default().resolve(&mut value, "default_profile", source.text, environment);
            resolved.map_err(|problem| source.error(problem))?;
            let name = value.get_ref().as_str().unwrap_or_default();
            return contents.named(name).ok_or_else(|| {
                let problem = Problem::wrong_value("default_profile", "the profile does not exist");
                source.error(problem.hint(contents.suggestion(name)).at(default.span()))
            });
        }
        if let [only] = contents.profiles.as_slice() {
            return Ok(only);
        }
        contents.named("default").ok_or_else(|| {
            let place = self.place();
            if contents.profiles.is_empty() {
                return Error::usage(format!("no profile in {place}"))
                    .with_hint("add one: [profiles.NAME] with backend = \"...\"");
            }
            Error::usage(format!("no profile chosen, and {place} has several"))
                .with_hint(format!("name one with --profile, or set default_profile. {}", contents.list()))
        })
    }

    fn not_found(&self, name: &str, contents: &Contents<'_>) -> Error {
        if self.file.is_none() {
            return Error::usage(format!("profile `{}` not found: there is no configuration file", shown(name)))
                .with_hint(format!("write {FILE_NAME}, or name a file with --config"));
        }
        Error::usage(format!("profile `{}` not found in {}", shown(name), self.place()))
            .with_hint(contents.suggestion(name))
    }
}

fn parse(source: ConfigurationSource<'_>) -> Result<Spanned<DeTable<'_>>> {
    DeTable::parse(source.text).map_err(|error| {
        let problem = Problem::new("not valid TOML").detail(error.message().replace('\n', " "));
        source.error(problem.at(error.span().unwrap_or_default()))
    })
}

/// The text of a file that was found and not named; the inner error refuses one that is not trusted.
fn read_trusted(path: &Path) -> std::io::Result<Result<String>> {
    if let Some(reason) = trust::distrusted(path)? {
        return Ok(Err(Error::usage(format!("refusing the configuration {}: {reason}", path.display()))
            .with_hint("a configuration can run programs; name it with --config if you trust it")));
    }
    read_text(path).map(Ok)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::usage(format!("cannot read the configuration {}", displayed(path))).with_source(error)
}

/// The path as messages show it, if it is one: a variable of a CI server may hold the file's content instead of its path.
fn displayed(path: &Path) -> String {
    shown_path(&path.to_string_lossy())
}
