//! Classifies the errors of SQL Server and the network: the only place that reads them.

use std::io;

use tiberius::error::Error as TdsError;

use super::table::UNFIT;
use crate::store::sql::failure::{FailureClass, SqlFailure};

/// Error numbers and their classes. Azure's begin at 40000. Errors that Microsoft calls transient are retried: see
/// "Troubleshoot transient connection errors" and "SqlRetryLogic" in its documentation.
const NUMBERS: [(FailureClass, &[u32]); 15] = [
    // The database does not exist, or the user cannot see it.
    (FailureClass::UnknownDatabase, &[911, 4060]),
    (FailureClass::MissingTable, &[MISSING_TABLE, 4902]),
    (FailureClass::Duplicate, &[2601, 2627]),
    // Truncated text, a key or a row that is too long.
    (FailureClass::TooLarge, &[511, 1946, 2628, 7119, 8152]),
    // DATETIME begins in 1753.
    (FailureClass::UnsupportedValue, &[242, UNFIT]),
    (FailureClass::Busy, &[1222]),
    // Deadlock, snapshot conflict, conflict in memory-optimized tables.
    (FailureClass::Conflict, &[1205, 3960, 3961, 41_301, 41_302, 41_305, 41_325, 41_839]),
    // Starting, shutting down, failing over, paused, recovering.
    (
        FailureClass::Unavailable,
        &[
            615, 617, 669, 904, 921, 922, 927, 941, 945, 976, 978, 979, 983, 4221, 6005, 6006, 9001, 9003, 17_142,
            18_401, 40_143, 40_166, 40_197, 40_540, 40_613, 42_108, 42_109, 49_510,
        ],
    ),
    // Too many sessions, too little memory, throttled.
    (
        FailureClass::Overloaded,
        &[
            701, 1204, 8628, 8645, 8651, 10_922, 10_928, 10_929, 10_930, 10_936, 17_809, 17_810, 17_830, 17_889,
            40_501, 49_918, 49_919, 49_920,
        ],
    ),
    // Error codes of the operating system, which Microsoft's drivers report for a broken connection.
    (FailureClass::ConnectionLost, &[20, 64, 121, 233, 258, 596, 997, 1236, 10_053, 10_054, 10_060, u32::MAX - 1]),
    // Login, firewall, permissions, read-only database.
    (
        FailureClass::Denied,
        &[
            229, 230, 262, 297, 300, 916, 2760, 3906, 18_450, 18_451, 18_452, 18_456, 18_458, 18_459, 18_461, 18_462,
            18_463, 18_464, 18_465, 18_466, 18_467, 18_468, 18_470, 18_471, 18_486, 18_487, 18_488, 40_532, 40_607,
            40_615, 40_914, 47_073,
        ],
    ),
    (FailureClass::MissingColumn, &[207]),
    (FailureClass::Corrupt, &[605, 824, 825, 5242, 5243, 8966]),
    (FailureClass::Full, &[1101, 1105, 9002, 40_544]),
    (FailureClass::InputOutput, &[823, 832, 5123, 5180]),
];

const MISSING_TABLE: u32 = 208;

/// The errors of a table or an index that another client has created meanwhile.
const THERE_ALREADY: [u32; 3] = [1913, 2705, 2714];

/// Errors of this severity and above end the connection.
const FATAL: u8 = 20;

/// Classifies the error of a statement.
pub(super) fn from_statement(error: &TdsError) -> SqlFailure {
    from_tds(error, FailureClass::ConnectionLost)
}

/// Classifies the error of signing in at `place`.
pub(super) fn from_sign_in(place: &str, error: &TdsError) -> SqlFailure {
    let mut failure = from_tds(error, FailureClass::Unreachable).of_connecting();
    if !matches!(error, TdsError::Server(_)) {
        failure.reason = format!("{place} does not answer as SQL Server does: {}", failure.reason);
    }
    failure
}

/// The failure for a server that does not answer at `place`.
pub(super) fn unreachable(place: &str, error: &io::Error) -> SqlFailure {
    SqlFailure::new(FailureClass::Unreachable, format!("{place} does not answer: {error}"))
}

