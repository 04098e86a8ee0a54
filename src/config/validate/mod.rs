//! What options must be beyond their types: ranges, known names, what needs what.

mod clouds;

use std::ops::Range;

use toml::de::DeTable;

use super::problem::{Checked, Problem};
use super::sensitive::key_span;
use crate::store::BackendOptions;
use crate::store::objects::filesystem::FilesystemOptions;
use crate::store::sql::{DatabaseOptions, PoolingOptions};

/// More connections than any server takes.
const MOST_CONNECTIONS: u32 = 10_000;

/// Thirty years: longer than any timeout means, and far from what a duration cannot hold.
const LONGEST_SECONDS: f64 = 1e9;

/// What the namespace column holds.
const LONGEST_NAMESPACE: usize = 255;

/// Where the options of a profile stand in its file.
pub(super) struct Places<'a> {
    /// The profile's options.
    pub(super) table: &'a DeTable<'a>,
    /// Where the profile's name stands.
    pub(super) header: &'a Range<usize>,
    /// Whether the namespace comes from the command line.
    pub(super) overridden: bool,
}

impl Places<'_> {
    /// `option` (`pooling.` before one of the sub-table) is not possible, because of `detail`.
    fn wrong(&self, option: &str, detail: impl Into<String>) -> Problem {
        Problem::wrong_value(option, detail).at(self.of(option))
    }

    /// The place of the value of `option`; that of the profile if it is not given.
    fn of(&self, option: &str) -> Range<usize> {
        let (table, name) = match option.split_once('.') {
            Some((outer, name)) => {
                (self.table.get(outer).and_then(|value| value.get_ref().as_table()).unwrap_or(self.table), name)
            }
            None => (self.table, option),
        };
        table.get(name).map_or_else(|| self.header.clone(), toml::Spanned::span)
    }

    /// The place of the name of `option`.
    fn of_name(&self, option: &str) -> Range<usize> {
        key_span(self.table, option).unwrap_or_else(|| self.header.clone())
    }

    /// `given` is not enough: `missing` belongs to it.
    fn needs(&self, given: &str, missing: &str) -> Problem {
        Problem::new(format!("missing option `{missing}`"))
            .detail(format!("`{given}` needs it"))
            .at(self.of_name(given))
    }
}

/// Refuses what a backend could not work with, and writes known names as their cloud does.
pub(super) fn check(options: &mut BackendOptions, places: &Places<'_>) -> Checked<()> {
    let is_database = matches!(options, BackendOptions::Database(_));
    check_namespace(namespace(options), is_database, places)?;
    match options {
        BackendOptions::Database(database) => check_database(database, places),
        BackendOptions::S3(s3) => clouds::check_s3(s3, places),
        BackendOptions::Gcs(gcs) => clouds::check_gcs(gcs, places),
        BackendOptions::Azure(azure) => clouds::check_azure(azure, places),
        BackendOptions::Filesystem(filesystem) => check_filesystem(filesystem, places),
        BackendOptions::Memory(_) => Ok(()),
    }
}

/// The namespace that `options` say.
pub(super) fn namespace(options: &BackendOptions) -> &str {
    match options {
        BackendOptions::Database(options) => &options.namespace,
        BackendOptions::S3(options) => &options.namespace,
        BackendOptions::Gcs(options) => &options.namespace,
        BackendOptions::Azure(options) => &options.namespace,
        BackendOptions::Filesystem(options) => &options.namespace,
        BackendOptions::Memory(options) => &options.namespace,
    }
}

/// The namespace of `options`, to be changed.
pub(super) fn namespace_of(options: &mut BackendOptions) -> &mut String {
    match options {
        BackendOptions::Database(options) => &mut options.namespace,
        BackendOptions::S3(options) => &mut options.namespace,
        BackendOptions::Gcs(options) => &mut options.namespace,
        BackendOptions::Azure(options) => &mut options.namespace,
        BackendOptions::Filesystem(options) => &mut options.namespace,
        BackendOptions::Memory(options) => &mut options.namespace,
    }
}

fn check_namespace(namespace: &str, is_database: bool, places: &Places<'_>) -> Checked<()> {
    let complaint = if namespace.chars().any(char::is_control) {
        Some("it holds a control character".to_owned())
    } else if namespace.chars().count() > LONGEST_NAMESPACE {
        Some(format!("it is longer than {LONGEST_NAMESPACE} characters"))
    } else if is_database {
        None
    } else {
        leaves_its_directory(namespace)
    };
    match complaint {
        None => Ok(()),
        Some(complaint) if places.overridden => {
            Err(Problem::new("the namespace given for this run cannot be used").detail(complaint))
        }
        Some(complaint) => Err(places.wrong("namespace", complaint)),
    }
}

