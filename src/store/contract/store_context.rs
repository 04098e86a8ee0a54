//! The environment in which a store is opened, and its way to send notices to the user.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What a store needs from around it.
#[derive(Clone, Debug)]
pub struct StoreContext {
    /// The profile's name, for messages and for the breaker's state.
    pub profile: String,
    /// The user's state directory, where the circuit breaker's state is kept; without one it is not kept.
    pub state_directory: Option<PathBuf>,
    /// Where warnings and echoed statements go.
    pub notices: Notices,
}

/// A way to say something to the user that is not a result: a warning, an echoed statement.
#[derive(Clone)]
pub struct Notices(Arc<dyn Fn(Notice<'_>) + Send + Sync>);

/// One thing said through [`Notices`].
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// Something is not as it should be; the work goes on.
    Warning(&'a str),
    /// A statement sent to a database, without its values (`echo = true`).
    Statement(&'a str),
}

impl Notices {
    /// Sends every notice to `listener`.
    pub fn new(listener: impl Fn(Notice<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Says that something is not as it should be.
    pub fn warn(&self, message: &str) {
        (self.0)(Notice::Warning(message));
    }

    /// Shows a statement, without its values.
    pub fn statement(&self, text: &str) {
        (self.0)(Notice::Statement(text));
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Notices")
    }
}
