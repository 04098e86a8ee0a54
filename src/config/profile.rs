//! From the table of one profile to the options of its backend.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::environment::Environment;
use super::places::placed;
use super::problem::{Checked, Problem};
use super::value::{Value, article};
use super::variables::References;
use super::{fields, secrets};
use crate::compare::gate::GateOptions;
use crate::error::OptionPlace;
use crate::retention::{PruneOptions, TierOptions, TierRule};
use crate::store::BackendOptions;
use crate::store::contract::StorageTiers;

/// The options of a profile.
pub(super) struct ProfileOptions {
    /// Those of its backend.
    pub(super) backend: BackendOptions,
    /// Its rules.
    pub(super) rules: RuleTables,
}

/// The tables of a profile that no backend reads. Nothing is read from a table with references that are left as they are
/// written.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub(super) struct RuleTables {
    /// The rules of `gate`.
    pub(super) gate: GateOptions,
    /// The rules of `prune`.
    pub(super) prune: PruneOptions,
    /// The rules of `set-tier`.
    pub(super) tiers: TierOptions,
}

/// A profile as the file has it.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    /// The text of the whole file.
    pub(super) text: &'a str,
    /// The profile's options.
    pub(super) table: &'a DeTable<'a>,
    /// Where its name stands in its header.
    pub(super) header: &'a Range<usize>,
}

impl Written<'_> {
    /// The options of this profile. Relative paths begin in `anchor`, or where the process works.
    ///
    /// With an `environment`, its references are replaced and its files and programs asked. Without one nothing
    /// outside the file is touched; what cannot be known then is not checked.
    pub(super) fn read(
        self,
        anchor: Option<&Path>,
        environment: Option<&Environment>,
        namespace: Option<&str>,
    ) -> Checked<ProfileOptions> {
        let mut table = self.table.clone();
        let mut references = References::new(environment.is_some());
        let backend = self.backend(&mut table, &mut references, environment)?;
        self.check_names(&table, backend)?;
        secrets::check_forms(&table, backend)?;
        let rules = self.rules(&mut table, environment)?;
        for (key, value) in in_order(&mut table) {
            references.resolve(value, &key, self.text, environment)?;
        }
        let directory = environment.map(|environment| anchor.unwrap_or(environment.working_directory()));
        let is_complete = secrets::resolve(&mut table, backend, directory)?;

        let value = Value::profile(&table, self.header.clone(), &references);
        let options = BackendOptions::deserialize(backend, value)?;
        let mut options = options.ok_or_else(|| Problem::new("unknown backend").at(self.header.clone()))?;
        if let Some(namespace) = namespace {
            namespace.clone_into(options.namespace_mut());
        }
        if let Some(anchor) = anchor {
            options.set_directory(anchor);
        }
        // A rule about a value that is not known would be broken, or kept, by chance.
        if is_complete && !references.hide_values() {
            options.check().map_err(|invalid| match namespace {
                Some(_) if invalid.place == OptionPlace::Value("namespace".to_owned()) => {
                    Problem::new("the namespace given for this run cannot be used").detail(invalid.reason)
                }
                _ => placed(invalid, &table, self.header),
            })?;
        }
        self.check_tiers(&rules.tiers, options.tiers())?;
        Ok(ProfileOptions { backend: options, rules })
    }

    /// Takes the tables with rules out of `table`.
    fn rules(self, table: &mut DeTable<'_>, environment: Option<&Environment>) -> Checked<RuleTables> {
        let mut taken = DeTable::new();
        let mut references = References::new(environment.is_some());
        for name in fields::rule_table_names() {
            let Some((key, mut value)) = table.remove_entry(name) else { continue };
            references.resolve(&mut value, name, self.text, environment)?;
            taken.insert(key, value);
        }
        if references.hide_values() {
            return Ok(RuleTables::default());
        }
        RuleTables::deserialize(Value::profile(&taken, self.header.clone(), &references))
    }

    /// Refuses a rule with a tier that is not among `tiers`. A backend without tiers refuses the command and not the rules.
    fn check_tiers(self, options: &TierOptions, tiers: StorageTiers) -> Checked<()> {
        let is_unknown = |(_, rule): &(usize, &TierRule)| tiers.find(&rule.tier).is_none();
        let unknown = options.rules.iter().enumerate().find(is_unknown).filter(|_| !tiers.is_empty());
        let Some((place, rule)) = unknown else { return Ok(()) };
        let rules =
            self.table.get("tiers").and_then(|tiers| tiers.get_ref().as_table()?.get("rules")?.get_ref().as_array());
        let written = rules.and_then(|rules| rules.get(place)?.get_ref().as_table()?.get("tier"));
        let span = written.map_or_else(|| self.header.clone(), Spanned::span);
        Err(Problem::unknown_name("tiers.rules.tier", "value", &rule.tier, &tiers.names()).at(span))
    }

    /// Takes `backend` out of `table`: the rest are options of that backend.
    fn backend(
        self,
        table: &mut DeTable<'_>,
        references: &mut References,
        environment: Option<&Environment>,
    ) -> Checked<&'static str> {
        let Some(mut value) = table.remove("backend") else {
            return Err(Problem::new("missing option `backend`")
                .hint(format!("add backend = \"NAME\"; backends: {}", BackendOptions::NAMES.join(", ")))
                .at(self.header.clone()));
        };
        references.resolve(&mut value, "backend", self.text, environment)?;
        let Some(name) = value.get_ref().as_str() else {
            return Err(Problem::wrong_type("backend", "a string", article(value.get_ref())).at(value.span()));
        };
        let known = BackendOptions::NAMES.iter().copied().find(|backend| *backend == name);
        known.ok_or_else(|| Problem::unknown_name("backend", "value", name, BackendOptions::NAMES).at(value.span()))
    }

    /// Refuses names that `backend` does not have, before any program is run for its secrets.
    fn check_names(self, table: &DeTable<'_>, backend: &str) -> Checked<()> {
        let fields = fields::names(backend);
        let forms: Vec<String> = fields::secrets(backend).flat_map(secrets::forms).collect();
        let listed: Vec<&str> = fields.iter().copied().chain(fields::rule_table_names()).collect();
        let mut known = listed.clone();
        known.extend(forms.iter().map(String::as_str).filter(|form| !fields.contains(form)));
        let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(first) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };

        let name: &str = first.get_ref();
        // The two other forms of every secret would only be in the way where all names are listed.
        let mut problem = Problem::unknown_option(name, &known, &listed);
        let others: Vec<&str> =
            BackendOptions::NAMES.iter().copied().filter(|other| fields::names(other).contains(&name)).collect();
        if !others.is_empty() {
            problem = problem.detail(format!("backend `{backend}` has none, it belongs to {}", others.join(", ")));
        }
        Err(problem.at(first.span()))
    }
}

/// The entries of `table` in the order of the file, so that the first mistake is reported.
fn in_order<'a, 'i>(table: &'a mut DeTable<'i>) -> Vec<(String, &'a mut Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter_mut().map(|(key, value)| (key.get_ref().to_string(), value)).collect();
    entries.sort_by_key(|(_, value)| value.span().start);
    entries
}
