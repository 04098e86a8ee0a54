//! The environment in which a store is opened, and its way to send notices to the user.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Settings that a store takes from its environment instead of the options of its backend.
#[derive(Clone, Debug)]
pub struct StoreContext {
    /// Name of the profile, for messages and for the state of the circuit breaker.
    pub profile: String,
    /// The user's state directory, which holds the state of the circuit breaker. Without one the state is not kept.
    pub state_directory: Option<PathBuf>,
    /// Receiver of warnings and echoed statements.
    pub notices: Notices,
}

/// Sends notices, such as warnings, echoed statements and the progress, to the user. They are not results.
#[derive(Clone)]
pub struct Notices {
    listener: Arc<dyn Fn(Notice<'_>) + Send + Sync>,
    are_detailed: bool,
}

/// A request to a server and its outcome.
#[derive(Clone, Copy, Debug)]
pub struct RequestNotice<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The URL, without secrets.
    pub url: &'a str,
    /// The status of the response, or why there is none.
    pub outcome: &'a str,
    /// Time until the response had been received as far as it was needed.
    pub elapsed: Duration,
}

/// One message sent through [`Notices`].
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// A problem that does not stop the operation.
    Warning(&'a str),
    /// A statement sent to a database, without its values (`echo = true`).
    Statement(&'a str),
    /// A request to a server and its outcome.
    Request(RequestNotice<'a>),
    /// Where a value comes from: a setting or a credential.
    Source {
        /// The value, without a word of what it is: "region", "credentials".
        value: &'a str,
        /// The place: a line of a file, a variable, a service.
        place: &'a str,
    },
    /// How far a long operation is that gives no results meanwhile.
    Progress {
        /// The change of an item, in the past: "read". Another one begins another part of the work.
        done: &'static str,
        /// Finished items.
        finished: u64,
        /// Number of items.
        total: u64,
        /// Bytes of the finished items, if they were read.
        bytes: u64,
    },
}

impl Notices {
    /// Sends every notice to `listener`.
    pub fn new(listener: impl Fn(Notice<'_>) + Send + Sync + 'static) -> Self {
        Self { listener: Arc::new(listener), are_detailed: false }
    }

    /// Sends requests, statements and the sources of values, too.
    #[must_use]
    pub fn detailed(self, are_detailed: bool) -> Self {
        Self { are_detailed, ..self }
    }

    /// Whether requests, statements and the sources of values are wanted.
    pub fn are_detailed(&self) -> bool {
        self.are_detailed
    }

    /// Sends a request that was made.
    pub fn request(&self, request: RequestNotice<'_>) {
        (self.listener)(Notice::Request(request));
    }

    /// Sends where a value comes from, if that is wanted. Neither text may hold a secret.
    pub fn source(&self, value: &str, place: &str) {
        if self.are_detailed {
            (self.listener)(Notice::Source { value, place });
        }
    }

    /// Sends a warning.
    pub fn warn(&self, message: &str) {
        (self.listener)(Notice::Warning(message));
    }

    /// Sends how far a long operation is.
    pub fn progress(&self, done: &'static str, finished: u64, total: u64, bytes: u64) {
        (self.listener)(Notice::Progress { done, finished, total, bytes });
    }

    /// Sends a statement, without its values.
    pub fn statement(&self, text: &str) {
        (self.listener)(Notice::Statement(text));
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Notices")
    }
}
