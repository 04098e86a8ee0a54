//! The environment of a configuration: variables and directories.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::error::{Error, ErrorKind, Result};

/// The program's name as directories and files spell it.
const PROGRAM: &str = "truthound-store";

type Lookup = Box<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// The variables and directories that a configuration may refer to. Handed in, so that tests can make one up.
pub struct Environment {
    variables: Lookup,
    working_directory: PathBuf,
    configuration_directory: Option<PathBuf>,
    state_directory: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process: its variables, its working directory, and the user's directories (those of
    /// the XDG specification, `%APPDATA%` and `%LOCALAPPDATA%` on Windows).
    ///
    /// # Errors
    /// [`Other`](ErrorKind::Other) if the working directory is gone.
    pub fn from_process() -> Result<Self> {
        let working_directory = std::env::current_dir()
            .map_err(|error| Error::new(ErrorKind::Other, "cannot find the working directory").with_source(error))?;
        // A user without a home directory has no user configuration. Many containers have none; this is valid.
        let directories = etcetera::choose_base_strategy().ok();
        Ok(Self {
            variables: Box::new(|name| std::env::var_os(name)),
            working_directory,
            configuration_directory: directories.as_ref().map(|base| base.config_dir().join(PROGRAM)),
            // Windows has no directory for state; what is local to the machine comes nearest.
            state_directory: directories
                .as_ref()
                .map(|base| base.state_dir().unwrap_or_else(|| base.cache_dir()).join(PROGRAM)),
        })
    }

    /// An environment without any variable and without directories of a user.
    pub fn new(working_directory: impl Into<PathBuf>) -> Self {
        Self {
            variables: Box::new(|_| None),
            working_directory: working_directory.into(),
            configuration_directory: None,
            state_directory: None,
        }
    }

    /// Looks variables up in `lookup`.
    #[must_use]
    pub fn with_variables(mut self, lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        self.variables = Box::new(lookup);
        self
    }

    /// Looks for the user's configuration in `directory`, which is this program's own.
    #[must_use]
    pub fn with_configuration_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.configuration_directory = Some(directory.into());
        self
    }

    /// Keeps state in `directory`, which is this program's own.
    #[must_use]
    pub fn with_state_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state_directory = Some(directory.into());
        self
    }

    /// Where relative paths begin.
    pub fn working_directory(&self) -> &Path {
        &self.working_directory
    }

    /// This program's own directory in the user's state directory, for the circuit breaker; it need not exist yet.
    /// None without a home directory.
    pub fn state_directory(&self) -> Option<&Path> {
        self.state_directory.as_deref()
    }

    pub(super) fn configuration_directory(&self) -> Option<&Path> {
        self.configuration_directory.as_deref()
    }

    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        (self.variables)(name)
    }
}

impl fmt::Debug for Environment {
    // Variables are left out: they hold passwords.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Environment")
            .field("working_directory", &self.working_directory)
            .field("configuration_directory", &self.configuration_directory)
            .field("state_directory", &self.state_directory)
            .finish_non_exhaustive()
    }
}
