//! Classifies the errors of PostgreSQL and the network: the only place that reads them.

use std::error::Error as StdError;
use std::io;

use tokio_postgres::Error as PostgresError;
use tokio_postgres::error::SqlState;

use super::handshake::HandshakeFailure;
use crate::store::sql::dialects::server::was_there;
use crate::store::sql::failure::{FailureClass, SqlFailure};

/// SQLSTATEs and their classes. SQLSTATE classes with a single meaning are in [`from_state`].
const STATES: [(&SqlState, FailureClass); 28] = [
    (&SqlState::INVALID_CATALOG_NAME, FailureClass::UnknownDatabase),
    (&SqlState::UNDEFINED_TABLE, FailureClass::MissingTable),
    (&SqlState::UNDEFINED_COLUMN, FailureClass::MissingColumn),
    // The schema in `search_path`.
    (&SqlState::INVALID_SCHEMA_NAME, FailureClass::UnknownDatabase),
    (&SqlState::UNIQUE_VIOLATION, FailureClass::Duplicate),
    (&SqlState::STRING_DATA_RIGHT_TRUNCATION, FailureClass::TooLarge),
    (&SqlState::PROGRAM_LIMIT_EXCEEDED, FailureClass::TooLarge),
    (&SqlState::CHARACTER_NOT_IN_REPERTOIRE, FailureClass::UnsupportedValue),
    (&SqlState::UNTRANSLATABLE_CHARACTER, FailureClass::UnsupportedValue),
    (&SqlState::DATETIME_FIELD_OVERFLOW, FailureClass::UnsupportedValue),
    (&SqlState::T_R_SERIALIZATION_FAILURE, FailureClass::Conflict),
    (&SqlState::T_R_DEADLOCK_DETECTED, FailureClass::Conflict),
    (&SqlState::LOCK_NOT_AVAILABLE, FailureClass::Busy),
    (&SqlState::TOO_MANY_CONNECTIONS, FailureClass::Overloaded),
    (&SqlState::CANNOT_CONNECT_NOW, FailureClass::Unavailable),
    (&SqlState::ADMIN_SHUTDOWN, FailureClass::ConnectionLost),
    (&SqlState::CRASH_SHUTDOWN, FailureClass::ConnectionLost),
    (&SqlState::DATABASE_DROPPED, FailureClass::UnknownDatabase),
    (&SqlState::IDLE_SESSION_TIMEOUT, FailureClass::ConnectionLost),
    (&SqlState::INVALID_PASSWORD, FailureClass::Denied),
    (&SqlState::INVALID_AUTHORIZATION_SPECIFICATION, FailureClass::Denied),
    (&SqlState::INSUFFICIENT_PRIVILEGE, FailureClass::Denied),
    // A standby, or a read-only server.
    (&SqlState::READ_ONLY_SQL_TRANSACTION, FailureClass::Denied),
    (&SqlState::DISK_FULL, FailureClass::Full),
    (&SqlState::IO_ERROR, FailureClass::InputOutput),
    (&SqlState::DATA_CORRUPTED, FailureClass::Corrupt),
    (&SqlState::INDEX_CORRUPTED, FailureClass::Corrupt),
    (&SqlState::PROTOCOL_VIOLATION, FailureClass::Unreachable),
];

/// The SQLSTATE of statements after a failed one in the same transaction.
pub(super) fn is_aftermath(error: &PostgresError) -> bool {
    error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION)
}

/// Whether creating the table failed because another client was creating it.
pub(super) fn is_there_already(error: &PostgresError) -> bool {
    [SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT, SqlState::UNIQUE_VIOLATION]
        .iter()
        .any(|state| error.code() == Some(state))
}

/// Classifies the error of a statement.
pub(super) fn from_statement(error: &PostgresError) -> SqlFailure {
    from_error(error, FailureClass::ConnectionLost)
}

/// Classifies the error of connecting.
pub(super) fn from_connecting(error: &PostgresError) -> SqlFailure {
    from_error(error, FailureClass::Unreachable).of_connecting()
}

/// Whether the server may accept the same user with or without encryption: `pg_hba.conf` can require either.
pub(super) fn depends_on_encryption(error: &PostgresError) -> bool {
    match error.as_db_error() {
        Some(error) => *error.code() == SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        None => tls_error(error).is_some(),
    }
}

