//! Where the value of each option of a profile comes from, for `-vv`. No value is shown.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::contents::Contents;
use super::environment::Environment;
use super::problem::shown;
use super::variables::references_in;
use super::{Configuration, FILE_NAME, fields, parse, secrets};

/// A value and the place that it comes from, both without a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueSource {
    /// The name of the option: `pooling.pool_size`.
    pub value: String,
    /// The place: a line of a file, a variable of the environment, the default.
    pub place: String,
}

impl ValueSource {
    fn new(value: impl Into<String>, place: impl Into<String>) -> Self {
        Self { value: value.into(), place: place.into() }
    }
}

impl Configuration {
    /// How the file was found, if it was not named.
    pub fn found_in(&self, environment: &Environment) -> String {
        let directory = environment.working_directory();
        match self.file.as_deref().map(|file| file.parent().unwrap_or(file)) {
            None => format!("built in: there is no {FILE_NAME}"),
            Some(parent) if parent == directory => format!("{}, in the working directory", self.place()),
            Some(parent) if directory.starts_with(parent) => format!("{}, above the working directory", self.place()),
            Some(_) => format!("{}, of the user", self.place()),
        }
    }

    /// Why the profile is used, if it was not named.
    pub fn default_from(&self, environment: &Environment) -> String {
        let root = parse(self.source()).ok();
        let contents = root.as_ref().and_then(|root| Contents::of(root.get_ref()).ok());
        match contents {
            _ if self.file.is_none() => "built in".to_owned(),
            Some(Contents { default: Some(value), .. }) => {
                format!("default_profile in {}", self.place_of(value, environment))
            }
            Some(Contents { profiles, .. }) if profiles.len() == 1 => format!("the only one in {}", self.place()),
            _ => "the one called `default`".to_owned(),
        }
    }

    /// Where the values of the profile called `name` come from, which is of `backend`: those of its options in the order of
    /// the file, then the options that have their default. Options that are `replaced` by the call are left out. Empty for a
    /// profile that cannot be read.
    pub fn value_sources(
        &self,
        environment: &Environment,
        name: &str,
        backend: &str,
        replaced: &[&str],
    ) -> Vec<ValueSource> {
        let Ok(root) = parse(self.source()) else { return Vec::new() };
        let Ok(contents) = Contents::of(root.get_ref()) else { return Vec::new() };
        let table = contents.named(name).and_then(|entry| entry.value.get_ref().as_table());
        let Some(table) = table else { return Vec::new() };
        let mut sources = Vec::new();
        self.add_table(table, "", environment, &mut sources);
        sources.retain(|it| !replaced.contains(&it.value.as_str()));
        for secret in fields::secrets(backend) {
            if let Some(origin) = secrets::origin(table, secret)
                && let Some(source) = sources.iter_mut().find(|it| secrets::forms(secret).contains(&it.value))
            {
                *source = ValueSource::new(secret, format!("{origin}, which {} names", source.place));
            }
        }
        let is_given =
            |name: &str| sources.iter().any(|it| it.value.split('.').next() == Some(fields::full_name(name)));
        let names = fields::names(backend).iter().copied().chain(fields::rule_table_names());
        let defaults: Vec<&str> = names
            .filter(|name| fields::full_name(name) == *name && !is_given(name) && !replaced.contains(name))
            .collect();
        if !defaults.is_empty() {
            sources.push(ValueSource::new(defaults.join(", "), "not given, so the default"));
        }
        sources
    }

    fn add_table(&self, table: &DeTable<'_>, path: &str, environment: &Environment, sources: &mut Vec<ValueSource>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = format!("{path}{}", fields::full_name(&shown(key.get_ref())));
            match value.get_ref() {
                DeValue::Table(inner) => self.add_table(inner, &format!("{name}."), environment, sources),
                _ => sources.push(ValueSource::new(name, self.place_of(value, environment))),
            }
        }
    }

    /// The line of `value`, and the variables that are put into it.
    fn place_of(&self, value: &Spanned<DeValue<'_>>, environment: &Environment) -> String {
        let mut place = match self.file.as_deref().map(Path::to_string_lossy) {
            Some(_) => format!("line {} of {}", self.source().line_number(&value.span()), self.place()),
            None => "built in".to_owned(),
        };
        for text in texts(value.get_ref()) {
            for reference in references_in(text) {
                let is_filled = environment.variable(&reference.name).is_some_and(|value| !value.is_empty());
                let name = shown(&reference.name);
                place.push_str(&match is_filled || !reference.has_default {
                    true => format!(", with the environment variable {name}"),
                    false => format!(", with the default there for {name}, which is not set"),
                });
            }
        }
        place
    }
}

/// The texts in a value that is no table.
fn texts<'a>(value: &'a DeValue<'_>) -> Vec<&'a str> {
    match value {
        DeValue::String(text) => vec![text],
        DeValue::Array(items) => items.iter().flat_map(|item| texts(item.get_ref())).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Selection;

    fn sources(text: &str, replaced: &[&str]) -> Vec<(String, String)> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("c.toml"), text).unwrap();
        std::fs::write(directory.path().join("key.txt"), "hunter2").unwrap();
        let environment = Environment::new(directory.path()).with_variables(|name| match name {
            "BUCKET" => Some("planted".into()),
            _ => None,
        });
        let file = Some(Path::new("c.toml"));
        let profile = crate::config::load(&environment, &Selection { file, ..Selection::default() }).unwrap();
        let configuration = Configuration::find(&environment, file).unwrap();
        let sources = configuration.value_sources(&environment, &profile.name, profile.backend.backend(), replaced);
        sources.into_iter().map(|it| (it.value, it.place)).collect()
    }

    #[test]
    fn every_option_is_of_a_line_a_variable_a_file_or_the_default() {
        let sources = sources(
            "[profiles.a]\nbackend = 's3'\nbucket = '${BUCKET}'\nregion = '${R:-us-east-1}'\ncompression = false\n\
             access_key_id = 'AKIDPLANTED'\nsecret_access_key_file = 'key.txt'\ntags = { env = 'prod' }\n",
            &[],
        );
        let place = |name: &str| sources.iter().find(|(value, _)| value == name).map(|(_, place)| place.as_str());
        assert_eq!(place("bucket"), Some("line 3 of c.toml, with the environment variable BUCKET"));
        assert_eq!(place("region"), Some("line 4 of c.toml, with the default there for R, which is not set"));
        assert_eq!(place("use_compression"), Some("line 5 of c.toml"));
        assert_eq!(place("secret_access_key"), Some("from file key.txt, which line 7 of c.toml names"));
        assert_eq!(place("tags.env"), Some("line 8 of c.toml"));
        let (defaults, place) = sources.last().unwrap();
        assert_eq!(place, "not given, so the default");
        assert!(
            defaults.starts_with("prefix, namespace, time_zone") && !defaults.contains("compression"),
            "{defaults}"
        );
        assert!(!defaults.contains("tags") && !format!("{sources:?}").contains("hunter2"), "{sources:?}");
    }

    #[test]
    fn an_option_that_the_call_replaces_is_of_no_line_and_no_default() {
        for namespace in ["", "namespace = 'n'\n"] {
            let sources = sources(&format!("[profiles.a]\nbackend = 'memory'\n{namespace}"), &["namespace"]);
            assert!(sources.iter().all(|(value, _)| !value.contains("namespace")), "{sources:?}");
        }
    }
}
