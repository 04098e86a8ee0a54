//! From the table of one profile to the options of its backend.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::environment::Environment;
use super::problem::{Checked, Problem};
use super::secrets;
use super::sensitive::SECRETS;
use super::validate::{self, Places};
use super::value::{Value, article, fields_of};
use super::variables::References;
use crate::store::BackendOptions;
use crate::store::objects::azure::AzureOptions;
use crate::store::objects::filesystem::FilesystemOptions;
use crate::store::objects::gcs::GcsOptions;
use crate::store::objects::memory::MemoryOptions;
use crate::store::objects::s3::S3Options;
use crate::store::sql::{DatabaseOptions, PoolingOptions};

/// The backends, as `backend` names them.
pub(super) const BACKENDS: [&str; 6] = ["database", "s3", "gcs", "azure", "filesystem", "memory"];

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
    /// The options of the backend that this profile names.
    ///
    /// With an `environment`, its references are replaced and its files and programs asked. Without one nothing
    /// outside the file is touched; what cannot be known then is not checked.
    pub(super) fn read(self, environment: Option<&Environment>, namespace: Option<&str>) -> Checked<BackendOptions> {
        let mut table = self.table.clone();
        let mut references = References::new(environment.is_some());
        let backend = self.backend(&mut table, &mut references, environment)?;
        self.check_names(&table, backend)?;
        secrets::check_forms(&table)?;
        for (key, value) in in_order(&mut table) {
            references.resolve(value, &key, self.text, environment)?;
        }
        let is_complete = secrets::resolve(&mut table, environment)?;

        let value = Value::profile(&table, self.header.clone(), &references);
        let mut options = match backend {
            "database" => BackendOptions::Database(read_into::<DatabaseOptions>(value)?),
            "s3" => BackendOptions::S3(read_into::<S3Options>(value)?),
            "gcs" => BackendOptions::Gcs(read_into::<GcsOptions>(value)?),
            "azure" => BackendOptions::Azure(read_into::<AzureOptions>(value)?),
            "filesystem" => BackendOptions::Filesystem(read_into::<FilesystemOptions>(value)?),
            _ => BackendOptions::Memory(read_into::<MemoryOptions>(value)?),
        };
        if let Some(namespace) = namespace {
            *validate::namespace_of(&mut options) = namespace.to_owned();
        }
        // A rule about a value that is not known would be broken, or kept, by chance.
        if is_complete && !references.hide_values() {
            validate::check(
                &mut options,
                &Places { table: &table, header: self.header, overridden: namespace.is_some() },
            )?;
        }
        Ok(options)
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
                .hint(format!("add backend = \"NAME\"; backends: {}", BACKENDS.join(", ")))
                .at(self.header.clone()));
        };
        references.resolve(&mut value, "backend", self.text, environment)?;
        let Some(name) = value.get_ref().as_str() else {
            return Err(Problem::wrong_type("backend", "a string", article(value.get_ref())).at(value.span()));
        };
        let known = BACKENDS.into_iter().find(|backend| *backend == name);
        known.ok_or_else(|| Problem::unknown_name("backend", "value", name, &BACKENDS).at(value.span()))
    }

    /// Refuses names that `backend` does not have, before any program is run for its secrets.
    fn check_names(self, table: &DeTable<'_>, backend: &str) -> Checked<()> {
        let fields = fields(backend);
        let secret = fields.iter().filter(|field| SECRETS.contains(*field));
        let forms: Vec<String> = secret.flat_map(|field| secrets::forms(field)).collect();
        let mut known: Vec<&str> = fields.to_vec();
        known.extend(forms.iter().map(String::as_str).filter(|form| !fields.contains(form)));
        let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(first) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };

        let name: &str = first.get_ref();
        // The two other forms of every secret would only be in the way where all names are listed.
        let mut problem = Problem::unknown_option(name, &known, fields);
        let others: Vec<&str> = BACKENDS.into_iter().filter(|other| self::fields(other).contains(&name)).collect();
        if !others.is_empty() {
            problem = problem.detail(format!("backend `{backend}` has none, it belongs to {}", others.join(", ")));
        }
        Err(problem.at(first.span()))
    }
}

fn read_into<T: DeserializeOwned>(value: Value<'_>) -> Checked<T> {
    T::deserialize(value)
}

/// The entries of `table` in the order of the file, so that the first mistake is reported.
fn in_order<'a, 'i>(table: &'a mut DeTable<'i>) -> Vec<(String, &'a mut Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter_mut().map(|(key, value)| (key.get_ref().to_string(), value)).collect();
    entries.sort_by_key(|(_, value)| value.span().start);
    entries
}

/// The names of the options that `backend` has, `backend` itself aside.
pub(super) fn fields(backend: &str) -> &'static [&'static str] {
    match backend {
        "database" => fields_of::<DatabaseOptions>(),
        "s3" => fields_of::<S3Options>(),
        "gcs" => fields_of::<GcsOptions>(),
        "azure" => fields_of::<AzureOptions>(),
        "filesystem" => fields_of::<FilesystemOptions>(),
        "memory" => fields_of::<MemoryOptions>(),
        _ => &[],
    }
}

/// The names of the options in `[profiles.X.pooling]`.
pub(super) fn pooling_fields() -> &'static [&'static str] {
    fields_of::<PoolingOptions>()
}

/// The names of all options of all backends.
pub(super) fn all_option_names() -> Vec<&'static str> {
    BACKENDS.into_iter().map(fields).chain([pooling_fields()]).flatten().copied().collect()
}
