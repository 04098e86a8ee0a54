//! Findings of `doctor`.

use futures_util::stream::BoxStream;

use crate::error::{Error, ErrorKind};

/// Options of `doctor`.
#[derive(Clone, Copy, Debug, Default)]
pub struct DoctorOptions {
    /// Write nothing, not even for a moment.
    pub read_only: bool,
}

/// How a finding is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingLevel {
    /// As it should be.
    Good,
    /// Worth a look.
    Doubtful,
    /// Wrong. The kind decides the exit code.
    Bad(ErrorKind),
}

/// The outcome of one check.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The subject, in a few words.
    pub check: &'static str,
    /// The judgment.
    pub level: FindingLevel,
    /// What was found, without a full stop.
    pub message: String,
    /// The next step, as an imperative sentence without a full stop.
    pub remedy: Option<String>,
}

/// Findings as they come. A check that has begun removes what it has written before its finding comes.
pub type FindingStream<'a> = BoxStream<'a, Finding>;

impl Finding {
    /// A finding as it should be.
    pub fn good(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, level: FindingLevel::Good, message: message.into(), remedy: None }
    }

    /// A finding that is worth a look.
    pub fn doubtful(check: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: FindingLevel::Doubtful, message: message.into(), remedy: Some(remedy.into()) }
    }

    /// A finding that is wrong.
    pub fn bad(check: &'static str, kind: ErrorKind, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, level: FindingLevel::Bad(kind), message: message.into(), remedy: Some(remedy.into()) }
    }

    /// The issuers of certificates that are trusted: which ones, or why none can be read.
    pub fn issuers(found: Result<String, String>) -> Self {
        const CHECK: &str = "certificates";
        match found {
            Ok(message) => Self::good(CHECK, message),
            Err(reason) => Self::bad(CHECK, ErrorKind::Usage, reason, "name a file of certificates in the form PEM"),
        }
    }

    /// The failure of a check.
    pub fn failed(check: &'static str, error: &Error) -> Self {
        let causes = error.causes();
        let message = std::iter::once(error.to_string()).chain(causes).collect::<Vec<_>>().join(": ");
        Self { check, level: FindingLevel::Bad(error.kind()), message, remedy: error.hint().map(str::to_owned) }
    }
}
