//! Shared by the databases that run as a server.

#[cfg(any(feature = "mysql", feature = "postgres"))]
use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::secret::Secret;
use crate::secret::shown_path;
use crate::store::contract::Finding;
use crate::store::sql::failure::{FailureClass, SqlFailure};
use crate::tls::describe_issuers;

/// The error for an invalid value of a URL parameter.
pub(super) fn bad_parameter(name: &str, takes: &str) -> Error {
    Error::usage(format!("the `{name}` in the connection URL has no valid value"))
        .with_hint(format!("it takes {takes}"))
}

/// Finds the variables of the environment.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) type Variables<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// The password in this variable. An empty one counts as none, as for the programs of the servers.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn password_of(variable: &str, variables: &Variables<'_>) -> Option<Secret> {
    let password = variables(variable)?.into_string().ok()?;
    (!password.is_empty()).then(|| Secret::from(password))
}

/// `failure` of connecting. One to sign in names the variable or the file that the password comes from, if it comes from
/// outside the configuration.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn with_password_source(failure: SqlFailure, source: Option<String>) -> SqlFailure {
    match source.filter(|_| failure.class == FailureClass::Denied) {
        Some(source) => SqlFailure { reason: format!("{} (with the password of {source})", failure.reason), ..failure },
        None => failure,
    }
}

/// The connect timeout, unless the URL sets one.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The total time for retries of a call.
pub(super) const SERVER_RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// More rows than any statement asks for.
pub(super) const MOST_ROWS: usize = 10_000;

/// The failure of a server that sends more.
pub(super) fn too_many_rows() -> SqlFailure {
    SqlFailure::new(FailureClass::Unreachable, "the server sends more rows than were asked for")
}

/// Runs `connecting` with a timeout.
pub(super) async fn connect_in_time<T>(
    timeout: Duration,
    connecting: impl Future<Output = Result<T, SqlFailure>>,
) -> Result<T, SqlFailure> {
    tokio::time::timeout(timeout, connecting).await.unwrap_or_else(|_| {
        let reason = format!("the server did not complete the login within {} s", timeout.as_secs_f64());
        Err(SqlFailure::new(FailureClass::Unreachable, reason))
    })
}

/// Whether this error breaks an established connection.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn was_there(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Says why a file of certificates cannot be used.
pub(super) fn unusable_file(path: &Path, reason: impl Display) -> String {
    format!("{} cannot be used: {reason}", shown_path(&path.to_string_lossy()))
}

/// The check of `doctor` for a server whose certificate is verified with the issuers in a file, or with the system's.
pub(super) fn verified(path: Option<&Path>) -> Finding {
    Finding::issuers(describe_issuers(path).map_err(|reason| match path {
        Some(path) => unusable_file(path, reason),
        None => reason,
    }))
}

/// The check of `doctor` for a server whose certificate is not verified.
pub(super) fn unverified(remedy: &'static str) -> Finding {
    let message = "the certificate of the server is not verified: another server could take its place";
    Finding::doubtful("certificates", message, remedy)
}
