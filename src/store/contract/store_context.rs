//! The environment in which a store is opened, and its way to send notices to the user.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

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

/// Sends notices, such as warnings and echoed statements, to the user. They are not results.
#[derive(Clone)]
pub struct Notices(Arc<dyn Fn(Notice<'_>) + Send + Sync>);

/// One message sent through [`Notices`].
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// A problem that does not stop the operation.
    Warning(&'a str),
    /// A statement sent to a database, without its values (`echo = true`).
    Statement(&'a str),
}

impl Notices {
    /// Sends every notice to `listener`.
    pub fn new(listener: impl Fn(Notice<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Sends a warning.
    pub fn warn(&self, message: &str) {
        (self.0)(Notice::Warning(message));
    }

    /// Sends a statement, without its values.
    pub fn statement(&self, text: &str) {
        (self.0)(Notice::Statement(text));
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Notices")
    }
}
