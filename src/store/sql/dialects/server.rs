//! What the databases with a server have in common.

use std::time::Duration;

use crate::error::Error;
use crate::store::sql::failure::{FailureClass, SqlFailure};

/// That a parameter of the URL has a value that it does not take.
pub(super) fn bad_parameter(name: &str, takes: &str) -> Error {
    Error::usage(format!("the `{name}` in the connection URL has no valid value"))
        .with_hint(format!("it takes {takes}"))
}

/// How long to wait for a server before a connection can be used, unless the URL says otherwise.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long all in all to go on trying what fails for a moment.
pub(super) const SERVER_RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// What connecting gives, or that it took too long.
pub(super) async fn connect_in_time<T>(
    timeout: Duration,
    connecting: impl Future<Output = Result<T, SqlFailure>>,
) -> Result<T, SqlFailure> {
    tokio::time::timeout(timeout, connecting).await.unwrap_or_else(|_| {
        let reason = format!("the server has not let us in within {} s", timeout.as_secs_f64());
        Err(SqlFailure::new(FailureClass::Unreachable, reason))
    })
}

/// Whether this happens to a connection that was there.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn was_there(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}