/// Why `path`, put behind a directory, would not stay within it.
fn leaves_its_directory(path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some("it begins with `/`".to_owned());
    }
    let wrong = path.split(['/', '\\']).find(|segment| matches!(*segment, "." | ".."))?;
    Some(format!("`{wrong}` is not allowed in it"))
}

fn check_filesystem(options: &FilesystemOptions, places: &Places<'_>) -> Checked<()> {
    if options.base_path.as_os_str().is_empty() {
        return Err(places.wrong("base_path", "it is empty").hint("write \".\" for the working directory"));
    }
    if let Some(complaint) = leaves_its_directory(&options.prefix) {
        return Err(places.wrong("prefix", complaint));
    }
    let extension = &options.file_extension;
    let has_name = extension.strip_prefix('.').is_some_and(|name| !name.is_empty());
    if !has_name || extension.contains(['/', '\\', '\0']) {
        return Err(places.wrong("file_extension", "it must begin with `.` and be part of a file name"));
    }
    Ok(())
}

fn check_database(options: &DatabaseOptions, places: &Places<'_>) -> Checked<()> {
    if !options.connection_url.expose().contains("://") {
        return Err(places
            .wrong("connection_url", "it is no address")
            .hint("write sqlite:///FILE, postgresql://, mysql:// or mssql://"));
    }
    let prefix = &options.table_prefix;
    if !prefix.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
        return Err(places.wrong("table_prefix", "only letters, digits and `_` are allowed (A-Z, a-z, 0-9)"));
    }
    if prefix.len() > DatabaseOptions::LONGEST_TABLE_PREFIX {
        let most = DatabaseOptions::LONGEST_TABLE_PREFIX;
        return Err(places.wrong("table_prefix", format!("it is longer than {most} characters")));
    }
    count("pool_size", options.pool_size, 1, places)?;
    count("max_overflow", options.max_overflow, 0, places)?;
    check_pooling(&options.pooling, places)
}

fn check_pooling(pooling: &PoolingOptions, places: &Places<'_>) -> Checked<()> {
    count("pooling.pool_size", pooling.pool_size.unwrap_or(1), 1, places)?;
    count("pooling.max_overflow", pooling.max_overflow.unwrap_or(0), 0, places)?;
    if pooling.pool_recycle < -1 {
        return Err(places.wrong("pooling.pool_recycle", "it must be at least 0, or -1 for never"));
    }
    for (option, seconds) in [
        ("pooling.pool_timeout", pooling.pool_timeout),
        ("pooling.retry_base_delay", pooling.retry_base_delay),
        ("pooling.retry_max_delay", pooling.retry_max_delay),
        ("pooling.recovery_timeout", pooling.recovery_timeout),
        ("pooling.health_check_interval", pooling.health_check_interval),
        ("pooling.health_check_timeout", pooling.health_check_timeout),
    ] {
        let most = DatabaseOptions::LONGEST_SECONDS;
        if !(0.0..=most).contains(&seconds) {
            return Err(places.wrong(option, format!("it must be seconds, from 0 to {most}")));
        }
    }
    // No time at all would make every database a sick one.
    if pooling.health_check_timeout == 0.0 {
        return Err(places.wrong("pooling.health_check_timeout", "it must be more than 0"));
    }
    if !(1.0..=1e6).contains(&pooling.retry_factor) {
        return Err(places.wrong("pooling.retry_factor", "it must be from 1 to 1000000"));
    }
    if pooling.max_retries > 1_000 {
        return Err(places.wrong("pooling.max_retries", "it must be at most 1000"));
    }
    for (option, number) in [
        ("pooling.failure_threshold", pooling.failure_threshold),
        ("pooling.success_threshold", pooling.success_threshold),
        ("pooling.half_open_max_calls", pooling.half_open_max_calls),
    ] {
        if number == 0 {
            return Err(places.wrong(option, "it must be at least 1"));
        }
    }
    Ok(())
}

fn count(option: &str, number: u32, least: u32, places: &Places<'_>) -> Checked<()> {
    if (least..=MOST_CONNECTIONS).contains(&number) {
        return Ok(());
    }
    Err(places.wrong(option, format!("it must be from {least} to {MOST_CONNECTIONS}")))
}
