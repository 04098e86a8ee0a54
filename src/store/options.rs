//! The knowledge that every backend has of its own options.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, ErrorKind, InvalidOption, Result};
use crate::result::{NoTimeZone, TimeZone};
use crate::store::address::{AddressOptions, StoreAddress};
use crate::store::contract::{ResultStore, StorageTiers, StoreContext};

/// The options of one backend, and all that can be said of them without opening a store.
pub trait StoreOptions {
    /// The name of the backend, as `backend = "..."` spells it.
    const NAME: &'static str;

    /// The addresses that `--store` takes for this backend, as messages show them.
    const ADDRESSES: &'static [&'static str];

    /// The tiers that the backend has.
    const TIERS: StorageTiers = StorageTiers(&[]);

    /// The options that `address` stands for; `None` if it is not one of this backend.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) for an address that lacks a part, or has one too many.
    fn at(address: &StoreAddress<'_>) -> Option<Result<AddressOptions>>;

    /// Checks the values that no type excludes: ranges, names, options that need or exclude each other. Spells known
    /// names, such as storage classes, as their cloud does.
    ///
    /// # Errors
    /// The first option that the backend cannot work with.
    fn check(&mut self) -> Result<(), InvalidOption>;

    /// Makes relative paths among the options begin in `directory`, which is absolute. Without this call they begin in the
    /// working directory.
    fn set_directory(&mut self, directory: &Path);

    /// The place that the options point to, without a secret: a URL or a directory.
    ///
    /// `origin` names the file or program that a secret option has yet to be read from, if there is one.
    fn location(&self, origin: &dyn Fn(&str) -> Option<String>) -> String;
}

/// Options that a store can be opened from.
pub trait OpenStore: StoreOptions {
    /// Opens the store. Touches neither network nor disk.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) for options that contradict each other, [`Denied`](ErrorKind::Denied) for
    /// credentials that are malformed, [`Unsupported`](ErrorKind::Unsupported) for a backend that this binary is built
    /// without.
    fn open(&self, context: StoreContext) -> Result<Box<dyn ResultStore>>;
}

/// The option `time_zone`, which all backends have: `UTC`, an IANA name, or `local`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct TimeZoneName(String);

impl Default for TimeZoneName {
    fn default() -> Self {
        Self::from("UTC")
    }
}

impl From<&str> for TimeZoneName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl TimeZoneName {
    /// The option in a profile.
    pub const OPTION: &str = "time_zone";

    /// Checks that there is such a zone.
    ///
    /// # Errors
    /// The option, with the names that are near.
    pub fn check(&self) -> Result<(), InvalidOption> {
        if TimeZone::is_known(&self.0) {
            return Ok(());
        }
        let names: Vec<String> = TimeZone::names().collect();
        let near = near_zones(&self.0, &names);
        let hint = match near.as_slice() {
            [] => "write \"UTC\", \"local\", or an IANA name such as \"Europe/Berlin\"".to_owned(),
            near => format!("did you mean `{}`?", near.join("`, `")),
        };
        Err(InvalidOption::value(Self::OPTION, "unknown time zone").hint(hint))
    }

    /// Finds the zone; for `local`, that of this machine.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if there is none.
    pub fn zone(&self) -> Result<TimeZone> {
        TimeZone::named(&self.0).map_err(|error| match error {
            NoTimeZone::Unknown => Error::usage(format!("there is no time zone `{}`", self.0.escape_debug())),
            NoTimeZone::Undetermined => {
                Error::usage("`time_zone` is \"local\", and the variable TZ names no time zone")
                    .with_hint("set TZ to an IANA name such as Europe/Berlin, or name the zone in the profile")
            }
        })
    }
}

/// The zones that `name` may stand for: those of a city of this name, or with nearly this name.
fn near_zones<'a>(name: &str, zones: &'a [String]) -> Vec<&'a str> {
    const SHOWN: usize = 3;
    let city = |zone: &str| zone.rsplit('/').next().unwrap_or_default().to_lowercase();
    let wanted = city(&name.trim().replace(' ', "_"));
    let mut near: Vec<&str> = zones.iter().map(String::as_str).filter(|zone| city(zone) == wanted).collect();
    near.extend(nearest(name, zones.iter().map(String::as_str)));
    let cities: Vec<String> = zones.iter().map(|zone| city(zone)).collect();
    if let Some(nearest) = nearest(&wanted, cities.iter().map(String::as_str)) {
        near.extend(zones.iter().map(String::as_str).filter(|zone| city(zone) == nearest));
    }
    let mut seen = std::collections::HashSet::new();
    near.retain(|zone| seen.insert(*zone));
    near.truncate(SHOWN);
    near
}

/// The refusal of a backend that this binary is built without.
pub fn not_built(backend: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("this binary is built without the backend `{backend}`"))
        .with_hint(format!("build it with `cargo install truthound-store --features {backend}`"))
}

/// Makes a relative `path` begin in `directory`. A path that begins with a reference, which is shown before the variable is
/// known, stays as it is.
pub fn anchor(path: &mut PathBuf, directory: &Path) {
    if !path.to_string_lossy().starts_with("${") {
        *path = directory.join(&*path);
    }
}

/// Checks the length and characters of a namespace, as every backend does.
///
/// # Errors
/// The option `namespace`.
pub fn check_namespace(namespace: &str) -> Result<(), InvalidOption> {
    /// The length of the column in SQL.
    const LONGEST: usize = 255;
    if namespace.chars().any(char::is_control) {
        return Err(InvalidOption::value("namespace", "it holds a control character"));
    }
    if namespace.chars().count() > LONGEST {
        return Err(InvalidOption::value("namespace", format!("it is longer than {LONGEST} characters")));
    }
    Ok(())
}

/// Checks the option `max_document_size`.
///
/// # Errors
/// The option, if no document fits.
pub fn check_document_size(bytes: u64) -> Result<(), InvalidOption> {
    match bytes {
        0 => Err(InvalidOption::value("max_document_size", "it must be at least 1")),
        _ => Ok(()),
    }
}

/// The name of `known` that is so near to `name` that it was probably meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    // One slip in four letters: `buket` is near to `bucket`, `tags` is not near to `bucket`.
    let allowed = (name.chars().count() / 4).clamp(1, 4);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The hint for a `name` that is not in the closed list `known`.
pub fn known_names_hint(name: &str, known: &[&str]) -> String {
    let list = known.join(", ");
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Known: {list}"),
        None => format!("known: {list}"),
    }
}
