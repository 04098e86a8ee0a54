//! Classifies the errors of MySQL, MariaDB and the network: the only place that reads them.

use std::error::Error as StdError;
use std::io::ErrorKind;

use mysql_async::{DriverError, Error as MysqlError, IoError};
use rustls::CertificateError;

use crate::store::sql::dialects::server::was_there;
use crate::store::sql::failure::{FailureClass, SqlFailure};

/// Error numbers and their classes.
const NUMBERS: [(&[u16], FailureClass); 17] = [
    (&[1046, 1049], FailureClass::UnknownDatabase),
    (&[1146], FailureClass::MissingTable),
    (&[1054], FailureClass::MissingColumn),
    (&[1062, 1586], FailureClass::Duplicate),
    // Too large for a column, a row, a key, a packet, a parameter.
    (&[1406, 1118, 1070, 1071, 1153, 1162, 1301], FailureClass::TooLarge),
    // Invalid characters or times.
    (&[1366, 1292, 1300, 3854, 3988], FailureClass::UnsupportedValue),
    // Lock timeout.
    (&[1205, 3572], FailureClass::Busy),
    // Deadlock; row changed since it was read; auto-increment lock; certification failure in a group.
    (&[1213, 1020, 1467, 3101], FailureClass::Conflict),
    (&[1040, 1203, 1226, 1461], FailureClass::Overloaded),
    // Starting, shutting down, offline.
    (&[1053, 1077, 1079, 3032, 3168], FailureClass::Unavailable),
    // Killed by an administrator; aborted; idle timeout.
    (&[1927, 1152, 1158, 1159, 1160, 1161, 1184, 2006, 2013, 4031], FailureClass::ConnectionLost),
    // User, privilege, expired password, encryption required.
    (
        &[1044, 1045, 1129, 1130, 1142, 1143, 1227, 1251, 1275, 1524, 1698, 1820, 1862, 3118, 3159, 3955, 4151],
        FailureClass::Denied,
    ),
    // Read-only server.
    (&[1290, 1792, 1836, 3100], FailureClass::Denied),
    (&[1021, 1041, 1114], FailureClass::Full),
    (&[1030, 1026, 1024, 1016], FailureClass::InputOutput),
    (&[1034, 1035, 1194, 1195, 1712], FailureClass::Corrupt),
    (&[1042, 1043], FailureClass::Unreachable),
];

/// Classifies the error of a statement.
pub(super) fn from_statement(error: &MysqlError) -> SqlFailure {
    from_error(error, FailureClass::ConnectionLost)
}

/// Classifies the error of connecting.
pub(super) fn from_connecting(error: &MysqlError) -> SqlFailure {
    from_error(error, FailureClass::Unreachable).of_connecting()
}

/// Whether the server does not support encryption.
pub(super) fn is_without_encryption(error: &MysqlError) -> bool {
    matches!(error, MysqlError::Driver(DriverError::NoClientSslFlagFromServer))
}

fn from_error(error: &MysqlError, without_answer: FailureClass) -> SqlFailure {
    let (class, reason) = match error {
        MysqlError::Server(told) => (from_number(told.code), told.message.clone()),
        MysqlError::Io(IoError::Tls(error)) => (FailureClass::Untrusted, deepest(error)),
        MysqlError::Io(IoError::Io(cause)) => match cause.get_ref() {
            // rustls's error is wrapped in the input/output error.
            Some(inner) if inner.is::<rustls::Error>() => (FailureClass::Untrusted, inner.to_string()),
            _ if matches!(cause.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
                (FailureClass::Unreachable, format!("the server does not answer as MySQL does: {cause}"))
            }
            _ if was_there(cause.kind()) => (lost(without_answer), cause.to_string()),
            _ => (without_answer, cause.to_string()),
        },
        MysqlError::Driver(DriverError::ConnectionClosed) => {
            (lost(without_answer), "the server has closed the connection".to_owned())
        }
        MysqlError::Driver(error @ DriverError::NoClientSslFlagFromServer) => {
            (FailureClass::Untrusted, format!("the server cannot encrypt: {error}"))
        }
        MysqlError::Driver(
            error @ (DriverError::UnknownAuthPlugin { .. }
            | DriverError::MysqlOldPasswordDisabled
            | DriverError::CleartextPluginDisabled),
        ) => (FailureClass::Denied, error.to_string()),
        // Their texts contain values or bytes of the connection.
        MysqlError::Driver(
            DriverError::FromValue { .. } | DriverError::FromRow { .. } | DriverError::UnexpectedPacket { .. },
        ) => (FailureClass::Unreachable, "the server has answered what was not asked".to_owned()),
        // The rest is about packets that no MySQL sends. A repetition would not help.
        MysqlError::Driver(error) => {
            (FailureClass::Unreachable, format!("the server does not answer as MySQL does: {error}"))
        }
        MysqlError::Other(error) => {
            (FailureClass::Unreachable, format!("the server does not answer as MySQL does: {error}"))
        }
        MysqlError::Url(_) => (FailureClass::Other, "the address is not valid".to_owned()),
    };
    SqlFailure::new(class, reason)
}

/// A server that closes the connection during the handshake is starting or shutting down.
fn lost(without_answer: FailureClass) -> FailureClass {
    if without_answer == FailureClass::Unreachable { FailureClass::Unavailable } else { without_answer }
}

/// Returns the names in a certificate from a known issuer that is for another host.
pub(super) fn other_names(error: &MysqlError) -> Vec<String> {
    let inner = match error {
        MysqlError::Io(IoError::Io(cause)) => cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
        _ => None,
    };
    let Some(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })) = inner
    else {
        return Vec::new();
    };
    // In the form DnsName("db.example.com") or IpAddress(10.0.0.1).
    let name = |text: &String| {
        let (_, name) = text.split_once('(')?;
        Some(name.strip_suffix(')')?.trim_matches('"').replace('*', "any"))
    };
    presented.iter().filter_map(name).collect()
}

fn deepest(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn from_number(number: u16) -> FailureClass {
    NUMBERS.iter().find(|(numbers, _)| numbers.contains(&number)).map_or(FailureClass::Other, |(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_mysql_are_understood() {
        for (number, class) in [
            (1049, FailureClass::UnknownDatabase),
            (1146, FailureClass::MissingTable),
            (1062, FailureClass::Duplicate),
            (1406, FailureClass::TooLarge),
            (1366, FailureClass::UnsupportedValue),
            (1205, FailureClass::Busy),
            (1213, FailureClass::Conflict),
            (1040, FailureClass::Overloaded),
            (1053, FailureClass::Unavailable),
            (3032, FailureClass::Unavailable),
            (1461, FailureClass::Overloaded),
            (1862, FailureClass::Denied),
            (1927, FailureClass::ConnectionLost),
            (1045, FailureClass::Denied),
            (1142, FailureClass::Denied),
            (1114, FailureClass::Full),
            (1064, FailureClass::Other),
        ] {
            assert_eq!(from_number(number), class, "{number}");
        }
    }

    #[test]
    fn no_number_means_two_things() {
        let mut numbers: Vec<u16> = NUMBERS.iter().flat_map(|(numbers, _)| numbers.iter().copied()).collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
    }
}
