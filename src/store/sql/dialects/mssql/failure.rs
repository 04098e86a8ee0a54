//! What SQL Server and the way to it say, in our terms: the only place that reads their errors.

use std::io;

use tiberius::error::Error as TdsError;

use super::table::UNFIT;
use crate::store::sql::failure::{FailureClass, SqlFailure};

/// Numbers of errors, each with what it means. Those of Azure begin at 40000; what Microsoft calls transient is retried:
/// "Troubleshoot transient connection errors" and "SqlRetryLogic" in its documentation.
const NUMBERS: [(FailureClass, &[u32]); 14] = [
    // The database is not there, or this user may not know of it.
    (FailureClass::UnknownDatabase, &[911, 4060]),
    (FailureClass::MissingTable, &[MISSING_TABLE, 4902]),
    (FailureClass::Duplicate, &[2601, 2627]),
    // Cut text, a key or a row that is too long.
    (FailureClass::TooLarge, &[511, 1946, 2628, 7119, 8152]),
    // No DATETIME begins before 1753.
    (FailureClass::UnsupportedValue, &[242, UNFIT]),
    (FailureClass::Busy, &[1222]),
    // A deadlock, and conflicts of snapshots and of tables in memory.
    (FailureClass::Conflict, &[1205, 3960, 3961, 41_301, 41_302, 41_305, 41_325, 41_839]),
    // Starting, ending, moving to another machine, paused, being recovered.
    (
        FailureClass::Unavailable,
        &[
            615, 617, 669, 904, 921, 922, 927, 941, 945, 976, 978, 979, 983, 4221, 6005, 6006, 9001, 9003, 17_142,
            18_401, 40_143, 40_166, 40_197, 40_540, 40_613, 42_108, 42_109, 49_510,
        ],
    ),
    // Too many sessions, too little memory, too much to do.
    (
        FailureClass::Overloaded,
        &[
            701, 1204, 8628, 8645, 8651, 10_922, 10_928, 10_929, 10_930, 10_936, 17_809, 17_810, 17_830, 17_889,
            40_501, 49_918, 49_919, 49_920,
        ],
    ),
    // The system's own, which Microsoft's drivers give where the connection breaks.
    (FailureClass::ConnectionLost, &[20, 64, 121, 233, 258, 596, 997, 1236, 10_053, 10_054, 10_060, u32::MAX - 1]),
    // Sign-in, firewall, permissions, a database that only takes readers.
    (
        FailureClass::Denied,
        &[
            229, 230, 262, 297, 300, 916, 2760, 3906, 18_450, 18_451, 18_452, 18_456, 18_458, 18_459, 18_461, 18_462,
            18_463, 18_464, 18_465, 18_466, 18_467, 18_468, 18_470, 18_471, 18_486, 18_487, 18_488, 40_532, 40_607,
            40_615, 40_914, 47_073,
        ],
    ),
    (FailureClass::Corrupt, &[605, 824, 825, 5242, 5243, 8966]),
    (FailureClass::Full, &[1101, 1105, 9002, 40_544]),
    (FailureClass::InputOutput, &[823, 832, 5123, 5180]),
];

const MISSING_TABLE: u32 = 208;

/// The errors of a table or an index that somebody else has made meanwhile.
const THERE_ALREADY: [u32; 3] = [1913, 2705, 2714];

/// From this severity on the server ends the connection.
const FATAL: u8 = 20;

/// What a statement met.
pub(super) fn from_statement(error: &TdsError) -> SqlFailure {
    from_tds(error, FailureClass::ConnectionLost)
}

/// What signing in at `place` met.
pub(super) fn from_sign_in(place: &str, error: &TdsError) -> SqlFailure {
    let mut failure = from_tds(error, FailureClass::Unreachable);
    if !matches!(error, TdsError::Server(_)) {
        failure.reason = format!("{place} does not answer as SQL Server does: {}", failure.reason);
    }
    failure
}

/// That nobody answers at `place`.
pub(super) fn unreachable(place: &str, error: &io::Error) -> SqlFailure {
    SqlFailure::new(FailureClass::Unreachable, format!("{place} does not answer: {error}"))
}

/// Why the handshake with `place` came to nothing.
pub(super) fn from_handshake(place: &str, error: &io::Error) -> SqlFailure {
    // rustls hides inside the input/output error.
    match error.get_ref().filter(|inner| inner.is::<rustls::Error>()) {
        Some(inner) => SqlFailure::new(FailureClass::Untrusted, format!("{place} is not trusted: {inner}")),
        None => unreachable(place, error),
    }
}

/// Whether the connection must not be used again.
pub(super) fn is_fatal(error: &TdsError) -> bool {
    match error {
        TdsError::Server(told) => told.class() >= FATAL || from_statement(error).class == FailureClass::ConnectionLost,
        // Nobody knows where in the answer it was left.
        _ => true,
    }
}

/// Whether the table could not be made because it is there by now.
pub(super) fn is_there_already(error: &TdsError) -> bool {
    error.code().is_some_and(|number| THERE_ALREADY.contains(&number))
}

fn from_tds(error: &TdsError, without_answer: FailureClass) -> SqlFailure {
    match error {
        TdsError::Server(told) => {
            let (number, message) = (told.code(), told.message().trim_end());
            // To a server or a database that is too old, the function that reads tags is a table that is not there.
            if number == MISSING_TABLE && message.to_ascii_lowercase().contains("openjson") {
                let reason = format!("{message} (error {number}); tags need compatibility level 130, SQL Server 2016");
                return SqlFailure::new(FailureClass::Other, reason);
            }
            SqlFailure::new(from_number(number), format!("{message} (error {number})"))
        }
        TdsError::Io { message, .. } => SqlFailure::new(without_answer, message.as_str()),
        // A connection that was cut in the middle of an answer shows as one that is not understood.
        TdsError::Protocol(message) => SqlFailure::new(without_answer, message.as_ref()),
        other => SqlFailure::new(FailureClass::Other, other.to_string()),
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