/// Classifies the error of the TLS handshake with `place`.
pub(super) fn from_handshake(place: &str, error: &io::Error) -> SqlFailure {
    // rustls's error is wrapped in the input/output error.
    match error.get_ref().filter(|inner| inner.is::<rustls::Error>()) {
        Some(inner) => SqlFailure::new(FailureClass::Untrusted, format!("{place} is not trusted: {inner}")),
        None => unreachable(place, error),
    }
}

/// Whether the connection must not be reused.
pub(super) fn is_fatal(error: &TdsError) -> bool {
    match error {
        TdsError::Server(told) => told.class() >= FATAL || from_statement(error).class == FailureClass::ConnectionLost,
        // The position in the reply is unknown.
        _ => true,
    }
}

/// Whether creating the table failed because it exists by now.
pub(super) fn is_there_already(error: &TdsError) -> bool {
    error.code().is_some_and(|number| THERE_ALREADY.contains(&number))
}

fn from_tds(error: &TdsError, without_answer: FailureClass) -> SqlFailure {
    match error {
        TdsError::Server(told) => {
            let (number, message) = (told.code(), told.message().trim_end());
            // A server or a database that is too old reports the function OPENJSON as a missing table.
            if number == MISSING_TABLE && message.to_ascii_lowercase().contains("openjson") {
                let reason = format!("{message} (error {number}); tags need compatibility level 130, SQL Server 2016");
                return SqlFailure::new(FailureClass::Other, reason);
            }
            SqlFailure::new(from_number(number), format!("{message} (error {number})"))
        }
        TdsError::Io { message, .. } => SqlFailure::new(without_answer, message.as_str()),
        // A connection that breaks in the middle of a reply appears as a protocol error.
        TdsError::Protocol(message) => SqlFailure::new(without_answer, message.as_ref()),
        // No SQL Server sends this; a repetition would not help.
        other => SqlFailure::new(FailureClass::Unreachable, other.to_string()),
    }
}

fn from_number(number: u32) -> FailureClass {
    NUMBERS.iter().find(|(_, numbers)| numbers.contains(&number)).map_or(FailureClass::Other, |(class, _)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_sql_server_are_understood() {
        for (number, class) in [
            (1205, FailureClass::Conflict),
            (1222, FailureClass::Busy),
            (40_613, FailureClass::Unavailable),
            (40_501, FailureClass::Overloaded),
            (2627, FailureClass::Duplicate),
            (2601, FailureClass::Duplicate),
            (18_456, FailureClass::Denied),
            (4060, FailureClass::UnknownDatabase),
            (208, FailureClass::MissingTable),
            (2628, FailureClass::TooLarge),
            (9002, FailureClass::Full),
            (102, FailureClass::Other),
        ] {
            assert_eq!(from_number(number), class, "{number}");
        }
    }

    #[test]
    fn what_microsoft_calls_transient_is_tried_again() {
        for number in [
            20,
            64,
            233,
            1205,
            4221,
            10_053,
            10_054,
            10_060,
            10_928,
            10_929,
            40_143,
            40_197,
            40_501,
            40_540,
            40_613,
            49_918,
            49_919,
            49_920,
            u32::MAX - 1,
        ] {
            assert!(from_number(number).is_transient(), "{number}");
        }
        for number in [102, 207, 208, 229, 547, 2601, 2627, 2628, 4060, 8152, 18_456] {
            assert!(!from_number(number).is_transient(), "{number}");
        }
    }

    #[test]
    fn no_number_means_two_things() {
        let mut numbers: Vec<_> = NUMBERS.iter().flat_map(|(_, numbers)| numbers.iter()).collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
    }

    #[test]
    fn a_certificate_that_is_refused_is_told_from_a_server_that_is_not_there() {
        let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let failure = from_handshake("h:1", &io::Error::new(io::ErrorKind::InvalidData, refused));
        assert_eq!(failure.class, FailureClass::Untrusted);
        let failure = from_handshake("h:1", &io::ErrorKind::ConnectionReset.into());
        assert_eq!(failure.class, FailureClass::Unreachable);
    }
}
