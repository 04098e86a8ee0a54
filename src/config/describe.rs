//! Describes profiles and their locations, without a secret.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::contents::ProfileEntry;
use super::diagnostic::ConfigurationSource;
use super::problem::{Problem, shown};
use super::secrets;
use crate::compare::gate::GateOptions;
use crate::retention::{PruneOptions, TierOptions};
use crate::secret::printable;
use crate::store::BackendOptions;

/// The profiles of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profiles {
    /// The file; none if there is none and the built-in profile is used.
    pub file: Option<PathBuf>,
    /// Why `default_profile` cannot be used, in one line.
    pub problem: Option<String>,
    /// The profiles in the order of the file.
    pub profiles: Vec<ProfileDescription>,
}

/// One profile, without a secret. `${NAME}` stays as it is written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProfileDescription {
    /// Its name.
    pub name: String,
    /// The backend that it names, if it names one.
    pub backend: Option<String>,
    /// Where it points: an address with its secrets masked, or a directory. None if it is broken.
    pub location: Option<String>,
    /// The namespace. None if it is broken.
    pub namespace: Option<String>,
    /// Whether it is used when no profile is named.
    pub default: bool,
    /// The rules of `gate`, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateOptions>,
    /// The rules of `prune`, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prune: Option<PruneOptions>,
    /// The rules of `set-tier`, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tiers: Option<TierOptions>,
    /// Its problem, in one line.
    pub problem: Option<String>,
}

pub(super) fn profile(
    entry: &ProfileEntry<'_>,
    source: ConfigurationSource<'_>,
    anchor: Option<&Path>,
    default: bool,
) -> ProfileDescription {
    let table = entry.value.get_ref().as_table();
    let backend = table.and_then(|table| table.get("backend")).and_then(|value| value.get_ref().as_str());
    let mut description = ProfileDescription {
        name: shown(entry.name),
        backend: backend.map(shown),
        location: None,
        namespace: None,
        default,
        gate: None,
        prune: None,
        tiers: None,
        problem: None,
    };
    // Which options it may have is not known before the variable is.
    if backend.is_some_and(|backend| backend.contains("${") && !BackendOptions::NAMES.contains(&backend)) {
        return description;
    }
    match entry.written(source.text).and_then(|written| Ok((written, written.read(anchor, None, None)?))) {
        Ok((written, options)) => {
            let origin = |option: &str| secrets::origin(written.table, option);
            description.location = Some(printable(&options.backend.location(&origin)));
            description.namespace = Some(shown(options.backend.namespace()));
            description.gate = Some(options.rules.gate).filter(|gate| !gate.is_empty());
            description.prune = Some(options.rules.prune).filter(|prune| !prune.is_empty());
            description.tiers = Some(options.rules.tiers).filter(|tiers| !tiers.is_empty());
        }
        Err(problem) => description.problem = Some(in_one_line(&problem, source)),
    }
    description
}

fn in_one_line(problem: &Problem, source: ConfigurationSource<'_>) -> String {
    match problem.span() {
        Some(span) => format!("{problem} (line {})", source.line_number(span)),
        None => problem.to_string(),
    }
}
