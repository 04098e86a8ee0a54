//! Exit codes, and the end of a process that panics.

use std::error::Error as _;
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;

use crate::error::{Error, ErrorKind};
use crate::output::{Output, OutputOptions};

/// The exit code of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; an empty list is done.
    Success = 0,
    /// Anything else.
    Failure = 1,
    /// Wrong usage, configuration or document.
    Usage = 2,
    /// The result does not exist.
    NotFound = 3,
    /// The backend cannot be reached.
    Connection = 4,
    /// The stored result cannot be read.
    Read = 5,
    /// The result cannot be written.
    Write = 6,
    /// A result with that run id already exists.
    AlreadyExists = 7,
    /// Credentials are missing, expired or refused.
    Denied = 8,
    /// The backend cannot do that.
    Unsupported = 9,
    /// The verdict is no; not an error.
    Verdict = 10,
    /// Interrupted by Ctrl-C: 128 and the number of SIGINT.
    Interrupted = 130,
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Usage => Self::Usage,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Connection => Self::Connection,
            ErrorKind::Read => Self::Read,
            ErrorKind::Write => Self::Write,
            ErrorKind::AlreadyExists => Self::AlreadyExists,
            ErrorKind::Denied => Self::Denied,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::Verdict => Self::Verdict,
            ErrorKind::Interrupted => Self::Interrupted,
            ErrorKind::Other => Self::Failure,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Ends the process at a panic, which is a bug here or in a library, with a message and an exit code instead of a crash.
/// The exception is a thread that cannot be started: libraries panic then, and the limit of the machine is not a bug.
pub(super) fn at_panic(panic: &PanicHookInfo<'_>, output: OutputOptions) {
    let reason = panic.payload_as_str().unwrap_or("no reason is known");
    if reason.contains("spawn") && reason.contains("thread") {
        let (_, cause) = reason.split_once(": ").unwrap_or_default();
        Output::new(output).failure(&Error::no_thread(cause.to_owned()));
        std::process::exit(Exit::Failure as i32);
    }
    let place = panic.location().map(|location| format!(" ({}:{})", location.file(), location.line()));
    // A failure to write to stderr cannot be reported.
    let _ = writeln!(
        io::stderr(),
        "error: this is a bug: {reason}{}\nhint: please report it with the command that was run",
        place.unwrap_or_default()
    );
    std::process::exit(Exit::Failure as i32);
}

/// Whether `error` only says that the reader of the output has closed the pipe (`| head -1`).
pub(super) fn is_closed_pipe(error: &Error) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|source| source.kind() == io::ErrorKind::BrokenPipe)
        && error.kind() == ErrorKind::Other
}
