//! The address of a store on the command line (`--store`), without a profile.

use std::cell::RefCell;

use crate::error::{Error, Result};
use crate::secret::{Secret, mask_unparsed_url, shown_path};

/// The options of a profile that an address stands for.
pub type AddressOptions = Vec<(&'static str, Secret)>;

/// The address of a store: a URL, or a path.
pub struct StoreAddress<'a> {
    text: &'a str,
    variables: &'a dyn Fn(&str) -> Option<String>,
    /// The names of the variables that were found.
    used: RefCell<Vec<String>>,
}

impl<'a> StoreAddress<'a> {
    /// The address in `text`. `variables` finds the variables of the environment.
    pub fn new(text: &'a str, variables: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { text, variables, used: RefCell::default() }
    }

    /// The value of the first of these variables that is set and not empty.
    pub(super) fn variable(&self, names: &[&str]) -> Option<String> {
        let filled = |name: &str| (self.variables)(name).filter(|value| !value.is_empty());
        let (name, value) = names.iter().find_map(|name| Some((*name, filled(name)?)))?;
        let mut used = self.used.borrow_mut();
        if !used.iter().any(|known| known == name) {
            used.push(name.to_owned());
        }
        Some(value)
    }

    /// The names of the variables that were found so far.
    pub fn used_variables(&self) -> Vec<String> {
        self.used.borrow().clone()
    }

    /// The text after `scheme://`, for one of these schemes.
    pub(super) fn after_scheme(&self, schemes: &[&str]) -> Option<&'a str> {
        let (scheme, rest) = self.text.split_once("://")?;
        schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme)).then_some(rest)
    }

    /// The options `container` (a bucket or a container, the name of the option) and `prefix` of an address in an object
    /// store. Without a prefix, it is the one of a profile without the option.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for parameters behind a `?`: they would be part of the prefix.
    pub(super) fn place(container: &'static str, place: &str) -> Result<AddressOptions> {
        if place.contains(['?', '#']) {
            return Err(Error::usage("the address of a store in an object store takes no parameters")
                .with_hint("give what it needs in a profile"));
        }
        let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
        if name.is_empty() {
            return Err(Error::usage(format!("the address names no {container}"))
                .with_hint("write the name after `://`, and a prefix after another slash"));
        }
        let mut options = vec![(container, Secret::from(name))];
        if !prefix.is_empty() {
            options.push(("prefix", Secret::from(prefix)));
        }
        Ok(options)
    }

    /// The address as it was written. It may hold a password.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The path of an address that is a directory. One without a slash must begin with a dot: `results` may be a profile.
    pub(super) fn directory(&self) -> Option<&'a str> {
        if let Some(path) = self.text.strip_prefix("file:") {
            return Some(path.strip_prefix("//").unwrap_or(path)).filter(|path| !path.is_empty());
        }
        let is_drive = cfg!(windows) && self.text.get(1..3).is_some_and(|text| matches!(text, ":\\" | ":/"));
        let is_path = !self.text.contains("://") && (self.text.starts_with(['.', '/', '\\']) || is_drive);
        is_path.then_some(self.text)
    }

    /// The error for an address that no backend takes; `known` are those that one takes. Nothing that may be secret is
    /// shown.
    pub(super) fn refused(&self, known: &[&str]) -> Error {
        let is_url = self.text.contains("://");
        let shown = if is_url { mask_unparsed_url(self.text) } else { shown_path(self.text) };
        Error::usage(format!("`{shown}` is not the address of a store"))
            .with_hint(format!("write {}", known.join(", ")))
    }
}

impl std::fmt::Debug for StoreAddress<'_> {
    // The text is left out: it may hold a password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StoreAddress").finish_non_exhaustive()
    }
}
