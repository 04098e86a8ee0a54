//! The errors of all layers, in the caller's terms.
//!
//! Every layer says its own level once: what was tried and on what is in the message, why it failed is in
//! [`source`](std::error::Error::source). [`Error::kind`] decides the exit code; nothing above a backend ever
//! looks at a library's error type.

use std::error::Error as StdError;
use std::fmt;

/// The cause of an [`Error`], of whatever type the failing library has.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// A result with [`Error`] as its error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of a failure: one for each exit code in `src/cli/exit.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The command line, the configuration or a document is wrong.
    Usage,
    /// The result, or the profile's table or directory entry for it, is not there.
    NotFound,
    /// The backend cannot be reached, or what holds the store (bucket, container, database) is missing.
    Connection,
    /// A stored result cannot be read: corrupt, or archived.
    Read,
    /// The result cannot be written.
    Write,
    /// A result of that run id is stored already.
    AlreadyExists,
    /// Credentials are missing, expired or refused.
    Denied,
    /// The backend cannot do what was asked.
    Unsupported,
    /// The answer to a question of the user is no. Not a failure.
    Verdict,
    /// The user interrupted the work.
    Interrupted,
    /// Anything else.
    Other,
}

impl ErrorKind {
    /// The name of the kind in JSON output, in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Connection => "connection",
            Self::Read => "read",
            Self::Write => "write",
            Self::AlreadyExists => "already_exists",
            Self::Denied => "denied",
            Self::Unsupported => "unsupported",
            Self::Verdict => "verdict",
            Self::Interrupted => "interrupted",
            Self::Other => "other",
        }
    }
}

/// A failure: its kind, what was being done to what, why, and what to do next.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    run_id: Option<String>,
    hint: Option<String>,
    source: Option<BoxError>,
}

impl Error {
    /// A failure of `kind`. `message` says what was being done to what, without the cause and without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), run_id: None, hint: None, source: None }))
    }

    /// Shorthand for a failure of kind [`ErrorKind::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// The failure of a system that does not start a thread.
    pub fn no_thread(cause: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Other, "cannot start a thread")
            .with_source(cause)
            .with_hint("allow this user more processes (`ulimit -u`), or this container more of them (`pids.max`)")
    }

    /// Adds why it failed.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds the next thing to try, as an imperative sentence without a full stop.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the run id that the failure concerns.
    #[must_use]
    pub fn with_run_id(mut self, run_id: impl Into<String>) -> Self {
        self.0.run_id = Some(run_id.into());
        self
    }

    /// The kind of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The next thing to try, if there is one to name.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The run id that the failure concerns.
    pub fn run_id(&self) -> Option<&str> {
        self.0.run_id.as_deref()
    }

    /// The causes, outermost first, each in its own words. A cause that only repeats the one before is left out.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        let mut said = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if !said.contains(&text) {
                said.clone_from(&text);
                causes.push(text);
            }
            next = cause.source();
        }
        causes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("run_id", &self.0.run_id)
            .field("hint", &self.0.hint)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// An option that a backend cannot work with, as its options' own check finds it. `config` adds file, line and caret.
///
/// It never holds the option's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOption {
    /// The problem and the option: "wrong value of option `bucket`".
    pub subject: String,
    /// Why it is a problem.
    pub reason: String,
    /// The next thing to try.
    pub hint: Option<String>,
    /// The part of the profile to point to.
    pub place: OptionPlace,
}

/// A part of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionPlace {
    /// The value of an option; `table.name` for one in a table.
    Value(String),
    /// The name of the last of these options in the file; the profile itself if it has none of them.
    LastName(Vec<&'static str>),
}

impl InvalidOption {
    /// `option` has a value that is impossible for `reason`.
    pub fn value(option: impl Into<String>, reason: impl Into<String>) -> Self {
        let option = option.into();
        Self {
            subject: format!("wrong value of option `{option}`"),
            reason: reason.into(),
            hint: None,
            place: OptionPlace::Value(option),
        }
    }

    /// `option` is missing for `reason`; `given` are the options that need it.
    pub fn missing(option: &'static str, reason: impl Into<String>, given: &[&'static str]) -> Self {
        Self {
            subject: format!("missing option `{option}`"),
            reason: reason.into(),
            hint: None,
            place: OptionPlace::LastName(given.to_vec()),
        }
    }

    /// `option` changes nothing for `reason`.
    pub fn without_effect(option: &'static str, reason: impl Into<String>) -> Self {
        Self {
            subject: format!("option `{option}` has no effect"),
            reason: reason.into(),
            hint: None,
            place: OptionPlace::LastName(vec![option]),
        }
    }

    /// Only one of two options can be given, for `reason`.
    pub fn exclusive(one: &'static str, other: &'static str, reason: impl Into<String>) -> Self {
        Self {
            subject: format!("options `{one}` and `{other}` exclude each other"),
            reason: reason.into(),
            hint: Some("keep one of them".to_owned()),
            place: OptionPlace::LastName(vec![one, other]),
        }
    }

    /// Adds the next thing to try, as an imperative sentence without a full stop.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for InvalidOption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.subject, self.reason)
    }
}

impl StdError for InvalidOption {}

impl From<InvalidOption> for Error {
    fn from(invalid: InvalidOption) -> Self {
        let error = Self::usage(invalid.to_string());
        match invalid.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}
