//! Maps a connection URL to a SQLite file and the way to open it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};

use crate::error::{Error, Result};
use crate::store::sql::url::DatabaseUrl;

/// The lock timeout, unless the URL sets `timeout`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Parameters of Python's driver without effect here.
const WITHOUT_EFFECT: [&str; 6] =
    ["autocommit", "cached_statements", "check_same_thread", "detect_types", "factory", "isolation_level"];

/// Parameters of SQLite's `file:` URI that are passed on, with `uri=true` only, as in SQLAlchemy.
const URI_PARAMETERS: [&str; 5] = ["cache", "immutable", "nolock", "psow", "vfs"];

/// Characters of a path that are not percent-encoded.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// A SQLite file, or memory.
#[derive(Clone, Debug)]
pub(super) struct SqliteAddress {
    /// Absolute; `None` for memory.
    path: Option<PathBuf>,
    parameters: String,
    read_only: bool,
    busy_timeout: Duration,
}

impl SqliteAddress {
    /// Returns the file that `url` names. Uses only the name of the working directory.
    ///
    /// # Errors
    /// [`Usage`](crate::error::ErrorKind::Usage) for unknown parameters and invalid values: a parameter must not be
    /// ignored silently.
    pub(super) fn from_url(url: &DatabaseUrl) -> Result<Self> {
        let is_uri = url.parameter("uri").is_some_and(is_true);
        check_parameters(url, is_uri)?;
        let mut name = url.database().unwrap_or(":memory:");
        let mut mode = None;
        let mut parameters = String::new();
        if is_uri {
            name = name.strip_prefix("file:").unwrap_or(name);
            mode = url.parameter("mode");
            for key in URI_PARAMETERS {
                if let Some(value) = url.parameter(key) {
                    parameters.push_str(&format!("&{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
                }
            }
        }
        let is_memory = name == ":memory:" || name.is_empty() || mode == Some("memory");
        if name.contains('\0') {
            return Err(Error::usage("the path of the SQLite file holds a NUL character"));
        }
        let path = match is_memory {
            true => None,
            false => Some(std::path::absolute(name).map_err(|error| {
                Error::usage(format!("the path `{name}` of the SQLite file cannot be made absolute")).with_source(error)
            })?),
        };
        let busy_timeout = match url.parameter("timeout") {
            None => BUSY_TIMEOUT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|seconds| *seconds <= 86_400.0)
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .ok_or_else(|| {
                    Error::usage("the `timeout` in the connection URL is not a number of seconds, at most a day")
                })?,
        };
        Ok(Self { path, parameters, read_only: mode == Some("ro"), busy_timeout })
    }

    /// Returns the path; `None` for memory.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether the URL asks for read-only access.
    pub(super) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Returns the lock timeout.
    pub(super) fn busy_timeout(&self) -> Duration {
        self.busy_timeout
    }

    /// Returns the `file:` URI to open the file for reading alone, without locks and without a file beside it.
    pub(super) fn uri_as_it_lies(&self) -> String {
        let reader = Self { read_only: true, ..self.clone() };
        format!("{}&immutable=1", reader.uri())
    }

    /// Returns the `file:` URI to open. It never creates the file, and every character of the path is literal.
    pub(super) fn uri(&self) -> String {
        let Some(path) = &self.path else { return ":memory:".to_owned() };
        // `C:\dir` becomes `/C:/dir`. Elsewhere a path is any bytes, and SQLite takes them as they are.
        let path = match cfg!(windows) {
            true => format!("/{}", path.to_string_lossy().replace('\\', "/")).into_bytes(),
            false => path.as_os_str().as_encoded_bytes().to_vec(),
        };
        let mode = if self.read_only { "ro" } else { "rw" };
        format!("file:{}?mode={mode}{}", percent_encode(&path, PATH), self.parameters)
    }
}

/// Refuses parameters that are unknown, and those that have no effect without `uri=true`.
fn check_parameters(url: &DatabaseUrl, is_uri: bool) -> Result<()> {
    for (name, value) in url.parameters() {
        let is_of_uri = name == "mode" || URI_PARAMETERS.contains(&name);
        if is_of_uri && !is_uri {
            return Err(Error::usage(format!("the `{name}` in the connection URL has no effect without `uri=true`"))
                .with_hint("write sqlite:///file:PATH?mode=ro&uri=true"));
        }
        if name == "mode" && !["ro", "rw", "rwc", "memory"].contains(&value) {
            return Err(Error::usage("the `mode` in the connection URL has no valid value")
                .with_hint("it takes ro, rw, rwc or memory"));
        }
        // The name is not repeated: it may be part of a secret.
        if !is_of_uri && !["timeout", "uri"].contains(&name) && !WITHOUT_EFFECT.contains(&name) {
            return Err(Error::usage("the connection URL has a parameter that is not known for SQLite").with_hint(
                "known are timeout and uri; with uri=true also cache, immutable, mode, nolock, psow and vfs",
            ));
        }
    }
    Ok(())
}

/// SQLAlchemy's `asbool`.
fn is_true(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "y" | "t" | "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(url: &str) -> SqliteAddress {
        SqliteAddress::from_url(&DatabaseUrl::parse(url).unwrap()).unwrap()
    }

    #[test]
    fn memory_has_three_spellings_and_a_parameter() {
        for url in ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"] {
            assert!(file(url).path().is_none(), "{url}");
        }
    }

    #[test]
    fn special_characters_of_a_path_stand_for_themselves() {
        let file = file("sqlite:////tmp/a%3Fmode=memory&b %23.db");
        assert_eq!(file.path().unwrap(), Path::new("/tmp/a?mode=memory&b #.db"));
        assert_eq!(file.uri(), "file:/tmp/a%3Fmode%3Dmemory%26b%20%23.db?mode=rw");
    }

    #[test]
    fn reading_only_and_the_timeout_come_from_the_url() {
        let read_only = file("sqlite:////x.db?mode=ro&uri=true&timeout=2.5");
        assert!(read_only.is_read_only());
        assert_eq!(read_only.busy_timeout(), Duration::from_millis(2_500));
        let wrong = DatabaseUrl::parse("sqlite:///x.db?timeout=soon").unwrap();
        assert!(SqliteAddress::from_url(&wrong).is_err());
    }

    #[test]
    fn what_would_have_no_effect_is_refused_without_repeating_it() {
        for parameters in [
            "mode=ro",
            "immutable=1",
            "hunter2=x",
            "foo=hunter2",
            "mode=hunter2&uri=true",
            "foo=1&uri=true",
            "cache=shared&uri=no",
        ] {
            let url = DatabaseUrl::parse(&format!("sqlite:///x.db?{parameters}")).unwrap();
            let error = SqliteAddress::from_url(&url).unwrap_err();
            assert!(error.hint().is_some() && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        for parameters in ["check_same_thread=false", "timeout=1&isolation_level=IMMEDIATE", "mode=rwc&uri=true"] {
            file(&format!("sqlite:///x.db?{parameters}"));
        }
    }
}
