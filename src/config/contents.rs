//! The top level of a configuration file: the default profile, and the profiles in their order.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields;
use super::problem::{Checked, Problem, shown};
use super::profile::Written;
use super::value::article;
use crate::store::BackendOptions;
use crate::store::options::nearest;

/// The top level of a file.
pub(super) struct Contents<'a> {
    pub(super) default: Option<&'a Spanned<DeValue<'a>>>,
    /// In the order of the file.
    pub(super) profiles: Vec<ProfileEntry<'a>>,
}

/// One entry of `profiles`.
pub(super) struct ProfileEntry<'a> {
    pub(super) name: &'a str,
    pub(super) header: Range<usize>,
    pub(super) value: &'a Spanned<DeValue<'a>>,
}

impl<'a> ProfileEntry<'a> {
    pub(super) fn written(&'a self, text: &'a str) -> Checked<Written<'a>> {
        match self.value.get_ref() {
            DeValue::Table(table) => Ok(Written { text, table, header: &self.header }),
            other => {
                let detail = format!("expected a table, found {}", article(other));
                Err(Problem::new("nothing to read").detail(detail).at(self.value.span()))
            }
        }
    }
}

impl<'a> Contents<'a> {
    pub(super) fn of(root: &'a DeTable<'a>) -> Checked<Self> {
        let mut contents = Self { default: None, profiles: Vec::new() };
        let mut entries: Vec<(&Spanned<Cow<'_, str>>, _)> = root.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("default_profile", DeValue::String(_)) => contents.default = Some(value),
                ("profiles", DeValue::Table(profiles)) => contents.profiles = ProfileEntry::all(profiles),
                (name @ "default_profile", other) => {
                    return Err(Problem::wrong_type(name, "a string", article(other)).at(value.span()));
                }
                (name @ "profiles", other) => {
                    return Err(Problem::wrong_type(name, "tables [profiles.NAME]", article(other)).at(value.span()));
                }
                (name, _) => return Err(unknown_at_top(name).at(key.span())),
            }
        }
        Ok(contents)
    }

    pub(super) fn named(&self, name: &str) -> Option<&ProfileEntry<'a>> {
        self.profiles.iter().find(|entry| entry.name == name)
    }

    pub(super) fn list(&self) -> String {
        let names: Vec<String> = self.profiles.iter().map(|entry| shown(entry.name)).collect();
        format!("Profiles: {}", names.join(", "))
    }

    /// Suggests another profile instead of `name`.
    pub(super) fn suggestion(&self, name: &str) -> String {
        if self.profiles.is_empty() {
            return "add one: [profiles.NAME] with backend = \"...\"".to_owned();
        }
        match nearest(name, self.profiles.iter().map(|entry| entry.name)) {
            Some(near) => format!("did you mean `{}`? {}", shown(near), self.list()),
            None => self.list(),
        }
    }
}

impl<'a> ProfileEntry<'a> {
    fn all(profiles: &'a DeTable<'a>) -> Vec<Self> {
        let entry = |(key, value): (&'a Spanned<Cow<'a, str>>, _)| ProfileEntry {
            name: key.get_ref(),
            header: key.span(),
            value,
        };
        let mut entries: Vec<Self> = profiles.iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.header.start);
        entries
    }
}

fn unknown_at_top(name: &str) -> Problem {
    let known = ["default_profile", "profiles"];
    let mut problem = Problem::unknown_option(name, &known, &known).detail("it is not inside a profile");
    if nearest(name, known).is_none() {
        let is_option = name == "backend" || BackendOptions::NAMES.iter().any(|it| fields::names(it).contains(&name));
        problem = problem.hint(if is_option {
            "options of a store belong under [profiles.NAME]"
        } else {
            "at the top level: default_profile, [profiles.NAME]"
        });
    }
    problem
}