fn from_error(error: &PostgresError, without_answer: FailureClass) -> SqlFailure {
    if let Some(told) = error.as_db_error() {
        let mut reason = told.message().to_owned();
        if let Some(detail) = told.detail() {
            reason.push_str(": ");
            reason.push_str(detail);
        }
        let class = from_proxy(told.code(), told.message()).unwrap_or_else(|| from_state(told.code()));
        return SqlFailure::new(class, reason);
    }
    if let Some(reason) = tls_error(error) {
        return SqlFailure::new(FailureClass::Untrusted, reason);
    }
    let class = match deepest(error) {
        Some(cause) if cause.downcast_ref::<io::Error>().is_some_and(|cause| was_there(cause.kind())) => {
            lost(without_answer)
        }
        // No PostgreSQL sends this; a repetition would not help.
        Some(cause) if is_nonsense(cause) => FailureClass::Unreachable,
        Some(cause) if cause.is::<io::Error>() => without_answer,
        _ if error.is_closed() => lost(without_answer),
        Some(cause) => {
            // A missing password, or an authentication method that is not supported.
            let is_sign_in = error.to_string().starts_with("authentication") || cause.to_string().contains("password");
            if is_sign_in { FailureClass::Denied } else { FailureClass::Other }
        }
        None => without_answer,
    };
    let reason = deepest(error).map_or_else(|| error.to_string(), ToString::to_string);
    SqlFailure::new(class, reason)
}

fn is_nonsense(cause: &(dyn StdError + 'static)) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput};
    cause.downcast_ref::<io::Error>().is_some_and(|error| matches!(error.kind(), InvalidData | InvalidInput))
}

/// A server that closes the connection during the handshake is starting or shutting down.
fn lost(without_answer: FailureClass) -> FailureClass {
    if without_answer == FailureClass::Unreachable { FailureClass::Unavailable } else { without_answer }
}

/// Returns why the server's certificate was rejected, or that the server has none.
fn tls_error(error: &PostgresError) -> Option<String> {
    let handshake = error.source().and_then(|cause| cause.downcast_ref::<HandshakeFailure>());
    let is_tls = match handshake {
        Some(HandshakeFailure::Wire(_)) => return None,
        Some(_) => true,
        None => error.to_string().contains("TLS"),
    };
    let mut cause = error.source();
    while let Some(error) = cause {
        // rustls's error is wrapped in the input/output error.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && inner.is::<rustls::Error>()
        {
            return Some(inner.to_string());
        }
        cause = error.source();
    }
    is_tls.then(|| deepest(error).map_or_else(|| error.to_string(), ToString::to_string))
}

fn deepest(error: &PostgresError) -> Option<&(dyn StdError + 'static)> {
    let mut cause = error.source()?;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Some(cause)
}

/// The words of PgBouncer and similar proxies, which have one SQLSTATE for all that they refuse themselves. Their other
/// refusals pass: too many clients, or a server that is not there.
const WORDS_OF_PROXIES: [(&str, FailureClass); 5] = [
    ("transaction blocks not allowed", FailureClass::WithoutTransactions),
    ("authentication failed", FailureClass::Denied),
    ("no such user", FailureClass::Denied),
    ("no such database", FailureClass::UnknownDatabase),
    ("unsupported startup parameter", FailureClass::UnknownDatabase),
];

fn from_proxy(state: &SqlState, message: &str) -> Option<FailureClass> {
    let known = || WORDS_OF_PROXIES.iter().find(|(words, _)| message.contains(words)).map(|(_, class)| *class);
    (*state == SqlState::PROTOCOL_VIOLATION).then(known).flatten()
}

fn from_state(state: &SqlState) -> FailureClass {
    if let Some((_, class)) = STATES.iter().find(|(known, _)| *known == state) {
        return *class;
    }
    match state.code().get(..2) {
        Some("08") => FailureClass::ConnectionLost,
        Some("28") => FailureClass::Denied,
        Some("58") => FailureClass::InputOutput,
        _ => FailureClass::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_of_postgresql_are_understood() {
        for (state, class) in [
            ("3D000", FailureClass::UnknownDatabase),
            ("42P01", FailureClass::MissingTable),
            ("23505", FailureClass::Duplicate),
            ("40001", FailureClass::Conflict),
            ("40P01", FailureClass::Conflict),
            ("53300", FailureClass::Overloaded),
            ("57P03", FailureClass::Unavailable),
            ("57P01", FailureClass::ConnectionLost),
            ("08006", FailureClass::ConnectionLost),
            ("28P01", FailureClass::Denied),
            ("28000", FailureClass::Denied),
            ("42501", FailureClass::Denied),
            ("53100", FailureClass::Full),
            ("42601", FailureClass::Other),
        ] {
            assert_eq!(from_state(&SqlState::from_code(state)), class, "{state}");
        }
    }
}
