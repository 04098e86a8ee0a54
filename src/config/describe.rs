//! What a profile is and where it points, without a secret.

use std::path::PathBuf;

use serde::Serialize;
use toml::de::DeTable;

use super::Entry;
use super::diagnostic::Source;
use super::mask::bare_address;
use super::problem::{Problem, shown};
use super::profile::BACKENDS;
use super::sensitive::has_swallowed_options;
use super::{secrets, validate};
use crate::secret::{MASK, Secret, printable};
use crate::store::BackendOptions;
use crate::store::objects::azure::AzureOptions;
use crate::store::sql::masked_url;

/// The profiles of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profiles {
    /// The file; none if there is none and the built-in profile is used.
    pub file: Option<PathBuf>,
    /// Why `default_profile` cannot be used, in one line.
    pub problem: Option<String>,
    /// The profiles in the order of the file.
    pub profiles: Vec<ProfileDescription>,
}

/// One profile, without a secret. `${NAME}` stays as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// What is wrong with it, in one line.
    pub problem: Option<String>,
}

pub(super) fn profile(entry: &Entry<'_>, source: Source<'_>, default: bool) -> ProfileDescription {
    let table = entry.value.get_ref().as_table();
    let backend = table.and_then(|table| table.get("backend")).and_then(|value| value.get_ref().as_str());
    let mut description = ProfileDescription {
        name: shown(entry.name),
        backend: backend.map(|backend| if has_swallowed_options(backend) { MASK.to_owned() } else { shown(backend) }),
        location: None,
        namespace: None,
        default,
        problem: None,
    };
    // Which options it may have is not known before the variable is.
    if backend.is_some_and(|backend| backend.contains("${") && !BACKENDS.contains(&backend)) {
        return description;
    }
    match entry.written(source.text).and_then(|written| Ok((written, written.read(None, None)?))) {
        Ok((written, options)) => {
            description.location = Some(location(&options, written.table));
            description.namespace = Some(shown(validate::namespace(&options)));
        }
        Err(problem) => description.problem = Some(in_one_line(&problem, source)),
    }
    description
}

fn in_one_line(problem: &Problem, source: Source<'_>) -> String {
    match problem.span() {
        Some(span) => format!("{problem} (line {})", source.line_number(span)),
        None => problem.to_string(),
    }
}

/// Where `options` point, before any variable, file or program is asked.
fn location(options: &BackendOptions, table: &DeTable<'_>) -> String {
    let location = match options {
        BackendOptions::Database(database) => match secrets::origin(table, "connection_url") {
            Some(origin) => return origin,
            None => masked_url(database.connection_url.expose()),
        },
        BackendOptions::S3(s3) => {
            let place = format!("s3://{}/{}", s3.bucket, s3.prefix.trim_start_matches('/'));
            at_endpoint(place, s3.endpoint_url.as_deref())
        }
        BackendOptions::Gcs(gcs) => {
            let place = format!("gs://{}/{}", gcs.bucket, gcs.prefix.trim_start_matches('/'));
            at_endpoint(place, gcs.endpoint_url.as_deref())
        }
        BackendOptions::Azure(azure) => {
            format!("azure://{}/{}/{}", account(azure, table), azure.container, azure.prefix.trim_start_matches('/'))
        }
        BackendOptions::Filesystem(disk) => disk.base_path.to_string_lossy().into_owned(),
        BackendOptions::Memory(_) => "memory".to_owned(),
    };
    // What is not checked, because some variable is not known, may be a string whose end is missing.
    if has_swallowed_options(&location) {
        return MASK.to_owned();
    }
    printable(&location)
}

fn at_endpoint(place: String, endpoint: Option<&str>) -> String {
    match endpoint {
        Some(endpoint) => format!("{place} at {}", bare_address(endpoint)),
        None => place,
    }
}

/// The account's name, as far as it can be told without its secrets.
fn account(azure: &AzureOptions, table: &DeTable<'_>) -> String {
    if let Some(name) = &azure.account_name {
        return name.clone();
    }
    if let Some(url) = &azure.account_url {
        return host(url.expose());
    }
    let parts = azure.connection_string.as_ref().map(Secret::expose).unwrap_or_default().split(';');
    let name = parts.filter_map(|part| part.split_once('=')).find(|(key, _)| key.eq_ignore_ascii_case("AccountName"));
    // Azure's names are letters and digits; anything else may be a secret that slipped into the wrong place.
    let name = name.map(|(_, name)| name).filter(|name| name.chars().all(|it| it.is_ascii_alphanumeric()));
    let elsewhere = || {
        let origins = ["account_url", "connection_string"].into_iter().filter_map(|it| secrets::origin(table, it));
        origins.map(|origin| format!("({origin})")).next()
    };
    name.map(str::to_owned).or_else(elsewhere).unwrap_or_else(|| "?".to_owned())
}

/// The host of an `address` that may be a secret for the rest.
fn host(address: &str) -> String {
    let bare = bare_address(address);
    let Some((_, rest)) = bare.split_once("://") else { return bare };
    let host = rest.split('/').next().unwrap_or_default();
    let is_host = host.chars().all(|character| character.is_ascii_alphanumeric() || ".-:[]".contains(character));
    if is_host { host.to_owned() } else { MASK.to_owned() }
}
